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
#include "stages/artifact/input.h"
#include "stages/artifact/train.h"
#include "stages/learn/counted.h"
#include "stages/learn/statistics/held_out.h"
#include "stages/learn/estimator/mlp_train.h"
#include "stages/learn/autoencoder/vgae.h"
#include "stages/space/net_size.h"
#include "store/base/hash.h"

#include <math.h>
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

static void write_recipe(struct up_writer *w, const struct up_mlp_recipe *r)
{
    up_writer_map(w, "recipe");
    up_writer_int(w, "batch", r->batch);
    up_writer_int(w, "depth", r->depth);
    up_writer_int(w, "epochs", r->epochs);
    up_writer_int(w, "hidden", r->hidden);
    up_writer_real(w, "lr", r->lr);
    up_writer_real(w, "lr_end", r->lr_end);
    up_writer_real(w, "noise", r->noise);
    up_writer_uint(w, "seed", r->seed);
    up_writer_bool(w, "standardise", r->standardise);
    up_writer_close(w);
}

struct mpe_run {
    struct up_job *job;
    const struct up_space *space;
    size_t n, m, m_scored;        /* scored architectures, proxies, columns of scores */
    const char *const *names;     /* [m] */
    const double *values;         /* [n][m] calibrated */
    const double *raw;            /* [n][m] NaN: invalid */
    const uint32_t *train, *held; /* rows */
    size_t n_train, n_held;
    struct up_vgae vgae;
    struct up_counted counted;
    float *z;                         /* [n][vgae.dim] */
    struct up_digest inputs, targets; /* of the rows trained on */
    struct up_mlp_trainer trainer;
};

struct mpe_inputs {
    struct up_reader scores, calibrate, vgae;
};

/* The rows that are not in train[]. */
static int split_rows(struct mpe_run *r, struct mpe_inputs *in)
{
    struct up_arena *arena = up_job_arena(r->job);
    uint8_t *used = UP_NEW(arena, r->n, uint8_t);
    uint32_t *held = UP_NEW(arena, r->n, uint32_t);
    for (size_t i = 0; i < r->n_train; i++) {
        if (r->train[i] >= r->n)
            return up_reader_fail(&in->calibrate,
                                  "field \"train\" names row %u of %zu scored rows",
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

static int load_tables(struct mpe_run *r, struct mpe_inputs *in)
{
    r->raw = up_reader_matrix(&in->scores, "scores", UP_F64, &r->n, &r->m_scored);
    if (up_reader_end(&in->scores))
        return up_reader_end(&in->scores);
    r->names = up_reader_names(&in->calibrate, "names", &r->m);
    r->values = up_reader_matrix_of(&in->calibrate, "values", UP_F64, r->n, r->m);
    r->train = up_reader_vector(&in->calibrate, "train", UP_U32, &r->n_train);
    if (up_reader_end(&in->calibrate))
        return up_reader_end(&in->calibrate);
    if (r->m == 0 || r->m_scored != r->m)
        return up_reader_fail(&in->calibrate, "it has %zu proxies, and scores has %zu", r->m,
                              r->m_scored);
    return split_rows(r, in);
}

/* What need not be predicted of archs[n]. */
static int find_counted(struct mpe_run *r, struct mpe_inputs *in, const struct up_arch *archs)
{
    struct up_calibration c;
    struct up_job *job = r->job;
    bool wanted = up_job_set(job, "count") ? up_job_bool(job, "count")
                                           : strcmp(up_job_str(job, "preset"), "paper") != 0;
    struct up_counted_rows rows = {
        .space = r->space, .arch = archs, .raw = r->raw, .n = wanted ? r->n : 0};
    int rc = up_net_size_load(&rows.net, in->scores.doc, in->scores.err);
    rc = up_reader_adopt(&in->scores, rc);
    if (!rc)
        rc = up_calibration_load(&c, &in->calibrate);
    if (!rc)
        up_counted_find(&r->counted, &rows, &c, up_job_arena(job));
    return rc;
}

static int embed_rows(struct mpe_run *r, struct mpe_inputs *in)
{
    struct up_arena *arena = up_job_arena(r->job);
    r->space = up_artifact_space(&in->scores);
    size_t width = r->space ? (size_t)r->space->genes : 0;
    const uint8_t *genes = up_artifact_archs_of(&in->scores, r->space, r->n);
    int rc = up_reader_end(&in->scores);
    if (!rc)
        rc = up_job_read(r->job, "vgae", up_vgae_load(&r->vgae, r->space, &in->vgae),
                         in->vgae.err);
    if (rc)
        return rc;
    struct up_arch *archs = UP_NEW(arena, r->n, struct up_arch);
    for (size_t i = 0; i < r->n; i++) {
        archs[i].len = (uint8_t)width;
        memcpy(archs[i].gene, genes + i * width, width);
    }
    r->z = UP_NEW(arena, r->n * (size_t)r->vgae.dim, float);
    up_vgae_embed(r->z, &r->vgae, r->space, archs, r->n);
    return find_counted(r, in, archs);
}

/* What a kept state of the training depends on. */
static void state_depends(struct up_writer *w, const void *ctx)
{
    const struct mpe_run *r = ctx;
    const struct up_mlp_trainer *t = &r->trainer;
    struct up_mlp_recipe recipe = t->recipe;
    if (recipe.lr_end == recipe.lr)
        recipe.epochs = 0; /* how many will follow changes nothing then */
    up_writer_bin(w, "inputs", r->inputs.b, sizeof r->inputs.b);
    write_recipe(w, &recipe);
    up_writer_bin(w, "targets", r->targets.b, sizeof r->targets.b);
}

static int train_estimator(struct mpe_run *r, struct up_err *err)
{
    enum { KEEP_AFTER = 40000 }; /* rows */
    const struct up_mlp_trainer *t = &r->trainer;
    size_t n = t->training.n;
    r->inputs = up_digest_of(t->x, n * (size_t)t->layout.in * sizeof *t->x);
    r->targets = up_digest_of(t->t, n * (size_t)t->layout.out * sizeof *t->t);
    const struct up_train course = {&r->trainer.training, "rows", state_depends, r, KEEP_AFTER};
    return up_train(r->job, &course, err);
}

static void measure_quality(double *tau, const struct mpe_run *r, const float *model)
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

static void write_out(struct mpe_run *r, const float *model, const double *tau)
{
    const struct up_training *t = &r->trainer.training;
    struct up_writer w = up_writer_of(up_job_out(r->job));
    up_counted_write(&w, "counted", &r->counted);
    up_writer_vector(&w, "history", UP_F64, t->history, (size_t)t->epoch);
    up_tensors_write(&w, "model", &r->trainer.layout.tensors, model);
    up_writer_names(&w, "names", r->names, r->m);
    up_writer_str(&w, "preset", up_job_str(r->job, "preset"));
    up_writer_map(&w, "quality");
    for (size_t i = 0; i < r->m; i++)
        up_writer_finite(&w, r->names[i], tau[i]);
    up_writer_close(&w);
    write_recipe(&w, &r->trainer.recipe);
    up_writer_vector(&w, "rows_heldout", UP_U32, r->held, r->n_held);
    up_writer_vector(&w, "rows_train", UP_U32, r->train, r->n_train);
    up_writer_str(&w, "schema", "upnas.mpe/1");
    up_writer_str(&w, "space", r->space->name);
    up_writer_end(&w);
}

static void note_quality(const struct mpe_run *r, const double *tau)
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
    struct mpe_inputs in = {up_artifact_read(job, "scores", err),
                            up_artifact_read(job, "calibrate", err),
                            up_artifact_read(job, "vgae", err)};
    int rc = load_tables(&r, &in);
    if (!rc)
        rc = embed_rows(&r, &in);
    rc = up_job_read(job, "scores|calibrate", rc, err);
    if (!rc)
        rc = enough(&r, err);
    if (rc)
        return rc;
    struct up_mlp_recipe recipe = recipe_of(job, r.space, r.n_train);
    const struct up_mlp_rows rows = {.z = r.z,
                                     .target = r.values,
                                     .in = r.vgae.dim,
                                     .out = (int)r.m,
                                     .row = r.train,
                                     .n = r.n_train};
    up_mlp_trainer_init(&r.trainer, &recipe, &rows, arena);
    rc = train_estimator(&r, err);
    if (rc)
        return rc;
    float *model = UP_NEW(arena, r.trainer.layout.tensors.total, float);
    double *tau = UP_NEW(arena, r.m, double);
    up_mlp_trainer_export(&r.trainer, model);
    measure_quality(tau, &r, model);
    write_out(&r, model, tau);
    note_quality(&r, tau);
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
