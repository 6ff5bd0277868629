#include "stages/learn/estimator/mlp_train.h"
#include "stages/learn/train_state.h"
#include "stages/kernels/adam.h"
#include "stages/kernels/crew.h"
#include "stages/kernels/dense.h"
#include "store/base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#include "stages/learn/estimator/mlp_net_body.h"

enum { THREADS_MAX = 16 }; /* a layer of 256 columns is cut into no more parts */

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

/* An epoch under way. */
struct course {
    struct up_mlp_trainer *t;
    const uint32_t *order; /* [t->n] */
    struct up_mlp_work w;
    float *g; /* [learned] */
    struct up_rng noise;
    double sum;
    size_t batches;
    int (*tick)(void *ctx, size_t done);
    void *ctx;
    int rc;
    struct up_err *err;
};

/* A seat's rows of the batch from `at` on. */
static void take(struct course *c, size_t at, int B, const struct up_seat *seat)
{
    const struct up_mlp_trainer *t = c->t;
    struct up_mlp_work *w = &c->w;
    size_t I = (size_t)t->layout.in, M = (size_t)t->layout.out;
    struct up_span s = up_crew_share(seat, B, 1);
    for (int i = s.from; i < s.to; i++) {
        size_t place = at + (size_t)i, row = c->order[place];
        float *x = w->x_rows + (size_t)i * I;
        memcpy(x, t->x + row * I, I * sizeof *x);
        memcpy(w->t + (size_t)i * M, t->t + row * M, M * sizeof *w->t);
        struct up_rng noise = up_rng_at(&c->noise, place * ((I + 1) / 2));
        for (size_t k = 0; t->recipe.noise > 0 && k < I; k++)
            x[k] += (float)(t->recipe.noise * up_rng_normal(&noise));
    }
    w->k->turn(w->x + s.from, w->ld, w->x_rows + (size_t)s.from * I, s.to - s.from, (int)I,
               (int)I);
}

/* Layer i's weights, a seat's rows of them, while their gradient is in cache. */
static void update_weights(struct course *c, int i, const struct up_adam *adam, int64_t step,
                           const struct up_seat *seat)
{
    enum { ROWS = 28 };
    struct up_mlp_trainer *t = c->t;
    int from = up_mlp_layout_from(&t->layout, i), to = up_mlp_layout_to(&t->layout, i);
    struct up_span all = up_crew_share(seat, to, i < t->layout.depth ? 16 : 1);
    for (int r = all.from; r < all.to; r += ROWS) {
        struct up_span s = {r, r + ROWS < all.to ? r + ROWS : all.to};
        size_t at = t->layout.layer[i].w + (size_t)(r * from);
        up_mlp_weight_gradient(c->g, &c->w, i, s);
        up_adam_step(&(struct up_adam_slab){t->value + at, t->m1 + at, t->m2 + at, c->g + at,
                                            (size_t)((s.to - r) * from)},
                     1, adam, step);
    }
}

static void update(struct course *c, const struct up_adam *adam, int64_t step,
                   const struct up_seat *seat)
{
    struct up_mlp_trainer *t = c->t;
    const struct up_mlp_layout *l = &t->layout;
    for (int i = 0; i <= l->depth; i++) {
        update_weights(c, i, adam, step, seat);
        if (seat->id != i % seat->of)
            continue;
        /* The vectors behind the matrix, up to the next one. */
        size_t at = l->layer[i].b, end = i < l->depth ? l->layer[i + 1].w : l->tensors.learned;
        up_adam_step(
            &(struct up_adam_slab){t->value + at, t->m1 + at, t->m2 + at, c->g + at, end - at},
            1, adam, step);
    }
}

/* What one seat does for all after a batch. */
static void account(struct course *c, int64_t step, size_t done)
{
    c->sum += c->w.loss;
    c->t->step = step;
    c->batches++;
    if (!isfinite(c->sum))
        c->rc = up_fail(c->err, UP_EINVAL,
                        "the estimator's loss is no longer a number in epoch %d: lower mpe.lr",
                        c->t->epoch + 1);
    else if (c->tick)
        c->rc = c->tick(c->ctx, done);
}

static void walk(void *ctx, const struct up_seat *seat)
{
    struct course *c = ctx;
    struct up_mlp_trainer *t = c->t;
    const struct up_mlp_recipe *r = &t->recipe;
    size_t batch = (size_t)r->batch, n = t->n;
    int64_t step = t->step, steps = (int64_t)((n + batch - 1) / batch) * r->epochs;
    for (size_t at = 0; at + 2 <= n; at += batch) {
        int B = (int)(n - at < batch ? n - at : batch);
        struct up_adam adam = UP_ADAM(up_cosine_rate(r->lr, r->lr_end, step, steps));
        take(c, at, B, seat);
        if (seat->id == 0)
            c->w.B = B;
        up_crew_meet(seat);
        if (c->rc)
            return;
        up_mlp_forward(&c->w, t->value, seat);
        up_mlp_backward(c->g, &c->w, t->value, seat);
        update(c, &adam, ++step, seat);
        if (seat->id == 0)
            account(c, step, at + (size_t)B);
        up_crew_meet(seat);
    }
}

int up_mlp_trainer_epoch(struct up_mlp_trainer *t, int threads,
                         int (*tick)(void *ctx, size_t done), void *ctx,
                         struct up_arena *scratch, struct up_err *err)
{
    const struct up_mlp_recipe *r = &t->recipe;
    uint32_t *order = UP_NEW(scratch, t->n, uint32_t);
    struct course c = {.t = t,
                       .order = order,
                       .g = UP_NEW(scratch, t->layout.tensors.learned, float),
                       .tick = tick,
                       .ctx = ctx,
                       .err = err};
    char name[32];
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    up_mlp_work_init(&c.w, &t->layout, r->batch, threads, up_dense_best(), scratch);
    snprintf(name, sizeof name, "order.%d", t->epoch);
    struct up_rng rng = up_rng_init(r->seed, name);
    for (size_t i = 0; i < t->n; i++)
        order[i] = (uint32_t)i;
    up_rng_shuffle(&rng, order, t->n);
    snprintf(name, sizeof name, "noise.%d", t->epoch);
    c.noise = up_rng_init(r->seed, name);
    up_crew_run(threads, walk, &c);
    t->history[t->epoch++] = c.sum / (double)c.batches;
    return c.rc;
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
