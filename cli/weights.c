#include "cli/weights.h"
#include "cli/io.h"
#include <string.h>

int up_weights_open(struct up_weights *w, const char *path, struct up_err *err)
{
    struct up_npy a;
    int rc;

    memset(w, 0, sizeof *w);
    if ((rc = up_file_read(&w->bytes, path, err)) ||
        (rc = up_npz_open(&w->npz, path, up_buf_view(&w->bytes), err)))
        return rc;
    w->tensor = UP_NEW(&w->arena, w->npz.count, struct up_weight);
    for (size_t i = 0; i < w->npz.count; ++i) {
        if ((rc = up_npz_get(&w->npz, i, &w->arena, &a, err)))
            return rc;
        if (!a.type)
            return up_fail(err, UP_EINVAL, "%s: %s is text, weights must be numbers", path,
                           w->npz.entry[i].name);
        float *value = UP_NEW(&w->arena, a.count, float);
        up_npy_f32(&a, value);
        w->tensor[w->n++] = (struct up_weight){w->npz.entry[i].name, a.count, value};
    }
    return UP_OK;
}

static const float *find(void *ctx, const char *name, size_t count)
{
    const struct up_weights *w = ctx;
    for (size_t i = 0; i < w->n; ++i)
        if (!strcmp(w->tensor[i].name, name))
            return w->tensor[i].count == count ? w->tensor[i].value : NULL;
    return NULL;
}

struct up_tensor_source up_weights_source(struct up_weights *w)
{
    return (struct up_tensor_source){find, w};
}

void up_weights_release(struct up_weights *w)
{
    up_npz_release(&w->npz);
    up_arena_release(&w->arena);
    up_buf_release(&w->bytes);
}
