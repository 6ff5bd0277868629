/* zen (Lin et al., ICCV 2021) as published: own weights N(0, 1), random images x and
 * x + 0.01 x2, and the running variances after both forwards, momentum 0.1 from 1. */
#include "stages/proxy/work.h"

#include "stages/nn/reduce.h"
#include "stages/proxy/weights.h"

#include <math.h>
#include <string.h>

static const double gamma_mix = 0.01, momentum = 0.1;

/* Images [c][n][h][w]: the first, and for `second` the disturbed one. */
static void draw_images(const struct up_work *w, float *x, bool second)
{
    const struct up_slot *s = &w->program.slot[w->program.input];
    size_t count = (size_t)s->c * (size_t)s->h * (size_t)s->w * (size_t)w->run.n;
    uint64_t seed = w->job->seed;
    up_weights_draw(x, count, seed, "zen.x");
    if (!second)
        return;
    struct up_rng rng = up_rng_init(seed, "zen.x2");
    for (size_t i = 0; i < count; ++i)
        x[i] += (float)gamma_mix * (float)up_rng_normal(&rng);
}

/* running = (1 - momentum) * running + momentum * unbiased variance, for every norm the
 * forward ran. One number per channel has no variance: NaN. */
static void update_running(struct up_work *w, int ops)
{
    const struct up_program *p = &w->program;
    for (int i = 0; i < ops; ++i) {
        const struct up_op *op = &p->op[i];
        if (op->kind != UP_OP_NORM)
            continue;
        const struct up_slot *s = &p->slot[op->src];
        double m = (double)s->h * s->w * w->run.n, unbiased = m > 1 ? m / (m - 1) : (double)NAN;
        for (int c = op->norm; c < op->norm + s->c; ++c)
            w->variance[c] =
                (1 - momentum) * w->variance[c] + momentum * w->norm[c].var * unbiased;
    }
}

/* Sum over norms of log sqrt(mean of their running variances). */
static double norm_scale(const struct up_work *w)
{
    const struct up_program *p = &w->program;
    double sum = 0;
    for (int i = 0; i < p->ops; ++i)
        if (p->op[i].kind == UP_OP_NORM) {
            int c = p->slot[p->op[i].src].c;
            sum += 0.5 * log(up_sum_f64(w->variance + p->op[i].norm, c) / c);
        }
    return sum;
}

void up_work_zen(struct up_work *w)
{
    const struct up_program *p = &w->program;
    struct up_run_f32 run = w->run; /* keeps no slot */
    const struct up_slot *f = &p->slot[p->feature];
    ptrdiff_t numbers = (ptrdiff_t)f->c * f->h * f->w * run.n;
    run.act = w->folded;
    run.norm = w->norm;
    up_weights_normal(run.weight, p, w->job->seed);
    for (int c = 0; c < p->norms; ++c)
        w->variance[c] = 1;
    for (int second = 0; second < 2; ++second) {
        draw_images(w, run.act[p->input], second);
        up_run_forward_f32(&run, f->last); /* the last to touch the feature is its reader */
        update_running(w, f->last);
        if (!second)
            memcpy(w->feature, run.act[p->feature], (size_t)numbers * sizeof *w->feature);
    }
    w->expressivity = up_distance_f32(w->feature, run.act[p->feature], numbers) / run.n;
    w->norm_scale = norm_scale(w);
}

double up_score_zen(const struct up_work *w)
{
    return w->expressivity > 0    ? log(w->expressivity) + w->norm_scale
           : w->expressivity == 0 ? (double)-INFINITY
                                  : (double)NAN;
}
