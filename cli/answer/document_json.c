#include "cli/answer/document_json.h"
#include "cli/shared/say.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

union number {
    int32_t i32;
    int64_t i64;
    uint32_t u32;
    uint64_t u64;
    float f32;
    double f64;
};

static union number number_of(enum up_dtype t, const uint8_t *p)
{
    union number v = {0};
    memcpy(&v, p, up_dtype_size(t));
    return v;
}

double up_document_array_real(const struct up_array *a, size_t i)
{
    const uint8_t *p = a->data + i * up_dtype_size(a->type);
    union number v = number_of(a->type, p);
    switch (a->type) {
    case UP_U8:
        return *p;
    case UP_I32:
        return v.i32;
    case UP_I64:
        return (double)v.i64;
    case UP_F32:
        return (double)v.f32;
    case UP_F64:
        return v.f64;
    case UP_U32:
        return v.u32;
    case UP_U64:
        return (double)v.u64;
    }
    return (double)NAN;
}

static void number_json(struct up_jw *w, enum up_dtype t, const uint8_t *p)
{
    union number v = number_of(t, p);
    switch (t) {
    case UP_U8:
        up_jw_uint(w, *p);
        break;
    case UP_I32:
        up_jw_int(w, v.i32);
        break;
    case UP_I64:
        up_jw_int(w, v.i64);
        break;
    case UP_F32:
        up_jw_real(w, (double)v.f32);
        break;
    case UP_F64:
        up_jw_real(w, v.f64);
        break;
    case UP_U32:
        up_jw_uint(w, v.u32);
        break;
    case UP_U64:
        up_jw_uint(w, v.u64);
        break;
    }
}

void up_document_array_json(struct up_jw *w, const struct up_array *a)
{
    if (!a->ndim) {
        number_json(w, a->type, a->data);
        return;
    }
    struct up_array row = *a;
    row.ndim = a->ndim - 1;
    memmove(row.dims, row.dims + 1, sizeof row.dims - sizeof row.dims[0]);
    row.count = a->dims[0] ? a->count / (size_t)a->dims[0] : 0;
    up_jw_list(w);
    for (uint64_t i = 0; i < a->dims[0]; ++i) {
        up_document_array_json(w, &row);
        row.data += row.count * up_dtype_size(a->type);
    }
    up_jw_end(w);
}

static int map_json(struct up_jw *w, struct up_cursor *c, struct up_err *err)
{
    struct up_view key;
    size_t n;
    int rc = up_cur_map(c, &n, err);

    up_jw_object(w);
    for (size_t i = 0; i < n && !rc; ++i) {
        if ((rc = up_cur_str(c, &key, err)))
            break;
        up_jw_keyn(w, (const char *)key.data, key.len);
        rc = up_document_json(w, c, err);
    }
    if (!rc)
        up_jw_end(w);
    return rc;
}

static int list_json(struct up_jw *w, struct up_cursor *c, struct up_err *err)
{
    size_t n;
    int rc = up_cur_list(c, &n, err);

    up_jw_list(w);
    for (size_t i = 0; i < n && !rc; ++i)
        rc = up_document_json(w, c, err);
    if (!rc)
        up_jw_end(w);
    return rc;
}

static int int_json(struct up_jw *w, struct up_cursor *c, struct up_err *err)
{
    int64_t i;
    uint64_t u;
    if (!up_cur_int(c, &i, NULL)) {
        up_jw_int(w, i);
        return UP_OK;
    }
    int rc = up_cur_uint(c, &u, err);
    if (!rc)
        up_jw_uint(w, u);
    return rc;
}

static int scalar_json(struct up_jw *w, struct up_cursor *c, enum up_type t, struct up_err *err)
{
    struct up_view v = {0};
    double r = 0;
    bool b = false;
    int rc;

    switch (t) {
    case UP_T_NIL:
        rc = up_cur_nil(c, err);
        up_jw_null(w);
        return rc;
    case UP_T_BOOL:
        rc = up_cur_bool(c, &b, err);
        up_jw_bool(w, b);
        return rc;
    case UP_T_REAL:
        rc = up_cur_real(c, &r, err);
        up_jw_real(w, r);
        return rc;
    default:
        rc = t == UP_T_STR ? up_cur_str(c, &v, err) : up_cur_bin(c, &v, err);
        if (!rc)
            up_jw_strn(w, (const char *)v.data, v.len);
        return rc;
    }
}

int up_document_json(struct up_jw *w, struct up_cursor *c, struct up_err *err)
{
    struct up_array a;
    enum up_type t = up_cur_peek(c);
    int rc;

    switch (t) {
    case UP_T_MAP:
        return map_json(w, c, err);
    case UP_T_LIST:
        return list_json(w, c, err);
    case UP_T_INT:
        return int_json(w, c, err);
    case UP_T_ARRAY:
        if (!(rc = up_cur_array(c, &a, err)))
            up_document_array_json(w, &a);
        return rc;
    case UP_T_END:
    case UP_T_BAD:
        return up_fail(err, UP_EINVAL, "the stored document ends where a value should stand");
    default:
        return scalar_json(w, c, t, err);
    }
}

/* ---- paths ---- */

static int index_of(const char *part, uint64_t limit, uint64_t *i, struct up_err *err)
{
    char *end;
    unsigned long long v = strtoull(part, &end, 10);
    if (part[0] < '0' || part[0] > '9' || *end || v >= limit)
        return up_fail(err, UP_EUSAGE, "'%s' is no position here; there are 0 to %" PRIu64,
                       part, limit ? limit - 1 : 0);
    *i = v;
    return UP_OK;
}

static int into_map(struct up_cursor *c, const char *part, struct up_err *err)
{
    struct up_buf have = UP_BUF_INIT;
    struct up_cursor keys = *c;
    struct up_view key;
    size_t n;
    int rc = up_cur_at(*c, part, c, NULL);

    if (rc != UP_ENOTFOUND)
        return rc ? up_fail(err, rc, "the stored document is malformed at '%s'", part) : UP_OK;
    if ((rc = up_cur_map(&keys, &n, err)))
        return rc;
    for (size_t i = 0; i < n && i < 20 && !up_cur_str(&keys, &key, NULL); ++i) {
        up_say(&have, "%s%.*s", i ? ", " : "", (int)key.len, (const char *)key.data);
        if (up_cur_skip(&keys, NULL))
            break;
    }
    rc = up_fail(err, UP_EUSAGE, "there is no '%s' here; there is %s", part, up_buf_str(&have));
    up_buf_release(&have);
    return rc;
}

static int into_list(struct up_cursor *c, const char *part, struct up_err *err)
{
    uint64_t i = 0;
    size_t n;
    int rc = up_cur_list(c, &n, err);

    if (!rc)
        rc = index_of(part, n, &i, err);
    for (; i && !rc; --i)
        rc = up_cur_skip(c, err);
    return rc;
}

static int into_array(struct up_array *a, const char *part, struct up_err *err)
{
    uint64_t i = 0;
    int rc;

    if (!a->ndim)
        return up_fail(err, UP_EUSAGE, "'%s' goes further than the array", part);
    if ((rc = index_of(part, a->dims[0], &i, err)))
        return rc;
    a->count /= (size_t)a->dims[0];
    a->data += i * a->count * up_dtype_size(a->type);
    a->ndim--;
    memmove(a->dims, a->dims + 1, sizeof a->dims - sizeof a->dims[0]);
    return UP_OK;
}

int up_document_walk(struct up_cursor *c, const char *path, struct up_array *element,
                     enum up_type *found, struct up_err *err)
{
    char part[256];
    bool inside = false;
    int rc = UP_OK;

    while (*path && !rc) {
        size_t len = strcspn(path, "/");
        if (len >= sizeof part)
            return up_fail(err, UP_EUSAGE, "a part of the path is longer than any key");
        memcpy(part, path, len);
        part[len] = '\0';
        path += len + (path[len] == '/');
        if (!len)
            continue;
        enum up_type t = up_cur_peek(c);
        if (!inside && t == UP_T_ARRAY) {
            if ((rc = up_cur_array(c, element, err)))
                break;
            inside = true;
        }
        if (inside)
            rc = into_array(element, part, err);
        else if (t == UP_T_MAP)
            rc = into_map(c, part, err);
        else if (t == UP_T_LIST)
            rc = into_list(c, part, err);
        else
            rc = up_fail(err, UP_EUSAGE,
                         "'%s' goes further than the document: a single value "
                         "stands there",
                         part);
    }
    *found = inside ? UP_T_ARRAY : up_cur_peek(c);
    return rc;
}
