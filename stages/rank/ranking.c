/* The unified score of every architecture of a table, see ranking.h. */
#include "stages/rank/ranking.h"
#include "stages/artifact/scored.h"
#include "stages/lambda/fit.h"
#include "stages/lambda/lambda.h"
#include "stages/learn/calibration.h"
#include "stages/learn/statistics/kendall.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct row { /* on its way to its place */
    uint32_t at;
    double unified, accuracy;
};

/* The table's columns are few, and so are the weights. */
static int weigh(struct up_ranking *r, const struct up_lambda_weights *w,
                 struct up_arena *arena, struct up_err *err)
{
    const struct up_benchmark *t = r->table;
    double *weight = UP_NEW(arena, t->proxies, double);
    const char **absent = UP_NEW(arena, w->n, const char *);
    bool any = false;
    for (size_t i = 0; i < w->n; i++) {
        size_t c = 0;
        while (c < t->proxies && strcmp(t->proxy[c], w->name[i]) != 0)
            c++;
        if (c < t->proxies)
            weight[c] = w->value[i];
        else if (w->value[i] != 0)
            absent[r->n_absent++] = w->name[i];
        any |= c < t->proxies && w->value[i] != 0;
    }
    r->weight = weight;
    r->absent = absent;
    if (any)
        return UP_OK;
    return up_fail(err, UP_EINVAL,
                   "none of the scores has a weight (the table has %s; weighed, but not there: "
                   "%s): nothing would be ranked; give other weights or scores",
                   up_lambda_join(t->proxy, t->proxies, arena),
                   up_lambda_join(absent, r->n_absent, arena));
}

static int choose_target(int *column, const struct up_benchmark *t, const char *target,
                         struct up_arena *arena, struct up_err *err)
{
    *column = t->accuracies ? 0 : -1;
    for (size_t i = t->accuracies; i-- > 0;) {
        size_t n = strlen(t->accuracy_name[i]);
        if (target ? !strcmp(t->accuracy_name[i], target)
                   : n > 4 && !strcmp(t->accuracy_name[i] + n - 4, "_val"))
            *column = (int)i;
    }
    if (!target || (*column >= 0 && !strcmp(t->accuracy_name[*column], target)))
        return UP_OK;
    return up_fail(err, UP_EINVAL, "there is no accuracy \"%s\"; there is: %s", target,
                   up_lambda_join(t->accuracy_name, t->accuracies, arena));
}

/* Rows with a score, valid or not; an accuracy file lists others too. raw[n][m]. */
static double *scored_rows(struct up_ranking *r, struct row *rows, struct up_arena *arena)
{
    const struct up_benchmark *t = r->table;
    double *raw = UP_NEW(arena, t->n * t->proxies, double);
    for (size_t i = 0; i < t->n; i++) {
        const uint8_t *state = t->state + i * t->proxies;
        size_t c = 0;
        while (c < t->proxies && state[c] == UP_BENCH_ABSENT)
            c++;
        if (c == t->proxies)
            continue;
        memcpy(raw + r->n * t->proxies, t->score + i * t->proxies, t->proxies * sizeof *raw);
        rows[r->n++].at = (uint32_t)i;
    }
    return raw;
}

/* Failed scores count as the worst of their column; of failures alone there is no worst. */
static bool any_number(const struct up_ranking *r, const struct row *rows)
{
    const size_t m = r->table->proxies;
    for (size_t i = 0; i < r->n; i++)
        for (size_t c = 0; c < m; c++)
            if (r->weight[c] != 0 && r->table->state[rows[i].at * m + c] == UP_BENCH_OK)
                return true;
    return false;
}

static void look_up(const struct up_ranking *r, struct row *rows, const struct up_space *space,
                    int column, struct up_arena *arena)
{
    const struct up_benchmark *t = r->table;
    size_t genes = (size_t)space->genes;
    uint8_t *archs = UP_NEW(arena, t->n * genes, uint8_t);
    double *found = UP_NEW(arena, t->accuracies, double);
    struct up_truth truth = {.space = space,
                             .n = t->n,
                             .columns = t->accuracies,
                             .name = t->accuracy_name,
                             .value = t->accuracy};
    for (size_t i = 0; i < t->n; i++)
        memcpy(archs + i * genes, t->arch[i].gene, genes);
    up_truth_index(&truth, archs, arena);
    for (size_t i = 0; i < r->n; i++) {
        up_truth_of(&truth, found, &t->arch[rows[i].at]);
        rows[i].accuracy = column < 0 ? (double)NAN : found[column];
    }
}

/* out[n][m] calibrated by a method fitted on all rows; out is the arena's. */
static double *calibrated(const struct up_ranking *r, const char *method, const double *raw,
                          struct up_arena *arena)
{
    size_t m = r->table->proxies;
    struct up_calibration c;
    uint32_t *all = UP_NEW(arena, r->n, uint32_t);
    double *out = UP_NEW(arena, r->n * m, double);
    for (size_t i = 0; i < r->n; i++)
        all[i] = (uint32_t)i;
    const struct up_calibration_rows rows = {r->table->proxy, m, raw, all, r->n};
    up_calibration_fit(&c, method, &rows, arena);
    for (size_t i = 0; i < r->n; i++)
        up_calibration_apply(&c, out + i * m, raw + i * m);
    return out;
}

static void measure(struct up_ranking *r, const struct row *rows, const double *filled,
                    struct up_arena *arena)
{
    size_t m = r->table->proxies, k = 0;
    double *x = UP_NEW(arena, r->n, double), *y = UP_NEW(arena, r->n, double);
    uint32_t *known = UP_NEW(arena, r->n, uint32_t);
    double *alone = UP_NEW(arena, m, double);
    r->alone = alone;
    for (size_t i = 0; i < r->n; i++) {
        if (!isfinite(rows[i].accuracy))
            continue;
        x[k] = rows[i].unified;
        y[k] = rows[i].accuracy;
        known[k++] = (uint32_t)i;
    }
    r->n_known = k;
    r->tau = up_kendall_tau_b(x, y, k);
    r->rho = up_spearman_rho(x, y, k);
    for (size_t j = 0; j < m; j++) {
        for (size_t i = 0; i < k; i++)
            x[i] = filled[known[i] * m + j];
        alone[j] = up_kendall_tau_b(x, y, k);
    }
}

static int best_first(const void *a, const void *b)
{
    const struct row *p = a, *q = b;
    if (p->unified != q->unified)
        return p->unified < q->unified ? 1 : -1;
    return (p->at > q->at) - (p->at < q->at);
}

static void put_in_order(struct up_ranking *r, struct row *rows, struct up_arena *arena)
{
    uint32_t *row = UP_NEW(arena, r->n, uint32_t);
    double *unified = UP_NEW(arena, r->n, double), *accuracy = UP_NEW(arena, r->n, double);
    qsort(rows, r->n, sizeof *rows, best_first);
    for (size_t i = 0; i < r->n; i++) {
        row[i] = rows[i].at;
        unified[i] = rows[i].unified;
        accuracy[i] = rows[i].accuracy;
    }
    r->row = row;
    r->unified = unified;
    r->accuracy = accuracy;
}

int up_ranking_make(struct up_ranking *r, const struct up_ranking_wish *wish,
                    struct up_arena *arena, struct up_err *err)
{
    const struct up_benchmark *table = wish->table;
    const char *method = wish->method;
    int column, rc;
    *r = (struct up_ranking){.table = table, .calibration = method};
    if ((rc = choose_target(&column, table, wish->target, arena, err)) ||
        (rc = weigh(r, wish->weights, arena, err)))
        return rc;
    r->target = column < 0 ? NULL : table->accuracy_name[column];
    struct row *rows = UP_NEW(arena, table->n, struct row);
    const double *raw = scored_rows(r, rows, arena);
    if (!r->n)
        return up_fail(err, UP_EINVAL, "no architecture has a score; is every field empty?");
    if (!any_number(r, rows))
        return up_fail(
            err, UP_EINVAL,
            "none of the %zu architectures has a number in a column that is weighed; "
            "there is nothing to rank by: look at what wrote those scores, or give "
            "other weights",
            r->n);
    const double *x = calibrated(r, method, raw, arena);
    double *unified = UP_NEW(arena, r->n, double);
    up_lambda_unified(unified, x, r->weight, r->n, table->proxies);
    for (size_t i = 0; i < r->n; i++) {
        rows[i].unified = unified[i];
        if (!isfinite(unified[i]))
            return up_fail(err, UP_EINVAL,
                           "scores are too large to add as they are; calibrate them, with "
                           "--calibrate rank-gauss");
    }
    look_up(r, rows, wish->space, column, arena);
    measure(r, rows, calibrated(r, "raw", raw, arena), arena);
    put_in_order(r, rows, arena);
    return UP_OK;
}
