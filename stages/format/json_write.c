/* Writes JSON into a buffer, with commas and quotes where they belong. */
#include "stages/format/json_write.h"
#include "stages/format/decimal.h"
#include "store/base/err.h"
#include "store/base/utf8.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

void up_jw_init(struct up_jw *w, struct up_buf *out, int indent)
{
    memset(w, 0, sizeof *w);
    w->out = out;
    w->indent = indent;
}

static void newline(struct up_jw *w)
{
    if (!w->indent)
        return;
    up_buf_puts(w->out, "\n");
    for (int i = 0; i < w->depth * w->indent; i++)
        up_buf_puts(w->out, " ");
}

/* The comma and the line before an item of the innermost level. */
static void item(struct up_jw *w)
{
    if (!w->depth)
        return;
    bool *any = &w->level[w->depth - 1].any;
    if (*any)
        up_buf_puts(w->out, w->indent ? "," : ", ");
    *any = true;
    newline(w);
}

static void before_value(struct up_jw *w)
{
    if (w->key) {
        w->key = false;
        return;
    }
    UP_CHECK(!w->depth || !w->level[w->depth - 1].map);
    item(w);
}

static void open_level(struct up_jw *w, bool map)
{
    before_value(w);
    UP_CHECK(w->depth < UP_JW_DEPTH);
    up_buf_puts(w->out, map ? "{" : "[");
    w->level[w->depth].map = map;
    w->level[w->depth++].any = false;
}

void up_jw_object(struct up_jw *w) { open_level(w, true); }

void up_jw_list(struct up_jw *w) { open_level(w, false); }

void up_jw_end(struct up_jw *w)
{
    UP_CHECK(w->depth > 0 && !w->key);
    w->depth--;
    if (w->level[w->depth].any)
        newline(w);
    up_buf_puts(w->out, w->level[w->depth].map ? "}" : "]");
}

static void escaped(struct up_buf *b, uint8_t c)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = c ? strchr(from, c) : NULL;
    if (at)
        up_buf_printf(b, "\\%c", to[at - from]);
    else
        up_buf_printf(b, "\\u%04x", c);
}

static void quoted(struct up_buf *b, const char *s, size_t n)
{
    const uint8_t *u = (const uint8_t *)s;
    up_buf_puts(b, "\"");
    for (size_t i = 0; i < n;) {
        size_t len = up_utf8_len(u + i, n - i);
        if (!len) {
            up_buf_puts(b, "\xef\xbf\xbd");
            len = 1;
        } else if (u[i] < 0x20 || u[i] == '"' || u[i] == '\\' || u[i] == 0x7f) {
            escaped(b, u[i]);
        } else {
            up_buf_append(b, u + i, len);
        }
        i += len;
    }
    up_buf_puts(b, "\"");
}

void up_jw_keyn(struct up_jw *w, const char *key, size_t n)
{
    UP_CHECK(w->depth > 0 && w->level[w->depth - 1].map && !w->key);
    item(w);
    quoted(w->out, key, n);
    up_buf_puts(w->out, ": ");
    w->key = true;
}

void up_jw_key(struct up_jw *w, const char *key) { up_jw_keyn(w, key, strlen(key)); }

void up_jw_strn(struct up_jw *w, const char *s, size_t n)
{
    before_value(w);
    quoted(w->out, s, n);
}

void up_jw_str(struct up_jw *w, const char *s)
{
    if (s)
        up_jw_strn(w, s, strlen(s));
    else
        up_jw_null(w);
}

void up_jw_raw(struct up_jw *w, const char *json)
{
    before_value(w);
    up_buf_puts(w->out, json);
}

void up_jw_int(struct up_jw *w, int64_t v)
{
    before_value(w);
    up_buf_printf(w->out, "%" PRId64, v);
}

void up_jw_uint(struct up_jw *w, uint64_t v)
{
    before_value(w);
    up_buf_printf(w->out, "%" PRIu64, v);
}

void up_jw_real(struct up_jw *w, double v)
{
    char text[UP_DECIMAL_TEXT];
    up_jw_raw(w, isfinite(v) ? up_decimal_print(text, v) : "null");
}

void up_jw_bool(struct up_jw *w, bool v) { up_jw_raw(w, v ? "true" : "false"); }

void up_jw_null(struct up_jw *w) { up_jw_raw(w, "null"); }

void up_jw_key_str(struct up_jw *w, const char *key, const char *s)
{
    up_jw_key(w, key);
    up_jw_str(w, s);
}

void up_jw_key_int(struct up_jw *w, const char *key, int64_t v)
{
    up_jw_key(w, key);
    up_jw_int(w, v);
}

void up_jw_key_real(struct up_jw *w, const char *key, double v)
{
    up_jw_key(w, key);
    up_jw_real(w, v);
}

void up_jw_key_bool(struct up_jw *w, const char *key, bool v)
{
    up_jw_key(w, key);
    up_jw_bool(w, v);
}
