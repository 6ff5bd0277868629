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
#include "stages/artifact/input.h"
#include "stages/report/evidence.h"
#include "stages/report/pictures.h"
#include "store/base/writer.h"
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
    struct up_reader space, calibrate, vgae, mpe, lambda, search;
    struct up_scored scored;
    struct up_entries entries;
    struct up_models models;
    struct up_evidence evidence;
    struct up_report_names names;
};

/* The columns that have a value. */
static void write_columns(struct up_writer *w, const char *key, const struct up_truth *t,
                          const double *v)
{
    up_writer_map(w, key);
    for (size_t c = 0; c < t->columns; c++)
        if (isfinite(v[c]))
            up_writer_real(w, t->name[c], v[c]);
    up_writer_close(w);
}

static void write_best(struct up_writer *w, const struct up_entries *x)
{
    const struct up_scored *s = x->scored;
    up_writer_list(w, "best");
    for (size_t i = 0; i < x->n; i++) {
        const struct up_entries_item *e = &x->e[i];
        char arch[UP_ARCH_TEXT];
        s->space->print(arch, &e->arch, UP_SPELL_OFFICIAL);
        up_writer_map(w, NULL);
        write_columns(w, "accuracy", &s->truth, e->accuracy);
        up_writer_str(w, "arch", arch);
        up_writer_finite(w, "flops", e->flops);
        up_writer_finite(w, "params", e->params);
        up_writer_finite(w, "unified", e->unified);
        up_writer_close(w);
    }
    up_writer_close(w);
}

static void write_proxies(struct up_writer *w, const struct up_evidence *e)
{
    const struct up_scored *s = e->scored;
    up_writer_map(w, "proxies");
    up_writer_vector(w, "alone", UP_F64, e->alone, s->m);
    up_writer_vector(w, "heldout", UP_F64, e->heldout, s->m);
    up_writer_vector(w, "invalid", UP_U32, e->invalid, s->m);
    up_writer_vector(w, "n_heldout", UP_U32, e->heldout_n, s->m);
    up_writer_names(w, "names", s->name, s->m);
    up_writer_vector(w, "weights", UP_F64, s->weights, s->m);
    up_writer_close(w);
}

static void write_regret(struct up_writer *w, const struct up_evidence *e,
                         struct up_arena *arena)
{
    uint32_t *k = UP_NEW(arena, UP_REGRETS, uint32_t);
    for (int i = 0; i < UP_REGRETS; i++)
        k[i] = (uint32_t)up_regret_k[i];
    up_writer_map(w, "regret");
    up_writer_vector(w, "k", UP_U32, k, UP_REGRETS);
    up_writer_vector(w, "predicted", UP_F64, e->regret_predicted, UP_REGRETS);
    up_writer_vector(w, "unused", UP_F64, e->regret_unused, UP_REGRETS);
    up_writer_close(w);
}

static void write_text(struct up_writer *w, const struct report *r)
{
    struct up_buf text = UP_BUF_INIT;
    up_evidence_text(&text, &r->evidence, &r->entries, &r->names);
    up_writer_strn(w, "text", (const char *)text.data, text.len);
    up_buf_release(&text);
}

static void write_fitted(struct up_writer *w, const struct up_report_names *names)
{
    if (!names->fitted_space) {
        up_writer_nil(w, "fitted");
        return;
    }
    up_writer_map(w, "fitted");
    up_writer_str(w, "data", names->fitted_data);
    up_writer_str(w, "space", names->fitted_space);
    up_writer_close(w);
}

static void write_evidence(struct up_writer *w, const struct up_evidence *e)
{
    up_writer_uint(w, "n_heldout", e->n_heldout);
    up_writer_uint(w, "n_predicted", e->n_predicted);
    up_writer_uint(w, "n_unused", e->n_unused);
    up_writer_finite(w, "rho_predicted", e->rho_predicted);
    up_writer_finite(w, "rho_unused", e->rho_unused);
    up_writer_finite(w, "tau_heldout", e->tau_heldout);
    up_writer_finite(w, "tau_predicted", e->tau_predicted);
    up_writer_finite(w, "tau_unused", e->tau_unused);
}

static void write_out(struct up_buf *out, struct report *r, struct up_arena *arena)
{
    const struct up_evidence *e = &r->evidence;
    const struct up_truth *t = &r->scored.truth;
    struct up_report_pictures pictures = {UP_BUF_INIT, UP_BUF_INIT, UP_BUF_INIT};
    struct up_writer w = up_writer_of(out);
    up_report_draw(&pictures, e, &r->entries, &r->search);
    up_writer_names(&w, "absent", r->names.absent, r->names.n_absent);
    write_best(&w, &r->entries);
    up_writer_map(&w, "bounds");
    write_columns(&w, "benchmark", t, e->best_all);
    write_columns(&w, "scored", t, e->best_scored);
    up_writer_close(&w);
    up_writer_str(&w, "calibration", r->names.calibration);
    up_writer_matrix(&w, "correlation", UP_F64, e->correlation, r->scored.m + 1,
                     r->scored.m + 1);
    up_report_write_pictures(&w, &pictures);
    write_fitted(&w, &r->names);
    up_writer_str(&w, "method", r->entries.method);
    up_writer_str(&w, "preset", r->names.preset);
    write_proxies(&w, e);
    up_writer_uint(&w, "queries", (uint64_t)r->entries.queries);
    write_regret(&w, e, arena);
    up_writer_str(&w, "schema", "upnas.report/1");
    up_writer_str(&w, "space", r->scored.space->name);
    up_writer_str(&w, "target", e->target < 0 ? "" : t->name[e->target]);
    write_evidence(&w, e);
    write_text(&w, r);
    up_writer_end(&w);
    up_report_release_pictures(&pictures);
}

static int names_load(struct up_report_names *n, struct report *r)
{
    struct up_reader *lambda = &r->lambda;
    n->preset = up_reader_str(lambda, "preset");
    n->made_for = up_reader_str(lambda, "calibration");
    n->absent = up_reader_names(lambda, "absent", &n->n_absent);
    n->objective = up_reader_str_or_null(lambda, "objective");
    n->fitted_space = up_reader_str_or_null(lambda, "fitted/space");
    n->fitted_data = up_reader_str_or_null(lambda, "fitted/data");
    n->calibration = up_reader_str(&r->calibrate, "method");
    int rc = up_reader_end(lambda);
    return rc ? rc : up_reader_end(&r->calibrate);
}

static int report_load(struct report *r, struct up_job *job, struct up_err *err)
{
    r->space = up_artifact_read(job, "space", err);
    r->calibrate = up_artifact_read(job, "calibrate", err);
    r->vgae = up_artifact_read(job, "vgae", err);
    r->mpe = up_artifact_read(job, "mpe", err);
    r->lambda = up_artifact_read(job, "lambda", err);
    r->search = up_artifact_read(job, "search", err);
    const struct up_space *space = up_artifact_space(&r->space);
    int rc = up_job_read(job, "space", up_reader_end(&r->space), err);
    if (!rc)
        rc = up_job_read(job, "scores|calibrate|lambda|benchmark",
                         up_scored_load(&r->scored, space, job, err), err);
    if (!rc)
        rc = up_job_read(job, "search", up_entries_load(&r->entries, &r->scored, &r->search),
                         err);
    if (!rc)
        rc = up_job_read(job, "vgae|mpe|lambda",
                         up_models_load(&r->models, space, &r->vgae, &r->mpe, &r->lambda), err);
    return rc ? rc : up_job_read(job, "lambda|calibrate", names_load(&r->names, r), err);
}

/* The column asked for, lambda's, the usual one, or the first there is. */
static int report_target(struct report *r, struct up_job *job, int *target, struct up_err *err)
{
    const struct up_truth *t = &r->scored.truth;
    const char *asked = up_job_str(job, "target");
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
    const char *lambda = up_reader_str_or_null(&r->lambda, "target");
    if (lambda)
        *target = up_truth_column(t, lambda);
    if (*target < 0)
        *target = up_truth_column(t, "cifar10_val");
    if (*target < 0)
        *target = 0;
    return up_job_read(job, "lambda", up_reader_end(&r->lambda), err);
}

/* Numbers of scored rows. */
static const uint32_t *rows_read(struct up_reader *doc, const char *path, size_t scored,
                                 size_t *n)
{
    const uint32_t *row = up_reader_vector(doc, path, UP_U32, n);
    for (size_t i = 0; i < *n && !up_reader_end(doc); i++)
        if (row[i] >= scored)
            (void)up_reader_fail(doc, "field \"%s\" names row %u of %zu", path, row[i], scored);
    return row;
}

static int report_run(struct up_job *job, struct up_err *err)
{
    struct up_arena *arena = up_job_arena(job);
    struct report *r = UP_NEW(arena, 1, struct report);
    struct up_evidence_rows rows = {0};
    int target, rc = report_load(r, job, err);
    if (!rc)
        rc = report_target(r, job, &target, err);
    if (!rc) {
        rows.lambda = rows_read(&r->lambda, "used", r->scored.n, &rows.n_lambda);
        rows.mpe = rows_read(&r->mpe, "rows_train", r->scored.n, &rows.n_mpe);
        rc = up_job_read(job, "lambda", up_reader_end(&r->lambda), err);
    }
    if (!rc)
        rc = up_job_read(job, "mpe", up_reader_end(&r->mpe), err);
    if (rc)
        return rc;
    /* Which of the benchmark's architectures a preset was fitted on is not known, and
     * another accuracy of the same ones is no news, so the space decides. */
    const char *fitted = r->names.fitted_space;
    rows.shipped = fitted && strcmp(fitted, r->scored.space->name) == 0;
    rows.target = target;
    up_evidence_make(&r->evidence, &r->scored, &r->models, &rows, job);
    write_out(up_job_out(job), r, arena);
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
