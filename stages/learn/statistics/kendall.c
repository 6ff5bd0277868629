/* Kendall's tau-b in O(n log n), and Vigna's weighted tau; see kendall.h. */
#include "stages/learn/statistics/kendall.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A pair of points weighs the sum of their w: with w = 1/2 for all, tau-b. */
struct point {
    double x, y, w;
};

static struct point *points_new(const double *x, const double *y, size_t n)
{
    struct point *p = up_alloc(2 * n * sizeof *p); /* second half: scratch of the sorts */
    for (size_t i = 0; i < n; i++) {
        UP_CHECK(isfinite(x[i]) && isfinite(y[i]));
        p[i] = (struct point){x[i], y[i], 0.5};
    }
    return p;
}

static bool before_xy(const struct point *a, const struct point *b)
{
    return a->x < b->x || (a->x == b->x && a->y < b->y);
}

static void sort_xy(struct point *p, struct point *tmp, size_t n)
{
    if (n < 2)
        return;
    size_t half = n / 2, i = 0, j = half;
    sort_xy(p, tmp, half);
    sort_xy(p + half, tmp, n - half);
    for (size_t k = 0; k < n; k++)
        tmp[k] = i < half && (j == n || !before_xy(&p[j], &p[i])) ? p[i++] : p[j++];
    memcpy(p, tmp, n * sizeof *p);
}

/* Sorts by y; returns the weight of the pairs it had to exchange. A left element
 * is exchanged with every right element that went out before it. */
static double sort_y(struct point *p, struct point *tmp, size_t n)
{
    if (n < 2)
        return 0;
    size_t half = n / 2, i = 0, j = half;
    double weight = sort_y(p, tmp, half);
    weight += sort_y(p + half, tmp, n - half);
    double passed = 0;
    for (size_t k = 0; k < n; k++) {
        if (i < half && (j == n || p[i].y <= p[j].y)) {
            weight += (double)(j - half) * p[i].w + passed;
            tmp[k] = p[i++];
        } else {
            passed += p[j].w;
            tmp[k] = p[j++];
        }
    }
    memcpy(p, tmp, n * sizeof *p);
    return weight;
}

static bool tied(const struct point *a, const struct point *b, bool by_x, bool by_y)
{
    return (!by_x || a->x == b->x) && (!by_y || a->y == b->y);
}

/* Weight of the pairs tied on the sides named; ties must be adjacent. */
static double tie_weight(const struct point *p, size_t n, bool by_x, bool by_y)
{
    double all = 0;
    for (size_t i = 0, j; i < n; i = j) {
        double sum = p[i].w;
        for (j = i + 1; j < n && tied(&p[i], &p[j], by_x, by_y); j++)
            sum += p[j].w;
        all += (double)(j - i - 1) * sum;
    }
    return all;
}

/* p sorted by (x, y); leaves it sorted by y. */
static double tau(struct point *p, size_t n)
{
    double all = tie_weight(p, n, false, false);
    double ties_x = tie_weight(p, n, true, false), ties_xy = tie_weight(p, n, true, true);
    double exchanged = sort_y(p, p + n, n);
    double ties_y = tie_weight(p, n, false, true);
    if (n < 2 || p[0].y == p[n - 1].y || !(all > ties_x))
        return NAN;
    double s = all - ties_x - ties_y + ties_xy - 2 * exchanged;
    double t = s / sqrt(all - ties_x) / sqrt(all - ties_y);
    return fmax(-1, fmin(1, t));
}

double up_kendall_tau_b(const double *x, const double *y, size_t n)
{
    struct point *p = points_new(x, y, n);
    sort_xy(p, p + n, n);
    double t = tau(p, n);
    free(p);
    return t;
}

static double weighted_by_x(const double *x, const double *y, size_t n)
{
    struct point *p = points_new(x, y, n);
    sort_xy(p, p + n, n);
    bool constant = n < 2 || p[0].x == p[n - 1].x; /* rounding may hide it from tau() */
    for (size_t i = 0; i < n; i++)
        p[i].w = 1.0 / (double)(n - i);
    double t = constant ? (double)NAN : tau(p, n);
    free(p);
    return t;
}

double up_weighted_tau(const double *x, const double *y, size_t n)
{
    return (weighted_by_x(x, y, n) + weighted_by_x(y, x, n)) / 2;
}
