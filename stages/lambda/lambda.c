/* lambda: the weight of each proxy in the unified score.
 *
 * {absent [str], proxies the preset weighs and scores does not have; calibration: the
 * one the weights belong to; fitted {data, space} or nil, what a preset was fitted on
 * before it was shipped; history f64[runs][trials] of the objective, NaN where it has
 * no value; names [str]; objective str or nil; preset; schema; target str or nil, the
 * accuracy fitted to; tau_used real or nil, tau-b on the rows used; used u32[] rows of
 * scores it was fitted on, ascending; weights f64[M]}. Used is empty, and target and
 * tau_used nil, unless preset is regression or tpe; history is empty, and objective nil,
 * unless it is tpe. */
#include "dag/stage.h"
#include "stages/lambda/lambda.h"
#include "stages/lambda/presets.h"
#include "stages/artifact/models.h"
#include "store/base/pack.h"
#include <string.h>

static const char *const presets[] = {"learned", "carried", "selected",   "weighted", "sum",
                                      "sum-",    "fixed",   "regression", "tpe",      NULL};
#define LEARNS "lambda.preset=regression|tpe"
static const char *const absences[] = {"error", "ignore", NULL};

static const struct up_param params[] = {
    {.name = "preset",
     .kind = UP_P_ENUM,
     .def = "learned",
     .choices = presets,
     .doc = "where the weights come from: ready-made ones by their name; fixed: "
            "lambda.weights; regression, tpe: learned from the benchmark"},
    {.name = "weights",
     .kind = UP_P_MAP,
     .def = "{}",
     .when = "lambda.preset=fixed",
     .doc = "the weight of each proxy by its name; a proxy that is not named weighs 0"},
    {.name = "absent",
     .kind = UP_P_ENUM,
     .def = "error",
     .choices = absences,
     .when = "lambda.preset=learned|selected|weighted|sum|sum-",
     .doc = "what to do about a proxy that the preset weighs and that was not scored"},
    {.name = "samples",
     .kind = UP_P_INT,
     .def = "1000",
     .min = 2,
     .max = 10000000,
     .when = LEARNS,
     .doc = "training rows with an accuracy to learn from, at most"},
    {.name = "emphasis",
     .kind = UP_P_REAL,
     .def = "0.25",
     .min = 0,
     .max = 100,
     .when = "lambda.preset=regression",
     .doc = "how much more good architectures count: a row weighs (rank / rows) to this power"},
    {.name = "ridge",
     .kind = UP_P_REAL,
     .def = "0",
     .min = 0,
     .max = 1000,
     .when = "lambda.preset=regression",
     .doc = "penalty on large weights; 0.1 is of use with fewer than 100 rows"},
    {.name = "trials",
     .kind = UP_P_INT,
     .def = "600",
     .min = 1,
     .max = 100000,
     .when = "lambda.preset=tpe",
     .doc = "sets of weights tried in one run"},
    {.name = "refine",
     .kind = UP_P_REAL,
     .def = "0.333",
     .min = 0,
     .max = 0.99,
     .when = "lambda.preset=tpe",
     .doc = "last part of the trials, which climbs from the best set found before"},
    {.name = "runs",
     .kind = UP_P_INT,
     .def = "4",
     .min = 1,
     .max = 1000,
     .when = "lambda.preset=tpe",
     .doc = "number of runs whose best weights are averaged"},
    {.name = "objective",
     .kind = UP_P_ENUM,
     .def = "balanced",
     .choices = up_objective_names,
     .when = "lambda.preset=tpe",
     .doc = "what a trial maximises: agreement with the accuracy in the whole list, in its top "
            "above all, or the mean of both"},
    {.name = "target",
     .kind = UP_P_STR,
     .def = "cifar10_val",
     .when = LEARNS,
     .doc = "accuracy column of the benchmark to learn from"},
    {.name = "seed",
     .kind = UP_P_INT,
     .seed = true,
     .when = LEARNS,
     .doc = "seed of the choice of rows and of the search for weights"},
    {0},
};
static const struct up_stage_input inputs[] = {
    {"calibrate", NULL},
    {"scores", LEARNS},
    {"benchmark", LEARNS},
    {0},
};

static int load_calibrate(struct up_lambda *l, struct up_view doc, struct up_arena *arena,
                          struct up_err *err)
{
    const void *values, *train;
    uint64_t dims[4], n_train;
    int rc = up_doc_str(doc, "method", arena, &l->method, err);
    if (!rc)
        rc = up_doc_names(doc, "names", arena, &l->names, &l->m, err);
    if (!rc)
        rc = up_doc_array(doc, "values", UP_F64, 2, arena, &values, dims, err);
    if (!rc)
        rc = up_doc_array(doc, "train", UP_U32, 1, arena, &train, &n_train, err);
    if (rc)
        return rc;
    if (dims[1] != l->m)
        return up_fail(err, UP_EINVAL, "its %zu names do not fit its %zu columns", l->m,
                       (size_t)dims[1]);
    for (uint64_t i = 0; i < n_train; i++)
        if (((const uint32_t *)train)[i] >= dims[0])
            return up_fail(err, UP_EINVAL, "it names row %u of %zu",
                           ((const uint32_t *)train)[i], (size_t)dims[0]);
    l->values = values;
    l->train = train;
    l->n = (size_t)dims[0];
    l->n_train = (size_t)n_train;
    l->weights = UP_NEW(arena, l->m, double);
    return UP_OK;
}

static size_t name_at(const struct up_lambda *l, const char *name)
{
    size_t i = 0;
    while (i < l->m && strcmp(l->names[i], name) != 0)
        i++;
    return i;
}

/* ---- ready-made and given weights ---- */
static int use_preset(struct up_lambda *l, struct up_job *job, struct up_err *err)
{
    const struct up_preset *p = up_preset_find(l->preset);
    size_t rows = 0;
    int known;
    UP_CHECK(p);
    l->calibration = p->calibration;
    l->fitted = p->fitted;
    while (p->weight[rows].proxy)
        rows++;
    l->absent = UP_NEW(up_job_arena(job), rows, const char *);
    for (size_t i = 0; i < l->m; i++) {
        l->weights[i] = up_preset_weight_of(p, l->names[i], &known);
        if (!known)
            up_job_note(job, "preset %s has no weight for %s: 0", p->name, l->names[i]);
    }
    for (const struct up_preset_weight *w = p->weight; w->proxy; w++)
        if (w->weight != 0 && name_at(l, w->proxy) == l->m) {
            l->absent[l->n_absent++] = w->proxy;
            up_job_note(job, "preset %s weighs %s by %g, but scores does not have it", p->name,
                        w->proxy, w->weight);
        }
    if (l->n_absent && strcmp(up_job_str(job, "absent"), "error") == 0)
        return up_fail(err, UP_EINVAL,
                       "the scores have no %s, which lambda.preset %s weighs; set "
                       "lambda.preset to tpe or fixed, or lambda.absent to ignore",
                       up_lambda_join(l->absent, l->n_absent, up_job_arena(job)), p->name);
    if (strcmp(p->calibration, l->method) != 0)
        up_job_warn(
            job, "preset %s was made for calibrate.method %s; under %s its ranking is another",
            p->name, p->calibration, l->method);
    return UP_OK;
}

static int use_fixed(struct up_lambda *l, struct up_job *job, struct up_err *err)
{
    const char *const *names;
    const double *values;
    size_t n = up_job_map(job, "weights", &names, &values);
    for (size_t i = 0; i < n; i++) {
        size_t at = name_at(l, names[i]);
        if (at == l->m)
            return up_fail(err, UP_EINVAL,
                           "lambda.weights names \"%s\", which is not among the scores: %s",
                           names[i], up_lambda_join(l->names, l->m, up_job_arena(job)));
        l->weights[at] = values[i];
    }
    return UP_OK;
}

static int run(struct up_job *job, struct up_err *err)
{
    struct up_lambda l = {.preset = up_job_str(job, "preset")};
    struct up_view calibrate = {0};
    bool any = false;
    UP_CHECK(up_job_input(job, "calibrate", &calibrate));
    int rc = up_job_read(job, "calibrate",
                         load_calibrate(&l, calibrate, up_job_arena(job), err), err);
    if (rc)
        return rc;
    l.calibration = l.method;
    if (strcmp(l.preset, "tpe") == 0 || strcmp(l.preset, "regression") == 0)
        rc = up_lambda_learn(&l, job, err);
    else if (strcmp(l.preset, "fixed") == 0)
        rc = use_fixed(&l, job, err);
    else
        rc = use_preset(&l, job, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < l.m; i++)
        any |= l.weights[i] != 0;
    if (!any)
        return up_fail(err, UP_EUSAGE,
                       "every proxy weighs 0 (lambda.preset %s; scores: %s): nothing would be "
                       "ranked; set lambda.weights",
                       l.preset, up_lambda_join(l.names, l.m, up_job_arena(job)));
    up_lambda_pack(job, &l);
    return UP_OK;
}

static int check(const struct up_config *c, struct up_err *err)
{
    const char *const *names;
    const double *values;
    size_t n = up_setting_names(c, "lambda.weights", &names, &values);
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any |= values[i] != 0;
    if (up_setting_is(c, "lambda.preset", "fixed") && !any)
        return up_fail(
            err, UP_EUSAGE,
            "lambda.preset fixed needs lambda.weights, such as {nwot: 1, flops: 0.5}");
    return UP_OK;
}

const struct up_stage up_stage_lambda = {
    .name = "lambda",
    .version = 3,
    .does = "weighs the proxies into one unified score",
    .params = params,
    .inputs = inputs,
    .check = check,
    .run = run,
};
