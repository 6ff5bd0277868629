/* Fields of a document by path. */
#include "store/base/arena.h"
#include "store/base/pack.h"

#include <string.h>

int up_doc_at(struct up_view doc, const char *path, struct up_cursor *value, struct up_err *err)
{
    struct up_cursor c = up_cursor_of(doc);
    while (*path) {
        char key[64];
        size_t n = strcspn(path, "/");
        UP_CHECK(n < sizeof key);
        memcpy(key, path, n);
        key[n] = 0;
        int rc = up_cur_at(c, key, &c, err);
        if (rc)
            return rc;
        path += n + (path[n] == '/');
    }
    *value = c;
    return UP_OK;
}

int up_doc_array(struct up_view doc, const char *path, enum up_dtype t, unsigned ndim,
                 struct up_arena *arena, const void **v, uint64_t *dims, struct up_err *err)
{
    struct up_cursor c;
    struct up_array a;
    int rc = up_doc_at(doc, path, &c, err);
    if (!rc)
        rc = up_cur_array(&c, &a, err);
    if (rc)
        return up_fail_in(err, rc, "field \"%s\"", path);
    if (a.type != t || a.ndim != ndim)
        return up_fail(err, UP_EINVAL,
                       "field \"%s\": an array of type %d and rank %u expected, "
                       "found type %d and rank %u",
                       path, (int)t, ndim, (int)a.type, a.ndim);
    size_t width = up_dtype_size(t);
    if ((uintptr_t)a.data % width) {
        void *copy = up_arena_array(arena, a.count, width);
        memcpy(copy, a.data, a.count * width);
        *v = copy;
    } else {
        *v = a.data;
    }
    for (unsigned i = 0; i < ndim && dims; ++i)
        dims[i] = a.dims[i];
    return UP_OK;
}

int up_doc_int(struct up_view doc, const char *path, int64_t *v, struct up_err *err)
{
    struct up_cursor c;
    int rc = up_doc_at(doc, path, &c, err);
    if (!rc)
        rc = up_cur_int(&c, v, err);
    return rc ? up_fail_in(err, rc, "field \"%s\"", path) : UP_OK;
}

int up_doc_real(struct up_view doc, const char *path, double *v, struct up_err *err)
{
    struct up_cursor c;
    int rc = up_doc_at(doc, path, &c, err);
    if (!rc)
        rc = up_cur_real(&c, v, err);
    return rc ? up_fail_in(err, rc, "field \"%s\"", path) : UP_OK;
}

int up_doc_str(struct up_view doc, const char *path, struct up_arena *arena, const char **v,
               struct up_err *err)
{
    struct up_cursor c;
    struct up_view s;
    int rc = up_doc_at(doc, path, &c, err);
    if (!rc)
        rc = up_cur_str(&c, &s, err);
    if (rc)
        return up_fail_in(err, rc, "field \"%s\"", path);
    *v = up_arena_strndup(arena, (const char *)s.data, s.len);
    return UP_OK;
}

int up_doc_names(struct up_view doc, const char *path, struct up_arena *arena,
                 const char *const **names, size_t *n, struct up_err *err)
{
    struct up_cursor c;
    size_t count;
    int rc = up_doc_at(doc, path, &c, err);
    if (!rc)
        rc = up_cur_list(&c, &count, err);
    if (rc)
        return rc;
    const char **v = UP_NEW(arena, count + 1, const char *);
    for (size_t i = 0; i < count; i++) {
        struct up_view s;
        rc = up_cur_str(&c, &s, err);
        if (rc)
            return rc;
        v[i] = up_arena_strndup(arena, (const char *)s.data, s.len);
    }
    *names = v;
    *n = count;
    return UP_OK;
}
