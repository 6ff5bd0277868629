/* A growable byte buffer, and a borrowed view of bytes. */
#ifndef UP_STORE_BASE_BUF_H
#define UP_STORE_BASE_BUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct up_view { /* borrowed: whoever made it says how long it lives */
    const uint8_t *data;
    size_t len;
};
struct up_view up_view_str(const char *s); /* without the terminator */
bool up_view_equal(struct up_view a, struct up_view b);

struct up_memo_item { /* borrowed: a finished part under the key that names it */
    struct up_view key, value;
};

struct up_buf { /* owned: up_buf_release */
    uint8_t *data;
    size_t len, cap;
};
#define UP_BUF_INIT                                                                            \
    {                                                                                          \
        0                                                                                      \
    }

void up_buf_append(struct up_buf *b, const void *p, size_t n);
void up_buf_puts(struct up_buf *b, const char *s);
void up_buf_printf(struct up_buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Makes room for n more bytes and returns where they go; len is unchanged. */
uint8_t *up_buf_reserve(struct up_buf *b, size_t n);
/* A terminated C string of the content; valid until the next append. */
const char *up_buf_str(struct up_buf *b);
struct up_view up_buf_view(const struct up_buf *b);
void up_buf_clear(struct up_buf *b);   /* len = 0, memory kept */
void up_buf_release(struct up_buf *b); /* memory freed, empty again */

#ifdef __cplusplus
}
#endif

#endif
