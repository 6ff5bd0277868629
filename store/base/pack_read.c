#include "store/base/pack.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

/* One decoded header: what follows, and how much of it. */
struct head {
    enum up_type type;
    size_t size;    /* header bytes */
    uint64_t count; /* body bytes (str, bin, ext) or elements (list) or pairs (map) */
    uint64_t bits;  /* payload of a number, sign-extended for ints */
    int ext;        /* ext code */
    bool negative, single;
};

static uint64_t be(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; ++i)
        v = v << 8 | p[i];
    return v;
}

static const struct {
    uint8_t type;
    uint8_t bytes; /* of the big-endian field behind the tag */
    uint8_t fixed; /* fixext: body bytes */
} tags[32] = {
    [0x00] = {UP_T_NIL, 0, 0},    [0x01] = {UP_T_BAD, 0, 0},   [0x02] = {UP_T_BOOL, 0, 0},
    [0x03] = {UP_T_BOOL, 0, 0},   [0x04] = {UP_T_BIN, 1, 0},   [0x05] = {UP_T_BIN, 2, 0},
    [0x06] = {UP_T_BIN, 4, 0},    [0x07] = {UP_T_ARRAY, 1, 0}, [0x08] = {UP_T_ARRAY, 2, 0},
    [0x09] = {UP_T_ARRAY, 4, 0},  [0x0a] = {UP_T_REAL, 4, 0},  [0x0b] = {UP_T_REAL, 8, 0},
    [0x0c] = {UP_T_INT, 1, 0},    [0x0d] = {UP_T_INT, 2, 0},   [0x0e] = {UP_T_INT, 4, 0},
    [0x0f] = {UP_T_INT, 8, 0},    [0x10] = {UP_T_INT, 1, 0},   [0x11] = {UP_T_INT, 2, 0},
    [0x12] = {UP_T_INT, 4, 0},    [0x13] = {UP_T_INT, 8, 0},   [0x14] = {UP_T_ARRAY, 0, 1},
    [0x15] = {UP_T_ARRAY, 0, 2},  [0x16] = {UP_T_ARRAY, 0, 4}, [0x17] = {UP_T_ARRAY, 0, 8},
    [0x18] = {UP_T_ARRAY, 0, 16}, [0x19] = {UP_T_STR, 1, 0},   [0x1a] = {UP_T_STR, 2, 0},
    [0x1b] = {UP_T_STR, 4, 0},    [0x1c] = {UP_T_LIST, 2, 0},  [0x1d] = {UP_T_LIST, 4, 0},
    [0x1e] = {UP_T_MAP, 2, 0},    [0x1f] = {UP_T_MAP, 4, 0},
};

static struct head head_short(uint8_t t)
{
    struct head h = {.type = UP_T_BAD, .size = 1};
    if (t < 0x80 || t >= 0xe0) {
        h.type = UP_T_INT;
        h.negative = t >= 0xe0;
        h.bits = (uint64_t)(int64_t)(int8_t)t;
    } else if (t < 0x90) {
        h.type = UP_T_MAP;
        h.count = t & 15u;
    } else if (t < 0xa0) {
        h.type = UP_T_LIST;
        h.count = t & 15u;
    } else {
        h.type = UP_T_STR;
        h.count = t & 31u;
    }
    return h;
}

static void head_number(struct head *h, uint8_t t, const uint8_t *field, unsigned bytes)
{
    h->bits = be(field, bytes);
    h->single = t == 0xca;
    if (t >= 0xd0 && t <= 0xd3 && field[0] & 0x80) {
        h->negative = true;
        if (bytes < 8)
            h->bits |= ~UINT64_C(0) << (8 * bytes);
    }
}

/* Type and size of the value at p; UP_T_BAD when it does not fit before end.
 * Counts are checked against the bytes left: an element takes at least one. */
static struct head head_at(const uint8_t *p, const uint8_t *end)
{
    struct head bad = {.type = UP_T_BAD};
    if (p >= end)
        return (struct head){.type = UP_T_END};
    uint64_t left = (uint64_t)(end - p);
    uint8_t t = *p;
    struct head h;
    if (t < 0xc0 || t >= 0xe0) {
        h = head_short(t);
    } else {
        unsigned k = t & 31u, bytes = tags[k].bytes;
        h = (struct head){.type = tags[k].type, .size = 1u + bytes};
        if (left < h.size || h.type == UP_T_BAD)
            return bad;
        if (h.type == UP_T_BOOL)
            h.bits = t == 0xc3;
        else if (h.type == UP_T_INT || h.type == UP_T_REAL)
            head_number(&h, t, p + 1, bytes);
        else
            h.count = tags[k].fixed ? tags[k].fixed : be(p + 1, bytes);
        if (h.type == UP_T_ARRAY) {
            if (left < h.size + 1)
                return bad;
            h.ext = (int8_t)p[h.size++];
        }
    }
    uint64_t need = h.type == UP_T_MAP ? 2 * h.count : h.count;
    return need > left - h.size ? bad : h;
}

struct up_cursor up_cursor_of(struct up_view v)
{
    const uint8_t *end = v.len ? v.data + v.len : v.data; /* no arithmetic on NULL */
    return (struct up_cursor){v.data, v.data, end};
}

enum up_type up_cur_peek(const struct up_cursor *c) { return head_at(c->p, c->end).type; }

static int expected(const struct up_cursor *c, const char *what, struct up_err *err)
{
    static const char *const name[] = {"nil",
                                       "a bool",
                                       "an integer",
                                       "a real",
                                       "text",
                                       "bytes",
                                       "a map",
                                       "a list",
                                       "an array",
                                       "the end",
                                       "bytes that are no MessagePack"};
    return up_fail(err, UP_EINVAL, "MessagePack offset %zu: %s expected, found %s",
                   (size_t)(c->p - c->base), what, name[up_cur_peek(c)]);
}

static int take(struct up_cursor *c, enum up_type t, const char *what, struct head *h,
                struct up_err *err)
{
    *h = head_at(c->p, c->end);
    if (h->type != t)
        return expected(c, what, err);
    c->p += h->size;
    return UP_OK;
}

int up_cur_nil(struct up_cursor *c, struct up_err *err)
{
    struct head h;
    return take(c, UP_T_NIL, "nil", &h, err);
}

int up_cur_bool(struct up_cursor *c, bool *v, struct up_err *err)
{
    struct head h;
    int rc = take(c, UP_T_BOOL, "a bool", &h, err);
    if (!rc)
        *v = h.bits != 0;
    return rc;
}

int up_cur_int(struct up_cursor *c, int64_t *v, struct up_err *err)
{
    struct head h = head_at(c->p, c->end);
    if (h.type != UP_T_INT || (!h.negative && h.bits > INT64_MAX))
        return expected(c, "an integer of 64 bits with sign", err);
    c->p += h.size;
    *v = (int64_t)h.bits;
    return UP_OK;
}

int up_cur_uint(struct up_cursor *c, uint64_t *v, struct up_err *err)
{
    struct head h = head_at(c->p, c->end);
    if (h.type != UP_T_INT || h.negative)
        return expected(c, "an integer >= 0", err);
    c->p += h.size;
    *v = h.bits;
    return UP_OK;
}

int up_cur_real(struct up_cursor *c, double *v, struct up_err *err)
{
    struct head h = head_at(c->p, c->end);
    if (h.type == UP_T_INT) {
        *v = h.negative ? (double)(int64_t)h.bits : (double)h.bits;
    } else if (h.type == UP_T_REAL && h.single) {
        uint32_t bits = (uint32_t)h.bits;
        float f;
        memcpy(&f, &bits, sizeof f);
        *v = (double)f;
    } else if (h.type == UP_T_REAL) {
        memcpy(v, &h.bits, sizeof *v);
    } else {
        return expected(c, "a number", err);
    }
    c->p += h.size;
    return UP_OK;
}

static int take_body(struct up_cursor *c, enum up_type t, const char *what, struct up_view *v,
                     struct up_err *err)
{
    struct head h;
    int rc = take(c, t, what, &h, err);
    if (rc)
        return rc;
    *v = (struct up_view){c->p, (size_t)h.count};
    c->p += h.count;
    return UP_OK;
}

int up_cur_str(struct up_cursor *c, struct up_view *v, struct up_err *err)
{
    return take_body(c, UP_T_STR, "text", v, err);
}

int up_cur_bin(struct up_cursor *c, struct up_view *v, struct up_err *err)
{
    return take_body(c, UP_T_BIN, "bytes", v, err);
}

static int take_count(struct up_cursor *c, enum up_type t, const char *what, size_t *n,
                      struct up_err *err)
{
    struct head h;
    int rc = take(c, t, what, &h, err);
    if (!rc)
        *n = (size_t)h.count;
    return rc;
}

int up_cur_map(struct up_cursor *c, size_t *n, struct up_err *err)
{
    return take_count(c, UP_T_MAP, "a map", n, err);
}

int up_cur_list(struct up_cursor *c, size_t *n, struct up_err *err)
{
    return take_count(c, UP_T_LIST, "a list", n, err);
}

/* Walks one value without recursion: `open` holds the values left per level. */
int up_cur_skip(struct up_cursor *c, struct up_err *err)
{
    uint64_t open[MAX_DEPTH];
    unsigned depth = 0;
    const uint8_t *p = c->p;
    do {
        struct head h = head_at(p, c->end);
        if (h.type == UP_T_BAD || h.type == UP_T_END) {
            struct up_cursor at = *c;
            at.p = p;
            return expected(&at, "a value", err);
        }
        p += h.size;
        if (depth)
            open[depth - 1]--;
        if (h.type == UP_T_MAP || h.type == UP_T_LIST) {
            if (depth == MAX_DEPTH)
                return up_fail(err, UP_EINVAL, "MessagePack offset %zu: nested deeper than %d",
                               (size_t)(p - c->base), MAX_DEPTH);
            open[depth++] = h.type == UP_T_MAP ? 2 * h.count : h.count;
        } else {
            p += h.count;
        }
        while (depth && open[depth - 1] == 0)
            depth--;
    } while (depth);
    c->p = p;
    return UP_OK;
}

int up_cur_raw(struct up_cursor *c, struct up_view *v, struct up_err *err)
{
    const uint8_t *start = c->p;
    int rc = up_cur_skip(c, err);
    if (!rc)
        *v = (struct up_view){start, (size_t)(c->p - start)};
    return rc;
}

/* Fills *a from an ext payload; false when dims and bytes disagree. */
static bool array_of(struct up_array *a, int code, const uint8_t *p, uint64_t n)
{
    size_t width = code >= UP_U8 && code <= UP_U64 ? up_dtype_size((enum up_dtype)code) : 0;
    if (width == 0 || n < 2 || p[0] < 1 || p[0] > 4 || p[1] > 7)
        return false;
    *a = (struct up_array){.type = (enum up_dtype)code, .ndim = p[0], .count = 1};
    uint64_t head = 2u + p[1] + 8u * a->ndim;
    if (n < head)
        return false;
    for (unsigned i = 0; i < p[1]; ++i)
        if (p[2 + i])
            return false;
    uint64_t most = (n - head) / width;
    memcpy(a->dims, p + 2 + p[1], 8 * (size_t)a->ndim);
    uint64_t count = 1;
    bool empty = false;
    for (unsigned i = 0; i < a->ndim; ++i)
        empty |= a->dims[i] == 0;
    for (unsigned i = 0; i < a->ndim && !empty; ++i) {
        if (a->dims[i] > most / count)
            return false;
        count *= a->dims[i];
    }
    a->count = empty ? 0 : (size_t)count;
    a->data = p + head;
    return n - head == a->count * width;
}

int up_cur_array(struct up_cursor *c, struct up_array *a, struct up_err *err)
{
    struct head h = head_at(c->p, c->end);
    if (h.type != UP_T_ARRAY || !array_of(a, h.ext, c->p + h.size, h.count))
        return expected(c, "a numeric array whose dims match its bytes", err);
    c->p += h.size + h.count;
    return UP_OK;
}

int up_cur_at(struct up_cursor map, const char *key, struct up_cursor *value,
              struct up_err *err)
{
    size_t n;
    struct up_view want = up_view_str(key), k;
    int rc = up_cur_map(&map, &n, err);
    for (size_t i = 0; i < n && !rc; ++i) {
        rc = up_cur_str(&map, &k, err);
        if (!rc && up_view_equal(k, want)) {
            *value = map;
            return UP_OK;
        }
        if (!rc)
            rc = up_cur_skip(&map, err);
    }
    return rc ? rc : up_fail(err, UP_ENOTFOUND, "no field \"%s\"", key);
}

/* Re-encodes the value at c and compares: equal bytes are the canonical ones. */
static int recode(struct up_cursor *c, struct up_buf *out, unsigned depth, struct up_err *err);

static int recode_map(struct up_cursor *c, struct up_buf *out, unsigned depth,
                      struct up_err *err)
{
    size_t n;
    struct up_view k, last = {0};
    int rc = up_cur_map(c, &n, err);
    if (!rc)
        up_pack_map(out, n);
    for (size_t i = 0; i < n && !rc; ++i) {
        rc = up_cur_str(c, &k, err);
        if (rc)
            break;
        size_t m = k.len < last.len ? k.len : last.len;
        int order = i ? memcmp(last.data, k.data, m) : -1;
        if (order > 0 || (order == 0 && last.len >= k.len))
            return up_fail(err, UP_EINVAL, "MessagePack offset %zu: map keys are not ascending",
                           (size_t)(k.data - c->base));
        last = k;
        up_pack_strn(out, (const char *)k.data, k.len);
        rc = recode(c, out, depth + 1, err);
    }
    return rc;
}

static int recode_list(struct up_cursor *c, struct up_buf *out, unsigned depth,
                       struct up_err *err)
{
    size_t n;
    int rc = up_cur_list(c, &n, err);
    if (!rc)
        up_pack_list(out, n);
    for (size_t i = 0; i < n && !rc; ++i)
        rc = recode(c, out, depth + 1, err);
    return rc;
}

static int recode_scalar(struct up_cursor *c, struct up_buf *out, struct up_err *err)
{
    struct head h = head_at(c->p, c->end);
    struct up_view v;
    struct up_array a;
    double d;
    int rc = UP_OK;
    switch (h.type) {
    case UP_T_NIL:
        up_pack_nil(out);
        return up_cur_nil(c, err);
    case UP_T_BOOL:
        up_pack_bool(out, h.bits != 0);
        break;
    case UP_T_INT:
        if (h.negative)
            up_pack_int(out, (int64_t)h.bits);
        else
            up_pack_uint(out, h.bits);
        break;
    case UP_T_REAL:
        if (!(rc = up_cur_real(c, &d, err)))
            up_pack_real(out, d);
        return rc;
    case UP_T_STR:
        if (!(rc = up_cur_str(c, &v, err)))
            up_pack_strn(out, (const char *)v.data, v.len);
        return rc;
    case UP_T_BIN:
        if (!(rc = up_cur_bin(c, &v, err)))
            up_pack_bin(out, v.data, v.len);
        return rc;
    case UP_T_ARRAY:
        if (!(rc = up_cur_array(c, &a, err)))
            up_pack_array(out, a.type, a.data, a.ndim, a.dims);
        return rc;
    default:
        return expected(c, "a value", err);
    }
    c->p += h.size;
    return rc;
}

static int recode(struct up_cursor *c, struct up_buf *out, unsigned depth, struct up_err *err)
{
    enum up_type t = up_cur_peek(c);
    if (t != UP_T_MAP && t != UP_T_LIST)
        return recode_scalar(c, out, err);
    if (depth == MAX_DEPTH)
        return up_fail(err, UP_EINVAL, "MessagePack offset %zu: nested deeper than %d",
                       (size_t)(c->p - c->base), MAX_DEPTH);
    return (t == UP_T_MAP ? recode_map : recode_list)(c, out, depth, err);
}

int up_pack_check(struct up_view doc, struct up_err *err)
{
    struct up_cursor c = up_cursor_of(doc);
    struct up_buf out = UP_BUF_INIT;
    int rc = recode(&c, &out, 0, err);
    if (!rc && c.p != c.end)
        rc = up_fail(err, UP_EINVAL,
                     "MessagePack offset %zu: bytes after the end of the document",
                     (size_t)(c.p - c.base));
    if (!rc && !up_view_equal(doc, up_buf_view(&out)))
        rc = up_fail(err, UP_EINVAL, "the document is not in canonical form");
    up_buf_release(&out);
    return rc;
}
