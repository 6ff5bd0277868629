#include "store/base/buf.h"
#include "store/base/arena.h"
#include "store/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct up_view up_view_str(const char *s)
{
    return (struct up_view){(const uint8_t *)s, strlen(s)};
}

bool up_view_equal(struct up_view a, struct up_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

uint8_t *up_buf_reserve(struct up_buf *b, size_t n)
{
    UP_CHECK(n <= SIZE_MAX / 2 - b->len);
    if (b->cap - b->len < n || !b->data) {
        size_t cap = b->cap ? b->cap * 2 : 64;
        if (cap < b->len + n)
            cap = b->len + n;
        b->data = up_realloc(b->data, cap);
        b->cap = cap;
    }
    return b->data + b->len;
}

void up_buf_append(struct up_buf *b, const void *p, size_t n)
{
    if (n == 0)
        return;
    memcpy(up_buf_reserve(b, n), p, n);
    b->len += n;
}

void up_buf_puts(struct up_buf *b, const char *s) { up_buf_append(b, s, strlen(s)); }

void up_buf_printf(struct up_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    UP_CHECK(n >= 0);
    char *p = (char *)up_buf_reserve(b, (size_t)n + 1);
    (void)vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    b->len += (size_t)n;
}

const char *up_buf_str(struct up_buf *b)
{
    *up_buf_reserve(b, 1) = 0;
    return (const char *)b->data;
}

struct up_view up_buf_view(const struct up_buf *b) { return (struct up_view){b->data, b->len}; }

void up_buf_clear(struct up_buf *b) { b->len = 0; }

void up_buf_release(struct up_buf *b)
{
    free(b->data);
    *b = (struct up_buf)UP_BUF_INIT;
}
