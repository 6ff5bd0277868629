/* The tree-structured Parzen estimator, see tpe.h. */
#include "stages/learn/statistics/tpe.h"
#include "stages/learn/statistics/normal.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/rng.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STARTUP = 10, CANDIDATES = 24, GOOD_MAX = 25, FLAT = 25 };
/* Widths from its centre at which a Gaussian counts for nothing: of the density there
 * the prior alone gives 1e10 times as much. */
#define FAR 8.0
#define SQRT_HALF 0.70710678118654752440

struct kernel {
    double mu, sigma, weight;
    double below, mass; /* cdf at the box's lower end; of the whole box */
};
struct term { /* of the density: scale exp(-(sharp (x - mu))^2) */
    double mu, sharp, scale;
};
struct mixture {
    struct kernel *k;  /* [n] ascending in mu */
    struct term *term; /* [n] */
    size_t n;
    double total; /* of the weights */
};

struct up_tpe {
    size_t dims, cap, n;
    double lo, hi;
    struct up_rng rng;
    double *x;              /* [dims][cap] points told, in the order they came */
    double *value;          /* [cap] */
    uint32_t *order;        /* [dims][cap] points ascending in a coordinate */
    uint32_t *best;         /* [cap] points, the best first */
    uint8_t *good;          /* [cap] the point is of the better part */
    double *weight;         /* [cap] within its part */
    struct mixture part[2]; /* the rest, the better part */
};

struct up_tpe *up_tpe_new(size_t dims, double lo, double hi, size_t trials, uint64_t seed)
{
    UP_CHECK(dims > 0 && trials > 0 && lo < hi);
    struct up_tpe *t = up_alloc(sizeof *t);
    t->dims = dims;
    t->cap = trials;
    t->lo = lo;
    t->hi = hi;
    t->rng = up_rng_init(seed, "tpe");
    t->x = up_alloc(dims * trials * sizeof *t->x);
    t->value = up_alloc(trials * sizeof *t->value);
    t->order = up_alloc(dims * trials * sizeof *t->order);
    t->best = up_alloc(trials * sizeof *t->best);
    t->good = up_alloc(trials);
    t->weight = up_alloc(trials * sizeof *t->weight);
    for (int i = 0; i < 2; i++) {
        t->part[i].k = up_alloc((trials + 1) * sizeof(struct kernel));
        t->part[i].term = up_alloc((trials + 1) * sizeof(struct term));
    }
    return t;
}

void up_tpe_free(struct up_tpe *t)
{
    if (!t)
        return;
    for (int i = 0; i < 2; i++) {
        free(t->part[i].k);
        free(t->part[i].term);
    }
    free(t->weight);
    free(t->good);
    free(t->best);
    free(t->order);
    free(t->value);
    free(t->x);
    free(t);
}

/* The i-th oldest of n points of a part. */
static double age_weight(size_t i, size_t n)
{
    if (n <= FLAT || i + FLAT >= n)
        return 1;
    size_t ramp = n - FLAT;
    double first = 1.0 / (double)n;
    return ramp == 1 ? first : first + (1 - first) * (double)i / (double)(ramp - 1);
}

static void split(struct up_tpe *t)
{
    size_t tenth = (t->n + 9) / 10, n_good = tenth < GOOD_MAX ? tenth : GOOD_MAX;
    memset(t->good, 0, t->n);
    for (size_t i = 0; i < n_good; i++)
        t->good[t->best[i]] = 1;
    size_t seen[2] = {0, 0}, size[2] = {t->n - n_good, n_good};
    for (size_t i = 0; i < t->n; i++)
        t->weight[i] = age_weight(seen[t->good[i]]++, size[t->good[i]]);
}

static void push(struct mixture *m, double mu, double weight)
{
    struct kernel *k = &m->k[m->n++];
    k->mu = mu;
    k->weight = weight;
}

static double width(const struct up_tpe *t, const struct mixture *m, size_t i)
{
    const struct kernel *k = m->k;
    if (m->n == 1)
        return t->hi - t->lo;
    if (i == 0)
        return k[1].mu - k[0].mu;
    if (i == m->n - 1)
        return k[i].mu - k[i - 1].mu;
    return fmax(k[i].mu - k[i - 1].mu, k[i + 1].mu - k[i].mu);
}

static double cdf(double z) { return z < -FAR ? 0 : z > FAR ? 1 : up_normal_cdf(z); }

static void finish(const struct up_tpe *t, struct mixture *m, size_t prior)
{
    double box = t->hi - t->lo, least = box / fmin(100, 1 + (double)m->n);
    m->total = 0;
    for (size_t i = 0; i < m->n; i++)
        m->total += m->k[i].weight;
    for (size_t i = 0; i < m->n; i++) {
        struct kernel *k = &m->k[i];
        k->sigma = i == prior ? box : fmin(box, fmax(least, width(t, m, i)));
        k->below = cdf((t->lo - k->mu) / k->sigma);
        k->mass = cdf((t->hi - k->mu) / k->sigma) - k->below;
        m->term[i].mu = k->mu;
        m->term[i].sharp = SQRT_HALF / k->sigma;
        m->term[i].scale = k->weight / m->total / (sqrt(sqrt(k->sigma)) * k->mass);
    }
}

/* The mixture over one part's points in one coordinate. */
static void fit(struct up_tpe *t, size_t dim, int good)
{
    struct mixture *m = &t->part[good];
    const uint32_t *order = t->order + dim * t->cap;
    const double *x = t->x + dim * t->cap;
    double centre = 0.5 * (t->lo + t->hi);
    size_t prior = SIZE_MAX;
    m->n = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint32_t p = order[i];
        if (t->good[p] != good)
            continue;
        if (prior == SIZE_MAX && x[p] > centre) {
            prior = m->n;
            push(m, centre, 1);
        }
        push(m, x[p], t->weight[p]);
    }
    if (prior == SIZE_MAX) {
        prior = m->n;
        push(m, centre, 1);
    }
    finish(t, m, prior);
}

static double draw(struct up_tpe *t, const struct mixture *m)
{
    double u = up_rng_uniform(&t->rng) * m->total;
    size_t i = 0;
    for (; i + 1 < m->n && u >= m->k[i].weight; i++)
        u -= m->k[i].weight;
    const struct kernel *k = &m->k[i];
    double p = k->below + up_rng_uniform(&t->rng) * k->mass;
    double x = k->mu + k->sigma * up_normal_quantile(p);
    return fmin(t->hi, fmax(t->lo, x));
}

/* The prior alone keeps the sum far from underflow, so no logarithms are summed. */
static double log_density(const struct mixture *m, double x)
{
    double sum = 0;
    for (size_t i = 0; i < m->n; i++) {
        double z = (x - m->term[i].mu) * m->term[i].sharp, e = z * z;
        if (e < 0.5 * FAR * FAR)
            sum += m->term[i].scale * exp(-e);
    }
    return log(sum);
}

static double suggest(struct up_tpe *t, size_t dim)
{
    fit(t, dim, 0);
    fit(t, dim, 1);
    double at = 0, most = -INFINITY;
    for (int c = 0; c < CANDIDATES; c++) {
        double x = draw(t, &t->part[1]);
        double gain = log_density(&t->part[1], x) - log_density(&t->part[0], x);
        if (gain > most) {
            most = gain;
            at = x;
        }
    }
    return at;
}

void up_tpe_ask(struct up_tpe *t, double *x)
{
    if (t->n >= STARTUP)
        split(t);
    for (size_t d = 0; d < t->dims; d++)
        x[d] = t->n < STARTUP ? up_rng_range(&t->rng, t->lo, t->hi) : suggest(t, d);
}

/* Puts point p into list[0..n-1], sorted so that key descends (sign -1) or
 * ascends (sign 1); of equal keys the earlier point comes first. */
static void insert(uint32_t *list, size_t n, uint32_t p, const double *key, double sign)
{
    size_t i = n;
    for (; i > 0 && sign * key[list[i - 1]] > sign * key[p]; i--)
        list[i] = list[i - 1];
    list[i] = p;
}

void up_tpe_tell(struct up_tpe *t, const double *x, double value)
{
    UP_CHECK(t->n < t->cap);
    uint32_t p = (uint32_t)t->n;
    t->value[p] = isnan(value) ? -HUGE_VAL : value;
    for (size_t d = 0; d < t->dims; d++) {
        UP_CHECK(x[d] >= t->lo && x[d] <= t->hi);
        t->x[d * t->cap + p] = x[d];
        insert(t->order + d * t->cap, p, p, t->x + d * t->cap, 1);
    }
    insert(t->best, p, p, t->value, -1);
    t->n++;
}

double up_tpe_best(const struct up_tpe *t, double *x)
{
    UP_CHECK(t->n > 0);
    for (size_t d = 0; d < t->dims; d++)
        x[d] = t->x[d * t->cap + t->best[0]];
    return t->value[t->best[0]];
}
