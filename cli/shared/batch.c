#include "cli/shared/batch.h"
#include "cli/shared/io.h"
#include "dag/config/suggest.h"
#include "stages/data/datasets.h"
#include "stages/data/synthetic.h"
#include "stages/format/npy.h"
#include "stages/engine/run/batch.h"
#include <inttypes.h>
#include <string.h>

enum { SYNTHETIC = 64 };

static int find_dataset(const struct up_dataset **out, const char *name, struct up_err *err)
{
    struct up_suggest near = up_suggest_for(name);
    if ((*out = up_dataset_find(name)))
        return UP_OK;
    for (const struct up_dataset *d = up_datasets; d->name; ++d)
        up_suggest_offer(&near, d->name);
    return up_fail(err, UP_EUSAGE,
                   "--dataset: there is no data set '%s'%s%s; there are cifar10, "
                   "cifar100, imagenet16-120, svhn",
                   name, near.best ? ", did you mean " : "", near.best ? near.best : "");
}

static int open_array(struct up_npy *a, struct up_arena *arena, const char *path,
                      struct up_err *err)
{
    struct up_buf bytes = UP_BUF_INIT;
    int rc = up_file_read(&bytes, path, err);
    if (!rc) {
        uint8_t *copy = up_arena_alloc(arena, bytes.len);
        memcpy(copy, bytes.data, bytes.len);
        rc = up_npy_read(a, path, (struct up_view){copy, bytes.len}, arena, err);
    }
    up_buf_release(&bytes);
    return rc;
}

static int check_arrays(const struct up_npy *x, const struct up_npy *y,
                        const struct up_batch_choice *c, struct up_err *err)
{
    char text[160];
    if (x->type != UP_U8 || x->ndim != 4 || x->dims[1] != 3 || !x->dims[0] ||
        x->dims[0] > 65536 || x->dims[2] < 8 || x->dims[2] > 256 || x->dims[3] < 8 ||
        x->dims[3] > 256)
        return up_fail(err, UP_EINVAL,
                       "%s is %s; images must be uint8 [N, 3, H, W] with sides of 8 to 256, "
                       "not normalised",
                       c->images, up_npy_describe(x, text));
    bool whole = y->type == UP_U8 || y->type == UP_I32 || y->type == UP_I64 ||
                 y->type == UP_U32 || y->type == UP_U64;
    if (!whole || y->ndim != 1 || y->dims[0] != x->dims[0])
        return up_fail(err, UP_EINVAL,
                       "%s is %s; labels must be whole numbers [%" PRIu64 "], one an image",
                       c->labels, up_npy_describe(y, text), x->dims[0]);
    if (c->batch > (int64_t)x->dims[0])
        return up_fail(err, UP_EUSAGE,
                       "--batch %" PRId64 " asks for more than the %" PRIu64 " images in %s",
                       c->batch, x->dims[0], c->images);
    return UP_OK;
}

static int load_arrays(struct up_batch *b, const uint8_t **pixels, struct up_arena *arena,
                       const struct up_batch_choice *c, struct up_err *err)
{
    struct up_npy x, y;
    int32_t *label;
    int rc;

    if ((rc = open_array(&x, arena, c->images, err)) ||
        (rc = open_array(&y, arena, c->labels, err)) || (rc = check_arrays(&x, &y, c, err)))
        return rc;
    b->n = c->batch ? (int)c->batch : (int)x.dims[0];
    b->h = (int)x.dims[2];
    b->w = (int)x.dims[3];
    *pixels = x.data;
    b->y = label = UP_NEW(arena, b->n, int32_t);
    for (int i = 0; i < b->n; ++i) {
        int64_t v = up_npy_int(&y, (size_t)i);
        if (v < 0 || v >= b->classes)
            return up_fail(err, UP_EINVAL,
                           "%s: label %" PRId64
                           " of image %d is not below the %d classes of %s",
                           c->labels, v, i, b->classes, c->dataset);
        label[i] = (int32_t)v;
    }
    return UP_OK;
}

static const uint8_t *make_synthetic(struct up_batch *b, struct up_arena *arena,
                                     const struct up_batch_choice *c)
{
    struct up_synthetic s = {up_seed_derive(c->seed, "data"), b->classes, b->h};
    size_t image = 3 * (size_t)b->h * (size_t)b->w;
    b->n = c->batch ? (int)c->batch : SYNTHETIC;
    uint8_t *pixels = up_arena_array(arena, (size_t)b->n, image);
    int32_t *label = UP_NEW(arena, b->n, int32_t);
    for (int i = 0; i < b->n; ++i)
        label[i] = up_synthetic_image(&s, (size_t)i, pixels + (size_t)i * image);
    b->y = label;
    return pixels;
}

int up_batch_load(struct up_batch *b, struct up_arena *arena, const struct up_batch_choice *c,
                  struct up_err *err)
{
    const struct up_dataset *d;
    const uint8_t *pixels = NULL;
    int rc = find_dataset(&d, c->dataset, err);
    if (rc)
        return rc;
    *b = (struct up_batch){.c = 3, .h = d->side, .w = d->side, .classes = d->classes};
    if (c->images) {
        if ((rc = load_arrays(b, &pixels, arena, c, err)))
            return rc;
    } else {
        pixels = make_synthetic(b, arena, c);
    }
    float *x = UP_NEW(arena, (size_t)b->n * 3 * (size_t)b->h * (size_t)b->w, float);
    up_batch_normalise(x, pixels, b->n, 3, b->h * b->w, d->mean, d->std);
    b->x = x;
    return UP_OK;
}
