/* Training of the estimator: batches of rows for the training driver, with noise on the
 * inputs, and updates while a gradient is in cache. */
#include "stages/learn/estimator/mlp_train.h"
#include "stages/kernels/dense.h"

#include <math.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#include "stages/learn/estimator/mlp_net_body.h"

enum { THREADS_MAX = 16 }; /* a layer of 256 columns is cut into no more parts */

/* The working memory of an epoch. */
struct course {
    struct up_mlp_trainer *t;
    struct up_mlp_work w;
    struct up_rng noise;
};

static void *course_begin(struct up_training *training, int threads, struct up_arena *scratch)
{
    struct course *c = UP_NEW(scratch, 1, struct course);
    c->t = (struct up_mlp_trainer *)training; /* its first member */
    c->noise = up_training_stream(training, "noise");
    up_mlp_work_init(&c->w, &c->t->layout, training->batch, threads, up_dense_best(), scratch);
    return c;
}

static void rows_take(struct up_training *training, const struct up_training_batch *b,
                      const struct up_seat *seat)
{
    struct course *c = training->work;
    const struct up_mlp_trainer *t = c->t;
    struct up_mlp_work *w = &c->w;
    size_t I = (size_t)t->layout.in, M = (size_t)t->layout.out;
    struct up_span s = up_crew_share(seat, b->rows, 1);
    for (int i = s.from; i < s.to; i++) {
        size_t place = b->at + (size_t)i, row = training->order[place];
        float *x = w->x_rows + (size_t)i * I;
        memcpy(x, t->x + row * I, I * sizeof *x);
        memcpy(w->t + (size_t)i * M, t->t + row * M, M * sizeof *w->t);
        struct up_rng noise = up_rng_at(&c->noise, place * ((I + 1) / 2));
        for (size_t k = 0; t->recipe.noise > 0 && k < I; k++)
            x[k] += (float)(t->recipe.noise * up_rng_normal(&noise));
    }
    w->k->turn(w->x + s.from, w->ld, w->x_rows + (size_t)s.from * I, s.to - s.from, (int)I,
               (int)I);
    if (seat->id == 0)
        w->B = b->rows;
}

/* Values [at, at + n) move by their gradient. */
static void update(struct up_training *t, const struct up_training_batch *b, size_t at,
                   size_t n)
{
    up_adam_step(
        &(struct up_adam_slab){t->value + at, t->m1 + at, t->m2 + at, t->gradient + at, n}, 1,
        &b->adam, b->step);
}

/* Layer i's weights, a seat's rows of them, while their gradient is in cache. */
static void update_weights(struct course *c, int i, const struct up_training_batch *b,
                           const struct up_seat *seat)
{
    enum { ROWS = 28 };
    struct up_mlp_trainer *t = c->t;
    int from = up_mlp_layout_from(&t->layout, i), to = up_mlp_layout_to(&t->layout, i);
    struct up_span all = up_crew_share(seat, to, i < t->layout.depth ? 16 : 1);
    for (int r = all.from; r < all.to; r += ROWS) {
        struct up_span s = {r, r + ROWS < all.to ? r + ROWS : all.to};
        up_mlp_weight_gradient(t->training.gradient, &c->w, i, s);
        update(&t->training, b, t->layout.layer[i].w + (size_t)(r * from),
               (size_t)((s.to - r) * from));
    }
}

static void rows_learn(struct up_training *t, const struct up_training_batch *b,
                       const struct up_seat *seat)
{
    struct course *c = t->work;
    const struct up_mlp_layout *l = &c->t->layout;
    up_mlp_forward(&c->w, t->value, seat);
    up_mlp_backward(t->gradient, &c->w, t->value, seat);
    for (int i = 0; i <= l->depth; i++) {
        update_weights(c, i, b, seat);
        if (seat->id != i % seat->of)
            continue;
        /* The vectors behind the matrix, up to the next one. */
        size_t at = l->layer[i].b, end = i < l->depth ? l->layer[i + 1].w : l->tensors.learned;
        update(t, b, at, end - at);
    }
    up_crew_meet(seat); /* the inputs are read until here */
}

static void rows_loss(const struct up_training *t, double *losses)
{
    losses[0] = ((const struct course *)t->work)->w.loss;
}

static const struct up_training_kind kind = {.what = "the estimator",
                                             .setting = "mpe.lr",
                                             .least_rows = 2,
                                             .losses = 1,
                                             .most_threads = THREADS_MAX,
                                             .rate_by_step = true,
                                             .divides = true,
                                             .begin = course_begin,
                                             .take = rows_take,
                                             .learn = rows_learn,
                                             .loss = rows_loss};

/* One deviation for all inputs, so that a direction in which the embedding hardly
 * moves is not blown up. */
static void measure_inputs(struct up_mlp_trainer *t, const struct up_mlp_rows *rows)
{
    size_t in = (size_t)rows->in;
    double sum = 0, n = (double)rows->n;
    for (size_t c = 0; c < in; c++) {
        double s = 0, q = 0;
        for (size_t i = 0; i < rows->n; i++)
            s += (double)rows->z[rows->row[i] * in + c];
        s /= n;
        for (size_t i = 0; i < rows->n; i++) {
            double d = (double)rows->z[rows->row[i] * in + c] - s;
            q += d * d;
        }
        t->mean[c] = s;
        sum += q / n;
    }
    t->deviation = sum > 0 ? sqrt(sum / rows->in) : 1;
}

static void copy_rows(struct up_mlp_trainer *t, const struct up_mlp_rows *rows)
{
    size_t in = (size_t)rows->in, out = (size_t)rows->out;
    for (size_t i = 0; i < rows->n; i++) {
        const float *z = rows->z + rows->row[i] * in;
        for (size_t c = 0; c < in; c++)
            t->x[i * in + c] = (float)(((double)z[c] - t->mean[c]) / t->deviation);
        for (size_t c = 0; c < out; c++)
            t->t[i * out + c] = (float)rows->target[rows->row[i] * out + c];
    }
}

void up_mlp_trainer_init(struct up_mlp_trainer *t, const struct up_mlp_recipe *r,
                         const struct up_mlp_rows *rows, struct up_arena *arena)
{
    *t = (struct up_mlp_trainer){.training = {.kind = &kind,
                                              .epochs = r->epochs,
                                              .batch = r->batch,
                                              .lr = r->lr,
                                              .lr_end = r->lr_end,
                                              .reshuffles = true,
                                              .seed = r->seed,
                                              .n = rows->n},
                                 .recipe = *r,
                                 .deviation = 1};
    up_mlp_layout_init(&t->layout, rows->in, r->hidden, r->depth, rows->out);
    t->x = UP_NEW(arena, rows->n * (size_t)rows->in, float);
    t->t = UP_NEW(arena, rows->n * (size_t)rows->out, float);
    t->mean = UP_NEW(arena, rows->in, double);
    if (r->standardise)
        measure_inputs(t, rows);
    copy_rows(t, rows);
    up_training_init(&t->training, &t->layout.tensors, arena);
}

void up_mlp_trainer_export(const struct up_mlp_trainer *t, float *v)
{
    int in = t->layout.in;
    memcpy(v, t->training.value, t->layout.tensors.total * sizeof *v);
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
