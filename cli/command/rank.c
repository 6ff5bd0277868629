/* upnas rank: the architectures of a table of scores by their unified score. */
#include "cli/shared/cli.h"
#include "cli/shared/io.h"
#include "cli/shared/lambda_from.h"
#include "cli/shared/say.h"
#include "stages/benchmark/columns.h"
#include "stages/format/json_write.h"
#include "stages/rank/ranking.h"
#include "stages/learn/calibration.h"
#include <math.h>
#include <string.h>

struct words {
    struct up_common common;
    struct up_words ignore;
    const char *space, *scores, *accuracy, *lambda, *method, *target, *dataset;
    int64_t top;
    bool strict;
};

/* ---- output ---- */

static void reals(struct up_jw *w, const char *key, const struct up_benchmark *t,
                  const double *value)
{
    up_jw_key(w, key);
    up_jw_object(w);
    for (size_t i = 0; i < t->proxies; ++i)
        up_jw_key_real(w, t->proxy[i], value[i]);
    up_jw_end(w);
}

static size_t shown(const struct words *w, const struct up_ranking *r)
{
    return w->top && (uint64_t)w->top < r->n ? (size_t)w->top : r->n;
}

static void ranked(struct up_jw *j, const struct words *w, const struct up_space *space,
                   const struct up_ranking *r)
{
    char text[UP_ARCH_TEXT];
    up_jw_key(j, "ranked");
    up_jw_list(j);
    for (size_t i = 0; i < shown(w, r); ++i) {
        space->print(text, &r->table->arch[r->row[i]], UP_SPELL_OFFICIAL);
        up_jw_object(j);
        up_jw_key_int(j, "rank", (int64_t)i + 1);
        up_jw_key_str(j, "arch", text);
        up_jw_key_real(j, "unified", r->unified[i]);
        if (r->target)
            up_jw_key_real(j, "accuracy", r->accuracy[i]);
        up_jw_end(j);
    }
    up_jw_end(j);
}

static void as_json(struct up_buf *out, const struct words *w, const struct up_space *space,
                    const struct up_ranking *r, const struct up_lambda_weights *from)
{
    struct up_jw j;
    up_jw_init(&j, out, 0);
    up_jw_object(&j);
    up_jw_key_int(&j, "n", (int64_t)r->n_known);
    up_jw_key_real(&j, "tau", r->tau);
    up_jw_key_real(&j, "spearman", r->rho);
    reals(&j, "per_proxy", r->table, r->alone);
    up_jw_key_str(&j, "accuracy", r->target);
    up_jw_key_str(&j, "space", space->name);
    up_jw_key_int(&j, "architectures", (int64_t)r->n);
    up_jw_key_str(&j, "lambda", w->lambda);
    up_jw_key_str(&j, "calibration", r->calibration);
    up_jw_key_str(&j, "fitted", from->fitted);
    reals(&j, "weights", r->table, r->weight);
    up_jw_key(&j, "absent");
    up_jw_list(&j);
    for (size_t i = 0; i < r->n_absent; ++i)
        up_jw_str(&j, r->absent[i]);
    up_jw_end(&j);
    ranked(&j, w, space, r);
    up_jw_end(&j);
    up_buf_puts(out, "\n");
}

static void taus(struct up_buf *out, const struct up_ranking *r)
{
    up_say(out, "\nagainst %s of %zu architectures: tau %.4f, Spearman %.4f\n", r->target,
           r->n_known, r->tau, r->rho);
    for (size_t i = 0; i < r->table->proxies; ++i)
        up_say(out, "  %-10s weighs %7.3f, alone tau %7.4f\n", r->table->proxy[i], r->weight[i],
               r->alone[i]);
}

static void as_text(struct up_buf *out, const struct words *w, const struct up_space *space,
                    const struct up_ranking *r)
{
    char text[UP_ARCH_TEXT];
    up_say(out, "rank   unified  architecture\n");
    for (size_t i = 0; i < shown(w, r); ++i) {
        space->print(text, &r->table->arch[r->row[i]], UP_SPELL_OFFICIAL);
        up_say(out, "%4zu  %8.4f  %s\n", i + 1, r->unified[i], text);
    }
    if (r->target)
        taus(out, r);
}

/* ---- work ---- */

/* What a careful reader of the numbers would ask. */
static int doubts(const struct words *w, const struct up_ranking *r,
                  const struct up_lambda_weights *from, struct up_arena *arena,
                  struct up_err *err)
{
    const char *absent = r->n_absent ? r->absent[0] : "";
    for (size_t i = 1; i < r->n_absent; ++i)
        absent = up_arena_printf(arena, "%s, %s", absent, r->absent[i]);
    if (r->n_absent && w->strict)
        return up_fail(err, UP_EINVAL,
                       "%s has no %s, which %s weighs; leave --strict away to ignore such "
                       "weights, or give others",
                       w->scores, absent, w->lambda);
    if (r->n_absent)
        up_cli_warn(up_arena_printf(arena,
                                    "%s weighs %s, which %s does not have: ignored "
                                    "(--strict refuses)",
                                    w->lambda, absent, w->scores));
    if (from->calibration && strcmp(from->calibration, r->calibration) != 0)
        up_cli_warn(up_arena_printf(arena,
                                    "the weights belong to calibration %s; under %s "
                                    "their ranking is another",
                                    from->calibration, r->calibration));
    if (r->target && from->fitted &&
        (!from->fitted_space || !strcmp(from->fitted_space, w->space)))
        up_cli_warn(up_arena_printf(arena,
                                    "the weights were fitted on %s: where those are "
                                    "among these, tau is no evidence",
                                    from->fitted));
    return UP_OK;
}

static int table(struct up_table *t, struct up_buf *bytes, const char *path,
                 struct up_table_wish *wish, struct up_arena *arena, struct up_err *err)
{
    int rc = up_file_read(bytes, path, err);
    if (!rc)
        rc = up_table_read(t, path, up_buf_view(bytes), wish, arena, err);
    if (!rc && t->note)
        up_cli_warn(t->note);
    return rc;
}

static int load(struct up_benchmark *b, const struct words *w, const struct up_space *space,
                struct up_arena *arena, struct up_err *err)
{
    struct up_buf bytes[2] = {UP_BUF_INIT, UP_BUF_INIT};
    struct up_table t[2];
    struct up_column_ignore ignore = {w->ignore.n, w->ignore.v};
    struct up_table_wish wish = {.want = up_column_wanted,
                                 .ctx = &ignore,
                                 .dataset = w->dataset,
                                 .number = up_column_is_proxy};
    int rc = table(&t[0], &bytes[0], w->scores, &wish, arena, err);
    wish.number = NULL;
    if (!rc && w->accuracy)
        rc = table(&t[1], &bytes[1], w->accuracy, &wish, arena, err);
    const struct up_benchmark_tables tables = {&t[0], w->accuracy ? &t[1] : NULL, w->dataset};
    if (!rc)
        rc = up_benchmark_merge(b, space, &tables, arena, err);
    up_buf_release(&bytes[0]);
    up_buf_release(&bytes[1]);
    return rc;
}

static int work(const struct words *w, const struct up_space *space, struct up_buf *out,
                struct up_arena *arena, struct up_err *err)
{
    struct up_lambda_weights from;
    struct up_benchmark b;
    struct up_ranking r;
    int rc;
    if ((rc = up_weighing_from(&from, w->lambda, &w->common, arena, err)) ||
        (rc = load(&b, w, space, arena, err)))
        return rc;
    const char *method = w->method          ? w->method
                         : from.calibration ? from.calibration
                                            : up_calibration_names[0];
    const struct up_ranking_wish wish = {space, &b, &from, method, w->target};
    if ((rc = up_ranking_make(&r, &wish, arena, err)) ||
        (rc = doubts(w, &r, &from, arena, err)))
        return rc;
    if (w->common.json)
        as_json(out, w, space, &r, &from);
    else
        as_text(out, w, space, &r);
    return UP_OK;
}

static int check(const struct words *w, const struct up_space **space, struct up_err *err)
{
    if (!w->space || !w->scores || !w->lambda)
        return up_fail(err, UP_EUSAGE,
                       "rank needs --space NAME, --scores FILE and --lambda PRESET, RUN or "
                       "FILE; see 'upnas rank --help'");
    if (w->target && !*w->target)
        return up_fail(err, UP_EUSAGE, "--target is empty; name an accuracy");
    for (const char *const *m = up_calibration_names; w->method; ++m) {
        if (!*m)
            return up_fail(err, UP_EUSAGE,
                           "--calibrate %s: there are rank-gauss, signed-log, zscore, minmax "
                           "and raw",
                           w->method);
        if (!strcmp(*m, w->method))
            break;
    }
    return up_space_find(space, w->space, err);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct words w = {.common = UP_COMMON_INIT};
    struct up_words rest = {0};
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&w.common),
        {"--space", UP_OPT_TEXT, &w.space, "NAME", "search space: nb201 or darts", 0, 0},
        {"--scores", UP_OPT_TEXT, &w.scores, "FILE",
         "table of scores: NASLib zc_*.json, CSV or NPZ", 0, 0},
        {"--lambda", UP_OPT_TEXT, &w.lambda, "FROM",
         "weights: a preset, a file (JSON, CSV), a run, or NODE or RUN:NODE as for show", 0, 0},
        {"--accuracy", UP_OPT_TEXT, &w.accuracy, "FILE",
         "accuracies, where the scores' file has none", 0, 0},
        {"--target", UP_OPT_TEXT, &w.target, "COLUMN",
         "whose accuracy to compare with (default: the first _val)", 0, 0},
        {"--dataset", UP_OPT_TEXT, &w.dataset, "NAME",
         "whose scores to take from a JSON file with several data sets", 0, 0},
        {"--ignore", UP_OPT_MANY, &w.ignore, "COLUMN",
         "neither a score nor an accuracy; repeatable", 0, 0},
        {"--calibrate", UP_OPT_TEXT, &w.method, "METHOD",
         "rank-gauss, signed-log, zscore, minmax or raw (default: the weights' own)", 0, 0},
        {"--top", UP_OPT_INT, &w.top, "N", "list the best N only (default 0: all)", 0,
         INT64_MAX},
        {"--strict", UP_OPT_FLAG, &w.strict, NULL,
         "refuse weights of proxies that the table does not have", 0, 0},
        {0}};
    const struct up_space *space;
    struct up_arena arena = UP_ARENA_INIT;
    struct up_buf out = UP_BUF_INIT;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || w.common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)) || (rc = check(&w, &space, err)))
        return rc;
    if (!(rc = work(&w, space, &out, &arena, err)))
        rc = up_cli_print(&out, err);
    up_buf_release(&out);
    up_arena_release(&arena);
    return rc;
}

const struct up_command up_command_rank = {
    "rank", "--space NAME --scores FILE --lambda PRESET|RUN|FILE [--accuracy FILE]",
    "rank the architectures of a table of scores",
    "The scores are calibrated among themselves, which needs no accuracies, then weighed and\n"
    "added. Where accuracies are known, Kendall's tau-b of the unified score and of each "
    "proxy\n"
    "is told too. FILE of weights: {\"nwot\": 1, \"flops\": 0.5}, result.json, what\n"
    "'upnas show lambda --json' prints, or a CSV with the columns proxy and weight.",
    run};
