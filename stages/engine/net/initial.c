/* Initial weights: drawn from a stream that is named after the tensor, so that the order of
 * drawing never matters, or copied from those that were given. */
#include "stages/engine/net/initial.h"

#include "stages/kernels/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool of_layer(const struct up_program_weight *w)
{
    return w->role == UP_W_COUNTED || w->role == UP_W_BIAS;
}

static void constant(float *out, size_t count, float v)
{
    for (size_t i = 0; i < count; ++i)
        out[i] = v;
}

static void draw_default(float *out, const struct up_program_weight *w, uint64_t seed)
{
    if (!of_layer(w)) {
        constant(out, w->count, w->role == UP_W_GAMMA ? 1.0f : 0.0f);
        return;
    }
    struct up_rng rng = up_rng_init(seed, w->name);
    up_draw_uniforms(out, w->count, (float)(1 / sqrt((double)w->fan_in)), &rng, 0);
}

enum { SHAPE_TEXT = 192 };

/* "[16, 3, 3, 3]" */
static const char *shape_text(char out[SHAPE_TEXT], unsigned ndim, const uint64_t *dims)
{
    size_t at = 0;
    for (unsigned i = 0; i < ndim; ++i)
        at += (size_t)snprintf(out + at, SHAPE_TEXT - at, "%s%llu", i ? ", " : "[",
                               (unsigned long long)dims[i]);
    snprintf(out + at, SHAPE_TEXT - at, ndim ? "]" : "[]");
    return out;
}

/* UP_ENOTFOUND: there is none, and none is needed. */
static int copy_given(float *out, const struct up_program_weight *w,
                      const struct up_given_weights *given, struct up_err *err)
{
    char is[SHAPE_TEXT], wanted[SHAPE_TEXT];
    struct up_given_tensor t;
    shape_text(wanted, w->ndim, w->dims);
    if (!given->find(given->ctx, w->name, &t)) {
        if (!of_layer(w))
            return UP_ENOTFOUND;
        return up_fail(err, UP_EINVAL,
                       "the weights have no tensor '%s' %s, which this architecture needs; "
                       "were they saved for another one?",
                       w->name, wanted);
    }
    if (t.ndim != w->ndim || memcmp(t.dims, w->dims, w->ndim * sizeof *w->dims))
        return up_fail(err, UP_EINVAL,
                       "the weights' tensor '%s' is %s, this architecture needs %s; were they "
                       "saved for another one?",
                       w->name, shape_text(is, t.ndim, t.dims), wanted);
    memcpy(out, t.value, w->count * sizeof *out);
    return UP_OK;
}

int up_initial_weights(float *out, const struct up_program *p, uint64_t seed,
                       const struct up_given_weights *given, struct up_err *err)
{
    for (int i = 0; i < p->weights; ++i) {
        const struct up_program_weight *w = &p->weight[i];
        int rc = given ? copy_given(out + w->at, w, given, err) : UP_ENOTFOUND;
        if (rc == UP_ENOTFOUND)
            draw_default(out + w->at, w, seed);
        else if (rc)
            return rc;
    }
    return UP_OK;
}

void up_initial_normal(float *out, const struct up_program *p, uint64_t seed,
                       const char *prefix)
{
    char name[UP_WEIGHT_NAME + 16];
    for (int i = 0; i < p->weights; ++i) {
        const struct up_program_weight *w = &p->weight[i];
        snprintf(name, sizeof name, "%s%s", prefix, w->name);
        struct up_rng rng = up_rng_init(seed, name);
        if (w->role == UP_W_COUNTED)
            up_draw_normals(out + w->at, w->count, &rng, 0);
        else
            constant(out + w->at, w->count, w->role == UP_W_GAMMA ? 1.0f : 0.0f);
    }
}
