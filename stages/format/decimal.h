/* Decimal text of doubles, the same under every locale. */
#ifndef UP_FORMAT_DECIMAL_H
#define UP_FORMAT_DECIMAL_H
#include <stdbool.h>
#include <stddef.h>

enum { UP_DECIMAL_TEXT = 40 };

/* The shortest decimal text that reads back as the same double (at most 17
 * digits), with '.', whatever LC_NUMERIC says. Not finite: "nan", "inf", "-inf".
 * Returns out. */
char *up_decimal_print(char out[UP_DECIMAL_TEXT], double v);
/* `digits` after the point, as %.*f in the C locale; digits <= 17. */
char *up_decimal_fixed(char out[UP_DECIMAL_TEXT], double v, int digits);

/* Reads the whole of s[0..n) as a decimal number, correctly rounded: optional
 * sign, digits, point, exponent. Also nan, inf, infinity in any case, with a
 * sign. False when it is anything else (empty, blanks, hex, trailing text). */
bool up_decimal_parse(const char *s, size_t n, double *v);

#endif
