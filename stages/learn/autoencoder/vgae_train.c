/* Training of the VGAE: batches of graphs for the training driver, the prior that embeddings
 * come from, and the clipped update. */
#include "stages/learn/autoencoder/vgae_train.h"
#include "stages/kernels/dense.h"
#include "stages/kernels/draw.h"

#include <math.h>
#include <string.h>

#define UP_REAL float
#define UP_REAL_(f) up_##f
#include "stages/learn/autoencoder/vgae_net_body.h"
#include "stages/learn/autoencoder/vgae_encoder_body.h"
#include "stages/learn/autoencoder/vgae_decoder_body.h"

enum {
    HIDDEN = 128,
    LATENT = 16,
    CHUNK = 4096 /* of the gradient, whose squares are summed together */
};

static void listed(struct up_cell_graph *out, void *ctx, size_t i)
{
    *out = ((const struct up_cell_graph *)ctx)[i];
}

struct up_vgae_source up_vgae_listed(const struct up_cell_graph *graphs, size_t n)
{
    return (struct up_vgae_source){n, listed, (void *)(uintptr_t)graphs};
}

/* The working memory of an epoch; what a seat may write is said where it does. */
struct course {
    struct up_vgae_trainer *t;
    struct up_vgae_work w;
    double *square; /* [learned / CHUNK, rounded up] */
    double length;  /* of the batch's gradient */
    struct up_rng noise, keep;
};

static struct up_vgae_trainer *trainer_of(struct up_training *t)
{
    return (struct up_vgae_trainer *)t; /* its first member */
}

static void *course_begin(struct up_training *training, int threads, struct up_arena *scratch)
{
    struct up_vgae_trainer *t = trainer_of(training);
    struct course *c = UP_NEW(scratch, 1, struct course);
    c->t = t;
    c->square = UP_NEW(scratch, training->learned / CHUNK + 1, double);
    c->noise = up_training_stream(training, "noise");
    c->keep = up_training_stream(training, "dropout");
    up_vgae_work_init(&c->w, &t->layout, training->batch, threads, up_dense_best(), scratch);
    memset(t->prior, 0, training->extras * sizeof *t->prior);
    return c;
}

/* As published, epochs after the first neither sample nor learn the norms. */
static struct up_vgae_mode mode_of(const struct up_vgae_trainer *t, int graphs)
{
    const struct up_vgae_recipe *r = &t->recipe;
    bool whole = r->fix_mode || t->training.epoch == 0;
    double kl = r->kl < 0 ? 1.0 / (graphs * t->layout.nodes) : r->kl;
    return (struct up_vgae_mode){whole, whole, whole && r->dropout > 0, kl};
}

/* The graphs s, a part, of the batch. */
static void take_part(struct course *c, size_t at, struct up_span s,
                      const struct up_vgae_mode *m, const struct up_vgae_desk *desk)
{
    struct up_vgae_trainer *t = c->t;
    for (int b = s.from; b < s.to; b++) {
        struct up_cell_graph g = {{0}, {0}};
        t->source.graph(&g, t->source.ctx, t->training.order[at + (size_t)b]);
        up_vgae_take(&c->w, b, &g);
    }
    up_vgae_draw(&c->w, s, at, m, t->recipe.dropout, &c->noise, &c->keep, desk);
}

static void graphs_take(struct up_training *training, const struct up_training_batch *b,
                        const struct up_seat *seat)
{
    struct course *c = training->work;
    struct up_vgae_mode mode = mode_of(c->t, b->rows);
    struct up_span mine = up_crew_share(seat, up_vgae_parts, 1);
    for (int p = mine.from; p < mine.to; p++)
        take_part(c, b->at, up_vgae_part(b->rows, p), &mode, &c->w.desk[seat->id]);
    if (seat->id == 0)
        c->w.G = b->rows;
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
static void measure_gradient(struct course *c, const struct up_seat *seat)
{
    const struct up_training *t = &c->t->training;
    struct up_span s = up_crew_share(seat, (int)t->learned, CHUNK);
    for (int i = s.from; i < s.to; i += CHUNK) {
        int n = s.to - i < CHUNK ? s.to - i : CHUNK;
        c->square[i / CHUNK] = up_grad_square(t->gradient + i, (size_t)n);
    }
}

static double gradient_norm(const struct course *c)
{
    double sum = 0;
    for (size_t i = 0; i * CHUNK < c->t->training.learned; i++)
        sum += c->square[i];
    return sqrt(sum);
}

static void graphs_learn(struct up_training *t, const struct up_training_batch *b,
                         const struct up_seat *seat)
{
    struct course *c = t->work;
    struct up_vgae_mode mode = mode_of(c->t, b->rows);
    struct up_span s = up_crew_share(seat, (int)t->learned, 16);
    up_vgae_learn(t->gradient, &c->w, t->value, &mode, seat);
    prior_add(c->t->prior, &c->w, seat);
    up_crew_meet(seat);
    measure_gradient(c, seat);
    up_crew_meet(seat);
    double length = gradient_norm(c);
    up_adam_step(&(struct up_adam_slab){t->value + s.from, t->m1 + s.from, t->m2 + s.from,
                                        t->gradient + s.from, (size_t)(s.to - s.from)},
                 up_grad_scale(length, c->t->recipe.clip), &b->adam, b->step);
    if (seat->id == 0)
        c->length = length;
}

static void graphs_loss(const struct up_training *t, double *losses)
{
    const struct course *c = t->work;
    struct up_vgae_loss loss = up_vgae_loss(&c->w);
    losses[0] = loss.ops;
    losses[1] = loss.edges;
    losses[2] = loss.kl;
    losses[3] = c->length;
}

static void course_end(struct up_training *t)
{
    prior_finish(trainer_of(t)->prior, (int)t->extras / 2, t->n);
}

static const struct up_training_kind kind = {.what = "the autoencoder",
                                             .setting = "vgae.lr",
                                             .least_rows = 1,
                                             .losses = UP_VGAE_LOSSES,
                                             .most_threads = up_vgae_parts,
                                             .begin = course_begin,
                                             .take = graphs_take,
                                             .learn = graphs_learn,
                                             .loss = graphs_loss,
                                             .end = course_end};

void up_vgae_trainer_init(struct up_vgae_trainer *t, const struct up_vgae_recipe *r,
                          const struct up_vgae_source *source, int nodes, int classes,
                          struct up_arena *arena)
{
    size_t prior = 2 * (size_t)(nodes * LATENT);
    *t = (struct up_vgae_trainer){.training = {.kind = &kind,
                                               .epochs = r->epochs,
                                               .batch = r->batch,
                                               .lr = r->lr,
                                               .lr_end = r->lr_end,
                                               .reshuffles = r->shuffle,
                                               .seed = r->seed,
                                               .n = source->n,
                                               .extras = prior},
                                  .recipe = *r,
                                  .source = *source};
    t->training.extra = t->prior = UP_NEW(arena, prior, double);
    up_vgae_layout_init(&t->layout, nodes, classes, r->places, HIDDEN, LATENT);
    up_training_init(&t->training, &t->layout.tensors, arena);
}
