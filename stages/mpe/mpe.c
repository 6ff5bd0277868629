/* mpe: the multi-proxy estimator, embedding -> calibrated scores; see learn/estimator/mlp.h.
 *
 * {counted {fit, method, names, net} columns that need no prediction, see learn/counted.h;
 * history f64[epochs] mean training loss; model {tensor: f32}; names [str]; preset;
 * quality {proxy: tau-b of predicted against true score, see learn/statistics/held_out.h, nil
 * where undefined}; recipe {name: value} as used; rows_heldout u32[]; rows_train u32[] rows of
 * scores; schema; space}
 *
 * Trained on the rows that the calibration was fitted on, all others are held out. */
#include "dag/stage.h"
#include "stages/artifact/checkpoint.h"
#include "stages/learn/counted.h"
#include "stages/learn/statistics/held_out.h"
#include "stages/learn/estimator/mlp_train.h"
#include "stages/learn/autoencoder/vgae.h"
#include "stages/space/net_size.h"
#include "stages/artifact/models.h"
#include "store/base/hash.h"
#include "store/base/pack.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const presets[] = {"default", "paper", NULL};

static const struct up_param params[] = {
    {.name = "preset",
     .kind = UP_P_ENUM,
     .def = "default",
     .choices = presets,
     .doc = "paper: the estimator as published"},
    {.name = "hidden",
     .kind = UP_P_INT,
     .min = 1,
     .max = 4096,
     .doc = "width of a hidden layer; null, here and below: the preset's value"},
    {.name = "depth",
     .kind = UP_P_INT,
     .min = 1,
     .max = UP_MLP_DEPTH_MAX,
     .doc = "number of hidden layers"},
    {.name = "epochs",
     .kind = UP_P_INT,
     .min = 1,
     .max = 10000,
     .doc = "passes over the training rows"},
    {.name = "batch", .kind = UP_P_INT, .min = 2, .max = 4096, .doc = "rows in a batch"},
    {.name = "lr", .kind = UP_P_REAL, .min = 1e-9, .max = 1, .doc = "learning rate of Adam"},
    {.name = "lr_end",
     .kind = UP_P_REAL,
     .min = 0,
     .max = 1,
     .doc = "learning rate in the last step; it falls along half a cosine"},
    {.name = "standardise",
     .kind = UP_P_BOOL,
     .doc = "bring the embedding to mean 0 and deviation 1 before the first layer"},
    {.name = "noise",
     .kind = UP_P_REAL,
     .min = 0,
     .max = 100,
     .doc = "deviation of the noise added to the embedding in training; never added for darts"},
    {.name = "count",
     .kind = UP_P_BOOL,
     .doc = "rank architectures by their own FLOPs and parameters instead of predicted ones; "
            "null: yes, unless preset is paper"},
    {.name = "seed",
     .kind = UP_P_INT,
     .seed = true,
     .doc = "seed of weights, batches and noise"},
    {0},
};
static const struct up_stage_input inputs[] = {
    {"scores", NULL}, {"calibrate", NULL}, {"vgae", NULL}, {0}};

/* The default's noise is what gradient ascent needs: without it the estimator rises
 * along directions that no architecture lies in, and a climb leaves the cells behind
 * (nb201: mean unified score reached 2.7 without, 5.4 with, best possible 7). Where a point
 * decodes to the likeliest architecture no climb can, and there is none: in 352 dimensions it
 * hides the scores (darts, tau of predicted FLOPs on 1,000 held-out rows of 2,000: 0.28 with,
 * 0.84 without). epochs 0: EPOCHS, or as many as give STEPS updates where rows are few. */
enum { EPOCHS = 40, STEPS = 1500 };
static const struct up_mlp_recipe recipes[] = {
    {.hidden = 256,
     .depth = 2,
     .batch = 64,
     .lr = 1e-3,
     .lr_end = 1e-5,
     .standardise = true,
     .noise = 0.7},
    {.hidden = 256, .depth = 2, .batch = 16, .epochs = 70, .lr = 1e-3, .lr_end = 1e-3},
};

static struct up_mlp_recipe recipe_of(const struct up_job *job, const struct up_space *space,
                                      size_t rows)
{
    struct up_mlp_recipe r = recipes[strcmp(up_job_str(job, "preset"), "paper") == 0];
    bool constant = r.lr_end == r.lr;
    if (space->likeliest)
        r.noise = 0;
    if (up_job_set(job, "hidden"))
        r.hidden = (int)up_job_int(job, "hidden");
    if (up_job_set(job, "depth"))
        r.depth = (int)up_job_int(job, "depth");
    if (up_job_set(job, "epochs"))
        r.epochs = (int)up_job_int(job, "epochs");
    if (up_job_set(job, "batch"))
        r.batch = (int)up_job_int(job, "batch");
    if (up_job_set(job, "lr"))
        r.lr = up_job_real(job, "lr");
    if (constant)
        r.lr_end = r.lr;
    if (up_job_set(job, "lr_end"))
        r.lr_end = up_job_real(job, "lr_end");
    if (up_job_set(job, "standardise"))
        r.standardise = up_job_bool(job, "standardise");
    if (up_job_set(job, "noise"))
        r.noise = up_job_real(job, "noise");
    r.seed = up_job_seed(job, "seed");
    if (r.epochs == 0) {
        size_t batches = (rows + (size_t)r.batch - 1) / (size_t)r.batch;
        size_t needed = (STEPS + batches - 1) / batches;
        r.epochs = needed > EPOCHS ? (int)needed : EPOCHS;
    }
    return r;
}

static void pack_recipe(struct up_buf *b, const struct up_mlp_recipe *r)
{
    up_pack_map(b, 9);
    up_pack_str(b, "batch");
    up_pack_int(b, r->batch);
    up_pack_str(b, "depth");
    up_pack_int(b, r->depth);
    up_pack_str(b, "epochs");
    up_pack_int(b, r->epochs);
    up_pack_str(b, "hidden");
    up_pack_int(b, r->hidden);
    up_pack_str(b, "lr");
    up_pack_real(b, r->lr);
    up_pack_str(b, "lr_end");
    up_pack_real(b, r->lr_end);
    up_pack_str(b, "noise");
    up_pack_real(b, r->noise);
    up_pack_str(b, "seed");
    up_pack_uint(b, r->seed);
    up_pack_str(b, "standardise");
    up_pack_bool(b, r->standardise);
}

struct mpe_run {
    struct up_job *job;
    const struct up_space *space;
    size_t n, m;                  /* scored architectures, proxies */
    const char *const *names;     /* [m] */
    const double *values;         /* [n][m] calibrated */
    const double *raw;            /* [n][m] NaN: invalid */
    const uint32_t *train, *held; /* rows */
    size_t n_train, n_held;
    struct up_vgae vgae;
    struct up_counted counted;
    float *z; /* [n][vgae.dim] */
    struct up_mlp_trainer trainer;
    struct up_err *err;
};

/* The rows that are not in train[]. */
static int split(struct mpe_run *r, struct up_err *err)
{
    struct up_arena *arena = up_job_arena(r->job);
    uint8_t *used = UP_NEW(arena, r->n, uint8_t);
    uint32_t *held = UP_NEW(arena, r->n, uint32_t);
    for (size_t i = 0; i < r->n_train; i++) {
        if (r->train[i] >= r->n)
            return up_fail(err, UP_EINVAL, "calibrate names row %u of %zu scored rows",
                           r->train[i], r->n);
        used[r->train[i]] = 1;
    }
    for (size_t i = 0; i < r->n; i++)
        if (!used[i])
            held[r->n_held++] = (uint32_t)i;
    r->held = held;
    return UP_OK;
}

static int enough(const struct mpe_run *r, struct up_err *err)
{
    if (r->n_train < 2)
        return up_fail(err, UP_EINVAL,
                       "the estimator needs two training architectures and has %zu: raise "
                       "calibrate.train or scores.limit",
                       r->n_train);
    return UP_OK;
}

static int load_tables(struct mpe_run *r, struct up_view scores, struct up_view calibrate,
                       struct up_err *err)
{
    struct up_arena *arena = up_job_arena(r->job);
    const void *values, *raw, *train;
    uint64_t v[4], s[4], t[4];
    int rc = up_doc_array(calibrate, "values", UP_F64, 2, arena, &values, v, err);
    if (!rc)
        rc = up_doc_array(scores, "scores", UP_F64, 2, arena, &raw, s, err);
    if (!rc)
        rc = up_doc_array(calibrate, "train", UP_U32, 1, arena, &train, t, err);
    if (!rc)
        rc = up_doc_names(calibrate, "names", arena, &r->names, &r->m, err);
    if (rc)
        return rc;
    if (v[0] != s[0] || v[1] != s[1] || v[1] != r->m || r->m == 0)
        return up_fail(err, UP_EINVAL,
                       "the artifacts of scores and calibrate do not have the "
                       "same rows and proxies");
    r->n = (size_t)v[0];
    r->values = values;
    r->raw = raw;
    r->train = train;
    r->n_train = (size_t)t[0];
    return split(r, err);
}

/* What need not be predicted of archs[n]. */
static int count(struct mpe_run *r, struct up_view scores, struct up_view calibrate,
                 const struct up_arch *archs, struct up_err *err)
{
    struct up_calibration c;
    struct up_net_size net;
    struct up_job *job = r->job;
    bool wanted = up_job_set(job, "count") ? up_job_bool(job, "count")
                                           : strcmp(up_job_str(job, "preset"), "paper") != 0;
    int rc = up_net_size_load(&net, scores, err);
    if (!rc)
        rc = up_calibration_load(&c, calibrate, up_job_arena(job), err);
    if (!rc)
        up_counted_find(&r->counted, r->space, &net, &c, r->raw, archs, wanted ? r->n : 0,
                        up_job_arena(job));
    return rc;
}

static int embed(struct mpe_run *r, struct up_view scores, struct up_view calibrate,
                 struct up_view vgae, struct up_err *err)
{
    struct up_arena *arena = up_job_arena(r->job);
    const char *name;
    const void *genes;
    uint64_t d[4];
    int rc = up_doc_str(scores, "space", arena, &name, err);
    if (!rc)
        rc = up_space_find(&r->space, name, err);
    if (!rc)
        rc = up_job_read(r->job, "vgae", up_vgae_load(&r->vgae, r->space, vgae, arena, err),
                         err);
    if (!rc)
        rc = up_doc_array(scores, "archs", UP_U8, 2, arena, &genes, d, err);
    if (!rc && d[0] != r->n)
        rc = up_fail(err, UP_EINVAL, "scores has %zu architectures for %zu rows", (size_t)d[0],
                     r->n);
    if (!rc)
        rc = up_space_check(r->space, genes, d[0], d[1], err);
    if (rc)
        return rc;
    struct up_arch *archs = UP_NEW(arena, r->n, struct up_arch);
    for (size_t i = 0; i < r->n; i++) {
        archs[i].len = (uint8_t)r->space->genes;
        memcpy(archs[i].gene, (const uint8_t *)genes + i * (size_t)d[1], (size_t)d[1]);
    }
    r->z = UP_NEW(arena, r->n * (size_t)r->vgae.dim, float);
    up_vgae_embed(r->z, &r->vgae, r->space, archs, r->n);
    return count(r, scores, calibrate, archs, err);
}

/* Everything that the state after `epoch` epochs depends on. */
static void state_key(struct up_buf *out, const void *training, int epoch)
{
    const struct mpe_run *r = training;
    const struct up_mlp_trainer *t = &r->trainer;
    struct up_mlp_recipe recipe = t->recipe;
    if (recipe.lr_end == recipe.lr)
        recipe.epochs = 0; /* how many will follow changes nothing then */
    struct up_digest x = up_digest_of(t->x, t->n * (size_t)t->layout.in * sizeof *t->x);
    struct up_digest y = up_digest_of(t->t, t->n * (size_t)t->layout.out * sizeof *t->t);
    up_pack_map(out, 4);
    up_pack_str(out, "epoch");
    up_pack_int(out, epoch);
    up_pack_str(out, "inputs");
    up_pack_bin(out, x.b, sizeof x.b);
    up_pack_str(out, "recipe");
    pack_recipe(out, &recipe);
    up_pack_str(out, "targets");
    up_pack_bin(out, y.b, sizeof y.b);
}

static void state_save(struct up_buf *out, const void *training)
{
    const struct mpe_run *r = training;
    up_mlp_trainer_save(&r->trainer, out);
}

static int state_restore(void *training, struct up_view state)
{
    struct mpe_run *r = training;
    return up_mlp_trainer_restore(&r->trainer, state, NULL);
}

static const struct up_checkpoint checkpoint = {state_key, state_save, state_restore};

static int tick(void *ctx, size_t done)
{
    struct mpe_run *r = ctx;
    const struct up_mlp_trainer *t = &r->trainer;
    up_job_progress(r->job, (uint64_t)t->epoch * t->n + done, (uint64_t)t->recipe.epochs * t->n,
                    "rows");
    if (up_job_canceled(r->job))
        return up_fail(r->err, UP_ECANCELED, "interrupted while training the estimator");
    return UP_OK;
}

/* A checkpoint is worth its bytes only every so many rows of training. */
static bool due(const struct up_mlp_trainer *t)
{
    enum { ROWS = 40000 };
    size_t every = ROWS / t->n + 1;
    return (size_t)t->epoch % every == 0 && t->epoch < t->recipe.epochs;
}

static int train(struct mpe_run *r, struct up_err *err)
{
    struct up_mlp_trainer *t = &r->trainer;
    struct up_arena scratch = UP_ARENA_INIT;
    bool fits = true;
    int rc = up_checkpoint_resume(r->job, &checkpoint, r, t->recipe.epochs, err);
    r->err = err;
    while (!rc && t->epoch < t->recipe.epochs) {
        rc = up_mlp_trainer_epoch(t, up_job_threads(r->job), tick, r, &scratch, err);
        up_arena_release(&scratch);
        if (!rc && due(t))
            rc = up_checkpoint_keep(r->job, &checkpoint, r, t->epoch, &fits, err);
    }
    return rc;
}

static void measure(double *tau, const struct mpe_run *r, const float *model)
{
    struct up_mlp mlp;
    struct up_arena *arena = up_job_arena(r->job);
    up_mlp_fold(&mlp, &r->trainer.layout, model, arena);
    float *y = UP_NEW(arena, r->n * r->m, float);
    uint32_t *used = UP_NEW(arena, r->m, uint32_t);
    up_mlp_predict(y, &mlp, r->z, r->n);
    struct up_held_out h = {r->m, r->raw, r->values, y, r->held, r->n_held};
    up_held_out_tau(tau, used, &h);
}

static void pack_quality(struct up_buf *out, const struct mpe_run *r, const double *tau)
{
    up_pack_map(out, r->m);
    for (size_t i = 0; i < r->m; i++) { /* ascending by name; M is small */
        size_t next = r->m;
        for (size_t c = 0; c < r->m; c++) {
            size_t before = 0;
            for (size_t k = 0; k < r->m; k++)
                before += strcmp(r->names[k], r->names[c]) < 0;
            if (before == i)
                next = c;
        }
        UP_CHECK(next < r->m);
        up_pack_str(out, r->names[next]);
        if (isfinite(tau[next]))
            up_pack_real(out, tau[next]);
        else
            up_pack_nil(out);
    }
}

static void write_out(struct mpe_run *r, const float *model, const double *tau)
{
    struct up_buf *out = up_job_out(r->job);
    up_pack_map(out, 11);
    up_pack_str(out, "counted");
    up_counted_pack(&r->counted, out);
    up_pack_str(out, "history");
    up_pack_array1(out, UP_F64, r->trainer.history, (size_t)r->trainer.epoch);
    up_pack_str(out, "model");
    up_tensors_pack(out, &r->trainer.layout.tensors, model);
    up_pack_str(out, "names");
    up_pack_list(out, r->m);
    for (size_t i = 0; i < r->m; i++)
        up_pack_str(out, r->names[i]);
    up_pack_str(out, "preset");
    up_pack_str(out, up_job_str(r->job, "preset"));
    up_pack_str(out, "quality");
    pack_quality(out, r, tau);
    up_pack_str(out, "recipe");
    pack_recipe(out, &r->trainer.recipe);
    up_pack_str(out, "rows_heldout");
    up_pack_array1(out, UP_U32, r->held, r->n_held);
    up_pack_str(out, "rows_train");
    up_pack_array1(out, UP_U32, r->train, r->n_train);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.mpe/1");
    up_pack_str(out, "space");
    up_pack_str(out, r->space->name);
}

static void say(const struct mpe_run *r, const double *tau)
{
    double sum = 0;
    size_t k = 0;
    for (size_t c = 0; c < r->m; c++)
        if (isfinite(tau[c]))
            sum += tau[c], k++;
    if (k)
        up_job_note(r->job, "mean Kendall tau of %zu proxies on %zu held-out rows %.3f", k,
                    r->n_held, sum / (double)k);
}

static int mpe_run(struct up_job *job, struct up_err *err)
{
    struct mpe_run r = {.job = job};
    struct up_arena *arena = up_job_arena(job);
    struct up_view scores, calibrate, vgae;
    UP_CHECK(up_job_input(job, "scores", &scores) &&
             up_job_input(job, "calibrate", &calibrate) && up_job_input(job, "vgae", &vgae));
    int rc = load_tables(&r, scores, calibrate, err);
    if (!rc)
        rc = embed(&r, scores, calibrate, vgae, err);
    rc = up_job_read(job, "scores|calibrate", rc, err);
    if (!rc)
        rc = enough(&r, err);
    if (rc)
        return rc;
    struct up_mlp_recipe recipe = recipe_of(job, r.space, r.n_train);
    up_mlp_trainer_init(&r.trainer, &recipe, r.z, r.vgae.dim, r.values, (int)r.m, r.train,
                        r.n_train, arena);
    rc = train(&r, err);
    if (rc)
        return rc;
    float *model = UP_NEW(arena, r.trainer.layout.tensors.total, float);
    double *tau = UP_NEW(arena, r.m, double);
    up_mlp_trainer_export(&r.trainer, model);
    measure(tau, &r, model);
    write_out(&r, model, tau);
    say(&r, tau);
    return UP_OK;
}

const struct up_stage up_stage_mpe = {
    .name = "mpe",
    .version = 6,
    .does = "learns to predict every proxy from the embedding",
    .params = params,
    .inputs = inputs,
    .run = mpe_run,
};
