#include "stages/lambda/fit.h"
#include "stages/kernels/parallel.h"
#include "stages/learn/statistics/kendall.h"
#include "stages/learn/statistics/tpe.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/rng.h"
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_STEP 0.1 /* of the length of the best weights */
#define GROW 1.3
#define SHRINK 0.937 /* GROW to the power -1/4 */

struct runs {
    const struct up_weight_fit *f;
    double *best;    /* [runs][m] */
    double *history; /* [runs][trials] */
    atomic_bool stop;
};

void up_unified(double *u, const double *x, const double *w, size_t n, size_t m)
{
    for (size_t i = 0; i < n; i++) {
        double s = 0;
        for (size_t j = 0; j < m; j++)
            s += w[j] * x[i * m + j];
        u[i] = s;
    }
}

static double objective(const struct up_weight_fit *f, const double *w, double *u)
{
    up_unified(u, f->x, w, f->n, f->m);
    for (size_t i = 0; i < f->n; i++)
        if (!isfinite(u[i])) /* raw scores may be too large to add */
            return (double)NAN;
    double tau = f->objective == UP_WEIGHTED ? 0 : up_kendall_tau_b(u, f->y, f->n);
    double weighted = f->objective == UP_KENDALL ? 0 : up_weighted_tau(u, f->y, f->n);
    return f->objective == UP_BALANCED ? 0.5 * (tau + weighted) : tau + weighted;
}

struct one { /* a run in progress */
    struct runs *r;
    double *history; /* [trials] */
    double *u;       /* [n] */
    size_t done;
};

/* One trial at w. */
static double try_at(struct one *o, const double *w)
{
    const struct up_weight_fit *f = o->r->f;
    double value = objective(f, w, o->u);
    o->history[o->done++] = value;
    if (f->go_on && !f->go_on(f->ctx))
        atomic_store(&o->r->stop, true);
    return isnan(value) ? -HUGE_VAL : value;
}

static double length(const double *w, size_t m)
{
    double s = 0;
    for (size_t j = 0; j < m; j++)
        s += w[j] * w[j];
    return sqrt(s);
}

/* The Parzen estimator, then a climb from its best point with the trials left: an
 * evolution strategy of one parent and one child (Rechenberg 1973), whose step
 * grows by GROW with each success and shrinks so that it is level at one in five. */
static void search(struct one *o, struct up_tpe *t, struct up_rng *rng, double *best, double *w)
{
    const struct up_weight_fit *f = o->r->f;
    while (o->done < f->trials - f->refine && !atomic_load(&o->r->stop)) {
        up_tpe_ask(t, w);
        up_tpe_tell(t, w, try_at(o, w));
    }
    if (o->done == 0) /* stopped by another run */
        return;
    double top = up_tpe_best(t, best), step = FIRST_STEP * length(best, f->m);
    while (o->done < f->trials && !atomic_load(&o->r->stop)) {
        for (size_t j = 0; j < f->m; j++)
            w[j] = best[j] + step * up_rng_normal(rng);
        double value = try_at(o, w);
        step *= value >= top ? GROW : SHRINK;
        if (value < top)
            continue;
        top = value;
        for (size_t j = 0; j < f->m; j++)
            best[j] = w[j];
    }
}

static void one_run(void *ctx, size_t run)
{
    struct runs *r = ctx;
    const struct up_weight_fit *f = r->f;
    char name[32];
    snprintf(name, sizeof name, "run %zu", run);
    uint64_t seed = up_seed_derive(f->seed, name);
    struct up_tpe *t = up_tpe_new(f->m, -1, 1, f->trials - f->refine, seed);
    struct up_rng rng = up_rng_init(seed, "refine");
    double *w = up_alloc((f->m + f->n) * sizeof *w);
    struct one o = {.r = r, .history = r->history + run * f->trials, .u = w + f->m};
    search(&o, t, &rng, r->best + run * f->m, w);
    free(w);
    up_tpe_free(t);
}

static void average(double *w, const double *best, size_t runs, size_t m)
{
    double most = 0;
    for (size_t j = 0; j < m; j++)
        w[j] = 0;
    for (size_t r = 0; r < runs; r++) {
        double scale = length(best + r * m, m);
        for (size_t j = 0; j < m && scale > 0; j++)
            w[j] += best[r * m + j] / scale;
    }
    for (size_t j = 0; j < m; j++)
        most = fmax(most, fabs(w[j]));
    for (size_t j = 0; j < m && most > 0; j++)
        w[j] /= most;
}

bool up_weight_fit(double *w, double *history, const struct up_weight_fit *f)
{
    struct runs r = {.f = f, .history = history};
    bool done;
    UP_CHECK(f->refine < f->trials);
    r.best = up_alloc(f->runs * f->m * sizeof *r.best);
    for (size_t i = 0; i < f->runs * f->trials; i++)
        history[i] = (double)NAN;
    atomic_init(&r.stop, false);
    up_parallel_each(f->threads, f->runs, one_run, &r);
    done = !atomic_load(&r.stop);
    if (done)
        average(w, r.best, f->runs, f->m);
    free(r.best);
    return done;
}
