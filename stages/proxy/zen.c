/* zen (Lin et al., ICCV 2021), as published: log d + the sum over norms of log sqrt(mean over
 * channels of r). The network gets weights of its own, N(0, 1), and random images x and x +
 * 0.01 x2; d is the mean over images of the sum of |difference| between the two images'
 * features, which are what the global mean reads. r is the running variance that every channel
 * of a norm has after both forward passes, with momentum 0.1, from 1. Where d is 0 the score is
 * -inf, which is none. */
#include "stages/proxy/rows.h"

#include "stages/kernels/draw.h"
#include "stages/kernels/reduce.h"

#include <math.h>
#include <string.h>

static const double gamma_mix = 0.01, momentum = 0.1;

/* to[16 k] += scale * the normals of a channel's image, which begins with a counter of its own.
 */
static void add_plane(float *to, size_t area, float scale, const struct up_rng *stream,
                      size_t plane)
{
    enum { SOME = 1024, EACH = 4 };
    float drawn[SOME];
    uint64_t counter = plane * ((area + EACH - 1) / EACH);
    for (size_t at = 0; at < area; at += SOME, counter += SOME / EACH) {
        size_t n = area - at < SOME ? area - at : SOME;
        up_draw_normals(drawn, n, stream, counter);
        for (size_t k = 0; k < n; ++k, to += UP_BLOCK_LANES)
            *to += scale * drawn[k];
    }
}

/* The first images, and for `second` the disturbed ones; drawn in the order [n][c][h][w]. */
static void draw_images(const struct up_evaluation *e, float *x, bool second)
{
    const struct up_program *p = &e->net.program;
    const struct up_program_slot *s = &p->slot[p->input];
    const struct up_layout_slot *l = &e->net.layout.slot[p->input];
    size_t area = (size_t)s->h * (size_t)s->w;
    struct up_rng first = up_rng_init(e->of.seed, "zen.x");
    struct up_rng other = up_rng_init(e->of.seed, "zen.x2");
    memset(x, 0, l->image * (size_t)e->run.n * sizeof *x);
    for (int i = 0; i < e->run.n; ++i, x += l->image)
        for (int c = 0; c < s->c; ++c) {
            float *to = x + (size_t)(c / UP_BLOCK_LANES) * l->plane + c % UP_BLOCK_LANES;
            size_t plane = (size_t)i * (size_t)s->c + (size_t)c;
            add_plane(to, area, 1, &first, plane);
            if (second)
                add_plane(to, area, (float)gamma_mix, &other, plane);
        }
}

/* running = (1 - momentum) * running + momentum * unbiased variance, for every norm that the
 * forward pass ran. One number per channel has no variance: NaN. */
static void update_running(struct up_evaluation *e)
{
    const struct up_program *p = &e->net.program;
    double *running = e->features.variance;
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        if (op->kind != UP_OP_NORM)
            continue;
        const struct up_program_slot *s = &p->slot[op->src];
        double m = (double)s->h * s->w * e->run.n, unbiased = m > 1 ? m / (m - 1) : (double)NAN;
        for (int c = op->norm; c < op->norm + s->c; ++c)
            running[c] =
                (1 - momentum) * running[c] + momentum * e->features.run.norm[c].var * unbiased;
    }
}

/* Sum over norms of log sqrt(mean of their running variances). */
static double scale_of_norms(const struct up_evaluation *e)
{
    const struct up_program *p = &e->net.program;
    double sum = 0;
    for (int i = 0; i < p->ops; ++i)
        if (p->op[i].kind == UP_OP_NORM) {
            int c = p->slot[p->op[i].src].c;
            sum += 0.5 * log(up_reduce_sum_f64(e->features.variance + p->op[i].norm, c) / c);
        }
    return sum;
}

/* Mean over images of the sum of absolute differences between the two features. */
static double difference(const struct up_evaluation *e)
{
    const struct up_passes_f32 *run = &e->features.run;
    int feature = e->net.program.feature;
    size_t image = e->net.layout.slot[feature].image;
    double sum[UP_BLOCK_LANES] = {0}, total = 0;
    run->kernel->distance(sum, e->features.first, run->act.at[feature],
                          (ptrdiff_t)(image / UP_BLOCK_LANES) * run->n);
    for (int i = 0; i < UP_BLOCK_LANES; ++i)
        total += sum[i];
    return total / run->n;
}

double up_proxy_zen(struct up_evaluation *e)
{
    const struct up_program *p = &e->net.program;
    const struct up_planes_f32 *act = &e->features.run.act;
    size_t numbers = e->net.layout.slot[p->feature].image * (size_t)e->run.n;
    up_initial_normal(e->weight, p, e->of.seed, "zen.");
    for (int c = 0; c < p->norms; ++c)
        e->features.variance[c] = 1;
    for (int second = 0; second < 2; ++second) {
        draw_images(e, act->at[p->input], second);
        up_evaluation_features(e);
        update_running(e);
        if (!second)
            memcpy(e->features.first, act->at[p->feature], numbers * sizeof(float));
    }
    double d = difference(e);
    return d > 0 ? log(d) + scale_of_norms(e) : d == 0 ? (double)-INFINITY : (double)NAN;
}
