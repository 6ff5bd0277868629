#include "dag/record/record.h"

#include <string.h>

#include "dag/config/value.h"
#include "store/base/pack.h"

enum { DEEPEST = 32 };

struct writer {
    struct up_buf *out;
    size_t stop; /* out->len at which to give up */
};

static void write_str(struct writer *w, struct up_view s, bool quoted)
{
    up_buf_puts(w->out, quoted ? "\"" : "");
    for (size_t i = 0; i < s.len && w->out->len < w->stop; i++) {
        if (s.data[i] < ' ' || s.data[i] == 0x7f)
            up_buf_printf(w->out, "\\u%04x", s.data[i]);
        else if (quoted && (s.data[i] == '"' || s.data[i] == '\\'))
            up_buf_printf(w->out, "\\%c", s.data[i]);
        else
            up_buf_append(w->out, &s.data[i], 1);
    }
    up_buf_puts(w->out, quoted ? "\"" : "");
}

static void write_bin(struct writer *w, struct up_view b)
{
    if (b.len != sizeof(struct up_digest) && b.len != sizeof(struct up_sha256))
        up_buf_printf(w->out, "bytes[%zu]", b.len);
    else
        up_buf_printf(w->out, "bytes %02x%02x%02x%02x", b.data[0], b.data[1], b.data[2],
                      b.data[3]);
}

static void write_array(struct writer *w, const struct up_array *a)
{
    static const char *const names[] = {"", "u8", "i32", "i64", "f32", "f64", "u32", "u64"};
    up_buf_printf(w->out, "%s[", names[a->type]);
    for (unsigned i = 0; i < a->ndim; i++)
        up_buf_printf(w->out, "%s%llu", i ? "x" : "", (unsigned long long)a->dims[i]);
    up_buf_puts(w->out, "]");
}

static int write_value(struct writer *w, struct up_cursor *c, unsigned depth);

static int write_children(struct writer *w, struct up_cursor *c, bool map, unsigned depth)
{
    size_t n = 0;
    int rc = map ? up_cur_map(c, &n, NULL) : up_cur_list(c, &n, NULL);
    up_buf_puts(w->out, map ? "{" : "[");
    for (size_t i = 0; !rc && i < n && w->out->len < w->stop; i++) {
        struct up_view key;
        up_buf_puts(w->out, i ? ", " : "");
        if (map && !(rc = up_cur_str(c, &key, NULL))) {
            write_str(w, key, true);
            up_buf_puts(w->out, ": ");
        }
        if (!rc)
            rc = write_value(w, c, depth + 1);
    }
    up_buf_puts(w->out, map ? "}" : "]");
    return rc;
}

static int write_number(struct writer *w, struct up_cursor *c)
{
    int64_t i;
    uint64_t u;
    double r;
    bool b;
    if (up_cur_peek(c) == UP_T_BOOL && !up_cur_bool(c, &b, NULL))
        up_buf_puts(w->out, b ? "true" : "false");
    else if (!up_cur_int(c, &i, NULL))
        up_buf_printf(w->out, "%lld", (long long)i);
    else if (!up_cur_uint(c, &u, NULL))
        up_buf_printf(w->out, "%llu", (unsigned long long)u);
    else if (!up_cur_real(c, &r, NULL))
        up_real_text(w->out, r);
    else
        return UP_EINVAL;
    return UP_OK;
}

static int write_value(struct writer *w, struct up_cursor *c, unsigned depth)
{
    struct up_view v;
    struct up_array a;
    int rc = UP_OK;
    if (depth > DEEPEST)
        return UP_EINVAL;
    switch (up_cur_peek(c)) {
    case UP_T_NIL:
        up_buf_puts(w->out, "null");
        return up_cur_nil(c, NULL);
    case UP_T_STR:
        rc = up_cur_str(c, &v, NULL);
        if (!rc)
            write_str(w, v, depth > 0);
        return rc;
    case UP_T_BIN:
        rc = up_cur_bin(c, &v, NULL);
        if (!rc)
            write_bin(w, v);
        return rc;
    case UP_T_ARRAY:
        rc = up_cur_array(c, &a, NULL);
        if (!rc)
            write_array(w, &a);
        return rc;
    case UP_T_MAP:
    case UP_T_LIST:
        return write_children(w, c, up_cur_peek(c) == UP_T_MAP, depth);
    default:
        return write_number(w, c);
    }
}

void up_pack_text(struct up_buf *out, struct up_view value, size_t limit)
{
    struct writer w = {out, out->len + limit};
    struct up_cursor c = up_cursor_of(value);
    if (write_value(&w, &c, 0))
        up_buf_puts(out, "(unreadable)");
    if (out->len > w.stop) {
        out->len = w.stop;
        up_buf_puts(out, "...");
    }
}
