/* How to add a method: write its fit (appends the column's parameters) and its
 * value function below, add a row to methods[] and its name to
 * up_calibration_names, describe it in calibration.h, and add it to the monotony
 * test. Raise the calibrate stage's version when an existing one changes. */
#include "stages/learn/calibration.h"
#include "stages/learn/statistics/kendall.h"
#include "stages/learn/statistics/normal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct up_calibration_method {
    const char *name;
    /* x[n] ascending, all finite, n > 0; room for 2 n + 5. Returns how many it wrote. */
    size_t (*fit)(double *param, const double *x, size_t n);
    double (*value)(const double *param, size_t n, double raw);
};

static double mean_of(const double *x, size_t n)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += x[i];
    return s / (double)n;
}

static double deviation_of(const double *x, size_t n, double mean)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += (x[i] - mean) * (x[i] - mean);
    return sqrt(s / (double)n);
}

/* Of ascending values, linear between neighbours. */
static double quantile(const double *x, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t i = (size_t)at;
    return i + 1 < n ? x[i] + (at - (double)i) * (x[i + 1] - x[i]) : x[n - 1];
}

static double clip(double x, double lo, double hi) { return x < lo ? lo : x > hi ? hi : x; }

/* ---- rank-gauss: k distinct values, then their k levels ---- */
static size_t rank_fit(double *param, const double *x, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        k += i == 0 || x[i] != x[i - 1];
    double *level = param + k;
    for (size_t i = 0, j, at = 0; i < n; i = j, at++) {
        for (j = i + 1; j < n && x[j] == x[i]; j++) {
        }
        param[at] = x[i];
        level[at] = k == 1 ? 0 : up_normal_quantile(0.5 * (double)(i + j) / (double)n);
    }
    return 2 * k;
}

static double rank_value(const double *param, size_t n, double raw)
{
    size_t k = n / 2, lo = 0, hi = k - 1;
    const double *level = param + k;
    if (raw <= param[lo])
        return level[lo];
    if (raw >= param[hi])
        return level[hi];
    while (hi - lo > 1) {
        size_t mid = lo + (hi - lo) / 2;
        if (param[mid] <= raw)
            lo = mid;
        else
            hi = mid;
    }
    if (raw == param[lo])
        return level[lo];
    double t = (raw * 0.5 - param[lo] * 0.5) / (param[hi] * 0.5 - param[lo] * 0.5);
    return level[lo] + t * (level[hi] - level[lo]);
}

/* ---- zscore: low, high, mean, deviation ---- */
static size_t zscore_fit(double *param, const double *x, size_t n)
{
    double *cut = up_alloc(n * sizeof *cut);
    param[0] = quantile(x, n, 0.005);
    param[1] = quantile(x, n, 0.995);
    for (size_t i = 0; i < n; i++)
        cut[i] = clip(x[i], param[0], param[1]);
    param[2] = mean_of(cut, n);
    param[3] = param[0] < param[1] ? deviation_of(cut, n, param[2]) : 0;
    free(cut);
    return 4;
}

static double zscore_value(const double *param, size_t n, double raw)
{
    (void)n;
    return param[3] > 0 ? (clip(raw, param[0], param[1]) - param[2]) / param[3] : 0;
}

/* ---- signed-log: median, then as zscore ---- */
static double signed_log(double median, double x)
{
    return x < 0 ? -log1p(-x / median) : log1p(x / median);
}

static int ascending(const void *a, const void *b)
{
    double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

static size_t signed_log_fit(double *param, const double *x, size_t n)
{
    double *v = up_alloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = fabs(x[i]);
    qsort(v, n, sizeof *v, ascending);
    param[0] = quantile(v, n, 0.5);
    if (!(param[0] > 0)) /* half of the scores are zero: the unit is as good as any */
        param[0] = 1;
    for (size_t i = 0; i < n; i++)
        v[i] = signed_log(param[0], x[i]);
    zscore_fit(param + 1, v, n);
    free(v);
    return 5;
}

static double signed_log_value(const double *param, size_t n, double raw)
{
    return zscore_value(param + 1, n - 1, signed_log(param[0], raw));
}

/* ---- minmax: min, max ---- */
static size_t minmax_fit(double *param, const double *x, size_t n)
{
    param[0] = x[0];
    param[1] = x[n - 1];
    return 2;
}

static double minmax_value(const double *param, size_t n, double raw)
{
    (void)n;
    double width = param[1] - param[0];
    return width > 0 ? (clip(raw, param[0], param[1]) - param[0]) / width : 0;
}

static size_t raw_fit(double *param, const double *x, size_t n)
{
    (void)param;
    (void)x;
    (void)n;
    return 0;
}

static double raw_value(const double *param, size_t n, double raw)
{
    (void)param;
    (void)n;
    return raw;
}

static const struct up_calibration_method methods[] = {
    {"rank-gauss", rank_fit, rank_value}, {"signed-log", signed_log_fit, signed_log_value},
    {"zscore", zscore_fit, zscore_value}, {"minmax", minmax_fit, minmax_value},
    {"raw", raw_fit, raw_value},
};
enum { METHODS = sizeof methods / sizeof *methods };
const char *const up_calibration_names[] = {"rank-gauss", "signed-log", "zscore",
                                            "minmax",     "raw",        NULL};

static const struct up_calibration_method *method_find(const char *name)
{
    for (size_t i = 0; i < METHODS; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

const char *up_calibration_method_name(const struct up_calibration *c)
{
    return c->method->name;
}

/* The training values of one column, ascending, worst in the place of invalid ones. */
static double column_values(double *x, const struct up_calibration_rows *rows, size_t column)
{
    size_t n = rows->n_train;
    double worst = HUGE_VAL;
    for (size_t i = 0; i < n; i++) {
        x[i] = rows->raw[rows->train[i] * rows->columns + column];
        if (isfinite(x[i]))
            worst = fmin(worst, x[i]);
    }
    if (!isfinite(worst))
        worst = 0;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            x[i] = worst;
    qsort(x, n, sizeof *x, ascending);
    return worst;
}

void up_calibration_fit(struct up_calibration *c, const char *method,
                        const struct up_calibration_rows *rows, struct up_arena *arena)
{
    size_t columns = rows->columns, n = rows->n_train;
    UP_CHECK(n > 0 && method_find(method));
    double *worst = UP_NEW(arena, columns, double);
    uint32_t *offset = UP_NEW(arena, columns + 1, uint32_t);
    double *param = UP_NEW(arena, columns * (2 * n + 5), double);
    double *x = up_alloc(n * sizeof *x);
    *c = (struct up_calibration){
        method_find(method), columns, rows->names, worst, offset, param};
    for (size_t i = 0; i < columns; i++) {
        worst[i] = column_values(x, rows, i);
        size_t used = c->method->fit(param + offset[i], x, n);
        offset[i + 1] = offset[i] + (uint32_t)used;
    }
    free(x);
}

double up_calibration_value(const struct up_calibration *c, size_t column, double raw)
{
    UP_CHECK(column < c->columns);
    size_t from = c->offset[column], n = c->offset[column + 1] - from;
    return c->method->value(c->param + from, n, isfinite(raw) ? raw : c->worst[column]);
}

void up_calibration_apply(const struct up_calibration *c, double *out, const double *raw)
{
    for (size_t i = 0; i < c->columns; i++)
        out[i] = up_calibration_value(c, i, raw[i]);
}

void up_calibration_write(struct up_writer *w, const char *key, const struct up_calibration *c)
{
    up_writer_map(w, key);
    up_writer_vector(w, "offset", UP_U32, c->offset, c->columns + 1);
    up_writer_vector(w, "param", UP_F64, c->param, c->offset[c->columns]);
    up_writer_vector(w, "worst", UP_F64, c->worst, c->columns);
    up_writer_close(w);
}

static bool fit_sound(const struct up_calibration *c, size_t n_param)
{
    if (c->offset[0] != 0 || c->offset[c->columns] != n_param)
        return false;
    static const size_t fixed[METHODS] = {0, 5, 4, 2, 0}; /* first: any even number but none */
    size_t want = fixed[c->method - methods];
    for (size_t i = 0; i < c->columns; i++) {
        if (c->offset[i + 1] < c->offset[i])
            return false;
        size_t n = c->offset[i + 1] - c->offset[i];
        if (c->method == methods ? n < 2 || n % 2 : n != want)
            return false;
    }
    return true;
}

int up_calibration_load(struct up_calibration *c, struct up_reader *r)
{
    size_t n_param;
    c->name = up_reader_names(r, "names", &c->columns);
    const char *method = up_reader_str(r, "method");
    c->offset = up_reader_vector_of(r, "fit/offset", UP_U32, c->columns + 1);
    c->param = up_reader_vector(r, "fit/param", UP_F64, &n_param);
    c->worst = up_reader_vector_of(r, "fit/worst", UP_F64, c->columns);
    c->method = method_find(method);
    if (up_reader_end(r))
        return up_reader_end(r);
    if (!c->method)
        return up_reader_fail(r, "this version of upnas has no calibration \"%s\"", method);
    if (!fit_sound(c, n_param))
        return up_reader_fail(r, "the fit of \"%s\" does not match its %zu columns", method,
                              c->columns);
    return UP_OK;
}
