/* vgae: the embedding of architectures, see learn/autoencoder/vgae.h.
 *
 * {history f64[epochs][4], per column of history_names the mean over an epoch's batches;
 * history_names [str]; model {tensor: f32}; preset; quality {name: real}, see
 * learn/autoencoder/vgae_quality.h, nil where undefined; recipe {name: value} as used; schema;
 * space}
 *
 * The first 90 % of the space in index order are trained on, the rest is held out. Of a space
 * that cannot be listed vgae.samples cells are drawn, as they are needed, and a tenth of them
 * held out: see learn/autoencoder/graph_source.h. */
#include "dag/stage.h"
#include "stages/artifact/checkpoint.h"
#include "stages/learn/autoencoder/graph_source.h"
#include "stages/learn/autoencoder/vgae_quality.h"
#include "stages/learn/autoencoder/vgae_train.h"
#include "store/base/hash.h"
#include "store/base/pack.h"

#include <math.h>
#include <string.h>

static const char *const presets[] = {"default", "arch2vec", NULL};

static const struct up_param params[] = {
    {.name = "preset",
     .kind = UP_P_ENUM,
     .def = "default",
     .choices = presets,
     .doc = "arch2vec: trained as published, which leaves training mode after the first epoch"},
    {.name = "epochs",
     .kind = UP_P_INT,
     .min = 1,
     .max = 1000,
     .doc = "passes over the cells; null, here and below: the preset's value"},
    {.name = "batch", .kind = UP_P_INT, .min = 2, .max = 4096, .doc = "graphs in a batch"},
    {.name = "lr", .kind = UP_P_REAL, .min = 1e-9, .max = 1, .doc = "learning rate of Adam"},
    {.name = "lr_end",
     .kind = UP_P_REAL,
     .min = 0,
     .max = 1,
     .doc = "learning rate in the last epoch; it falls along half a cosine"},
    {.name = "kl",
     .kind = UP_P_REAL,
     .min = 0,
     .max = 1000,
     .doc = "weight of the KL divergence of a node; arch2vec: 1 / (batch x nodes)"},
    {.name = "dropout",
     .kind = UP_P_REAL,
     .min = 0,
     .max = 0.99,
     .doc = "part of the embedding set to 0 before the decoder, in training"},
    {.name = "clip",
     .kind = UP_P_REAL,
     .min = 1e-6,
     .max = 1e9,
     .doc = "largest norm of a gradient; a longer one is shortened to it"},
    {.name = "fix_mode",
     .kind = UP_P_BOOL,
     .doc = "stay in training mode in every epoch, instead of in the first alone"},
    {.name = "shuffle", .kind = UP_P_BOOL, .doc = "make new batches in every epoch"},
    {.name = "samples",
     .kind = UP_P_INT,
     .def = "600000",
     .min = 20,
     .max = 1e9,
     .when = "space.name!=nb201",
     .doc = "cells to draw from a space too large to be listed; nine of ten are trained on, "
            "the tenth measures"},
    {.name = "draws",
     .kind = UP_P_INT,
     .def = "10000",
     .min = 1,
     .max = 1000000,
     .doc = "random points that are decoded to measure the quality of the embedding"},
    {.name = "seed",
     .kind = UP_P_INT,
     .seed = true,
     .doc = "seed of weights, batches and noise"},
    {0},
};
static const struct up_stage_input inputs[] = {{"space", NULL}, {0}};

/* kl < 0: 1 / (batch nodes). epochs 0: two, or as many as give STEPS updates where cells
 * are few. The drawn one learns cells of more nodes that never come twice: with the KL weight
 * of the listed one their operations collapse (39 % of nodes after 11,000 updates, all with a
 * tenth of it), and with its rate a fifth is exact after 4,500 updates instead of 86 %. */
enum { EPOCHS = 2, STEPS = 12000 };
enum recipe { LISTED, DRAWN, ARCH2VEC };
static const struct up_vgae_recipe recipes[] = {
    {.batch = 32,
     .epochs = 8,
     .lr = 2e-3,
     .lr_end = 1e-4,
     .kl = 4e-3,
     .dropout = 0,
     .clip = 5,
     .fix_mode = true,
     .shuffle = true},
    {.batch = 32,
     .epochs = 0,
     .lr = 8e-3,
     .lr_end = 1e-4,
     .kl = 4e-4,
     .dropout = 0,
     .clip = 5,
     .fix_mode = true,
     .shuffle = true},
    {.batch = 32,
     .epochs = 10,
     .lr = 1e-3,
     .lr_end = 1e-3,
     .kl = -1,
     .dropout = 0.3,
     .clip = 5},
};

static size_t nine_of_ten(size_t n) { return n * 9 / 10 > 0 ? n * 9 / 10 : 1; }

static struct up_vgae_recipe recipe_of(const struct up_job *job, const struct up_space *space)
{
    bool exact = strcmp(up_job_str(job, "preset"), "arch2vec") == 0;
    struct up_vgae_recipe r = recipes[exact ? ARCH2VEC : space->count ? LISTED : DRAWN];
    r.places = !exact && space->alike;
    if (up_job_set(job, "epochs"))
        r.epochs = (int)up_job_int(job, "epochs");
    if (up_job_set(job, "batch"))
        r.batch = (int)up_job_int(job, "batch");
    bool constant = r.lr_end == r.lr;
    if (up_job_set(job, "lr"))
        r.lr = up_job_real(job, "lr");
    if (constant)
        r.lr_end = r.lr;
    if (up_job_set(job, "lr_end"))
        r.lr_end = up_job_real(job, "lr_end");
    if (up_job_set(job, "kl"))
        r.kl = up_job_real(job, "kl");
    if (up_job_set(job, "dropout"))
        r.dropout = up_job_real(job, "dropout");
    if (up_job_set(job, "clip"))
        r.clip = up_job_real(job, "clip");
    if (up_job_set(job, "fix_mode"))
        r.fix_mode = up_job_bool(job, "fix_mode");
    if (up_job_set(job, "shuffle"))
        r.shuffle = up_job_bool(job, "shuffle");
    r.seed = up_job_seed(job, "seed");
    if (r.epochs == 0) {
        size_t train = nine_of_ten((size_t)up_job_int(job, "samples"));
        size_t batches = (train + (size_t)r.batch - 1) / (size_t)r.batch;
        size_t needed = (STEPS + batches - 1) / batches;
        r.epochs = needed > EPOCHS ? (int)needed : EPOCHS;
    }
    return r;
}

static void pack_recipe(struct up_buf *b, const struct up_vgae_recipe *r)
{
    up_pack_map(b, r->places ? 11 : 10);
    up_pack_str(b, "batch");
    up_pack_int(b, r->batch);
    up_pack_str(b, "clip");
    up_pack_real(b, r->clip);
    up_pack_str(b, "dropout");
    up_pack_real(b, r->dropout);
    up_pack_str(b, "epochs");
    up_pack_int(b, r->epochs);
    up_pack_str(b, "fix_mode");
    up_pack_bool(b, r->fix_mode);
    up_pack_str(b, "kl");
    if (r->kl < 0)
        up_pack_str(b, "1/(batch nodes)");
    else
        up_pack_real(b, r->kl);
    up_pack_str(b, "lr");
    up_pack_real(b, r->lr);
    up_pack_str(b, "lr_end");
    up_pack_real(b, r->lr_end);
    if (r->places) {
        up_pack_str(b, "places");
        up_pack_bool(b, true);
    }
    up_pack_str(b, "seed");
    up_pack_uint(b, r->seed);
    up_pack_str(b, "shuffle");
    up_pack_bool(b, r->shuffle);
}

struct vgae_run {
    struct up_job *job;
    const struct up_space *space;
    struct up_vgae_source graphs, held; /* trained on, held out */
    struct up_graph_draws draws[2];     /* behind them, when the space cannot be listed */
    struct up_digest identity;          /* of the graphs trained on */
    struct up_vgae_trainer trainer;
    struct up_err *err;
};

static void list_graphs(struct vgae_run *r)
{
    const struct up_space *s = r->space;
    size_t n = (size_t)s->count, train = nine_of_ten(n), parts = (size_t)s->graphs;
    struct up_cell_graph *g = UP_NEW(up_job_arena(r->job), n * parts, struct up_cell_graph);
    for (size_t i = 0; i < n; i++) {
        struct up_arch a;
        s->at(&a, i);
        s->encode(g + i * parts, &a);
    }
    r->graphs = up_vgae_listed(g, train * parts);
    r->held = up_vgae_listed(g + train * parts, (n - train) * parts);
    r->identity = up_digest_of(g, train * parts * sizeof *g);
}

/* The seed and the first of them tell them all. */
static void draw_graphs(struct vgae_run *r, uint64_t seed)
{
    enum { LOOK = 4096 };
    size_t n = (size_t)up_job_int(r->job, "samples"), train = nine_of_ten(n);
    size_t look = train < LOOK ? train : LOOK;
    for (int i = 0; i < 2; i++)
        r->draws[i] = (struct up_graph_draws){r->space, seed, i == 1};
    r->graphs = up_graphs_drawn(&r->draws[0], train);
    r->held = up_graphs_drawn(&r->draws[1], n - train);
    struct up_cell_graph *g = UP_NEW(up_job_arena(r->job), look + 1, struct up_cell_graph);
    for (size_t i = 0; i < look; i++)
        r->graphs.graph(&g[i], r->graphs.ctx, i);
    memcpy(&g[look], &train, sizeof train);
    r->identity = up_digest_of(g, (look + 1) * sizeof *g);
}

/* Everything that the state after `epoch` epochs depends on. */
static void state_key(struct up_buf *out, const void *training, int epoch)
{
    const struct vgae_run *r = training;
    struct up_vgae_recipe recipe = r->trainer.recipe;
    if (recipe.lr_end == recipe.lr)
        recipe.epochs = 0; /* how many will follow changes nothing then */
    struct up_digest d = r->identity;
    up_pack_map(out, 4);
    up_pack_str(out, "epoch");
    up_pack_int(out, epoch);
    up_pack_str(out, "graphs");
    up_pack_bin(out, d.b, sizeof d.b);
    up_pack_str(out, "recipe");
    pack_recipe(out, &recipe);
    up_pack_str(out, "space");
    up_pack_str(out, r->space->name);
}

static void state_save(struct up_buf *out, const void *training)
{
    const struct vgae_run *r = training;
    up_vgae_trainer_save(&r->trainer, out);
}

static int state_restore(void *training, struct up_view state)
{
    struct vgae_run *r = training;
    return up_vgae_trainer_restore(&r->trainer, state, NULL);
}

static const struct up_checkpoint checkpoint = {state_key, state_save, state_restore};

static int tick(void *ctx, size_t done)
{
    struct vgae_run *r = ctx;
    size_t all = r->graphs.n;
    up_job_progress(r->job, (uint64_t)r->trainer.epoch * all + done,
                    (uint64_t)r->trainer.recipe.epochs * all, "graphs");
    if (up_job_canceled(r->job))
        return up_fail(r->err, UP_ECANCELED, "interrupted while training the autoencoder");
    return UP_OK;
}

static int train(struct vgae_run *r, struct up_err *err)
{
    struct up_vgae_trainer *t = &r->trainer;
    struct up_arena scratch = UP_ARENA_INIT;
    bool fits = true;
    int rc = up_checkpoint_resume(r->job, &checkpoint, r, t->recipe.epochs, err);
    r->err = err;
    while (!rc && t->epoch < t->recipe.epochs) {
        rc = up_vgae_trainer_epoch(t, &r->graphs, up_job_threads(r->job), tick, r, &scratch,
                                   err);
        up_arena_release(&scratch);
        if (!rc)
            rc = up_checkpoint_keep(r->job, &checkpoint, r, t->epoch, &fits, err);
    }
    return rc;
}

static void pack_real(struct up_buf *b, const char *name, double v)
{
    up_pack_str(b, name);
    if (isfinite(v))
        up_pack_real(b, v);
    else
        up_pack_nil(b);
}

static void pack_quality(struct up_buf *b, const struct up_vgae_quality *q)
{
    up_pack_map(b, 10);
    pack_real(b, "acc_adj", q->acc_adj);
    pack_real(b, "acc_exact", q->acc_exact);
    pack_real(b, "acc_graphs", q->acc_graphs);
    pack_real(b, "acc_ops", q->acc_ops);
    pack_real(b, "mean_corr_adj", q->mean_corr_adj);
    pack_real(b, "mean_fal_pos_adj", q->mean_fal_pos_adj);
    pack_real(b, "uniqueness", q->uniqueness);
    pack_real(b, "uniqueness_strict", q->uniqueness_strict);
    pack_real(b, "validity", q->validity);
    pack_real(b, "validity_strict", q->validity_strict);
}

static void write_out(struct vgae_run *r, const struct up_vgae_quality *q)
{
    static const char *const columns[] = {"ops", "edges", "kl", "gradient_norm"};
    const struct up_vgae_trainer *t = &r->trainer;
    struct up_buf *out = up_job_out(r->job);
    up_pack_map(out, 8);
    up_pack_str(out, "history");
    up_pack_array2(out, UP_F64, t->history, (size_t)t->epoch, 4);
    up_pack_str(out, "history_names");
    up_pack_list(out, 4);
    for (int i = 0; i < 4; i++)
        up_pack_str(out, columns[i]);
    up_pack_str(out, "model");
    up_tensors_pack(out, &t->layout.tensors, t->value);
    up_pack_str(out, "preset");
    up_pack_str(out, up_job_str(r->job, "preset"));
    up_pack_str(out, "quality");
    pack_quality(out, q);
    up_pack_str(out, "recipe");
    pack_recipe(out, &t->recipe);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.vgae/1");
    up_pack_str(out, "space");
    up_pack_str(out, r->space->name);
}

static int vgae_run(struct up_job *job, struct up_err *err)
{
    struct vgae_run r = {.job = job};
    struct up_arena *arena = up_job_arena(job);
    struct up_vgae_recipe recipe;
    struct up_view space;
    const char *name;
    UP_CHECK(up_job_input(job, "space", &space));
    int rc = up_doc_str(space, "space", arena, &name, err);
    if (!rc)
        rc = up_space_find(&r.space, name, err);
    rc = up_job_read(job, "space", rc, err);
    if (rc)
        return rc;
    recipe = recipe_of(job, r.space);
    if (r.space->count)
        list_graphs(&r);
    else
        draw_graphs(&r, recipe.seed);
    up_vgae_trainer_init(&r.trainer, &recipe, r.space->nodes, r.space->classes, arena);
    rc = train(&r, err);
    if (rc)
        return rc;
    struct up_vgae model;
    struct up_vgae_quality q;
    up_vgae_fold(&model, &r.trainer.layout, r.trainer.value, r.space, arena);
    up_vgae_held_out(&q, &model, &r.held);
    up_vgae_prior(&q, &model, r.space, r.trainer.prior, (size_t)up_job_int(job, "draws"),
                  recipe.seed);
    write_out(&r, &q);
    up_job_note(job, "%.2f %% of held-out cells come back exactly", 100 * q.acc_exact);
    /* Of a space that was only sampled, what was never seen need not all come back. */
    if (q.acc_exact < (r.space->count ? 0.999 : 0.95))
        up_job_warn(job, "the embedding does not bring back every cell: raise vgae.epochs%s",
                    r.space->count ? "" : " or vgae.samples");
    return UP_OK;
}

const struct up_stage up_stage_vgae = {
    .name = "vgae",
    .version = 3,
    .does = "learns the embedding of architectures and the way back",
    .params = params,
    .inputs = inputs,
    .run = vgae_run,
};
