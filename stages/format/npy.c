/* Reads and writes NumPy's .npy arrays of the types that are used here. */
#include "stages/format/npy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The header is a Python dict literal; only what NumPy writes is understood. */
struct header {
    const char *name; /* of the file */
    const char *p, *end;
    char descr[16];
    bool fortran, big; /* big: the values' bytes come highest first */
    unsigned seen;     /* one bit per key */
    size_t item;       /* bytes of one value */
    struct up_npy *a;
};

static int broken(const struct header *h, struct up_err *err, const char *what)
{
    return up_fail(err, UP_EINVAL,
                   "%s: the .npy header is broken (%s); write the file again with numpy.save",
                   h->name, what);
}

static void blanks(struct header *h)
{
    while (h->p < h->end && (*h->p == ' ' || *h->p == '\n' || *h->p == '\t' || *h->p == '\r'))
        h->p++;
}

static bool take_char(struct header *h, char c)
{
    blanks(h);
    if (h->p == h->end || *h->p != c)
        return false;
    h->p++;
    return true;
}

static bool word(struct header *h, const char *w)
{
    size_t n = strlen(w);
    blanks(h);
    if ((size_t)(h->end - h->p) < n || memcmp(h->p, w, n))
        return false;
    h->p += n;
    return true;
}

static bool text(struct header *h, char *out, size_t cap)
{
    blanks(h);
    char quote = h->p < h->end ? *h->p : 0;
    if (quote != '\'' && quote != '"')
        return false;
    const char *from = ++h->p;
    while (h->p < h->end && *h->p != quote)
        h->p++;
    size_t n = (size_t)(h->p - from);
    if (h->p == h->end || n >= cap)
        return false;
    memcpy(out, from, n);
    out[n] = '\0';
    h->p++;
    return true;
}

static bool dimension(struct header *h, uint64_t *v)
{
    blanks(h);
    const char *from = h->p;
    for (*v = 0; h->p < h->end && *h->p >= '0' && *h->p <= '9'; h->p++) {
        if (*v > UINT64_MAX / 16)
            return false;
        *v = *v * 10 + (uint64_t)(*h->p - '0');
    }
    return h->p > from;
}

static int shape(struct header *h, struct up_err *err)
{
    if (!take_char(h, '('))
        return broken(h, err, "'shape' is no tuple");
    while (!take_char(h, ')')) {
        if (h->a->ndim == UP_NPY_DIMS)
            return up_fail(err, UP_EUNSUPPORTED,
                           "%s: an array of more than %d dimensions; reshape it", h->name,
                           UP_NPY_DIMS);
        if (!dimension(h, &h->a->dims[h->a->ndim++]))
            return broken(h, err, "'shape' holds what is no size");
        if (!take_char(h, ',') && (blanks(h), h->p == h->end || *h->p != ')'))
            return broken(h, err, "'shape' is not closed");
    }
    return UP_OK;
}

static int entry(struct header *h, struct up_err *err)
{
    char key[20];
    if (!text(h, key, sizeof key) || !take_char(h, ':'))
        return broken(h, err, "a key is missing");
    if (!strcmp(key, "descr")) {
        h->seen |= 1;
        if (!text(h, h->descr, sizeof h->descr))
            return up_fail(err, UP_EUNSUPPORTED,
                           "%s: an array of records; save each field as an "
                           "array of its own",
                           h->name);
    } else if (!strcmp(key, "fortran_order")) {
        h->seen |= 2;
        if (word(h, "True"))
            h->fortran = true;
        else if (!word(h, "False"))
            return broken(h, err, "'fortran_order' is neither True nor False");
    } else if (!strcmp(key, "shape") && !(h->seen & 4)) {
        h->seen |= 4;
        return shape(h, err);
    } else {
        return broken(h, err, "an unknown or repeated key");
    }
    return UP_OK;
}

static int dict(struct header *h, struct up_err *err)
{
    if (!take_char(h, '{'))
        return broken(h, err, "no dict");
    while (!take_char(h, '}')) {
        int rc = entry(h, err);
        if (rc)
            return rc;
        if (!take_char(h, ',') && (blanks(h), h->p == h->end || *h->p != '}'))
            return broken(h, err, "it is not closed");
    }
    return h->seen == 7 ? UP_OK
                        : broken(h, err, "'descr', 'fortran_order' or 'shape' is missing");
}

static const struct {
    const char *descr; /* behind the byte order */
    enum up_dtype type;
    const char *name;
} types[] = {
    {"u1", UP_U8, "uint8"},    {"b1", UP_U8, "bool"},     {"i4", UP_I32, "int32"},
    {"i8", UP_I64, "int64"},   {"u4", UP_U32, "uint32"},  {"u8", UP_U64, "uint64"},
    {"f4", UP_F32, "float32"}, {"f8", UP_F64, "float64"},
};
enum { TYPES = sizeof types / sizeof types[0] };

/* Bytes of one value, and how many of them one swap turns around (h->big). */
static int item_size(struct header *h, struct up_err *err)
{
    bool order = h->descr[0] && strchr("<>|=", h->descr[0]);
    const char *type = h->descr + order;
    h->big = h->descr[0] == '>';
    for (int i = 0; i < TYPES; i++) {
        if (!order || strcmp(types[i].descr, type))
            continue;
        h->a->type = types[i].type;
        h->item = up_dtype_size(types[i].type);
        h->big = h->big && h->item > 1;
        return UP_OK;
    }
    if (order && (*type == 'U' || *type == 'S')) {
        char *rest;
        unsigned long n = strtoul(type + 1, &rest, 10);
        if (type[1] >= '0' && type[1] <= '9' && !*rest && n > 0 && n < 1 << 20) {
            h->a->chars = (unsigned)n;
            h->a->wide = *type == 'U';
            h->item = n * (h->a->wide ? 4 : 1);
            h->big = h->big && h->a->wide;
            return UP_OK;
        }
    }
    return up_fail(err, UP_EUNSUPPORTED,
                   "%s: '%s' means %s; convert with a.astype('float32'), 'float64', "
                   "'int64', 'int32' or 'uint8' and save again",
                   h->name, h->descr,
                   *type == 'O' ? "Python objects (pickle), which are never read"
                                : "values of a type that is not read");
}

/* Where the dict is; h->end is where the values begin. */
static int locate(struct header *h, struct up_view bytes, struct up_err *err)
{
    const uint8_t *d = bytes.data;
    if (bytes.len < 10 || memcmp(d, "\x93NUMPY", 6))
        return up_fail(err, UP_EINVAL, "%s: not a .npy file; write it with numpy.save",
                       h->name);
    if (d[6] < 1 || d[6] > 3)
        return up_fail(err, UP_EUNSUPPORTED, "%s: .npy version %d; versions 1 to 3 are read",
                       h->name, d[6]);
    size_t fixed = d[6] == 1 ? 10 : 12;
    size_t n = d[8] | (size_t)d[9] << 8;
    if (fixed == 12 && bytes.len >= 12)
        n |= (size_t)d[10] << 16 | (size_t)d[11] << 24;
    if (bytes.len < fixed || n > bytes.len - fixed)
        return up_fail(err, UP_EINVAL, "%s: truncated inside its header; copy the file again",
                       h->name);
    h->p = (const char *)d + fixed;
    h->end = h->p + n;
    return UP_OK;
}

static int measure(struct header *h, struct up_view bytes, struct up_err *err)
{
    struct up_npy *a = h->a;
    size_t have = (size_t)((const char *)bytes.data + bytes.len - h->end);
    uint64_t count = 1;
    bool fits = true;
    for (unsigned i = 0; i < a->ndim; i++)
        fits = !__builtin_mul_overflow(count, a->dims[i], &count) && fits;
    if (!fits || count > have / h->item)
        return up_fail(err, UP_EINVAL,
                       "%s: truncated: %zu bytes of values where the header promises "
                       "more; copy the file again",
                       h->name, have);
    a->count = (size_t)count;
    a->data = (const uint8_t *)h->end;
    return UP_OK;
}

/* On success h->fortran and h->big say what is still to be put in order. */
static int open_as_stored(struct header *h, struct up_view bytes, struct up_err *err)
{
    struct up_npy *a = h->a;
    memset(a, 0, sizeof *a);
    int rc = locate(h, bytes, err);
    if (!rc)
        rc = dict(h, err);
    if (!rc)
        rc = item_size(h, err);
    if (!rc)
        rc = measure(h, bytes, err);
    unsigned wide = 0; /* dimensions longer than one: order matters with two */
    for (unsigned i = 0; i < a->ndim; i++)
        wide += a->dims[i] > 1;
    h->fortran = h->fortran && wide > 1;
    return rc;
}

int up_npy_open(struct up_npy *a, const char *name, struct up_view bytes, struct up_err *err)
{
    struct header h = {.name = name, .a = a};
    int rc = open_as_stored(&h, bytes, err);
    if (!rc && h.fortran)
        return up_fail(err, UP_EUNSUPPORTED,
                       "%s: stored in Fortran order; save numpy.ascontiguousarray(a)", name);
    if (!rc && h.big)
        return up_fail(err, UP_EUNSUPPORTED,
                       "%s: '%s' means big-endian values; save a.astype('%s')", name, h.descr,
                       h.descr + 1);
    return rc;
}

/* out[count * item] in C order. Fortran order: the first index runs fastest. */
static void unfold(uint8_t *out, const struct up_npy *a, size_t item)
{
    size_t stride[UP_NPY_DIMS], at[UP_NPY_DIMS] = {0}, from = 0, step = 1;
    for (unsigned i = 0; i < a->ndim; i++) {
        stride[i] = step;
        step *= (size_t)a->dims[i];
    }
    for (size_t k = 0; k < a->count; k++) {
        memcpy(out + k * item, a->data + from * item, item);
        for (unsigned i = a->ndim; i-- > 0;) {
            from += stride[i];
            if (++at[i] < a->dims[i])
                break;
            from -= stride[i] * at[i];
            at[i] = 0;
        }
    }
}

static void swap_bytes(uint8_t *p, size_t n, size_t unit)
{
    for (uint8_t *end = p + n; p < end; p += unit)
        for (size_t i = 0; i < unit / 2; i++) {
            uint8_t t = p[i];
            p[i] = p[unit - 1 - i];
            p[unit - 1 - i] = t;
        }
}

int up_npy_read(struct up_npy *a, const char *name, struct up_view bytes,
                struct up_arena *arena, struct up_err *err)
{
    struct header h = {.name = name, .a = a};
    int rc = open_as_stored(&h, bytes, err);
    if (rc || (!h.fortran && !h.big))
        return rc;
    uint8_t *out = up_arena_array(arena, a->count, h.item);
    if (h.fortran)
        unfold(out, a, h.item);
    else
        memcpy(out, a->data, a->count * h.item);
    if (h.big)
        swap_bytes(out, a->count * h.item, a->chars ? 4 : h.item);
    a->data = out;
    return UP_OK;
}

double up_npy_real(const struct up_npy *a, size_t i)
{
    union {
        int32_t i4;
        int64_t i8;
        uint32_t u4;
        uint64_t u8;
        float f4;
        double f8;
    } v;
    size_t size = up_dtype_size(a->type);
    UP_CHECK(i < a->count && size);
    memcpy(&v, a->data + i * size, size);
    switch (a->type) {
    case UP_U8:
        return a->data[i];
    case UP_I32:
        return v.i4;
    case UP_I64:
        return (double)v.i8;
    case UP_U32:
        return v.u4;
    case UP_U64:
        return (double)v.u8;
    case UP_F32:
        return (double)v.f4;
    default:
        return v.f8;
    }
}

int64_t up_npy_int(const struct up_npy *a, size_t i)
{
    int64_t v;
    if (a->type == UP_I64) {
        UP_CHECK(i < a->count);
        memcpy(&v, a->data + i * 8, 8);
        return v;
    }
    double d = up_npy_real(a, i);
    if (d != d)
        return 0;
    return d >= 9223372036854775807.0    ? INT64_MAX
           : d <= -9223372036854775808.0 ? INT64_MIN
                                         : (int64_t)d;
}

static void put_utf8(struct up_buf *b, uint32_t c)
{
    uint8_t u[4] = {(uint8_t)c};
    size_t n = 1;
    if (c >= 0xd800 && (c < 0xe000 || c > 0x10ffff))
        c = 0xfffd;
    if (c >= 0x10000) {
        u[0] = (uint8_t)(0xf0 | c >> 18);
        u[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
        u[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    } else if (c >= 0x800) {
        u[0] = (uint8_t)(0xe0 | c >> 12);
        u[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
    } else if (c >= 0x80) {
        u[0] = (uint8_t)(0xc0 | c >> 6);
    }
    if (c >= 0x80)
        u[n++] = (uint8_t)(0x80 | (c & 0x3f));
    up_buf_append(b, u, n);
}

void up_npy_text(const struct up_npy *a, size_t i, struct up_buf *out)
{
    UP_CHECK(i < a->count && a->chars);
    const uint8_t *s = a->data + i * a->chars * (a->wide ? 4 : 1);
    for (unsigned k = 0; k < a->chars; k++) {
        uint32_t c = s[k];
        if (a->wide)
            memcpy(&c, s + 4 * (size_t)k, 4);
        if (!c)
            return;
        if (a->wide)
            put_utf8(out, c);
        else
            up_buf_append(out, s + k, 1);
    }
}

void up_npy_f32(const struct up_npy *a, float *out)
{
    if (a->type == UP_F32 && a->count) {
        memcpy(out, a->data, a->count * sizeof *out);
        return;
    }
    for (size_t i = 0; i < a->count; i++)
        out[i] = (float)up_npy_real(a, i);
}

const char *up_npy_describe(const struct up_npy *a, char out[160])
{
    const char *type = "text";
    for (int i = TYPES - 1; i >= 0; i--)
        if (types[i].type == a->type)
            type = types[i].name;
    size_t at = (size_t)snprintf(out, 160, "%s [", type);
    for (unsigned i = 0; i < a->ndim && at < 160; i++)
        at += (size_t)snprintf(out + at, 160 - at, "%s%llu", i ? ", " : "",
                               (unsigned long long)a->dims[i]);
    if (at < 158)
        snprintf(out + at, 160 - at, "]");
    return out;
}
