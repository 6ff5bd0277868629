/* The document reader of reader.h, over the bounded cursor of pack.h. */
#include "store/base/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct up_reader up_reader_of(const char *what, struct up_view doc, struct up_arena *arena,
                              struct up_err *err)
{
    return (struct up_reader){.doc = doc, .what = what, .arena = arena, .err = err};
}

int up_reader_end(const struct up_reader *r)
{
    for (; r; r = r->parent)
        if (r->rc)
            return r->rc;
    return UP_OK;
}

static int set_failed(struct up_reader *r)
{
    for (; r; r = r->parent)
        r->rc = UP_ECORRUPT;
    return UP_ECORRUPT;
}

int up_reader_fail(struct up_reader *r, const char *fmt, ...)
{
    char sentence[sizeof r->err->msg / 2];
    va_list ap;
    if (up_reader_end(r))
        return up_reader_end(r);
    va_start(ap, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    up_fail(r->err, UP_ECORRUPT, "%s cannot be read: %s", r->what, sentence);
    return set_failed(r);
}

int up_reader_adopt(struct up_reader *r, int rc)
{
    if (!rc || up_reader_end(r))
        return up_reader_end(r);
    up_fail_in(r->err, rc, "%s cannot be read", r->what);
    return set_failed(r);
}

/* A failure of the cursor, whose sentence is in `why`. */
static void fail_at(struct up_reader *r, const char *path, const struct up_err *why)
{
    (void)up_reader_fail(r, "field \"%s\": %s", path, why->msg);
}

/* The cursor before the value at `path`; false after a failure. */
static bool find(struct up_reader *r, const char *path, struct up_cursor *at)
{
    struct up_err why;
    if (up_reader_end(r))
        return false;
    if (up_doc_at(r->doc, path, at, &why) == UP_OK)
        return true;
    fail_at(r, path, &why);
    return false;
}

struct up_reader up_reader_inside(struct up_reader *r, const char *path)
{
    struct up_reader inside = up_reader_of(r->what, (struct up_view){0}, r->arena, r->err);
    struct up_cursor at;
    struct up_err why;
    inside.parent = r;
    if (find(r, path, &at) && up_cur_raw(&at, &inside.doc, &why))
        fail_at(r, path, &why);
    return inside;
}

bool up_reader_has(const struct up_reader *r, const char *path)
{
    struct up_cursor at;
    return !up_reader_end(r) && up_doc_at(r->doc, path, &at, NULL) == UP_OK &&
           up_cur_peek(&at) != UP_T_NIL;
}

int64_t up_reader_int(struct up_reader *r, const char *path, int64_t least, int64_t most)
{
    struct up_cursor at;
    struct up_err why;
    int64_t v = 0;
    if (!find(r, path, &at))
        return 0;
    if (up_cur_int(&at, &v, &why)) {
        fail_at(r, path, &why);
        return 0;
    }
    if (v >= least && v <= most)
        return v;
    (void)up_reader_fail(r, "field \"%s\" is %" PRId64 ", not from %" PRId64 " to %" PRId64,
                         path, v, least, most);
    return 0;
}

size_t up_reader_count(struct up_reader *r, const char *path)
{
    return (size_t)up_reader_int(r, path, 0, INT64_MAX);
}

double up_reader_real(struct up_reader *r, const char *path)
{
    struct up_cursor at;
    struct up_err why;
    double v = 0;
    if (!find(r, path, &at) || up_cur_real(&at, &v, &why) == UP_OK)
        return v;
    fail_at(r, path, &why);
    return 0;
}

const char *up_reader_str(struct up_reader *r, const char *path)
{
    struct up_cursor at;
    struct up_err why;
    struct up_view v;
    if (!find(r, path, &at))
        return "";
    if (up_cur_str(&at, &v, &why) == UP_OK)
        return up_arena_strndup(r->arena, (const char *)v.data, v.len);
    fail_at(r, path, &why);
    return "";
}

const char *up_reader_str_or_null(struct up_reader *r, const char *path)
{
    return up_reader_has(r, path) ? up_reader_str(r, path) : NULL;
}

const char *const *up_reader_names(struct up_reader *r, const char *path, size_t *n)
{
    struct up_cursor at;
    struct up_err why;
    size_t count = 0;
    *n = 0;
    if (!find(r, path, &at))
        return NULL;
    int rc = up_cur_list(&at, &count, &why);
    const char **names = UP_NEW(r->arena, rc ? 1 : count + 1, const char *);
    for (size_t i = 0; i < count && !rc; i++) {
        struct up_view v;
        rc = up_cur_str(&at, &v, &why);
        if (!rc)
            names[i] = up_arena_strndup(r->arena, (const char *)v.data, v.len);
    }
    if (rc) {
        fail_at(r, path, &why);
        return NULL;
    }
    *n = count;
    return names;
}

static const char *type_name(enum up_dtype t)
{
    static const char *const name[] = {"?", "u8", "i32", "i64", "f32", "f64", "u32", "u64"};
    return name[t >= UP_U8 && t <= UP_U64 ? t : 0];
}

/* The array at `path`, of type t; false after a failure. */
static bool find_array(struct up_reader *r, const char *path, enum up_dtype t,
                       struct up_array *a)
{
    struct up_cursor at;
    struct up_err why;
    if (!find(r, path, &at))
        return false;
    if (up_cur_array(&at, a, &why)) {
        fail_at(r, path, &why);
        return false;
    }
    if (a->type == t)
        return true;
    (void)up_reader_fail(r, "field \"%s\": an array of %s expected, found one of %s", path,
                         type_name(t), type_name(a->type));
    return false;
}

const void *up_reader_array(struct up_reader *r, const char *path, enum up_dtype t,
                            unsigned ndim, uint64_t *dims)
{
    struct up_array a;
    memset(dims, 0, ndim * sizeof *dims);
    if (!find_array(r, path, t, &a))
        return NULL;
    if (a.ndim != ndim) {
        (void)up_reader_fail(r, "field \"%s\": an array of rank %u expected, found rank %u",
                             path, ndim, a.ndim);
        return NULL;
    }
    memcpy(dims, a.dims, ndim * sizeof *dims);
    size_t width = up_dtype_size(t);
    if ((uintptr_t)a.data % width == 0)
        return a.data;
    void *copy = up_arena_array(r->arena, a.count, width);
    memcpy(copy, a.data, a.count * width);
    return copy;
}

const void *up_reader_vector(struct up_reader *r, const char *path, enum up_dtype t, size_t *n)
{
    uint64_t dims[1];
    const void *v = up_reader_array(r, path, t, 1, dims);
    *n = (size_t)dims[0];
    return v;
}

const void *up_reader_matrix(struct up_reader *r, const char *path, enum up_dtype t,
                             size_t *rows, size_t *cols)
{
    uint64_t dims[2];
    const void *v = up_reader_array(r, path, t, 2, dims);
    *rows = (size_t)dims[0];
    *cols = (size_t)dims[1];
    return v;
}

const void *up_reader_vector_of(struct up_reader *r, const char *path, enum up_dtype t,
                                size_t n)
{
    size_t found;
    const void *v = up_reader_vector(r, path, t, &found);
    if (v && found != n)
        (void)up_reader_fail(r, "field \"%s\" has %zu values, not %zu", path, found, n);
    return up_reader_end(r) ? NULL : v;
}

const void *up_reader_matrix_of(struct up_reader *r, const char *path, enum up_dtype t,
                                size_t rows, size_t cols)
{
    size_t n, m;
    const void *v = up_reader_matrix(r, path, t, &n, &m);
    if (v && (n != rows || m != cols))
        (void)up_reader_fail(r, "field \"%s\" has %zu rows and %zu columns, not %zu and %zu",
                             path, n, m, rows, cols);
    return up_reader_end(r) ? NULL : v;
}

void up_reader_copy(struct up_reader *r, void *to, const char *path, enum up_dtype t, size_t n)
{
    struct up_array a;
    if (!find_array(r, path, t, &a))
        return;
    if (a.count == n)
        memcpy(to, a.data, n * up_dtype_size(t));
    else
        (void)up_reader_fail(r, "field \"%s\" has %zu values, not %zu", path, a.count, n);
}
