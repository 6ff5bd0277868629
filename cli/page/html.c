#include "cli/page/html.h"
#include "stages/format/svg.h"
#include "store/base/err.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void up_html_init(struct up_html *h, struct up_buf *out)
{
    *h = (struct up_html){.out = out};
    up_buf_puts(out, "<!DOCTYPE html>\n");
}

static void begin(struct up_html *h, const char *tag, va_list more)
{
    const char *name, *value;
    up_buf_printf(h->out, "<%s", tag);
    while ((name = va_arg(more, const char *))) {
        if (!(value = va_arg(more, const char *)))
            continue;
        up_buf_printf(h->out, " %s=\"", name);
        up_xml_escape(h->out, value);
        up_buf_puts(h->out, "\"");
    }
}

static void push(struct up_html *h, const char *tag)
{
    UP_CHECK(h->depth < UP_HTML_DEPTH);
    h->open[h->depth++] = tag;
    up_buf_puts(h->out, ">");
}

void up_html_open(struct up_html *h, const char *tag, ...)
{
    va_list more;
    va_start(more, tag);
    begin(h, tag, more);
    va_end(more);
    push(h, tag);
}

/* A line of source ends with these; a blank there is no part of any text. */
static bool ends_line(const char *tag)
{
    static const char *const block[] = {
        "head",    "style",   "script", "title", "header", "nav",   "main",   "section",
        "div",     "ul",      "ol",     "li",    "table",  "thead", "tbody",  "tr",
        "dl",      "dd",      "p",      "h1",    "h2",     "h3",    "figure", "form",
        "details", "summary", "svg",    "g",     "footer", "body"};
    for (size_t i = 0; i < sizeof block / sizeof *block; ++i)
        if (!strcmp(block[i], tag))
            return true;
    return false;
}

void up_html_close(struct up_html *h)
{
    UP_CHECK(h->depth > 0);
    const char *tag = h->open[--h->depth];
    up_buf_printf(h->out, "</%s>%s", tag, ends_line(tag) ? "\n" : "");
}

void up_html_empty(struct up_html *h, const char *tag, ...)
{
    va_list more;
    va_start(more, tag);
    begin(h, tag, more);
    va_end(more);
    up_buf_puts(h->out, "/>");
}

void up_html_leaf(struct up_html *h, const char *tag, const char *text, ...)
{
    va_list more;
    va_start(more, text);
    begin(h, tag, more);
    va_end(more);
    push(h, tag);
    up_html_text(h, text);
    up_html_close(h);
}

void up_html_text(struct up_html *h, const char *text) { up_xml_escape(h->out, text); }

void up_html_textf(struct up_html *h, const char *fmt, ...)
{
    char text[1024];
    va_list more;
    va_start(more, fmt);
    (void)vsnprintf(text, sizeof text, fmt, more);
    va_end(more);
    up_html_text(h, text);
}

void up_html_textn(struct up_html *h, struct up_view text)
{
    struct up_arena a = UP_ARENA_INIT;
    up_html_text(h, up_arena_strndup(&a, text.len ? (const char *)text.data : "", text.len));
    up_arena_release(&a);
}

void up_html_asset(struct up_html *h, const char *tag, struct up_view asset)
{
    up_html_open(h, tag, NULL);
    up_buf_append(h->out, asset.data, asset.len);
    up_html_close(h);
}

const char *up_url_part(struct up_arena *a, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~";
    char *out = up_arena_alloc(a, 3 * strlen(text) + 1), *p = out;
    for (; *text; ++text) {
        if (strchr(plain, *text)) {
            *p++ = *text;
        } else {
            (void)snprintf(p, 4, "%%%02X", (unsigned)(unsigned char)*text);
            p += 3;
        }
    }
    *p = '\0';
    return out;
}

void up_base64(struct up_buf *out, const void *bytes, size_t n)
{
    static const char digit[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = bytes;
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)p[i] << 16;
        v |= i + 1 < n ? (unsigned)p[i + 1] << 8 : 0;
        v |= i + 2 < n ? p[i + 2] : 0u;
        char four[4] = {digit[v >> 18], digit[v >> 12 & 63],
                        i + 1 < n ? digit[v >> 6 & 63] : '=', i + 2 < n ? digit[v & 63] : '='};
        up_buf_append(out, four, sizeof four);
    }
}
