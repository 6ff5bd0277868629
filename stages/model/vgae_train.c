#include "stages/model/vgae_train.h"
#include "stages/model/train_state.h"
#include "stages/nn/adam.h"
#include "stages/nn/dense.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#define UP_WIDE __attribute__((target("avx2,fma")))
#include "stages/model/vgae_net_body.h"

enum { HIDDEN = 128, LATENT = 16, HISTORY = sizeof(struct up_vgae_epoch) / sizeof(double) };

void up_vgae_trainer_init(struct up_vgae_trainer *t, const struct up_vgae_recipe *r, int nodes,
                          int classes, struct up_arena *arena)
{
    memset(t, 0, sizeof *t);
    t->recipe = *r;
    up_vgae_layout_init(&t->layout, nodes, classes, HIDDEN, LATENT);
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

/* Sums of mu and its square, per node and dimension; later mean and deviation. */
static void prior_add(double *prior, const struct up_vgae_work *w)
{
    int n = w->l->nodes, L = w->l->latent;
    for (int r = 0; r < w->G * n; r++)
        for (int c = 0; c < L; c++) {
            double mu = (double)w->head[r * 2 * L + c];
            prior[r % n * L + c] += mu;
            prior[(n + r % n) * L + c] += mu * mu;
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

/* One update; adds the batch to *sum. */
static void learn(struct up_vgae_trainer *t, float *g, struct up_vgae_work *w,
                  const struct up_vgae_mode *m, struct up_vgae_epoch *sum)
{
    const struct up_vgae_recipe *r = &t->recipe;
    size_t learned = t->layout.tensors.learned;
    struct up_adam adam = UP_ADAM(up_cosine_rate(r->lr, r->lr_end, t->epoch, r->epochs));
    up_vgae_forward(w, t->value, m);
    struct up_vgae_loss loss = up_vgae_loss(w, m);
    memset(g, 0, learned * sizeof *g);
    up_vgae_backward(g, w, t->value, m);
    sum->norm += up_grad_clip(g, learned, r->clip);
    up_adam_step(t->value, t->m1, t->m2, g, learned, &adam, ++t->step);
    sum->ops += loss.ops;
    sum->edges += loss.edges;
    sum->kl += loss.kl;
}

int up_vgae_trainer_epoch(struct up_vgae_trainer *t, const struct up_cell_graph *graphs,
                          size_t n, int (*tick)(void *ctx, size_t done), void *ctx,
                          struct up_arena *scratch, struct up_err *err)
{
    const struct up_vgae_recipe *r = &t->recipe;
    bool whole = r->fix_mode || t->epoch == 0;
    int nodes = t->layout.nodes, count = nodes * t->layout.latent, rc = UP_OK;
    struct up_vgae_mode mode = {whole, whole, whole && r->dropout > 0, 0};
    struct up_vgae_epoch sum = {0, 0, 0, 0};
    struct up_vgae_work w;
    up_vgae_work_init(&w, &t->layout, r->batch, scratch);
    float *g = UP_NEW(scratch, t->layout.tensors.learned, float);
    uint32_t *order = UP_NEW(scratch, n, uint32_t);
    struct up_rng noise = stream(r->seed, "noise", t->epoch);
    struct up_rng keep = stream(r->seed, "dropout", t->epoch);
    order_of(order, n, r, t->epoch);
    memset(t->prior, 0, 2 * (size_t)count * sizeof *t->prior);
    size_t batches = 0;
    for (size_t at = 0; at < n && !rc; batches++) {
        int G = (int)(n - at < (size_t)r->batch ? n - at : (size_t)r->batch);
        mode.kl = r->kl < 0 ? 1.0 / (G * nodes) : r->kl;
        up_vgae_take(&w, graphs, order + at, G);
        up_vgae_draw(&w, &mode, r->dropout, &noise, &keep);
        learn(t, g, &w, &mode, &sum);
        prior_add(t->prior, &w);
        at += (size_t)G;
        if (!isfinite(sum.ops + sum.edges + sum.kl + sum.norm))
            return up_fail(err, UP_EINVAL,
                           "the autoencoder's loss is no longer a number in epoch %d: lower "
                           "vgae.lr",
                           t->epoch + 1);
        rc = tick ? tick(ctx, at) : 0;
    }
    double k = 1 / (double)batches;
    t->history[t->epoch++] =
        (struct up_vgae_epoch){sum.ops * k, sum.edges * k, sum.kl * k, sum.norm * k};
    prior_finish(t->prior, count, n);
    return rc;
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
