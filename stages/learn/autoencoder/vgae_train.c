#include "stages/learn/autoencoder/vgae_train.h"
#include "stages/learn/train_state.h"
#include "stages/kernels/adam.h"
#include "stages/kernels/crew.h"
#include "stages/kernels/dense.h"
#include "stages/kernels/draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#include "stages/learn/autoencoder/vgae_net_body.h"
#include "stages/learn/autoencoder/vgae_encoder_body.h"
#include "stages/learn/autoencoder/vgae_decoder_body.h"

enum {
    HIDDEN = 128,
    LATENT = 16,
    CHUNK = 4096, /* of the gradient, whose squares are summed together */
    HISTORY = sizeof(struct up_vgae_epoch) / sizeof(double)
};

void up_vgae_trainer_init(struct up_vgae_trainer *t, const struct up_vgae_recipe *r, int nodes,
                          int classes, struct up_arena *arena)
{
    memset(t, 0, sizeof *t);
    t->recipe = *r;
    up_vgae_layout_init(&t->layout, nodes, classes, r->places, HIDDEN, LATENT);
    size_t learned = t->layout.tensors.learned;
    t->value = UP_NEW(arena, t->layout.tensors.total, float);
    t->m1 = UP_NEW(arena, learned, float);
    t->m2 = UP_NEW(arena, learned, float);
    t->prior = UP_NEW(arena, 2 * nodes * LATENT, double);
    t->history = UP_NEW(arena, r->epochs, struct up_vgae_epoch);
    up_tensors_start(&t->layout.tensors, t->value, r->seed);
}

static void order_of(uint32_t *order, size_t n, const struct up_vgae_recipe *r, int epoch)
{
    char name[32];
    snprintf(name, sizeof name, "order.%d", r->shuffle ? epoch : 0);
    struct up_rng rng = up_rng_init(r->seed, name);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    up_rng_shuffle(&rng, order, n);
}

static struct up_rng stream(uint64_t seed, const char *what, int epoch)
{
    char name[32];
    snprintf(name, sizeof name, "%s.%d", what, epoch);
    return up_rng_init(seed, name);
}

static void listed(struct up_cell_graph *out, void *ctx, size_t i)
{
    *out = ((const struct up_cell_graph *)ctx)[i];
}

struct up_vgae_source up_vgae_listed(const struct up_cell_graph *graphs, size_t n)
{
    return (struct up_vgae_source){n, listed, (void *)(uintptr_t)graphs};
}

/* An epoch under way; what a seat may write is said where it does. */
struct course {
    struct up_vgae_trainer *t;
    const struct up_vgae_source *source;
    const uint32_t *order; /* [source->n] */
    struct up_vgae_work w;
    float *g;       /* [learned] */
    double *square; /* [learned / CHUNK, rounded up] */
    struct up_adam adam;
    struct up_rng noise, keep;
    struct up_vgae_epoch sum;
    size_t batches;
    int (*tick)(void *ctx, size_t done);
    void *ctx;
    int rc;
    struct up_err *err;
};

/* The graphs s, a part, of the batch from `at` on. */
static void take(struct course *c, size_t at, struct up_span s, const struct up_vgae_mode *m,
                 const struct up_vgae_desk *desk)
{
    for (int b = s.from; b < s.to; b++) {
        struct up_cell_graph g = {{0}, {0}};
        c->source->graph(&g, c->source->ctx, c->order[at + (size_t)b]);
        up_vgae_take(&c->w, b, &g);
    }
    up_vgae_draw(&c->w, s, at, m, c->t->recipe.dropout, &c->noise, &c->keep, desk);
}

/* Sums of mu and its square, per node and dimension; later mean and deviation. */
static void prior_add(double *prior, const struct up_vgae_work *w, const struct up_seat *seat)
{
    int L = w->l->latent, count = w->l->nodes * L;
    struct up_span s = up_crew_share(seat, count, L);
    for (int b = 0; b < w->G; b++)
        for (int i = s.from; i < s.to; i++) {
            double mu = (double)w->head[(b * count / L + i / L) * 2 * L + i % L];
            prior[i] += mu;
            prior[count + i] += mu * mu;
        }
}

static void prior_finish(double *prior, int count, size_t graphs)
{
    double n = (double)graphs;
    for (int i = 0; i < count; i++) {
        double mean = prior[i] / n, var = (prior[count + i] - n * mean * mean) / (n - 1);
        prior[i] = mean;
        prior[count + i] = sqrt(var > 0 ? var : 0);
    }
}

/* A seat's part of |g|^2; after all have met, each adds up the parts. */
static void measure(struct course *c, const struct up_seat *seat)
{
    int learned = (int)c->t->layout.tensors.learned;
    struct up_span s = up_crew_share(seat, learned, CHUNK);
    for (int i = s.from; i < s.to; i += CHUNK) {
        int n = s.to - i < CHUNK ? s.to - i : CHUNK;
        c->square[i / CHUNK] = up_grad_square(c->g + i, (size_t)n);
    }
}

static double norm(const struct course *c)
{
    double sum = 0;
    for (size_t i = 0; i * CHUNK < c->t->layout.tensors.learned; i++)
        sum += c->square[i];
    return sqrt(sum);
}

static void update(struct course *c, double length, int64_t step, const struct up_seat *seat)
{
    struct up_vgae_trainer *t = c->t;
    struct up_span s = up_crew_share(seat, (int)t->layout.tensors.learned, 16);
    up_adam_step(&(struct up_adam_slab){t->value + s.from, t->m1 + s.from, t->m2 + s.from,
                                        c->g + s.from, (size_t)(s.to - s.from)},
                 up_grad_scale(length, t->recipe.clip), &c->adam, step);
}

/* What one seat does for all after a batch. */
static void account(struct course *c, double length, int64_t step, size_t done)
{
    struct up_vgae_loss loss = up_vgae_loss(&c->w);
    c->sum.ops += loss.ops;
    c->sum.edges += loss.edges;
    c->sum.kl += loss.kl;
    c->sum.norm += length;
    c->t->step = step;
    c->batches++;
    if (!isfinite(c->sum.ops + c->sum.edges + c->sum.kl + c->sum.norm))
        c->rc = up_fail(c->err, UP_EINVAL,
                        "the autoencoder's loss is no longer a number in epoch %d: lower "
                        "vgae.lr",
                        c->t->epoch + 1);
    else if (c->tick)
        c->rc = c->tick(c->ctx, done);
}

static void walk(void *ctx, const struct up_seat *seat)
{
    struct course *c = ctx;
    struct up_vgae_trainer *t = c->t;
    const struct up_vgae_recipe *r = &t->recipe;
    bool whole = r->fix_mode || t->epoch == 0;
    struct up_vgae_mode mode = {whole, whole, whole && r->dropout > 0, 0};
    struct up_span mine = up_crew_share(seat, up_vgae_parts, 1);
    int64_t step = t->step;
    size_t n = c->source->n, batch = (size_t)r->batch;
    for (size_t at = 0; at < n; at += batch) {
        int G = (int)(n - at < batch ? n - at : batch);
        mode.kl = r->kl < 0 ? 1.0 / (G * t->layout.nodes) : r->kl;
        for (int p = mine.from; p < mine.to; p++)
            take(c, at, up_vgae_part(G, p), &mode, &c->w.desk[seat->id]);
        if (seat->id == 0)
            c->w.G = G;
        up_crew_meet(seat);
        if (c->rc)
            return;
        up_vgae_learn(c->g, &c->w, t->value, &mode, seat);
        prior_add(t->prior, &c->w, seat);
        up_crew_meet(seat);
        measure(c, seat);
        up_crew_meet(seat);
        double length = norm(c);
        update(c, length, ++step, seat);
        if (seat->id == 0)
            account(c, length, step, at + (size_t)G);
    }
}

int up_vgae_trainer_epoch(struct up_vgae_trainer *t, const struct up_vgae_source *source,
                          int threads, int (*tick)(void *ctx, size_t done), void *ctx,
                          struct up_arena *scratch, struct up_err *err)
{
    const struct up_vgae_recipe *r = &t->recipe;
    size_t learned = t->layout.tensors.learned;
    int count = t->layout.nodes * t->layout.latent;
    uint32_t *order = UP_NEW(scratch, source->n, uint32_t);
    struct course c = {.t = t,
                       .source = source,
                       .order = order,
                       .g = UP_NEW(scratch, learned, float),
                       .square = UP_NEW(scratch, learned / CHUNK + 1, double),
                       .adam = UP_ADAM(up_cosine_rate(r->lr, r->lr_end, t->epoch, r->epochs)),
                       .noise = stream(r->seed, "noise", t->epoch),
                       .keep = stream(r->seed, "dropout", t->epoch),
                       .tick = tick,
                       .ctx = ctx,
                       .err = err};
    threads = threads < up_vgae_parts ? threads : up_vgae_parts;
    up_vgae_work_init(&c.w, &t->layout, r->batch, threads, up_dense_best(), scratch);
    order_of(order, source->n, r, t->epoch);
    memset(t->prior, 0, 2 * (size_t)count * sizeof *t->prior);
    up_crew_run(threads, walk, &c);
    double k = 1 / (double)c.batches;
    t->history[t->epoch++] =
        (struct up_vgae_epoch){c.sum.ops * k, c.sum.edges * k, c.sum.kl * k, c.sum.norm * k};
    prior_finish(t->prior, count, source->n);
    return c.rc;
}

void up_vgae_trainer_save(const struct up_vgae_trainer *t, struct up_buf *out)
{
    const struct up_tensors *s = &t->layout.tensors;
    up_pack_map(out, 7);
    up_pack_str(out, "epoch");
    up_pack_int(out, t->epoch);
    up_pack_str(out, "history");
    up_pack_array2(out, UP_F64, t->history, (size_t)t->epoch, HISTORY);
    up_pack_str(out, "m1");
    up_pack_array1(out, UP_F32, t->m1, s->learned);
    up_pack_str(out, "m2");
    up_pack_array1(out, UP_F32, t->m2, s->learned);
    up_pack_str(out, "prior");
    up_pack_array1(out, UP_F64, t->prior, 2 * (size_t)(t->layout.nodes * t->layout.latent));
    up_pack_str(out, "step");
    up_pack_int(out, t->step);
    up_pack_str(out, "value");
    up_pack_array1(out, UP_F32, t->value, s->total);
}

int up_vgae_trainer_restore(struct up_vgae_trainer *t, struct up_view state, struct up_err *err)
{
    const struct up_tensors *s = &t->layout.tensors;
    int64_t epoch;
    int rc = up_doc_int(state, "epoch", &epoch, err);
    if (!rc && (epoch < 0 || epoch > t->recipe.epochs))
        rc = up_fail(err, UP_EINVAL, "the saved training has %lld epochs", (long long)epoch);
    if (!rc)
        rc = up_doc_int(state, "step", &t->step, err);
    if (!rc)
        rc = up_state_copy(t->history, state, "history", UP_F64, (size_t)epoch * HISTORY, err);
    if (!rc)
        rc = up_state_copy(t->m1, state, "m1", UP_F32, s->learned, err);
    if (!rc)
        rc = up_state_copy(t->m2, state, "m2", UP_F32, s->learned, err);
    if (!rc)
        rc = up_state_copy(t->prior, state, "prior", UP_F64,
                           2 * (size_t)(t->layout.nodes * t->layout.latent), err);
    if (!rc)
        rc = up_state_copy(t->value, state, "value", UP_F32, s->total, err);
    if (!rc)
        t->epoch = (int)epoch;
    return rc;
}
