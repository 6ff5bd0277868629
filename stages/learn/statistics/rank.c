/* Ranks with ties, and Spearman's rho on them. */
#include "stages/learn/statistics/kendall.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include <math.h>
#include <stdlib.h>

struct item {
    double value;
    size_t at;
};

static int by_value(const void *a, const void *b)
{
    const struct item *p = a, *q = b;
    if (p->value != q->value)
        return p->value < q->value ? -1 : 1;
    return p->at < q->at ? -1 : p->at > q->at;
}

void up_mid_rank(double *rank, const double *x, size_t n)
{
    struct item *v = up_alloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        UP_CHECK(isfinite(x[i]));
        v[i] = (struct item){x[i], i};
    }
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && v[j].value == v[i].value; j++) {
        }
        for (size_t k = i; k < j; k++)
            rank[v[k].at] = 0.5 * (double)(i + 1 + j);
    }
    free(v);
}

double up_spearman_rho(const double *x, const double *y, size_t n)
{
    double *r = up_alloc(2 * n * sizeof *r), *q = r + n;
    up_mid_rank(r, x, n);
    up_mid_rank(q, y, n);
    double mean = 0.5 * (double)(n + 1), xy = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        double a = r[i] - mean, b = q[i] - mean;
        xy += a * b;
        xx += a * a;
        yy += b * b;
    }
    free(r);
    return xx > 0 && yy > 0 ? xy / sqrt(xx) / sqrt(yy) : (double)NAN;
}

double up_topk_regret(const double *predicted, const double *truth, size_t n, size_t k)
{
    UP_CHECK(k >= 1 && k <= n);
    struct item *v = up_alloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        UP_CHECK(isfinite(predicted[i]) && isfinite(truth[i]));
        v[i] = (struct item){-predicted[i], i};
    }
    qsort(v, n, sizeof *v, by_value);
    double all = -INFINITY, tried = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        all = fmax(all, truth[v[i].at]);
        if (i < k)
            tried = all;
    }
    free(v);
    return all - tried;
}
