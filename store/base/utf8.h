/* UTF-8, as texts from outside may or may not be. */
#ifndef UP_BASE_UTF8_H
#define UP_BASE_UTF8_H
#include <stddef.h>
#include <stdint.h>

/* Length of the valid sequence at s, of whose n > 0 bytes it reads no more; 0: there is none.
 */
size_t up_utf8_len(const uint8_t *s, size_t n);
/* The code point of a valid sequence of that length. */
uint32_t up_utf8_point(const uint8_t *s, size_t len);

#endif
