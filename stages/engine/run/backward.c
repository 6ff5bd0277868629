/* The backward pass, level by level: gradients of slots and of weights, and for each layer how
 * much its outputs matter to the loss (`saliency`, see passes_reals.h). */
#include "stages/engine/run/image_ops.h"

#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES, MATRIX = LANES * LANES };

struct level {
    struct up_passes *run;
    const struct up_step *step, *end;
    bool to_input;
};

/* Sums of squares of <output, gradient> over an image, channel by channel. */
static void saliency_image(const struct up_passes *r, double *squares, const real *g, int op,
                           int image)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *dst = &r->layout->slot[o->dst];
    struct up_shape s = r->layout->op[op].shape;
    const real *y = up_passes_image(&r->act, o->dst, image);
    struct up_rectangle a = {s.oh, s.ow, (ptrdiff_t)(s.ow + 2 * s.back_frame) * LANES,
                             (ptrdiff_t)s.ow * LANES};
    g += up_shape_interior(s.back_frame, s.ow);
    for (int b = 0; b < dst->blocks; ++b, squares += LANES, g += s.back, y += dst->plane) {
        double sum[LANES] = {0};
        int lo, hi;
        r->kernel->dot(sum, g, y, &a);
        up_passes_lanes(&lo, &hi, dst, &r->program->slot[o->dst], b);
        for (int i = lo; i < hi; ++i)
            squares[i] += sum[i] * sum[i];
    }
}

/* Where the weights' gradient and the squares of a step go. */
struct share {
    real *dw;
    double *squares;
};

static struct share share_of(const struct level *l, const struct up_step *step, int group)
{
    const struct up_passes *r = l->run;
    struct share s = {r->partial + (size_t)group * r->sizes.partial,
                      r->saliency_partial + (size_t)group * r->sizes.saliency};
    for (const struct up_step *i = l->step; i < step; ++i) {
        if (i->kind != UP_STEP_RUN)
            continue;
        s.dw += r->layout->op[i->op].share;
        if (up_op_has_matrix(&r->program->op[i->op]))
            s.squares += r->layout->slot[r->program->op[i->op].dst].blocks * LANES;
    }
    return s;
}

static int group_of(const struct up_passes *r, int image, bool *first)
{
    for (int g = 0; g < UP_PASSES_GROUPS; ++g) {
        int from, to;
        up_passes_group(&from, &to, r->n, g);
        *first = image == from;
        if (image >= from && image < to)
            return g;
    }
    UP_CHECK(false);
    return 0;
}

static void weights(const struct level *l, const struct up_step *step, int image,
                    struct up_scratch s)
{
    const struct up_passes *r = l->run;
    const struct up_op *op = &r->program->op[step->op];
    bool first;
    struct share to = share_of(l, step, group_of(r, image, &first));
    const real *x = up_passes_image(&r->act, op->src, image);
    if (first) {
        memset(to.dw, 0, r->layout->op[step->op].share * sizeof(real));
        memset(to.squares, 0,
               (size_t)r->layout->slot[op->dst].blocks * LANES * sizeof *to.squares);
    }
    struct up_term term = {x, op->relu ? x : NULL, NULL, NULL};
    up_passes_conv_gradient(r, to.dw, &term, s.g, step->op, s);
    saliency_image(r, to.squares, s.g, step->op, image);
}

static void layer_back(const struct level *l, const struct up_step *step, int image,
                       struct up_scratch s)
{
    struct up_passes *r = l->run;
    const struct up_op *op = &r->program->op[step->op];
    up_passes_gradient(r, s.g, step->op, image);
    if (r->dmatrix)
        weights(l, step, image, s);
    if (op->src == r->program->input && !l->to_input)
        return;
    struct up_ahead ahead = {.n = 0};
    int norm = r->schedule->norm_of[op->dst],
        target = norm < 0 ? op->dst : r->program->op[norm].dst;
    up_passes_ahead(r, &ahead, &r->act, op->src, image + 1);
    up_passes_ahead(r, &ahead, &r->act, op->dst, image + 1);
    up_passes_ahead(r, &ahead, &r->grad, target, image + 1);
    up_passes_ahead(r, &ahead, &r->grad, op->src, image + 1);
    for (const struct up_step *i = step + 1; i < l->end && i->kind == UP_STEP_SUMS; ++i)
        up_passes_ahead(r, &ahead, &r->act, r->program->op[i->op].src, image);
    s.ahead = &ahead;
    struct up_term term = {s.g, NULL, r->turned, up_passes_prepared(r, l->step, step, false)};
    struct up_target to = {up_passes_image(&r->grad, op->src, image),
                           op->relu ? up_passes_image(&r->act, op->src, image) : NULL,
                           step->add};
    up_passes_conv_back(r, to, &term, 1, step->op, s);
}

/* A norm whose gradient is stored. */
static void norm_back(struct up_passes *r, const struct up_step *step, int image)
{
    const struct up_op *op = &r->program->op[step->op];
    const struct up_layout_slot *src = &r->layout->slot[op->src];
    const real *dy = up_passes_image(&r->grad, op->dst, image);
    real *dx = up_passes_image(&r->grad, op->src, image);
    struct up_rectangle all = {1, (int)((size_t)src->blocks * src->plane / LANES), 0, 0};
    if (r->identity_norm)
        r->kernel->pass(dx, dy, NULL, &all, step->add);
    else
        up_passes_mix(r, dx, dy, up_passes_image(&r->act, op->src, image), step, UP_K_GRAD);
}

static void sums_back(struct up_passes *r, int norm, int image)
{
    const struct up_op *op = &r->program->op[norm];
    up_passes_moments(r, up_passes_image(&r->grad, op->dst, image),
                      up_passes_image(&r->act, op->src, image), norm, image, false);
}

static void backward_image(void *ctx, size_t task, int image)
{
    const struct level *l = ctx;
    struct up_passes *r = l->run;
    struct up_scratch s = up_passes_scratch(r, task);
    for (const struct up_step *step = l->step; step < l->end; ++step) {
        const struct up_op *op = &r->program->op[step->op];
        if (step->kind == UP_STEP_REMAKE) {
            if (step->data || r->dmatrix)
                up_passes_remake(r, step->op, image, s);
        } else if (step->kind == UP_STEP_SUMS) {
            if (!r->identity_norm)
                sums_back(r, step->op, image);
        } else if (up_op_has_matrix(op)) {
            layer_back(l, step, image, s);
        } else if (op->src == r->program->input && !l->to_input) {
            continue;
        } else if (op->kind == UP_OP_NORM) {
            norm_back(r, step, image);
        } else {
            up_passes_simple_back(r, up_passes_image(&r->grad, op->src, image),
                                  up_passes_image(&r->grad, op->dst, image),
                                  up_passes_image(&r->act, op->src, image), step->op, step->add,
                                  s);
        }
    }
}

/* mix2's coefficients of (gamma/s) * (dy - mean(dy) - xhat * mean(dy * xhat)). */
static void finish_norm(struct up_passes *r, int norm)
{
    const struct up_op *op = &r->program->op[norm];
    const struct up_layout_slot *src = &r->layout->slot[op->src];
    const real *gamma = op->weight < 0 ? NULL : r->weight + r->program->weight[op->weight].at;
    size_t pixels = src->plane / LANES;
    double m = (double)pixels * r->n;
    for (int b = 0; b < src->blocks; ++b) {
        double total[2 * LANES] = {0};
        real *k = up_passes_factor(r, norm, b, UP_K_GRAD);
        for (int image = 0; image < r->n; ++image)
            for (int i = 0; i < 2 * LANES; ++i)
                total[i] += up_passes_sums(r, norm, b, image)[i];
        memset(k, 0, 3 * LANES * sizeof *k);
        for (int i = 0; i < LANES && b * LANES + i < r->program->slot[op->src].c; ++i) {
            struct up_moments *s = &r->norm[op->norm + b * LANES + i];
            s->grad = total[i] / m;
            s->grad_xhat = total[LANES + i] * s->inv / m;
            double scale = s->inv * (gamma ? (double)gamma[b * LANES + i] : 1);
            double slope = -scale * s->grad_xhat * s->inv;
            k[i] = (real)scale;
            k[LANES + i] = (real)slope;
            k[2 * LANES + i] = (real)(-scale * s->grad - slope * s->mean);
        }
    }
}

/* Lanes of a shared block that belong to another view's matrices. */
static void clear_foreign(const struct up_passes *r, real *dw, int op)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *dst = &r->layout->slot[o->dst];
    size_t each = r->layout->op[op].count / (size_t)dst->blocks;
    if (o->depthwise)
        return;
    for (int b = 0; b < dst->blocks; ++b, dw += each) {
        int lo, hi;
        up_passes_lanes(&lo, &hi, dst, &r->program->slot[o->dst], b);
        for (size_t k = 0; k < each && (lo > 0 || hi < LANES); ++k)
            if ((int)(k % LANES) < lo || (int)(k % LANES) >= hi)
                dw[k] = 0;
    }
}

/* The groups' shares of a layer, in order. */
static void gather_layer(const struct level *l, const struct up_step *step)
{
    const struct up_passes *r = l->run;
    const struct up_layout_slot *dst = &r->layout->slot[r->program->op[step->op].dst];
    real *dw = r->dmatrix + r->layout->op[step->op].weight;
    int fan_in = r->program->weight[r->program->op[step->op].weight].fan_in;
    double squares = 0;
    real *share[UP_PASSES_GROUPS];
    int groups = r->n < UP_PASSES_GROUPS ? r->n : UP_PASSES_GROUPS;
    for (int g = 0; g < groups; ++g) {
        struct share from = share_of(l, step, g);
        share[g] = from.dw;
        for (int i = 0; i < dst->blocks * LANES; ++i)
            squares += from.squares[i];
    }
    up_passes_gradient_sum(r, dw, share, groups, step->op);
    clear_foreign(r, dw, step->op);
    r->saliency[step->op] = 0.5 * squares / r->n * fan_in;
}

void up_passes_backward(struct up_passes *r, bool to_input)
{
    const struct up_step *step = r->schedule->backward, *end = step + r->schedule->backwards;
    if (r->dmatrix) {
        memset(r->dmatrix, 0, r->layout->numbers * sizeof(real));
        memset(r->saliency, 0, (size_t)r->program->ops * sizeof *r->saliency);
    }
    while (step < end) {
        struct level l = {r, step, up_schedule_level(step, end), to_input};
        up_passes_prepare(r, l.step, l.end, r->turned, NULL, true);
        up_passes_images(r, backward_image, &l);
        for (const struct up_step *i = l.step; i < l.end; ++i)
            if (i->kind == UP_STEP_SUMS && !r->identity_norm)
                finish_norm(r, i->op);
            else if (r->dmatrix && i->kind == UP_STEP_RUN &&
                     up_op_has_matrix(&r->program->op[i->op]))
                gather_layer(&l, i);
        step = l.end;
    }
}
