/* The forward pass, level by level, with the statistics that batch norms take of all images. */
#include "stages/engine/run/image_ops.h"

#include <math.h>
#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES };

struct level {
    struct up_passes *run;
    const struct up_step *step, *end;
};

/* `winograd`: the operation's transformed weights, or NULL. */
static void layer(struct up_passes *r, int index, const real *winograd, int image,
                  struct up_scratch s)
{
    const struct up_op *op = &r->program->op[index];
    const real *x = up_passes_image(&r->act, op->src, image);
    real *y = up_passes_image(&r->act, op->dst, image);
    struct up_ahead ahead = {.n = 0};
    up_passes_ahead(r, &ahead, &r->act, op->src, image + 1);
    s.ahead = &ahead;
    struct up_term term = {x, op->relu ? x : NULL, r->matrix, winograd};
    up_passes_conv(r, y, &term, 1, index, r->published, s);
    if (op->kind != UP_OP_LINEAR)
        return;
    const real *bias = r->weight + r->program->weight[op->weight + 1].at;
    for (int o = 0; o < r->program->slot[op->dst].c; ++o)
        y[o] += bias[o];
}

static void normalise(struct up_passes *r, int norm, int image, bool add)
{
    const struct up_op *op = &r->program->op[norm];
    const struct up_layout_slot *src = &r->layout->slot[op->src];
    const real *x = up_passes_image(&r->act, op->src, image);
    real *y = up_passes_image(&r->act, op->dst, image);
    struct up_rectangle all = {1, (int)(src->plane / LANES), 0, 0};
    for (int b = 0; b < src->blocks; ++b, x += src->plane, y += src->plane)
        if (r->identity_norm)
            r->kernel->pass(y, x, NULL, &all, add);
        else
            r->kernel->affine(y, x, up_passes_factor(r, norm, b, UP_K_FORWARD), &all, add);
}

void up_passes_remake(struct up_passes *r, int op, int image, struct up_scratch s)
{
    if (!r->act.passing[r->program->op[op].dst])
        return;
    if (r->program->op[op].kind == UP_OP_NORM)
        normalise(r, op, image, false);
    else
        layer(r, op, NULL, image, s);
}

void up_passes_again(struct up_passes *r, int slot, int image)
{
    int op = r->schedule->maker[slot];
    if (!r->act.passing[slot] || op < 0)
        return;
    up_passes_again(r, r->program->op[op].src, image);
    up_passes_remake(r, op, image, up_passes_scratch(r, (size_t)r->act.task[image]));
}

/* Of x and, where no published order has to be met, of x^2 too. */
static void first_sums(struct up_passes *r, int norm, int image)
{
    int slot = r->program->op[norm].src;
    const struct up_layout_slot *src = &r->layout->slot[slot];
    const real *x = up_passes_image(&r->act, slot, image);
    for (int b = 0; b < src->blocks; ++b, x += src->plane) {
        double *s = up_passes_sums(r, norm, b, image);
        memset(s, 0, 2 * LANES * sizeof *s);
        if (r->published)
            r->kernel->sum(s, x, (ptrdiff_t)(src->plane / LANES));
        else
            r->kernel->powers(s, x, (ptrdiff_t)(src->plane / LANES));
    }
}

static void forward_image(void *ctx, size_t task, int image)
{
    const struct level *l = ctx;
    struct up_scratch s = up_passes_scratch(l->run, task);
    for (const struct up_step *step = l->step; step < l->end; ++step) {
        const struct up_op *op = &l->run->program->op[step->op];
        const real *x = up_passes_image(&l->run->act, op->src, image);
        if (step->kind == UP_STEP_SUMS && !l->run->identity_norm)
            first_sums(l->run, step->op, image);
        if (step->kind == UP_STEP_SUMS)
            continue;
        if (op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR)
            layer(l->run, step->op,
                  l->run->published ? NULL : up_passes_prepared(l->run, l->step, step, false),
                  image, s);
        else if (op->kind == UP_OP_NORM)
            normalise(l->run, step->op, image, step->add);
        else
            up_passes_simple(l->run, up_passes_image(&l->run->act, op->dst, image), x, x,
                             step->op, step->add, s);
    }
}

/* ---- statistics. In the published order they are rounded where PyTorch's kernel rounds: the
 * signs the next ReLU sees are then the published ones. Else one sweep gives both sums. ---- */

static double count(const struct up_passes *r, int slot)
{
    return (double)(r->layout->slot[slot].plane / LANES) * r->n;
}

static void finish_mean(struct up_passes *r, int norm)
{
    const struct up_op *op = &r->program->op[norm];
    double m = count(r, op->src), total[LANES];
    for (int b = 0; b < r->layout->slot[op->src].blocks; ++b) {
        memset(total, 0, sizeof total);
        for (int image = 0; image < r->n; ++image)
            for (int k = 0; k < LANES; ++k)
                total[k] += up_passes_sums(r, norm, b, image)[k];
        for (int k = 0; k < LANES && b * LANES + k < r->program->slot[op->src].c; ++k)
            r->norm[op->norm + b * LANES + k] =
                (struct up_moments){.mean = (double)(real)(total[k] / m)};
    }
}

static void squares_image(void *ctx, size_t task, int image)
{
    const struct level *l = ctx;
    struct up_passes *r = l->run;
    (void)task;
    for (const struct up_step *step = l->step; step < l->end; ++step) {
        const struct up_op *op = &r->program->op[step->op];
        const struct up_layout_slot *src = &r->layout->slot[op->src];
        if (step->kind != UP_STEP_SUMS)
            continue;
        for (int b = 0; b < src->blocks; ++b) {
            real mean[LANES] = {0};
            double *s = up_passes_sums(r, step->op, b, image);
            for (int k = 0; k < LANES && b * LANES + k < r->program->slot[op->src].c; ++k)
                mean[k] = (real)r->norm[op->norm + b * LANES + k].mean;
            r->kernel->squares(
                s + LANES, up_passes_image(&r->act, op->src, image) + (size_t)b * src->plane,
                mean, (ptrdiff_t)(src->plane / LANES));
        }
    }
}

/* The variance of a channel from its sums on every image. */
static real variance(const struct up_passes *r, int norm, int b, int lane)
{
    double m = count(r, r->program->op[norm].src), sum = 0, squares = 0;
    for (int image = 0; image < r->n; ++image) {
        const double *s = up_passes_sums(r, norm, b, image);
        sum += s[lane];
        squares += s[LANES + lane];
    }
    if (r->published)
        return (real)squares / (real)m;
    double var = (squares - sum * (sum / m)) / m;
    return var < 0 ? 0 : (real)var;
}

static void finish_scale(struct up_passes *r, int norm)
{
    const struct up_op *op = &r->program->op[norm];
    const real *gamma = op->weight < 0 ? NULL : r->weight + r->program->weight[op->weight].at;
    const real *beta =
        op->weight < 0 ? NULL : r->weight + r->program->weight[op->weight + 1].at;
    for (int b = 0; b < r->layout->slot[op->src].blocks; ++b) {
        real *k = up_passes_factor(r, norm, b, UP_K_FORWARD);
        memset(k, 0, 2 * LANES * sizeof *k);
        for (int i = 0; i < LANES && b * LANES + i < r->program->slot[op->src].c; ++i) {
            int c = b * LANES + i;
            struct up_moments *s = &r->norm[op->norm + c];
            real var = variance(r, norm, b, i);
            real inv = (real)(1 / sqrt((double)var + UP_NORM_EPS));
            s->var = (double)var;
            s->inv = (double)inv;
            k[i] = gamma ? inv * gamma[c] : inv;
            k[LANES + i] = (real)((beta ? (double)beta[c] : 0) - s->mean * (double)k[i]);
        }
    }
}

static void finish_norms(struct level *l)
{
    int norms = 0;
    for (const struct up_step *step = l->step; step < l->end; ++step)
        if (step->kind == UP_STEP_SUMS) {
            finish_mean(l->run, step->op);
            ++norms;
        }
    if (!norms)
        return;
    if (l->run->published)
        up_passes_images(l->run, squares_image, l);
    for (const struct up_step *step = l->step; step < l->end; ++step)
        if (step->kind == UP_STEP_SUMS)
            finish_scale(l->run, step->op);
}

void up_passes_forward(struct up_passes *r)
{
    const struct up_step *step = r->schedule->forward, *end = step + r->schedule->forwards;
    while (step < end) {
        struct level l = {r, step, up_schedule_level(step, end)};
        if (!r->published)
            up_passes_prepare(r, l.step, l.end, r->matrix, NULL, false);
        up_passes_images(r, forward_image, &l);
        if (!r->identity_norm)
            finish_norms(&l);
        step = l.end;
    }
}
