#include "cli/shared/weights.h"
#include "cli/shared/io.h"
#include "cli/shared/say.h"
#include <math.h>
#include <string.h>

/* A weight that is no number would make every score none, and somebody look for the reason in
 * the network. */
static int check_finite(const char *path, const char *name, const struct up_npy *a,
                        const float *value, struct up_err *err)
{
    struct up_buf where = UP_BUF_INIT;
    size_t i = 0, left = a->count;
    while (i < a->count && isfinite(value[i]))
        ++i;
    if (i == a->count)
        return UP_OK;
    for (size_t k = 0, at = i; k < a->ndim; at -= at / left * left, ++k) {
        left /= (size_t)a->dims[k];
        up_say(&where, "%s%zu", k ? ", " : "", at / left);
    }
    int rc =
        up_fail(err, UP_EINVAL,
                "%s: tensor %s[%s] is %s; weights must be finite numbers, so save them "
                "again from a training that did not diverge",
                path, name, up_buf_str(&where), isnan(value[i]) ? "not a number" : "infinite");
    up_buf_release(&where);
    return rc;
}

int up_weights_open(struct up_weights *w, const char *path, struct up_err *err)
{
    struct up_npy a;
    int rc;

    memset(w, 0, sizeof *w);
    if ((rc = up_file_read(&w->bytes, path, err)) ||
        (rc = up_npz_open(&w->npz, path, up_buf_view(&w->bytes), err)))
        return rc;
    w->tensor = UP_NEW(&w->arena, w->npz.count, struct up_named_tensor);
    for (size_t i = 0; i < w->npz.count; ++i) {
        if ((rc = up_npz_get(&w->npz, i, &w->arena, &a, err)))
            return rc;
        if (!a.type)
            return up_fail(err, UP_EINVAL, "%s: %s is text, weights must be numbers", path,
                           w->npz.entry[i].name);
        float *value = UP_NEW(&w->arena, a.count, float);
        up_npy_f32(&a, value);
        if ((rc = check_finite(path, w->npz.entry[i].name, &a, value, err)))
            return rc;
        struct up_named_tensor *t = &w->tensor[w->n++];
        *t = (struct up_named_tensor){w->npz.entry[i].name, {.ndim = a.ndim, .value = value}};
        memcpy(t->t.dims, a.dims, sizeof t->t.dims);
    }
    return UP_OK;
}

_Static_assert((int)UP_GIVEN_DIMS == (int)UP_NPY_DIMS, "a tensor holds any array");

static bool find(void *ctx, const char *name, struct up_given_tensor *out)
{
    const struct up_weights *w = ctx;
    for (size_t i = 0; i < w->n; ++i)
        if (!strcmp(w->tensor[i].name, name)) {
            *out = w->tensor[i].t;
            return true;
        }
    return false;
}

struct up_given_weights up_weights_source(struct up_weights *w)
{
    return (struct up_given_weights){find, w};
}

void up_weights_release(struct up_weights *w)
{
    up_npz_release(&w->npz);
    up_arena_release(&w->arena);
    up_buf_release(&w->bytes);
}
