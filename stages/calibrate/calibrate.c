/* calibrate: scores of all proxies on one scale, see learn/calibration.h.
 *
 * {fit: {offset u32[M+1], param f64[], worst f64[M]} as struct up_calibration;
 * method; names [str]; schema; train u32[n_train] the rows of scores it was fitted
 * on; values f64[n][M] calibrated, every row of scores} */
#include "dag/stage.h"
#include "stages/learn/calibration.h"
#include "stages/artifact/models.h"
#include "store/base/pack.h"
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

static int table_load(struct table *t, struct up_view doc, struct up_arena *arena,
                      struct up_err *err)
{
    uint64_t dims[4];
    const void *raw;
    int rc = up_doc_names(doc, "names", arena, &t->names, &t->m, err);
    if (!rc)
        rc = up_doc_array(doc, "scores", UP_F64, 2, arena, &raw, dims, err);
    if (rc)
        return rc;
    if (dims[1] != t->m)
        return up_fail(err, UP_EINVAL, "its %zu names do not fit its %zu columns", t->m,
                       (size_t)dims[1]);
    t->raw = raw;
    t->n = (size_t)dims[0];
    return UP_OK;
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

static void write_out(struct up_buf *out, const struct up_calibration *c, const struct table *t,
                      const uint32_t *train, size_t n_train, const double *values)
{
    up_pack_map(out, 6);
    up_pack_str(out, "fit");
    up_calibration_pack(c, out);
    up_pack_str(out, "method");
    up_pack_str(out, up_calibration_method_name(c));
    up_pack_str(out, "names");
    up_pack_list(out, t->m);
    for (size_t i = 0; i < t->m; i++)
        up_pack_str(out, t->names[i]);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.calibrate/1");
    up_pack_str(out, "train");
    up_pack_array1(out, UP_U32, train, n_train);
    up_pack_str(out, "values");
    up_pack_array2(out, UP_F64, values, t->n, t->m);
}

static int run(struct up_job *job, struct up_err *err)
{
    struct up_arena *arena = up_job_arena(job);
    struct up_calibration c;
    struct up_view doc = {0};
    struct table t;
    UP_CHECK(up_job_input(job, "scores", &doc));
    int rc = up_job_read(job, "scores", table_load(&t, doc, arena, err), err);
    if (!rc && t.n == 0)
        rc = up_fail(err, UP_EINVAL,
                     "no architecture is scored; raise scores.limit or space.pool");
    if (rc)
        return rc;
    size_t n_train = (size_t)(up_job_real(job, "train") * (double)t.n + 0.5);
    n_train = n_train < 1 ? 1 : n_train > t.n ? t.n : n_train;
    uint32_t *train = UP_NEW(arena, n_train, uint32_t);
    for (size_t i = 0; i < n_train; i++)
        train[i] = (uint32_t)i;
    warn_empty(job, &t, n_train);
    up_calibration_fit(&c, up_job_str(job, "method"), t.names, t.m, t.raw, train, n_train,
                       arena);
    double *values = UP_NEW(arena, t.n * t.m, double);
    for (size_t i = 0; i < t.n; i++) {
        if (up_job_canceled(job))
            return up_fail(err, UP_ECANCELED, "interrupted");
        up_calibration_apply(&c, values + i * t.m, t.raw + i * t.m);
    }
    write_out(up_job_out(job), &c, &t, train, n_train, values);
    up_job_note(job, "%s, fitted on %zu of %zu rows", up_calibration_method_name(&c), n_train,
                t.n);
    return UP_OK;
}

const struct up_stage up_stage_calibrate = {
    .name = "calibrate",
    .version = 1,
    .does = "brings the scores of all proxies to one scale",
    .params = params,
    .inputs = inputs,
    .run = run,
};
