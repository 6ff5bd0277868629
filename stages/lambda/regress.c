/* Weights by least squares on ranks, see regress.h. */
#include "stages/lambda/regress.h"
#include "stages/learn/statistics/kendall.h"
#include "stages/learn/statistics/normal.h"
#include "store/base/arena.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Ridge that is always there: columns that add up to each other share a weight instead of
 * taking huge ones of opposite sign. It moves no weight that is determined. */
#define FLOOR 1e-9

struct fit {
    size_t n, m;
    double *z;     /* [n][m] columns of weighted mean 0 and deviation 1, or all 0 */
    double *t;     /* [n] normal scores of the accuracies, weighted mean 0 */
    double *p;     /* [n] weights of the rows, sum 1 */
    double *scale; /* [m] what a column was divided by; 0: constant */
};

static double weighted_mean(const double *p, const double *x, size_t n, size_t stride)
{
    double s = 0;
    for (size_t i = 0; i < n; i++)
        s += p[i] * x[i * stride];
    return s;
}

static void targets(struct fit *f, const struct up_regression *r)
{
    double total = 0, n = (double)f->n;
    up_mid_rank(f->t, r->y, f->n);
    for (size_t i = 0; i < f->n; i++)
        total += f->p[i] = pow(f->t[i] / n, r->emphasis);
    for (size_t i = 0; i < f->n; i++) {
        f->p[i] /= total;
        f->t[i] = up_normal_quantile((f->t[i] - 0.5) / n);
    }
    double mean = weighted_mean(f->p, f->t, f->n, 1);
    for (size_t i = 0; i < f->n; i++)
        f->t[i] -= mean;
}

/* Raw scores may be 1e61: a column is brought to 1 before anything is squared. */
static void standardise(struct fit *f, const struct up_regression *r, size_t j)
{
    double most = 0, square = 0;
    for (size_t i = 0; i < f->n; i++)
        most = fmax(most, fabs(r->x[i * f->m + j]));
    for (size_t i = 0; i < f->n; i++)
        f->z[i * f->m + j] = most > 0 ? r->x[i * f->m + j] / most : 0;
    double mean = weighted_mean(f->p, f->z + j, f->n, f->m);
    for (size_t i = 0; i < f->n; i++) {
        double *z = &f->z[i * f->m + j];
        *z -= mean;
        square += f->p[i] * *z * *z;
    }
    double deviation = sqrt(square);
    bool flat = !(deviation > 1e-12); /* of rounding */
    f->scale[j] = flat ? 0 : deviation * most;
    for (size_t i = 0; i < f->n; i++)
        f->z[i * f->m + j] = flat ? 0 : f->z[i * f->m + j] / deviation;
}

/* a[m][m] symmetric and positive definite, b[m]: b becomes the solution of a b = b, by
 * Cholesky's a = L L', whose L replaces a's lower half. */
static void solve(double *a, double *b, size_t m)
{
    for (size_t j = 0; j < m; j++)
        for (size_t i = j; i < m; i++) {
            double s = a[i * m + j];
            for (size_t k = 0; k < j; k++)
                s -= a[i * m + k] * a[j * m + k];
            a[i * m + j] = i == j ? sqrt(fmax(s, FLOOR)) : s / a[j * m + j];
        }
    for (size_t i = 0; i < m; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= a[i * m + k] * b[k];
        b[i] /= a[i * m + i];
    }
    for (size_t i = m; i-- > 0;) {
        for (size_t k = i + 1; k < m; k++)
            b[i] -= a[k * m + i] * b[k];
        b[i] /= a[i * m + i];
    }
}

static void normal_equations(double *a, double *b, const struct fit *f, double ridge)
{
    size_t m = f->m;
    for (size_t j = 0; j < m; j++) {
        for (size_t k = 0; k <= j; k++) {
            double s = 0;
            for (size_t i = 0; i < f->n; i++)
                s += f->p[i] * f->z[i * m + j] * f->z[i * m + k];
            a[j * m + k] = a[k * m + j] = s;
        }
        a[j * m + j] += ridge + FLOOR;
        b[j] = 0;
        for (size_t i = 0; i < f->n; i++)
            b[j] += f->p[i] * f->z[i * m + j] * f->t[i];
    }
}

void up_regress(double *w, const struct up_regression *r)
{
    size_t n = r->n, m = r->m;
    double *room = up_alloc((n * m + 2 * n + m + m * m) * sizeof *room), most = 0;
    struct fit f = {n, m, room, room + n * m, room + n * m + n, room + n * m + 2 * n};
    double *a = f.scale + m;
    targets(&f, r);
    for (size_t j = 0; j < m; j++)
        standardise(&f, r, j);
    normal_equations(a, w, &f, r->ridge);
    solve(a, w, m);
    for (size_t j = 0; j < m; j++) {
        w[j] = f.scale[j] > 0 ? w[j] / f.scale[j] : 0;
        most = fmax(most, fabs(w[j]));
    }
    for (size_t j = 0; j < m && most > 0; j++)
        w[j] /= most;
    free(room);
}
