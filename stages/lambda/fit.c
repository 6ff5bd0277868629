#include "stages/lambda/fit.h"
#include "stages/search/blocks.h"
#include "stages/stat/kendall.h"
#include "stages/stat/tpe.h"
#include "store/base/arena.h"
#include "store/base/rng.h"
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

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

static void one_run(void *ctx, size_t run)
{
    struct runs *r = ctx;
    const struct up_weight_fit *f = r->f;
    char name[32];
    snprintf(name, sizeof name, "run %zu", run);
    struct up_tpe *t = up_tpe_new(f->m, -1, 1, f->trials, up_seed_derive(f->seed, name));
    double *w = up_alloc((f->m + f->n) * sizeof *w), *u = w + f->m;
    for (size_t i = 0; i < f->trials && !atomic_load(&r->stop); i++) {
        up_tpe_ask(t, w);
        double value = objective(f, w, u);
        up_tpe_tell(t, w, value);
        r->history[run * f->trials + i] = value;
        if (f->go_on && !f->go_on(f->ctx))
            atomic_store(&r->stop, true);
    }
    up_tpe_best(t, r->best + run * f->m);
    free(w);
    up_tpe_free(t);
}

static double length(const double *w, size_t m)
{
    double s = 0;
    for (size_t j = 0; j < m; j++)
        s += w[j] * w[j];
    return sqrt(s);
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
    r.best = up_alloc(f->runs * f->m * sizeof *r.best);
    for (size_t i = 0; i < f->runs * f->trials; i++)
        history[i] = (double)NAN;
    atomic_init(&r.stop, false);
    up_blocks_run(f->threads, f->runs, one_run, &r);
    done = !atomic_load(&r.stop);
    if (done)
        average(w, r.best, f->runs, f->m);
    free(r.best);
    return done;
}
