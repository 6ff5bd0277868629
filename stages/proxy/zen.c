/* zen (Lin et al., ICCV 2021) as published: own weights N(0, 1), random images x and
 * x + 0.01 x2, and the running variances after both forwards, momentum 0.1 from 1. */
#include "stages/proxy/work.h"

#include "stages/kernels/draw.h"
#include "stages/kernels/reduce.h"
#include "stages/engine/net/initial.h"

#include <math.h>
#include <string.h>

static const double gamma_mix = 0.01, momentum = 0.1;

/* to[16 k] += scale * the normals of a channel's image, which begins a block of the stream. */
static void add_plane(float *to, size_t area, float scale, const struct up_rng *stream,
                      size_t plane)
{
    enum { SOME = 1024, EACH = 4 };
    float drawn[SOME];
    uint64_t block = plane * ((area + EACH - 1) / EACH);
    for (size_t at = 0; at < area; at += SOME, block += SOME / EACH) {
        size_t n = area - at < SOME ? area - at : SOME;
        up_draw_normals(drawn, n, stream, block);
        for (size_t k = 0; k < n; ++k, to += UP_BLOCK_LANES)
            *to += scale * drawn[k];
    }
}

/* The first images, and for `second` the disturbed ones; drawn in the order [n][c][h][w]. */
static void draw_images(const struct up_work *w, float *x, bool second)
{
    const struct up_program_slot *s = &w->program.slot[w->program.input];
    const struct up_layout_slot *l = &w->layout.slot[w->program.input];
    size_t area = (size_t)(s->h * s->w);
    struct up_rng first = up_rng_init(w->job->seed, "zen.x");
    struct up_rng other = up_rng_init(w->job->seed, "zen.x2");
    memset(x, 0, l->image * (size_t)w->run.n * sizeof *x);
    for (int i = 0; i < w->run.n; ++i, x += l->image)
        for (int c = 0; c < s->c; ++c) {
            float *to = x + (size_t)(c / UP_BLOCK_LANES) * l->plane + c % UP_BLOCK_LANES;
            size_t plane = (size_t)(i * s->c + c);
            add_plane(to, area, 1, &first, plane);
            if (second)
                add_plane(to, area, (float)gamma_mix, &other, plane);
        }
}

/* running = (1 - momentum) * running + momentum * unbiased variance, for every norm the
 * forward ran. One number per channel has no variance: NaN. */
static void update_running(struct up_work *w)
{
    const struct up_program *p = &w->program;
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        if (op->kind != UP_OP_NORM)
            continue;
        const struct up_program_slot *s = &p->slot[op->src];
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

/* Mean over images of the sum of absolute differences between the two features. */
static double difference(const struct up_work *w, const struct up_passes_f32 *run)
{
    const struct up_layout_slot *f = &w->layout.slot[w->program.feature];
    double sum[UP_BLOCK_LANES] = {0}, total = 0;
    run->kernel->distance(sum, w->feature, run->act.at[w->program.feature],
                          (ptrdiff_t)(f->image / UP_BLOCK_LANES) * run->n);
    for (int i = 0; i < UP_BLOCK_LANES; ++i)
        total += sum[i];
    return total / run->n;
}

void up_work_zen(struct up_work *w)
{
    const struct up_program *p = &w->program;
    struct up_passes_f32 run = w->run; /* keeps no slot */
    size_t numbers = w->layout.slot[p->feature].image * (size_t)run.n;
    run.act = w->folded_act;
    run.norm = w->norm;
    run.factor = w->factor;
    run.published = false; /* scores of random weights have no published order to meet */
    up_initial_normal(w->weight, p, w->job->seed);
    up_layout_pack_f32(w->matrix, w->weight, &w->layout, p, false);
    for (int c = 0; c < p->norms; ++c)
        w->variance[c] = 1;
    for (int second = 0; second < 2; ++second) {
        draw_images(w, run.act.at[p->input], second);
        up_passes_forward_f32(&run);
        update_running(w);
        if (!second)
            memcpy(w->feature, run.act.at[p->feature], numbers * sizeof *w->feature);
    }
    w->expressivity = difference(w, &run);
    w->norm_scale = norm_scale(w);
}

double up_score_zen(const struct up_work *w)
{
    return w->expressivity > 0    ? log(w->expressivity) + w->norm_scale
           : w->expressivity == 0 ? (double)-INFINITY
                                  : (double)NAN;
}
