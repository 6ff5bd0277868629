/* calibrate: scores of all proxies on one scale, see learn/calibration.h.
 *
 * {fit: {offset u32[M+1], param f64[], worst f64[M]} as struct up_calibration;
 * method; names [str]; schema; train u32[n_train] the rows of scores it was fitted
 * on; values f64[n][M] calibrated, every row of scores} */
#include "dag/stage.h"
#include "stages/learn/calibration.h"
#include "stages/artifact/input.h"
#include <math.h>

static const char *const methods[] = {"rank-gauss", "signed-log", "zscore",
                                      "minmax",     "raw",        NULL};

static const struct up_param params[] = {
    {.name = "method",
     .kind = UP_P_ENUM,
     .def = "rank-gauss",
     .choices = methods,
     .doc = "how scores of different proxies are brought to one scale"},
    {.name = "train",
     .kind = UP_P_REAL,
     .def = "0.5",
     .min = 0.001,
     .max = 1,
     .doc = "the first part of the scored architectures, the training rows: everything is "
            "fitted on these alone"},
    {0},
};
static const struct up_stage_input inputs[] = {{"scores", NULL}, {0}};

struct table { /* scores */
    size_t n, m;
    const char *const *names;
    const double *raw; /* [n][m] */
};

static int table_load(struct table *t, struct up_job *job, struct up_err *err)
{
    struct up_reader r = up_artifact_read(job, "scores", err);
    size_t columns;
    t->names = up_reader_names(&r, "names", &t->m);
    t->raw = up_reader_matrix(&r, "scores", UP_F64, &t->n, &columns);
    if (!up_reader_end(&r) && columns != t->m)
        return up_reader_fail(&r, "it has %zu names of %zu proxies", t->m, columns);
    return up_reader_end(&r);
}

/* A column that says nothing about the training rows is the user's to know. */
static void warn_empty(struct up_job *job, const struct table *t, size_t n_train)
{
    for (size_t c = 0; c < t->m; c++) {
        size_t valid = 0;
        for (size_t i = 0; i < n_train; i++)
            valid += (size_t)(isfinite(t->raw[i * t->m + c]) != 0);
        if (valid == 0)
            up_job_warn(job, "no training row has a valid %s: it counts as the same for all",
                        t->names[c]);
        else if (valid * 2 < n_train)
            up_job_warn(job,
                        "%zu of %zu training rows have no valid %s and take its worst value",
                        n_train - valid, n_train, t->names[c]);
    }
}

struct calibrated {
    struct up_calibration fit;
    size_t n_train;
    uint32_t *train; /* [n_train] */
    double *values;  /* [n][m] */
};

static void write_out(struct up_buf *out, const struct calibrated *c, const struct table *t)
{
    struct up_writer w = up_writer_of(out);
    up_calibration_write(&w, "fit", &c->fit);
    up_writer_str(&w, "method", up_calibration_method_name(&c->fit));
    up_writer_names(&w, "names", t->names, t->m);
    up_writer_str(&w, "schema", "upnas.calibrate/1");
    up_writer_vector(&w, "train", UP_U32, c->train, c->n_train);
    up_writer_matrix(&w, "values", UP_F64, c->values, t->n, t->m);
    up_writer_end(&w);
}

static void fit(struct calibrated *c, const struct table *t, struct up_job *job)
{
    struct up_arena *arena = up_job_arena(job);
    size_t n = (size_t)(up_job_real(job, "train") * (double)t->n + 0.5);
    c->n_train = n < 1 ? 1 : n > t->n ? t->n : n;
    c->train = UP_NEW(arena, c->n_train, uint32_t);
    for (size_t i = 0; i < c->n_train; i++)
        c->train[i] = (uint32_t)i;
    warn_empty(job, t, c->n_train);
    const struct up_calibration_rows rows = {t->names, t->m, t->raw, c->train, c->n_train};
    up_calibration_fit(&c->fit, up_job_str(job, "method"), &rows, arena);
}

static int calibrate_run(struct up_job *job, struct up_err *err)
{
    struct calibrated c = {.n_train = 0};
    struct table t;
    int rc = up_job_read(job, "scores", table_load(&t, job, err), err);
    if (!rc && t.n == 0)
        rc = up_fail(err, UP_EINVAL,
                     "no architecture is scored; raise scores.limit or space.pool");
    if (rc)
        return rc;
    fit(&c, &t, job);
    c.values = UP_NEW(up_job_arena(job), t.n * t.m, double);
    for (size_t i = 0; i < t.n; i++) {
        if (up_job_canceled(job))
            return up_fail(err, UP_ECANCELED, "interrupted");
        up_calibration_apply(&c.fit, c.values + i * t.m, t.raw + i * t.m);
    }
    write_out(up_job_out(job), &c, &t);
    up_job_note(job, "%s, fitted on %zu of %zu rows", up_calibration_method_name(&c.fit),
                c.n_train, t.n);
    return UP_OK;
}

const struct up_stage up_stage_calibrate = {
    .name = "calibrate",
    .version = 1,
    .does = "brings the scores of all proxies to one scale",
    .params = params,
    .inputs = inputs,
    .run = calibrate_run,
};
