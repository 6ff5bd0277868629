#include "cli/shared/say.h"
#include "store/base/err.h"
#include "store/base/utf8.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- what may not be printed ---- */

static bool is_between(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

static bool is_hostile(uint32_t c)
{
    return c < 0x20 || is_between(c, 0x7f, 0x9f) || /* controls */
           is_between(c, 0x2028, 0x202e) || is_between(c, 0x2066, 0x2069) || c == 0x061c ||
           is_between(c, 0x200e, 0x200f); /* new lines, and other directions of writing */
}

static void escape(struct up_buf *out, uint32_t c)
{
    const char *name = c == '\n' ? "\\n" : c == '\r' ? "\\r" : c == '\t' ? "\\t" : NULL;
    if (name)
        up_buf_puts(out, name);
    else
        up_buf_printf(out, "\\u%04x", c);
}

void up_say_text(struct up_buf *out, struct up_view text, bool lines)
{
    size_t len, plain = 0; /* where what needs no escape begins */
    for (size_t i = 0; i < text.len; i += len ? len : 1) {
        uint8_t b = text.data[i];
        bool own = lines && (b == '\n' || b == '\t');
        len = 1;
        if (own || is_between(b, 0x20, 0x7e))
            continue;
        len = up_utf8_len(text.data + i, text.len - i);
        uint32_t c = len ? up_utf8_point(text.data + i, len) : 0;
        if (len && !is_hostile(c))
            continue;
        up_buf_append(out, text.data + plain, i - plain);
        plain = i + (len ? len : 1);
        if (len)
            escape(out, c);
        else
            up_buf_printf(out, "\\x%02x", b);
    }
    up_buf_append(out, text.data + plain, text.len - plain);
}

/* ---- formats ---- */

struct spec { /* one conversion: %-24.*s */
    char text[32];
    const char *length;   /* "", "l", "ll" or "z" */
    int width, precision; /* -1: none */
    bool left;
    char kind;
};

static int number(const char **p, va_list *ap)
{
    int n = 0;
    if (**p == '*') {
        ++*p;
        return va_arg(*ap, int);
    }
    for (; **p >= '0' && **p <= '9'; ++*p)
        n = 10 * n + (**p - '0');
    return n;
}

/* Reads what follows a percent sign; returns what follows it. */
static const char *read_spec(struct spec *s, const char *p, va_list *ap)
{
    char flags[8];
    size_t n = strspn(p, "-+ #0");
    UP_CHECK(n < sizeof flags);
    memcpy(flags, p, n);
    flags[n] = '\0';
    p += n;
    s->left = strchr(flags, '-') != NULL;
    s->width = number(&p, ap);
    s->precision = -1;
    if (*p == '.') {
        ++p;
        s->precision = number(&p, ap);
    }
    s->length = !strncmp(p, "ll", 2) ? "ll" : *p == 'l' ? "l" : *p == 'z' ? "z" : "";
    p += strlen(s->length);
    s->kind = *p;
    if (s->precision >= 0)
        (void)snprintf(s->text, sizeof s->text, "%%%s*.*%s%c", flags, s->length, s->kind);
    else
        (void)snprintf(s->text, sizeof s->text, "%%%s*%s%c", flags, s->length, s->kind);
    return p + 1;
}

static void say_text(struct up_buf *out, const struct spec *s, const char *text)
{
    struct up_buf plain = UP_BUF_INIT;
    size_t n = s->precision >= 0 ? strnlen(text, (size_t)s->precision) : strlen(text);
    up_say_text(&plain, (struct up_view){(const uint8_t *)text, n}, false);
    size_t pad =
        s->width > 0 && (size_t)s->width > plain.len ? (size_t)s->width - plain.len : 0;
    if (pad && !s->left)
        up_buf_printf(out, "%*s", (int)pad, "");
    up_buf_append(out, plain.data, plain.len);
    if (pad && s->left)
        up_buf_printf(out, "%*s", (int)pad, "");
    up_buf_release(&plain);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored                                                                 \
    "-Wformat-nonliteral" /* the compiler has checked the whole format */
/* v: the argument, of the type that the conversion's length names */
#define UP_PUT(out, s, v)                                                                      \
    ((s)->precision >= 0 ? up_buf_printf(out, (s)->text, (s)->width, (s)->precision, v)        \
                         : up_buf_printf(out, (s)->text, (s)->width, v))

static void say_integer(struct up_buf *out, const struct spec *s, va_list *ap)
{
    if (*s->length == 'z')
        UP_PUT(out, s, va_arg(*ap, size_t));
    else if (!strcmp(s->length, "ll"))
        UP_PUT(out, s, va_arg(*ap, unsigned long long));
    else if (*s->length)
        UP_PUT(out, s, va_arg(*ap, unsigned long));
    else
        UP_PUT(out, s, va_arg(*ap, unsigned int));
}

static void say_one(struct up_buf *out, const struct spec *s, va_list *ap)
{
    char one[2] = {0};
    switch (s->kind) {
    case '%':
        up_buf_puts(out, "%");
        break;
    case 's':
        say_text(out, s, va_arg(*ap, const char *));
        break;
    case 'c':
        one[0] = (char)va_arg(*ap, int);
        say_text(out, s, one);
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'x':
        say_integer(out, s, ap);
        break;
    case 'e':
    case 'f':
    case 'g':
        UP_PUT(out, s, va_arg(*ap, double));
        break;
    case 'p':
        UP_PUT(out, s, va_arg(*ap, void *));
        break;
    default:
        up_bug(__FILE__, __LINE__, "a conversion that up_say knows");
    }
}
#pragma GCC diagnostic pop

void up_say(struct up_buf *out, const char *fmt, ...)
{
    struct spec s;
    va_list ap;
    va_start(ap, fmt);
    for (const char *p; *fmt; fmt = p) {
        p = fmt + strcspn(fmt, "%");
        up_buf_append(out, fmt, (size_t)(p - fmt));
        if (*p) {
            p = read_spec(&s, p + 1, &ap);
            say_one(out, &s, &ap);
        }
    }
    va_end(ap);
}
