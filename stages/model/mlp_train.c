#include "stages/model/mlp_train.h"
#include "stages/model/train_state.h"
#include "stages/nn/adam.h"
#include "stages/nn/dense.h"
#include "store/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#include "stages/model/mlp_net_body.h"

/* One deviation for all inputs, so that a direction in which the embedding hardly
 * moves is not blown up. */
static void measure(struct up_mlp_trainer *t, const float *z, const uint32_t *rows)
{
    int in = t->layout.in;
    double sum = 0;
    for (int c = 0; c < in; c++) {
        double s = 0, q = 0;
        for (size_t i = 0; i < t->n; i++)
            s += (double)z[(size_t)rows[i] * (size_t)in + (size_t)c];
        s /= (double)t->n;
        for (size_t i = 0; i < t->n; i++) {
            double d = (double)z[(size_t)rows[i] * (size_t)in + (size_t)c] - s;
            q += d * d;
        }
        t->mean[c] = s;
        sum += q / (double)t->n;
    }
    t->deviation = sum > 0 ? sqrt(sum / in) : 1;
}

void up_mlp_trainer_init(struct up_mlp_trainer *t, const struct up_mlp_recipe *r,
                         const float *z, int in, const double *target, int out,
                         const uint32_t *rows, size_t n, struct up_arena *arena)
{
    UP_CHECK(n >= 2);
    memset(t, 0, sizeof *t);
    t->recipe = *r;
    t->n = n;
    up_mlp_layout_init(&t->layout, in, r->hidden, r->depth, out);
    size_t I = (size_t)in, M = (size_t)out;
    t->x = UP_NEW(arena, n * I, float);
    t->t = UP_NEW(arena, n * M, float);
    t->mean = UP_NEW(arena, in, double);
    t->deviation = 1;
    if (r->standardise)
        measure(t, z, rows);
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < I; c++)
            t->x[i * I + c] = (float)(((double)z[rows[i] * I + c] - t->mean[c]) / t->deviation);
        for (size_t c = 0; c < M; c++)
            t->t[i * M + c] = (float)target[rows[i] * M + c];
    }
    t->value = UP_NEW(arena, t->layout.tensors.total, float);
    t->m1 = UP_NEW(arena, t->layout.tensors.learned, float);
    t->m2 = UP_NEW(arena, t->layout.tensors.learned, float);
    t->history = UP_NEW(arena, r->epochs, double);
    up_tensors_start(&t->layout.tensors, t->value, r->seed);
}

static void take(struct up_mlp_work *w, const struct up_mlp_trainer *t, const uint32_t *pick,
                 int B, struct up_rng *noise)
{
    size_t I = (size_t)t->layout.in, M = (size_t)t->layout.out;
    w->B = B;
    for (int i = 0; i < B; i++) {
        memcpy(w->x + (size_t)i * I, t->x + pick[i] * I, I * sizeof *w->x);
        memcpy(w->t + (size_t)i * M, t->t + pick[i] * M, M * sizeof *w->t);
    }
    for (size_t i = 0; t->recipe.noise > 0 && i < (size_t)B * I; i++)
        w->x[i] += (float)(t->recipe.noise * up_rng_normal(noise));
}

int up_mlp_trainer_epoch(struct up_mlp_trainer *t, int (*tick)(void *ctx, size_t done),
                         void *ctx, struct up_arena *scratch, struct up_err *err)
{
    const struct up_mlp_recipe *r = &t->recipe;
    size_t batch = (size_t)r->batch, learned = t->layout.tensors.learned, batches = 0;
    int64_t per_epoch = (int64_t)((t->n + batch - 1) / batch);
    struct up_mlp_work w;
    up_mlp_work_init(&w, &t->layout, r->batch, scratch);
    float *g = UP_NEW(scratch, learned, float);
    uint32_t *order = UP_NEW(scratch, t->n, uint32_t);
    char name[32];
    snprintf(name, sizeof name, "order.%d", t->epoch);
    struct up_rng rng = up_rng_init(r->seed, name);
    for (size_t i = 0; i < t->n; i++)
        order[i] = (uint32_t)i;
    up_rng_shuffle(&rng, order, t->n);
    snprintf(name, sizeof name, "noise.%d", t->epoch);
    struct up_rng noise = up_rng_init(r->seed, name);
    double sum = 0;
    int rc = UP_OK;
    for (size_t at = 0; t->n - at >= 2 && !rc; batches++) {
        int B = (int)(t->n - at < batch ? t->n - at : batch);
        struct up_adam adam =
            UP_ADAM(up_cosine_rate(r->lr, r->lr_end, t->step, per_epoch * r->epochs));
        take(&w, t, order + at, B, &noise);
        sum += up_mlp_forward(&w, t->value);
        memset(g, 0, learned * sizeof *g);
        up_mlp_backward(g, &w, t->value);
        up_adam_step(t->value, t->m1, t->m2, g, learned, &adam, ++t->step);
        at += (size_t)B;
        if (!isfinite(sum))
            return up_fail(
                err, UP_EINVAL,
                "the estimator's loss is no longer a number in epoch %d: lower mpe.lr",
                t->epoch + 1);
        rc = tick ? tick(ctx, at) : 0;
    }
    t->history[t->epoch++] = sum / (double)batches;
    return rc;
}

void up_mlp_trainer_export(const struct up_mlp_trainer *t, float *v)
{
    int in = t->layout.in;
    memcpy(v, t->value, t->layout.tensors.total * sizeof *v);
    float *w = v + t->layout.layer[0].w, *b = v + t->layout.layer[0].b;
    for (int o = 0; o < t->layout.hidden; o++) {
        double shift = 0;
        for (int c = 0; c < in; c++) {
            double k = (double)w[o * in + c] / t->deviation;
            shift += k * t->mean[c];
            w[o * in + c] = (float)k;
        }
        b[o] = (float)((double)b[o] - shift);
    }
}

void up_mlp_trainer_save(const struct up_mlp_trainer *t, struct up_buf *out)
{
    const struct up_tensors *s = &t->layout.tensors;
    up_pack_map(out, 6);
    up_pack_str(out, "epoch");
    up_pack_int(out, t->epoch);
    up_pack_str(out, "history");
    up_pack_array1(out, UP_F64, t->history, (size_t)t->epoch);
    up_pack_str(out, "m1");
    up_pack_array1(out, UP_F32, t->m1, s->learned);
    up_pack_str(out, "m2");
    up_pack_array1(out, UP_F32, t->m2, s->learned);
    up_pack_str(out, "step");
    up_pack_int(out, t->step);
    up_pack_str(out, "value");
    up_pack_array1(out, UP_F32, t->value, s->total);
}

int up_mlp_trainer_restore(struct up_mlp_trainer *t, struct up_view state, struct up_err *err)
{
    const struct up_tensors *s = &t->layout.tensors;
    int64_t epoch;
    int rc = up_doc_int(state, "epoch", &epoch, err);
    if (!rc && (epoch < 0 || epoch > t->recipe.epochs))
        rc = up_fail(err, UP_EINVAL, "the saved training has %lld epochs", (long long)epoch);
    if (!rc)
        rc = up_doc_int(state, "step", &t->step, err);
    if (!rc)
        rc = up_state_copy(t->history, state, "history", UP_F64, (size_t)epoch, err);
    if (!rc)
        rc = up_state_copy(t->m1, state, "m1", UP_F32, s->learned, err);
    if (!rc)
        rc = up_state_copy(t->m2, state, "m2", UP_F32, s->learned, err);
    if (!rc)
        rc = up_state_copy(t->value, state, "value", UP_F32, s->total, err);
    if (!rc)
        t->epoch = (int)epoch;
    return rc;
}
