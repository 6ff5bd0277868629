/* Derivatives of the passes in the direction of the loss's gradient, which give the product
 * of the Hessian and that gradient without ever forming the Hessian. */
#include "stages/engine/run/image_ops.h"

#include "stages/kernels/reduce.h"

#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES };

struct level {
    struct up_passes *run;
    const struct up_step *step, *end;
    const struct up_planes *gtan;
};

static double pixels(const struct up_passes *r, int slot)
{
    return (double)(r->layout->slot[slot].plane / LANES) * r->n;
}

/* ---- tangent of the forward pass ---- */

/* ydot = layer(xdot, w) + layer(x, v). */
static void layer_tangent(const struct level *l, const struct up_step *step, int image,
                          struct up_scratch s)
{
    struct up_passes *r = l->run;
    const struct up_op *op = &r->program->op[step->op];
    const real *x = up_passes_image(&r->act, op->src, image);
    const real *mask = op->relu ? x : NULL;
    bool moving = op->src != r->program->input;
    struct up_ahead ahead = {.n = 0};
    up_passes_ahead(r, &ahead, &r->act, op->src, image + 1);
    up_passes_ahead(r, &ahead, &r->act, op->dst, image + 1);
    up_passes_ahead(r, &ahead, &r->tan, op->dst, image + 1);
    if (moving)
        up_passes_ahead(r, &ahead, &r->tan, op->src, image + 1);
    s.ahead = &ahead;
    struct up_term term[2] = {
        {moving ? up_passes_image(&r->tan, op->src, image) : NULL, mask, r->matrix,
         up_passes_prepared(r, l->step, step, false)},
        {x, mask, r->dmatrix, up_passes_prepared(r, l->step, step, true)}};
    up_passes_conv(r, up_passes_image(&r->tan, op->dst, image), term + !moving, 1 + moving,
                   step->op, false, s);
}

static void norm_tangent(struct up_passes *r, const struct up_step *step, int image)
{
    const struct up_op *op = &r->program->op[step->op];
    up_passes_mix(r, up_passes_image(&r->tan, op->dst, image),
                  up_passes_image(&r->tan, op->src, image),
                  up_passes_image(&r->act, op->src, image), step, UP_K_TANGENT);
}

static void sums_tangent(struct up_passes *r, int norm, int image)
{
    const struct up_op *op = &r->program->op[norm];
    up_passes_moments(r, up_passes_image(&r->tan, op->src, image),
                      up_passes_image(&r->act, op->src, image), norm, image, false);
}

static void tangent_image(void *ctx, size_t task, int image)
{
    const struct level *l = ctx;
    struct up_passes *r = l->run;
    struct up_scratch s = up_passes_scratch(r, task);
    for (const struct up_step *step = l->step; step < l->end; ++step) {
        const struct up_op *op = &r->program->op[step->op];
        if (step->kind == UP_STEP_RUN && r->schedule->remade[op->dst])
            up_passes_remake(r, step->op, image, s);
        if (step->kind == UP_STEP_SUMS)
            sums_tangent(r, step->op, image);
        else if (up_op_has_matrix(op))
            layer_tangent(l, step, image, s);
        else if (op->kind == UP_OP_NORM)
            norm_tangent(r, step, image);
        else
            up_passes_simple(r, up_passes_image(&r->tan, op->dst, image),
                             up_passes_image(&r->tan, op->src, image),
                             up_passes_image(&r->act, op->src, image), step->op, step->add, s);
    }
}

/* sum[LANES * 2 * parts] over images of a norm's block. */
static void total(double *sum, const struct up_passes *r, int norm, int b, int parts)
{
    memset(sum, 0, (size_t)parts * 2 * LANES * sizeof *sum);
    for (int image = 0; image < r->n; ++image)
        for (int i = 0; i < parts * 2 * LANES; ++i)
            sum[i] += up_passes_sums(r, norm, b, image)[i];
}

/* mix2's coefficients of gamma * xhatdot. */
static void finish_tangent(struct up_passes *r, int norm)
{
    const struct up_op *op = &r->program->op[norm];
    const real *gamma = op->weight < 0 ? NULL : r->weight + r->program->weight[op->weight].at;
    double m = pixels(r, op->src), sum[2 * LANES];
    for (int b = 0; b < r->layout->slot[op->src].blocks; ++b) {
        real *k = up_passes_factor(r, norm, b, UP_K_TANGENT);
        total(sum, r, norm, b, 1);
        memset(k, 0, 3 * LANES * sizeof *k);
        for (int i = 0; i < LANES && b * LANES + i < r->program->slot[op->src].c; ++i) {
            struct up_moments *s = &r->norm[op->norm + b * LANES + i];
            s->tangent = sum[i] / m;
            s->tan_xhat = sum[LANES + i] * s->inv / m;
            double scale = s->inv * (gamma ? (double)gamma[b * LANES + i] : 1);
            double slope = -scale * s->tan_xhat * s->inv;
            k[i] = (real)scale;
            k[LANES + i] = (real)slope;
            k[2 * LANES + i] = (real)(-scale * s->tangent - slope * s->mean);
        }
    }
}

void up_passes_tangent(struct up_passes *r)
{
    const struct up_step *step = r->schedule->forward, *end = step + r->schedule->forwards;
    while (step < end) {
        struct level l = {r, step, up_schedule_level(step, end), NULL};
        up_passes_prepare(r, l.step, l.end, r->matrix, r->dmatrix, false);
        up_passes_images(r, tangent_image, &l);
        for (const struct up_step *i = l.step; i < l.end; ++i)
            if (i->kind == UP_STEP_SUMS)
                finish_tangent(r, i->op);
        step = l.end;
    }
}

/* ---- tangent of the backward pass ---- */

/* <ydot, g> + <y, gdot> over the lanes of op's output; y without bias. */
static double product_rule(const struct up_passes *r, const real *g, const real *gdot, int op,
                           int image)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *dst = &r->layout->slot[o->dst];
    struct up_shape s = r->layout->op[op].shape;
    const real *bias =
        o->kind == UP_OP_LINEAR ? r->weight + r->program->weight[o->weight + 1].at : NULL;
    struct up_rectangle a = {s.oh, s.ow, (ptrdiff_t)(s.ow + 2 * s.back_frame) * LANES,
                             (ptrdiff_t)s.ow * LANES};
    size_t inside = up_shape_interior(s.back_frame, s.ow);
    double total = 0;
    for (int b = 0; b < dst->blocks; ++b) {
        size_t at = (size_t)b * s.back + inside, y = (size_t)b * dst->plane;
        double sum[LANES] = {0};
        int lo, hi;
        r->kernel->dot(sum, g + at, up_passes_image(&r->tan, o->dst, image) + y, &a);
        r->kernel->dot(sum, gdot + at, up_passes_image(&r->act, o->dst, image) + y, &a);
        up_passes_lanes(&lo, &hi, dst, &r->program->slot[o->dst], b);
        for (int i = lo; i < hi; ++i)
            total += sum[i] -
                     (bias ? (double)bias[b * LANES + i] * (double)gdot[at + (size_t)i] : 0);
    }
    return total;
}

static void layer_both(const struct level *l, const struct up_step *step, int image,
                       struct up_scratch s)
{
    struct up_passes *r = l->run;
    const struct up_op *op = &r->program->op[step->op];
    up_passes_gradient(r, s.g, step->op, image);
    up_passes_gradient_tangent(r, s.gdot, step->op, image, l->gtan);
    r->along[image] += product_rule(r, s.g, s.gdot, step->op, image);
    if (op->src == r->program->input)
        return;
    struct up_ahead ahead = {.n = 0};
    int norm = r->schedule->norm_of[op->dst],
        target = norm < 0 ? op->dst : r->program->op[norm].dst;
    up_passes_ahead(r, &ahead, &r->act, op->src, image + 1);
    up_passes_ahead(r, &ahead, &r->act, op->dst, image + 1);
    up_passes_ahead(r, &ahead, &r->tan, op->dst, image + 1);
    up_passes_ahead(r, &ahead, &r->grad, target, image + 1);
    up_passes_ahead(r, &ahead, l->gtan, target, image + 1);
    up_passes_ahead(r, &ahead, l->gtan, op->src, image + 1);
    for (const struct up_step *i = step + 1; i < l->end && i->kind == UP_STEP_SUMS; ++i) {
        up_passes_ahead(r, &ahead, &r->act, r->program->op[i->op].src, image);
        up_passes_ahead(r, &ahead, &r->tan, r->program->op[i->op].src, image);
    }
    s.ahead = &ahead;
    struct up_term term[2] = {
        {s.gdot, NULL, r->turned, up_passes_prepared(r, l->step, step, false)},
        {s.g, NULL, r->dturned, up_passes_prepared(r, l->step, step, true)}};
    struct up_target to = {up_passes_image(l->gtan, op->src, image),
                           op->relu ? up_passes_image(&r->act, op->src, image) : NULL,
                           step->add};
    up_passes_conv_back(r, to, term, 2, step->op, s);
}

static void norm_both(const struct level *l, const struct up_step *step, int image)
{
    struct up_passes *r = l->run;
    const struct up_op *op = &r->program->op[step->op];
    const struct up_layout_slot *src = &r->layout->slot[op->src];
    const real *p[4] = {
        up_passes_image(l->gtan, op->dst, image), up_passes_image(&r->grad, op->dst, image),
        up_passes_image(&r->tan, op->src, image), up_passes_image(&r->act, op->src, image)};
    real *to = up_passes_image(l->gtan, op->src, image);
    struct up_rectangle all = {1, (int)(src->plane / LANES), 0, 0};
    for (int b = 0; b < src->blocks; ++b, to += src->plane) {
        r->kernel->mix4(to, p, up_passes_factor(r, step->op, b, UP_K_BOTH), &all, step->add);
        for (int i = 0; i < 4; ++i)
            p[i] += src->plane;
    }
}

static void sums_both(const struct level *l, int norm, int image)
{
    struct up_passes *r = l->run;
    const struct up_op *op = &r->program->op[norm];
    up_passes_moments(r, up_passes_image(l->gtan, op->dst, image),
                      up_passes_image(&r->act, op->src, image), norm, image, false);
    up_passes_moments(r, up_passes_image(&r->grad, op->dst, image),
                      up_passes_image(&r->tan, op->src, image), norm, image, true);
}

static void both_image(void *ctx, size_t task, int image)
{
    const struct level *l = ctx;
    struct up_passes *r = l->run;
    struct up_scratch s = up_passes_scratch(r, task);
    for (const struct up_step *step = l->step; step < l->end; ++step) {
        const struct up_op *op = &r->program->op[step->op];
        if (step->kind == UP_STEP_REMAKE)
            up_passes_remake(r, step->op, image, s);
        else if (step->kind == UP_STEP_SUMS)
            sums_both(l, step->op, image);
        else if (up_op_has_matrix(op))
            layer_both(l, step, image, s);
        else if (op->kind == UP_OP_NORM)
            norm_both(l, step, image);
        else
            up_passes_simple_back(r, up_passes_image(l->gtan, op->src, image),
                                  up_passes_image(l->gtan, op->dst, image),
                                  up_passes_image(&r->act, op->src, image), step->op, step->add,
                                  s);
    }
}

/* mix4's coefficients. With G = dy - mean(dy) - xhat * mean(dy * xhat), dx = (gamma/s) * G and
 * sdot / s = tan_xhat / s,
 *   Gdot = dydot - mean(dydot) - xhatdot * mean(dy * xhat) - xhat * slope,
 *   slope = mean(dydot * xhat + dy * xhatdot),  dxdot = (gamma/s) * (Gdot - (tan_xhat/s) * G)
 * with xhatdot = (xdot - mean(xdot) - xhat * tan_xhat) / s, gathered by dydot, dy, xdot, x. */
static void finish_both(struct up_passes *r, int norm)
{
    const struct up_op *op = &r->program->op[norm];
    const real *gamma = op->weight < 0 ? NULL : r->weight + r->program->weight[op->weight].at;
    double m = pixels(r, op->src), sum[4 * LANES];
    for (int b = 0; b < r->layout->slot[op->src].blocks; ++b) {
        real *k = up_passes_factor(r, norm, b, UP_K_BOTH);
        total(sum, r, norm, b, 2);
        memset(k, 0, 5 * LANES * sizeof *k);
        for (int i = 0; i < LANES && b * LANES + i < r->program->slot[op->src].c; ++i) {
            const struct up_moments *s = &r->norm[op->norm + b * LANES + i];
            double shift = sum[i] / m, dy_xdot = sum[3 * LANES + i] / m;
            double slope =
                sum[LANES + i] * s->inv / m + s->inv * (dy_xdot - s->tan_xhat * s->grad_xhat);
            double scale = s->inv * (gamma ? (double)gamma[b * LANES + i] : 1);
            double shrink = s->tan_xhat * s->inv;
            double xhat = 2 * shrink * s->grad_xhat - slope, x = scale * xhat * s->inv;
            k[i] = (real)scale;
            k[LANES + i] = (real)(-scale * shrink);
            k[2 * LANES + i] = (real)(-scale * s->inv * s->grad_xhat);
            k[3 * LANES + i] = (real)x;
            k[4 * LANES + i] =
                (real)(scale * (s->inv * s->tangent * s->grad_xhat - shift + shrink * s->grad) -
                       x * s->mean);
        }
    }
}

/* w . (H v) = sum over layers of <layer(xdot, w), g> + <y, gdot>, and ydot is layer(xdot, w) +
 * layer(x, v), where <layer(x, v), g> = <v, dw> = <v, v>. */
double up_passes_backward_tangent(struct up_passes *r, const struct up_planes *gtan)
{
    const struct up_step *step = r->schedule->backward, *end = step + r->schedule->backwards;
    double total = -up_reduce_dot(r->dmatrix, r->dmatrix, (ptrdiff_t)r->layout->numbers);
    memset(r->along, 0, (size_t)r->n * sizeof *r->along);
    while (step < end) {
        struct level l = {r, step, up_schedule_level(step, end), gtan};
        up_passes_prepare(r, l.step, l.end, r->turned, r->dturned, true);
        up_passes_images(r, both_image, &l);
        for (const struct up_step *i = l.step; i < l.end; ++i)
            if (i->kind == UP_STEP_SUMS)
                finish_both(r, i->op);
        step = l.end;
    }
    for (int image = 0; image < r->n; ++image)
        total += r->along[image];
    return total;
}
