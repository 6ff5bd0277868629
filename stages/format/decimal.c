/* Doubles to decimal text and back. The C library's functions follow the locale; these do
 * not. */
#include "stages/format/decimal.h"
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The C library formats and reads with the locale's decimal point; nobody in
 * this program sets one, but a host application may. */
static const char *point(void)
{
    const struct lconv *l = localeconv();
    return l->decimal_point && l->decimal_point[0] ? l->decimal_point : ".";
}

static void to_dot(char *s)
{
    const char *p = point();
    if (!strcmp(p, "."))
        return;
    char *at = strstr(s, p);
    if (!at)
        return;
    size_t n = strlen(p);
    *at = '.';
    memmove(at + 1, at + n, strlen(at + n) + 1);
}

static bool special(char out[UP_DECIMAL_TEXT], double v)
{
    if (isnan(v))
        memcpy(out, "nan", 4);
    else if (isinf(v))
        memcpy(out, v > 0 ? "inf" : "-inf", v > 0 ? 4 : 5);
    else
        return false;
    return true;
}

char *up_decimal_print(char out[UP_DECIMAL_TEXT], double v)
{
    if (special(out, v))
        return out;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, UP_DECIMAL_TEXT, "%.*g", digits, v);
        double back = strtod(out, NULL);
        if (!memcmp(&back, &v, sizeof v))
            break;
    }
    to_dot(out);
    return out;
}

char *up_decimal_fixed(char out[UP_DECIMAL_TEXT], double v, int digits)
{
    if (special(out, v))
        return out;
    if (digits < 0 || digits > 17)
        digits = 17;
    if (fabs(v) < 1e15)
        snprintf(out, UP_DECIMAL_TEXT, "%.*f", digits, v);
    else
        snprintf(out, UP_DECIMAL_TEXT, "%.*e", digits, v);
    to_dot(out);
    return out;
}

static bool word(const char *s, size_t n, const char *w)
{
    if (strlen(w) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (tolower((unsigned char)s[i]) != w[i])
            return false;
    return true;
}

static size_t digits_at(const char *s, size_t n, size_t i)
{
    size_t k = i;
    while (k < n && s[k] >= '0' && s[k] <= '9')
        k++;
    return k - i;
}

/* [sign] digits [. digits] [e [sign] digits], a digit before or after the point. */
static bool decimal(const char *s, size_t n, size_t *dot)
{
    size_t i = n && (s[0] == '-' || s[0] == '+') ? 1 : 0;
    size_t whole = digits_at(s, n, i), part = 0;
    i += whole;
    *dot = n;
    if (i < n && s[i] == '.') {
        *dot = i++;
        part = digits_at(s, n, i);
        i += part;
    }
    if (whole + part == 0)
        return false;
    if (i < n && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        if (i < n && (s[i] == '-' || s[i] == '+'))
            i++;
        size_t e = digits_at(s, n, i);
        if (!e)
            return false;
        i += e;
    }
    return i == n;
}

static double convert(const char *s, size_t n, size_t dot)
{
    char small[96];
    const char *p = point();
    size_t extra = strlen(p);
    char *t = n + extra < sizeof small ? small : malloc(n + extra + 1);
    if (!t)
        return NAN;
    size_t head = dot < n ? dot : n;
    memcpy(t, s, head);
    size_t len = head;
    if (dot < n) {
        memcpy(t + len, p, extra);
        len += extra;
        memcpy(t + len, s + dot + 1, n - dot - 1);
        len += n - dot - 1;
    }
    t[len] = '\0';
    double v = strtod(t, NULL);
    if (t != small)
        free(t);
    return v;
}

bool up_decimal_parse(const char *s, size_t n, double *v)
{
    size_t dot;
    if (decimal(s, n, &dot)) {
        *v = convert(s, n, dot);
        return true;
    }
    bool minus = n && s[0] == '-';
    size_t skip = n && (s[0] == '-' || s[0] == '+') ? 1 : 0;
    if (word(s + skip, n - skip, "nan"))
        *v = NAN;
    else if (word(s + skip, n - skip, "inf") || word(s + skip, n - skip, "infinity"))
        *v = minus ? -INFINITY : INFINITY;
    else
        return false;
    return true;
}
