#include "stages/proxy/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool of_layer(const struct up_weight *w)
{
    return w->role == UP_W_COUNTED || w->role == UP_W_BIAS;
}

static void constant(float *out, size_t count, float v)
{
    for (size_t i = 0; i < count; ++i)
        out[i] = v;
}

static void draw_default(float *out, const struct up_weight *w, uint64_t seed)
{
    if (!of_layer(w)) {
        constant(out, w->count, w->role == UP_W_GAMMA ? 1.0f : 0.0f);
        return;
    }
    struct up_rng rng = up_rng_init(seed, w->name);
    double bound = 1 / sqrt((double)w->fan_in);
    for (size_t i = 0; i < w->count; ++i)
        out[i] = (float)up_rng_range(&rng, -bound, bound);
}

int up_weights_fill(float *out, const struct up_program *p, uint64_t seed,
                    const struct up_tensor_source *given, struct up_err *err)
{
    for (int i = 0; i < p->weights; ++i) {
        const struct up_weight *w = &p->weight[i];
        const float *v = given ? given->find(given->ctx, w->name, w->count) : NULL;
        if (v)
            memcpy(out + w->at, v, w->count * sizeof *out);
        else if (given && of_layer(w))
            return up_fail(err, UP_EINVAL,
                           "the weights have no tensor '%s' of %zu numbers, which this "
                           "architecture needs; were they saved for another one?",
                           w->name, w->count);
        else
            draw_default(out + w->at, w, seed);
    }
    return UP_OK;
}

void up_weights_draw(float *out, size_t count, uint64_t seed, const char *name)
{
    struct up_rng rng = up_rng_init(seed, name);
    for (size_t i = 0; i < count; ++i)
        out[i] = (float)up_rng_normal(&rng);
}

void up_weights_normal(float *out, const struct up_program *p, uint64_t seed)
{
    char name[UP_WEIGHT_NAME + 8];
    for (int i = 0; i < p->weights; ++i) {
        const struct up_weight *w = &p->weight[i];
        snprintf(name, sizeof name, "zen.%s", w->name);
        if (w->role == UP_W_COUNTED)
            up_weights_draw(out + w->at, w->count, seed, name);
        else
            constant(out + w->at, w->count, w->role == UP_W_GAMMA ? 1.0f : 0.0f);
    }
}
