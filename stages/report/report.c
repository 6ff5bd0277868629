/* Stage report: what was found and how far it can be believed. Nothing that was
 * used for fitting counts as evidence: not the rows lambda used, and with a preset that
 * was fitted on the benchmark's space none of its rows.
 *
 * {absent [str], proxies the preset weighs and scores does not have;
 *  best [{accuracy {column: x}, arch, flops, params, unified}], best first;
 *  bounds {benchmark {column: x}, scored {column: x}} the best accuracies there are;
 *  calibration; correlation f64[M+1][M+1] tau-b between proxies, accuracy last;
 *  files {name: bytes} pictures; fitted as in lambda; method; n_heldout, n_predicted,
 *  n_unused; preset; proxies {alone f64[M], heldout f64[M], invalid u32[M] rows without
 *  a valid score, n_heldout u32[M] rows behind heldout, names, weights f64[M]};
 *  queries; regret {k u32[3], predicted f64[3], unused f64[3]}; rho_predicted,
 *  rho_unused; schema; space; target; tau_heldout, tau_predicted, tau_unused; text}
 *
 * tau_heldout: tau-b of the unified score of the predicted proxies with that of the measured
 * ones, on rows that the estimator has not seen; nil without such rows.
 * tau_unused: tau-b of the unified score of the measured proxies with accuracy, on
 * rows lambda was not fitted on; tau_predicted: of the predicted ones, on rows that
 * neither lambda nor the estimator has seen. nil without a benchmark or such rows. */
#include "dag/stage.h"
#include "stages/report/evidence.h"
#include "stages/report/pictures.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

static const struct up_param params[] = {
    {.name = "target",
     .kind = UP_P_STR,
     .doc = "accuracy column to compare with; null: the one of lambda, else cifar10_val, else "
            "the first"},
    {0},
};
static const struct up_stage_input inputs[] = {
    {"space", NULL},
    {"scores", NULL},
    {"calibrate", NULL},
    {"vgae", NULL},
    {"mpe", NULL},
    {"lambda", NULL},
    {"search", NULL},
    {"decode", NULL},
    {"benchmark", "benchmark.scores|benchmark.accuracy"},
    {0},
};

struct report {
    struct up_arena *arena;
    struct up_view space, scores, calibrate, vgae, mpe, lambda, search, decode, benchmark;
    struct up_scored scored;
    struct up_entries entries;
    struct up_models models;
    struct up_evidence evidence;
    struct up_report_names names;
};

static void pack_real(struct up_buf *b, const char *key, double v)
{
    up_pack_str(b, key);
    if (isfinite(v))
        up_pack_real(b, v);
    else
        up_pack_nil(b);
}

/* Column names in ascending order, those with a value. */
static void pack_columns(struct up_buf *b, const char *key, const struct up_truth *t,
                         const double *v)
{
    size_t n = 0;
    const char *last = NULL;
    for (size_t c = 0; c < t->columns; c++)
        n += isfinite(v[c]);
    up_pack_str(b, key);
    up_pack_map(b, n);
    for (size_t k = 0; k < n; k++) {
        size_t next = t->columns;
        for (size_t c = 0; c < t->columns; c++)
            if (isfinite(v[c]) && (!last || strcmp(t->name[c], last) > 0) &&
                (next == t->columns || strcmp(t->name[c], t->name[next]) < 0))
                next = c;
        UP_CHECK(next < t->columns);
        last = t->name[next];
        up_pack_str(b, last);
        up_pack_real(b, v[next]);
    }
}

static void pack_best(struct up_buf *b, const struct up_entries *x)
{
    const struct up_scored *s = x->scored;
    up_pack_str(b, "best");
    up_pack_list(b, x->n);
    for (size_t i = 0; i < x->n; i++) {
        const struct up_entry *e = &x->e[i];
        char arch[UP_ARCH_TEXT];
        s->space->print(arch, &e->arch, UP_SPELL_OFFICIAL);
        up_pack_map(b, 5);
        pack_columns(b, "accuracy", &s->truth, e->accuracy);
        up_pack_str(b, "arch");
        up_pack_str(b, arch);
        pack_real(b, "flops", e->flops);
        pack_real(b, "params", e->params);
        pack_real(b, "unified", e->unified);
    }
}

static void pack_proxies(struct up_buf *b, const struct up_evidence *e)
{
    const struct up_scored *s = e->scored;
    up_pack_str(b, "proxies");
    up_pack_map(b, 6);
    up_pack_str(b, "alone");
    up_pack_array1(b, UP_F64, e->alone, s->m);
    up_pack_str(b, "heldout");
    up_pack_array1(b, UP_F64, e->heldout, s->m);
    up_pack_str(b, "invalid");
    up_pack_array1(b, UP_U32, e->invalid, s->m);
    up_pack_str(b, "n_heldout");
    up_pack_array1(b, UP_U32, e->heldout_n, s->m);
    up_pack_str(b, "names");
    up_pack_list(b, s->m);
    for (size_t m = 0; m < s->m; m++)
        up_pack_str(b, s->name[m]);
    up_pack_str(b, "weights");
    up_pack_array1(b, UP_F64, s->weights, s->m);
}

static void pack_regret(struct up_buf *b, const struct up_evidence *e)
{
    uint32_t k[UP_REGRETS];
    for (int i = 0; i < UP_REGRETS; i++)
        k[i] = (uint32_t)up_regret_k[i];
    up_pack_str(b, "regret");
    up_pack_map(b, 3);
    up_pack_str(b, "k");
    up_pack_array1(b, UP_U32, k, UP_REGRETS);
    up_pack_str(b, "predicted");
    up_pack_array1(b, UP_F64, e->regret_predicted, UP_REGRETS);
    up_pack_str(b, "unused");
    up_pack_array1(b, UP_F64, e->regret_unused, UP_REGRETS);
}

static void pack_text(struct up_buf *b, const struct report *r)
{
    struct up_buf text = UP_BUF_INIT;
    up_evidence_text(&text, &r->evidence, &r->entries, &r->names);
    up_pack_str(b, "text");
    up_pack_strn(b, (const char *)text.data, text.len);
    up_buf_release(&text);
}

static void pack_word(struct up_buf *b, const char *key, const char *word)
{
    up_pack_str(b, key);
    up_pack_str(b, word);
}

static void pack_count(struct up_buf *b, const char *key, size_t n)
{
    up_pack_str(b, key);
    up_pack_uint(b, n);
}

static void pack_fitted(struct up_buf *b, const struct up_report_names *names)
{
    up_pack_str(b, "fitted");
    if (!names->fitted_space) {
        up_pack_nil(b);
        return;
    }
    up_pack_map(b, 2);
    pack_word(b, "data", names->fitted_data);
    pack_word(b, "space", names->fitted_space);
}

static void report_pack(struct up_buf *b, const struct report *r, struct up_arena *arena)
{
    const struct up_evidence *e = &r->evidence;
    const struct up_truth *t = &r->scored.truth;
    up_pack_map(b, 24);
    up_pack_str(b, "absent");
    up_pack_list(b, r->names.n_absent);
    for (size_t i = 0; i < r->names.n_absent; i++)
        up_pack_str(b, r->names.absent[i]);
    pack_best(b, &r->entries);
    up_pack_str(b, "bounds");
    up_pack_map(b, 2);
    pack_columns(b, "benchmark", t, e->best_all);
    pack_columns(b, "scored", t, e->best_scored);
    pack_word(b, "calibration", r->names.calibration);
    up_pack_str(b, "correlation");
    up_pack_array2(b, UP_F64, e->correlation, r->scored.m + 1, r->scored.m + 1);
    up_report_pictures(b, e, &r->entries, r->search, arena);
    pack_fitted(b, &r->names);
    pack_word(b, "method", r->entries.method);
    pack_count(b, "n_heldout", e->n_heldout);
    pack_count(b, "n_predicted", e->n_predicted);
    pack_count(b, "n_unused", e->n_unused);
    pack_word(b, "preset", r->names.preset);
    pack_proxies(b, e);
    pack_count(b, "queries", (size_t)r->entries.queries);
    pack_regret(b, e);
    pack_real(b, "rho_predicted", e->rho_predicted);
    pack_real(b, "rho_unused", e->rho_unused);
    pack_word(b, "schema", "upnas.report/1");
    pack_word(b, "space", r->scored.space->name);
    pack_word(b, "target", e->target < 0 ? "" : t->name[e->target]);
    pack_real(b, "tau_heldout", e->tau_heldout);
    pack_real(b, "tau_predicted", e->tau_predicted);
    pack_real(b, "tau_unused", e->tau_unused);
    pack_text(b, r);
}

/* A string of the document, NULL where it is nil. */
static const char *str_or_null(struct up_view doc, const char *path, struct up_arena *arena)
{
    const char *s;
    return up_doc_str(doc, path, arena, &s, NULL) == UP_OK ? s : NULL;
}

static int names_load(struct up_report_names *n, const struct report *r, struct up_arena *arena,
                      struct up_err *err)
{
    int rc = up_doc_str(r->lambda, "preset", arena, &n->preset, err);
    if (!rc)
        rc = up_doc_str(r->lambda, "calibration", arena, &n->made_for, err);
    if (!rc)
        rc = up_doc_names(r->lambda, "absent", arena, &n->absent, &n->n_absent, err);
    if (!rc)
        rc = up_doc_str(r->calibrate, "method", arena, &n->calibration, err);
    n->objective = str_or_null(r->lambda, "objective", arena);
    n->fitted_space = str_or_null(r->lambda, "fitted/space", arena);
    n->fitted_data = str_or_null(r->lambda, "fitted/data", arena);
    return rc;
}

static int report_load(struct report *r, struct up_job *job, struct up_err *err)
{
    struct up_arena *arena = r->arena = up_job_arena(job);
    const struct up_space *space;
    const char *name;
    UP_CHECK(
        up_job_input(job, "space", &r->space) && up_job_input(job, "scores", &r->scores) &&
        up_job_input(job, "calibrate", &r->calibrate) && up_job_input(job, "vgae", &r->vgae) &&
        up_job_input(job, "mpe", &r->mpe) && up_job_input(job, "lambda", &r->lambda) &&
        up_job_input(job, "search", &r->search) && up_job_input(job, "decode", &r->decode));
    if (!up_job_input(job, "benchmark", &r->benchmark))
        r->benchmark = (struct up_view){0};
    int rc = up_doc_str(r->space, "space", arena, &name, err);
    if (!rc)
        rc = up_space_find(&space, name, err);
    if ((rc = up_job_read(job, "space", rc, err)))
        return rc;
    rc = up_scored_load(&r->scored, space, r->scores, r->calibrate, r->lambda, r->benchmark,
                        arena, err);
    if ((rc = up_job_read(job, "scores|calibrate|lambda|benchmark", rc, err)))
        return rc;
    rc = up_entries_load(&r->entries, &r->scored, r->search, arena, err);
    if ((rc = up_job_read(job, "search", rc, err)))
        return rc;
    rc = up_models_load(&r->models, space, r->vgae, r->mpe, r->lambda, arena, err);
    if ((rc = up_job_read(job, "vgae|mpe|lambda", rc, err)))
        return rc;
    return up_job_read(job, "lambda|calibrate", names_load(&r->names, r, arena, err), err);
}

/* The column asked for, lambda's, the usual one, or the first there is. */
static int report_target(const struct report *r, struct up_job *job, int *target,
                         struct up_err *err)
{
    const struct up_truth *t = &r->scored.truth;
    const char *asked = up_job_str(job, "target"), *lambda = NULL;
    *target = -1;
    if (t->columns == 0)
        return UP_OK;
    if (asked) {
        *target = up_truth_column(t, asked);
        return *target >= 0
                   ? UP_OK
                   : up_fail(err, UP_EINVAL,
                             "report.target: the benchmark has no accuracy \"%s\"; its "
                             "first is \"%s\"",
                             asked, t->name[0]);
    }
    if (!up_doc_str(r->lambda, "target", up_job_arena(job), &lambda, NULL))
        *target = up_truth_column(t, lambda);
    if (*target < 0)
        *target = up_truth_column(t, "cifar10_val");
    if (*target < 0)
        *target = 0;
    return UP_OK;
}

/* Numbers of scored rows. */
static int rows_load(const struct report *r, struct up_view doc, const char *path,
                     const void **rows, uint64_t n[4], struct up_err *err)
{
    int rc = up_doc_array(doc, path, UP_U32, 1, r->arena, rows, n, err);
    for (uint64_t i = 0; !rc && i < n[0]; i++)
        if (((const uint32_t *)*rows)[i] >= r->scored.n)
            rc = up_fail(err, UP_EINVAL, "it names row %u of %zu", ((const uint32_t *)*rows)[i],
                         r->scored.n);
    return rc;
}

static int report_run(struct up_job *job, struct up_err *err)
{
    struct up_arena *arena = up_job_arena(job);
    struct report *r = UP_NEW(arena, 1, struct report);
    const char *fitted;
    const void *used, *train;
    uint64_t n_used[4], n_train[4];
    int target, rc = report_load(r, job, err);
    if (!rc)
        rc = report_target(r, job, &target, err);
    if (!rc)
        rc = up_job_read(job, "lambda", rows_load(r, r->lambda, "used", &used, n_used, err),
                         err);
    if (!rc)
        rc = up_job_read(job, "mpe", rows_load(r, r->mpe, "rows_train", &train, n_train, err),
                         err);
    if (rc)
        return rc;
    /* Which of the benchmark's architectures a preset was fitted on is not known, and
     * another accuracy of the same ones is no news, so the space decides. */
    fitted = r->names.fitted_space;
    struct up_fitted_rows rows = {.lambda = used,
                                  .mpe = train,
                                  .n_lambda = (size_t)n_used[0],
                                  .n_mpe = (size_t)n_train[0],
                                  .shipped =
                                      fitted && strcmp(fitted, r->scored.space->name) == 0};
    up_evidence_make(&r->evidence, &r->scored, &r->models, target, &rows, up_job_threads(job),
                     arena);
    report_pack(up_job_out(job), r, arena);
    return UP_OK;
}

/* What every run ends with. */
static int report_sound(struct up_view artifact, struct up_err *err)
{
    struct up_cursor c;
    struct up_view text;
    size_t n;
    int rc = up_doc_at(artifact, "text", &c, err);
    if (!rc)
        rc = up_cur_str(&c, &text, err);
    if (!rc)
        rc = up_doc_at(artifact, "best", &c, err);
    if (!rc)
        rc = up_cur_list(&c, &n, err);
    return rc ? rc : up_files_sound(artifact, err);
}

const struct up_stage up_stage_report = {
    .name = "report",
    .version = 3,
    .does = "measures what was found on rows that nothing was fitted on",
    .params = params,
    .inputs = inputs,
    .run = report_run,
    .sound = report_sound};
