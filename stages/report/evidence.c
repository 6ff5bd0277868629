#include "stages/report/evidence.h"
#include "stages/learn/statistics/held_out.h"
#include "stages/kernels/parallel.h"
#include "stages/learn/statistics/kendall.h"
#include <math.h>
#include <string.h>

const size_t up_regret_k[UP_REGRETS] = {1, 10, 100};

enum { BLOCK = 128, USED_LAMBDA = 1, USED_MPE = 2 };

struct forecast {
    struct up_evidence *e;
    const struct up_search_model *model;
};

static void forecast_block(void *ctx, size_t block)
{
    const struct forecast *f = ctx;
    const struct up_scored *s = f->e->scored;
    size_t from = block * BLOCK, n = s->n - from < BLOCK ? s->n - from : BLOCK;
    struct up_arch a[BLOCK];
    for (size_t i = 0; i < n; i++)
        up_scored_arch(s, &a[i], from + i);
    up_model_predict(f->model, f->e->forecast + from * s->m, a, n);
    for (size_t i = from; i < from + n; i++)
        f->e->forecast_unified[i] =
            up_model_unify(f->model, s->weights, f->e->forecast + i * s->m);
}

/* Drops pairs that are not finite (raw calibration lets infinite scores through). */
static size_t finite_pairs(double *x, double *y, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i])) {
            x[kept] = x[i];
            y[kept++] = y[i];
        }
    return kept;
}

static double accuracy_of(const struct up_evidence *e, size_t row)
{
    const struct up_scored *s = e->scored;
    return e->target < 0 ? (double)NAN
                         : s->accuracy[row * s->truth.columns + (size_t)e->target];
}

/* y: accuracies of the rows that have one and are not in `without`; rows: which. */
static size_t rows_with_accuracy(const struct up_evidence *e, uint8_t without, uint32_t *rows,
                                 double *y)
{
    size_t n = 0;
    for (size_t i = 0; i < e->scored->n; i++) {
        double a = accuracy_of(e, i);
        if (!isfinite(a) || (e->used[i] & without))
            continue;
        rows[n] = (uint32_t)i;
        y[n++] = a;
    }
    return n;
}

static void regrets(double *out, const double *x, const double *y, size_t n)
{
    for (int k = 0; k < UP_REGRETS; k++)
        out[k] = n >= up_regret_k[k] ? up_topk_regret(x, y, n, up_regret_k[k]) : (double)NAN;
}

static void against_accuracy(struct up_evidence *e, struct up_arena *arena)
{
    const struct up_scored *s = e->scored;
    uint32_t *rows = UP_NEW(arena, s->n + 1, uint32_t);
    double *x = UP_NEW(arena, s->n + 1, double), *y = UP_NEW(arena, s->n + 1, double);
    size_t n = rows_with_accuracy(e, USED_LAMBDA, rows, y);
    double *y2 = UP_NEW(arena, s->n + 1, double);
    for (size_t m = 0; m < s->m; m++) {
        for (size_t i = 0; i < n; i++) {
            x[i] = s->calibrated[rows[i] * s->m + m];
            y2[i] = y[i];
        }
        e->alone[m] = up_kendall_tau_b(x, y2, finite_pairs(x, y2, n));
    }
    if (e->shipped)
        n = 0;
    for (size_t i = 0; i < n; i++)
        x[i] = s->unified[rows[i]];
    n = e->n_unused = finite_pairs(x, y, n);
    e->tau_unused = up_kendall_tau_b(x, y, n);
    e->rho_unused = up_spearman_rho(x, y, n);
    regrets(e->regret_unused, x, y, n);
    n = e->shipped ? 0 : rows_with_accuracy(e, USED_LAMBDA | USED_MPE, rows, y);
    for (size_t i = 0; i < n; i++)
        x[i] = e->forecast_unified[rows[i]];
    n = e->n_predicted = finite_pairs(x, y, n);
    e->tau_predicted = up_kendall_tau_b(x, y, n);
    e->rho_predicted = up_spearman_rho(x, y, n);
    regrets(e->regret_predicted, x, y, n);
}

static void held_out(struct up_evidence *e, struct up_arena *arena)
{
    const struct up_scored *s = e->scored;
    uint32_t *row = UP_NEW(arena, s->n + 1, uint32_t);
    size_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (!(e->used[i] & USED_MPE))
            row[n++] = i;
    struct up_held_out h = {s->m, s->raw, s->calibrated, e->forecast, row, n};
    up_held_out_tau(e->heldout, e->heldout_n, &h);
    for (size_t m = 0; m < s->m; m++)
        if (e->heldout_n[m] > e->n_heldout)
            e->n_heldout = e->heldout_n[m];
    double *x = UP_NEW(arena, n + 1, double), *y = UP_NEW(arena, n + 1, double);
    for (size_t i = 0; i < n; i++) {
        x[i] = e->forecast_unified[row[i]];
        y[i] = s->unified[row[i]];
    }
    e->tau_heldout = up_kendall_tau_b(x, y, finite_pairs(x, y, n));
}

static void count_invalid(struct up_evidence *e)
{
    const struct up_scored *s = e->scored;
    for (size_t i = 0; i < s->n * s->m; i++)
        e->invalid[i % s->m] += isnan(s->raw[i]) != 0;
}

static double column_tau(const double *column, size_t n, size_t a, size_t b, double *x,
                         double *y)
{
    memcpy(x, column + a * n, n * sizeof *x);
    memcpy(y, column + b * n, n * sizeof *y);
    return up_kendall_tau_b(x, y, finite_pairs(x, y, n));
}

/* Between proxies over all scored rows; with accuracy over the unused ones. */
static void correlations(struct up_evidence *e, struct up_arena *arena)
{
    const struct up_scored *s = e->scored;
    size_t side = s->m + 1;
    double *column = UP_NEW(arena, s->n * s->m + 1, double);
    double *x = UP_NEW(arena, s->n + 1, double), *y = UP_NEW(arena, s->n + 1, double);
    for (size_t m = 0; m < s->m; m++)
        for (size_t i = 0; i < s->n; i++)
            column[m * s->n + i] = s->calibrated[i * s->m + m];
    for (size_t a = 0; a < side; a++) {
        e->correlation[a * side + a] = a < s->m || e->target >= 0 ? 1 : (double)NAN;
        for (size_t b = 0; b < a; b++) {
            double tau = a == s->m ? e->alone[b] : column_tau(column, s->n, a, b, x, y);
            e->correlation[a * side + b] = e->correlation[b * side + a] = tau;
        }
    }
}

static void bound(double *best, double v)
{
    if (isfinite(v) && !(*best >= v))
        *best = v;
}

static void bounds(struct up_evidence *e)
{
    const struct up_scored *s = e->scored;
    size_t columns = s->truth.columns;
    for (size_t c = 0; c < columns; c++) {
        e->best_all[c] = e->best_scored[c] = (double)NAN;
        for (size_t i = 0; i < s->truth.n; i++)
            bound(&e->best_all[c], s->truth.value[i * columns + c]);
        for (size_t i = 0; i < s->n; i++)
            bound(&e->best_scored[c], s->accuracy[i * columns + c]);
    }
}

static size_t mark(struct up_evidence *e, const uint32_t *rows, size_t n, uint8_t bit)
{
    size_t marked = 0;
    for (size_t i = 0; i < n; i++)
        if (rows[i] < e->scored->n && !(e->used[rows[i]] & bit)) {
            e->used[rows[i]] |= bit;
            marked++;
        }
    return marked;
}

void up_evidence_make(struct up_evidence *e, const struct up_scored *s,
                      const struct up_models *models, int target,
                      const struct up_fitted_rows *rows, int threads, struct up_arena *arena)
{
    size_t columns = s->truth.columns, side = s->m + 1;
    struct forecast f = {e, &models->view};
    *e = (struct up_evidence){.scored = s, .target = target, .shipped = rows->shipped};
    e->forecast = UP_NEW(arena, s->n * s->m + 1, float);
    e->forecast_unified = UP_NEW(arena, s->n + 1, double);
    e->used = UP_NEW(arena, s->n + 1, uint8_t);
    e->alone = UP_NEW(arena, s->m + 1, double);
    e->heldout = UP_NEW(arena, s->m + 1, double);
    e->heldout_n = UP_NEW(arena, s->m + 1, uint32_t);
    e->invalid = UP_NEW(arena, s->m + 1, uint32_t);
    e->correlation = UP_NEW(arena, side * side, double);
    e->best_all = UP_NEW(arena, columns + 1, double);
    e->best_scored = UP_NEW(arena, columns + 1, double);
    e->used_lambda = mark(e, rows->lambda, rows->n_lambda, USED_LAMBDA);
    e->used_mpe = mark(e, rows->mpe, rows->n_mpe, USED_MPE);
    up_parallel_each(threads, (s->n + BLOCK - 1) / BLOCK, forecast_block, &f);
    against_accuracy(e, arena);
    held_out(e, arena);
    count_invalid(e);
    correlations(e, arena);
    bounds(e);
}
