#include "dag/record/wire.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

void up_wire_digest(struct up_buf *out, struct up_digest d)
{
    if (up_digest_zero(d))
        up_pack_nil(out);
    else
        up_pack_bin(out, d.b, sizeof d.b);
}

static void pack_text(struct up_buf *out, const char *s)
{
    if (s)
        up_pack_str(out, s);
    else
        up_pack_nil(out);
}

void up_wire_put_str(struct up_buf *out, const char *key, const char *s)
{
    up_pack_str(out, key);
    pack_text(out, s);
}

void up_wire_strs(struct up_buf *out, const char *const *s, size_t n)
{
    up_pack_list(out, n);
    for (size_t i = 0; i < n; i++)
        pack_text(out, s[i]);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct up_pair *)a)->name, ((const struct up_pair *)b)->name);
}

void up_wire_pairs(struct up_buf *out, const struct up_pair *p, size_t n)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_pair *sorted = UP_NEW(&arena, n, struct up_pair);
    if (n)
        memcpy(sorted, p, n * sizeof *p);
    qsort(sorted, n, sizeof *sorted, by_name);
    up_pack_map(out, n);
    for (size_t i = 0; i < n; i++)
        up_wire_put_str(out, sorted[i].name, sorted[i].value);
    up_arena_release(&arena);
}

/* ---- reading ---- */

void up_wire_do(struct up_wire *w, int rc) { w->rc = w->rc ? w->rc : rc; }

struct up_cursor up_wire_at(struct up_wire *w, const char *key)
{
    struct up_cursor c = up_cursor_of(up_view_str(""));
    if (!w->rc)
        w->rc = up_doc_at(w->doc, key, &c, w->err);
    return c;
}

void up_wire_schema(struct up_wire *w, const char *schema)
{
    const char *have = up_wire_str(w, "schema");
    if (!w->rc && strcmp(have, schema))
        w->rc = up_fail(w->err, UP_EINVAL, "schema \"%.40s\" where \"%s\" was expected", have,
                        schema);
}

struct up_cursor up_wire_list(struct up_wire *w, const char *key, size_t width, size_t *n)
{
    struct up_cursor c = up_wire_at(w, key);
    *n = 0;
    if (!w->rc)
        w->rc = up_cur_list(&c, n, w->err);
    if (!w->rc && *n > (size_t)(c.end - c.p) / width)
        w->rc = up_fail(w->err, UP_EINVAL, "field \"%s\": more elements than bytes", key);
    if (w->rc)
        *n = 0;
    return c;
}

struct up_cursor up_wire_map(struct up_wire *w, const char *key, size_t *n)
{
    struct up_cursor c = up_wire_at(w, key);
    *n = 0;
    if (!w->rc)
        w->rc = up_cur_map(&c, n, w->err);
    if (w->rc)
        *n = 0;
    return c;
}

const char *up_wire_str_at(struct up_wire *w, struct up_cursor *c)
{
    struct up_view v = {0};
    if (w->rc)
        return "";
    if (up_cur_peek(c) == UP_T_NIL)
        w->rc = up_cur_nil(c, w->err);
    else if (!(w->rc = up_cur_str(c, &v, w->err)))
        return up_arena_strndup(w->arena, (const char *)v.data, v.len);
    return "";
}

struct up_digest up_wire_digest_at(struct up_wire *w, struct up_cursor *c)
{
    struct up_digest d = {{0}};
    struct up_view v = {0};
    if (w->rc)
        return d;
    if (up_cur_peek(c) == UP_T_NIL) {
        w->rc = up_cur_nil(c, w->err);
        return d;
    }
    w->rc = up_cur_bin(c, &v, w->err);
    if (!w->rc && v.len != sizeof d.b)
        w->rc = up_fail(w->err, UP_EINVAL, "a digest of %zu bytes", v.len);
    if (!w->rc)
        memcpy(d.b, v.data, sizeof d.b);
    return d;
}

const char *up_wire_str(struct up_wire *w, const char *key)
{
    struct up_cursor c = up_wire_at(w, key);
    return up_wire_str_at(w, &c);
}

int64_t up_wire_int(struct up_wire *w, const char *key)
{
    int64_t v = 0;
    struct up_cursor c = up_wire_at(w, key);
    if (!w->rc)
        w->rc = up_cur_int(&c, &v, w->err);
    return v;
}

double up_wire_real(struct up_wire *w, const char *key)
{
    double v = 0;
    struct up_cursor c = up_wire_at(w, key);
    if (!w->rc)
        w->rc = up_cur_real(&c, &v, w->err);
    return v;
}

void up_wire_sha256(struct up_wire *w, const char *key, struct up_sha256 *out)
{
    struct up_view v = {0};
    struct up_cursor c = up_wire_at(w, key);
    if (!w->rc)
        w->rc = up_cur_bin(&c, &v, w->err);
    if (!w->rc && v.len != sizeof out->b)
        w->rc = up_fail(w->err, UP_EINVAL, "a SHA-256 of %zu bytes", v.len);
    if (!w->rc)
        memcpy(out->b, v.data, sizeof out->b);
}

const char *const *up_wire_get_strs(struct up_wire *w, const char *key, size_t *n)
{
    struct up_cursor c = up_wire_list(w, key, 1, n);
    const char **s = UP_NEW(w->arena, *n, const char *);
    for (size_t i = 0; !w->rc && i < *n; i++)
        s[i] = up_wire_str_at(w, &c);
    return s;
}

const struct up_pair *up_wire_get_pairs(struct up_wire *w, const char *key, size_t *n)
{
    struct up_cursor c = up_wire_map(w, key, n);
    struct up_pair *p = UP_NEW(w->arena, *n, struct up_pair);
    for (size_t i = 0; !w->rc && i < *n; i++) {
        p[i].name = up_wire_str_at(w, &c);
        p[i].value = up_wire_str_at(w, &c);
    }
    return p;
}
