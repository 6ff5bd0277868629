#include "stages/format/decimal.h"
#include "stages/report/evidence.h"
#include <math.h>
#include <string.h>

enum { TABLE_ROWS = 10 };

static void cell(struct up_buf *out, double v, int digits, int width)
{
    char text[UP_DECIMAL_TEXT];
    if (isfinite(v))
        up_buf_printf(out, "  %*s", width, up_decimal_fixed(text, v, digits));
    else
        up_buf_printf(out, "  %*s", width, "-");
}

static int column_width(const char *name)
{
    size_t n = strlen(name);
    return n < 6 ? 6 : n > 40 ? 40 : (int)n;
}

static void best_table(struct up_buf *out, const struct up_scored *s,
                       const struct up_entries *x)
{
    const struct up_truth *t = &s->truth;
    up_buf_puts(out, "rank  unified   MFLOPs  M params");
    for (size_t c = 0; c < t->columns; c++)
        up_buf_printf(out, "  %*s", column_width(t->name[c]), t->name[c]);
    up_buf_puts(out, "  architecture\n");
    for (size_t i = 0; i < x->n && i < TABLE_ROWS; i++) {
        const struct up_entry *e = &x->e[i];
        char arch[UP_ARCH_TEXT];
        s->space->print(arch, &e->arch, UP_SPELL_OFFICIAL);
        up_buf_printf(out, "%4zu", i + 1);
        cell(out, e->unified, 4, 7);
        cell(out, e->flops, 2, 7);
        cell(out, e->params, 3, 8);
        for (size_t c = 0; c < t->columns; c++)
            cell(out, e->accuracy[c], 2, column_width(t->name[c]));
        up_buf_printf(out, "  %s\n", arch);
    }
}

static void bound_line(struct up_buf *out, const struct up_truth *t, const char *what,
                       const double *best)
{
    up_buf_printf(out, "%-32s", what);
    for (size_t c = 0; c < t->columns; c++)
        cell(out, best[c], 2, column_width(t->name[c]));
    up_buf_puts(out, "\n");
}

static void tau_line(struct up_buf *out, const char *what, double tau, double rho,
                     const double *regret, size_t n)
{
    up_buf_printf(out, "%-32s", what);
    cell(out, tau, 4, 7);
    cell(out, rho, 4, 8);
    for (int k = 0; k < UP_REGRETS; k++)
        cell(out, regret[k], 2, 9);
    up_buf_printf(out, "  on %zu architectures\n", n);
}

static void accuracy_lines(struct up_buf *out, const struct up_evidence *e,
                           const struct up_report_names *names)
{
    const struct up_truth *t = &e->scored->truth;
    if (e->target < 0) {
        up_buf_puts(out, "\nNo benchmark: nothing to compare the unified score with.\n");
        return;
    }
    bound_line(out, t, "best of the scored", e->best_scored);
    bound_line(out, t, "best of the benchmark", e->best_all);
    up_buf_printf(out, "\n%-32s%9s%10s%11s%11s%11s\n", "", "tau-b", "rho", "regret@1", "@10",
                  "@100");
    up_buf_printf(out, "unified score against %s\n", t->name[e->target]);
    if (e->shipped) {
        up_buf_printf(out,
                      "  not measured: the preset %s was fitted on the %s accuracies of "
                      "%s,\n  so no architecture counts as unused; lambda.preset regression or "
                      "tpe leaves "
                      "some out\n",
                      names->preset, names->fitted_data, names->fitted_space);
        return;
    }
    tau_line(out, "  measured scores", e->tau_unused, e->rho_unused, e->regret_unused,
             e->n_unused);
    tau_line(out, "  predicted scores", e->tau_predicted, e->rho_predicted, e->regret_predicted,
             e->n_predicted);
}

static void proxy_table(struct up_buf *out, const struct up_evidence *e)
{
    const struct up_scored *s = e->scored;
    up_buf_puts(out, "\nproxy             weight  tau alone  tau predicted  invalid\n");
    for (size_t m = 0; m < s->m; m++) {
        up_buf_printf(out, "%-14.40s", s->name[m]);
        cell(out, s->weights[m], 3, 8);
        cell(out, e->alone[m], 3, 9);
        cell(out, e->heldout[m], 3, 13);
        up_buf_printf(out, "  %7u\n", (unsigned)e->invalid[m]);
    }
    up_buf_printf(out, "%-22s", "unified score");
    cell(out, e->tau_unused, 3, 9);
    cell(out, e->tau_heldout, 3, 13);
    up_buf_puts(out, "\n");
}

/* What a warning said when it happened, for a run that finds everything cached. */
static void doubts(struct up_buf *out, const struct up_evidence *e,
                   const struct up_report_names *names)
{
    const struct up_scored *s = e->scored;
    for (size_t m = 0; m < s->m; m++)
        if (e->invalid[m] == s->n)
            up_buf_printf(out, "No architecture has a valid %.40s: it says nothing.\n",
                          s->name[m]);
    for (size_t i = 0; i < names->n_absent; i++)
        up_buf_printf(out, "The preset %s weighs %s, which scores does not have.\n",
                      names->preset, names->absent[i]);
    if (strcmp(names->made_for, names->calibration) != 0)
        up_buf_printf(out, "The preset %s was made for scores calibrated by %s.\n",
                      names->preset, names->made_for);
}

void up_evidence_text(struct up_buf *out, const struct up_evidence *e,
                      const struct up_entries *x, const struct up_report_names *names)
{
    best_table(out, e->scored, x);
    accuracy_lines(out, e, names);
    proxy_table(out, e);
    doubts(out, e, names);
    up_buf_printf(out, "\nunified = sum of weight times score calibrated by %s; weights: %s",
                  names->calibration, names->preset);
    if (e->used_lambda)
        up_buf_printf(out, ", fitted on %zu architectures%s%s", e->used_lambda,
                      names->objective ? " by " : "", names->objective ? names->objective : "");
    up_buf_printf(
        out,
        ".\nThe estimator was trained on %zu of the %zu scored architectures; tau alone "
        "leaves out\nwhat the weights were fitted on, tau predicted (of the scores "
        "themselves, %zu held out) what\nthe estimator was trained on, predicted scores "
        "against accuracy both.\n",
        e->used_mpe, e->scored->n, e->n_heldout);
    up_buf_printf(out, "Search: %s, %lld architectures evaluated.\n", x->method,
                  (long long)x->queries);
}
