/* Operations without weights, on one image. */
#include "stages/engine/run/image_ops.h"

#include <math.h>
#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES };

/* Pixels of a window that are inside the image, [oh][ow]. */
static void window_sizes(real *size, const struct up_shape *s)
{
    for (int y = 0; y < s->oh; ++y)
        for (int x = 0; x < s->ow; ++x) {
            int top = y * s->stride - s->pad, left = x * s->stride - s->pad;
            int bottom = top + s->kernel, right = left + s->kernel;
            int rows = (bottom < s->h ? bottom : s->h) - (top > 0 ? top : 0);
            int cols = (right < s->w ? right : s->w) - (left > 0 ? left : 0);
            *size++ = (real)(rows * cols);
        }
}

static void fill(real *x, size_t n, real v)
{
    for (size_t i = 0; i < n; ++i)
        x[i] = v;
}

static void average(const struct up_passes *r, real *y, const real *x, int op, bool add,
                    struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    const struct up_shape *shape = &r->layout->op[op].shape;
    struct up_window g;
    struct up_rectangle all = {1, shape->oh * shape->ow, 0, 0};
    up_shape_window_forward(&g, shape);
    window_sizes(s.y, shape);
    fill(s.xdot, (size_t)(shape->kernel * shape->kernel) * LANES, 1);
    for (int b = 0; b < src->blocks; ++b, x += src->plane, y += dst->plane) {
        up_passes_pad(r, s.x, x, NULL, shape, 0);
        r->kernel->depthwise(s.g, s.x, s.xdot, &g, UP_SET);
        r->kernel->quotient(y, s.g, s.y, &all, add);
    }
}

/* `at`: x in the forward pass, whose maxima are taken. */
static void maximum(const struct up_passes *r, real *y, const real *x, const real *at, int op,
                    bool add, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    const struct up_shape *shape = &r->layout->op[op].shape;
    struct up_window g;
    bool same = x == at;
    up_shape_window_forward(&g, shape);
    for (int b = 0; b < src->blocks; ++b, x += src->plane, at += src->plane, y += dst->plane) {
        up_passes_pad(r, s.x, x, NULL, shape, same ? (real)-INFINITY : 0);
        if (!same)
            up_passes_pad(r, s.xdot, at, NULL, shape, (real)-INFINITY);
        r->kernel->maximum(y, s.x, same ? s.x : s.xdot, &g, add);
    }
}

/* dx (+)= the sum of v over the windows that a pixel is in; v padded, `ones` for each tap. The
 * windows in their order, as if each were spread over its pixels in turn. */
static void window_sums(const struct up_passes *r, real *dx, const real *v, const real *ones,
                        const struct up_shape *shape, bool add)
{
    struct up_window g;
    for (int row = 0; row < shape->stride; ++row)
        for (int column = 0; column < shape->stride; ++column) {
            up_shape_window_backward(&g, shape, row, column);
            up_shape_window_turn(&g);
            r->kernel->depthwise(dx + (row * shape->w + column) * LANES, v, ones, &g,
                                 add ? UP_ADD : UP_SET);
        }
}

static void average_back(const struct up_passes *r, real *dx, const real *dy, int op, bool add,
                         struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    const struct up_shape *shape = &r->layout->op[op].shape;
    struct up_rectangle a = {shape->oh, shape->ow,
                             (ptrdiff_t)(shape->ow + 2 * shape->back_frame) * LANES,
                             (ptrdiff_t)shape->ow * LANES};
    window_sizes(s.y, shape);
    fill(s.x, (size_t)(shape->kernel * shape->kernel) * LANES, 1);
    memset(s.g, 0, shape->back * sizeof *s.g);
    for (int b = 0; b < src->blocks; ++b, dx += src->plane, dy += dst->plane) {
        r->kernel->quotient(s.g + up_shape_interior(shape->back_frame, shape->ow), dy, s.y, &a,
                            false);
        window_sums(r, dx, s.g, s.x, shape, add);
    }
}

static void max_back(const struct up_passes *r, real *dx, const real *dy, const real *x, int op,
                     bool add, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    const struct up_shape *shape = &r->layout->op[op].shape;
    struct up_window g;
    struct up_rectangle a = {shape->h, shape->w, (ptrdiff_t)shape->w * LANES,
                             (ptrdiff_t)(shape->w + 2 * shape->frame) * LANES};
    up_shape_window_forward(&g, shape);
    for (int b = 0; b < src->blocks; ++b, dx += src->plane, x += src->plane, dy += dst->plane) {
        memset(s.x, 0, shape->padded * sizeof *s.x);
        up_passes_pad(r, s.xdot, x, NULL, shape, (real)-INFINITY);
        r->kernel->max_spread(s.x, s.xdot, dy, &g);
        r->kernel->pass(dx, s.x + up_shape_interior(shape->frame, shape->w), NULL, &a, add);
    }
}

static void mean(const struct up_passes *r, real *y, const real *x,
                 const struct up_layout_slot *src, bool add)
{
    for (int b = 0; b < src->blocks; ++b, x += src->plane, y += LANES) {
        double s[LANES] = {0}, area = (double)(src->plane / LANES);
        r->kernel->sum(s, x, (ptrdiff_t)(src->plane / LANES));
        for (int i = 0; i < LANES; ++i)
            y[i] = (add ? y[i] : 0) + (real)(s[i] / area);
    }
}

static void mean_back(real *dx, const real *dy, const struct up_layout_slot *src, bool add)
{
    real area = (real)(src->plane / LANES);
    for (int b = 0; b < src->blocks; ++b, dy += LANES)
        for (size_t k = 0; k < src->plane; ++k, ++dx)
            *dx = (add ? *dx : 0) + dy[k % LANES] / area;
}

/* y (+)= x where mask > 0, all planes of a slot. */
static void pass(const struct up_passes *r, real *y, const real *x, const real *mask,
                 const struct up_layout_slot *s, bool add)
{
    int pixels = (int)((size_t)s->blocks * s->plane / LANES);
    struct up_rectangle all = {1, pixels, 0, 0};
    r->kernel->pass(y, x, mask, &all, add);
}

void up_passes_simple(const struct up_passes *r, real *y, const real *x, const real *at, int op,
                      bool add, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src];
    if (o->kind == UP_OP_POOL)
        average(r, y, x, op, add, s);
    else if (o->kind == UP_OP_MAX)
        maximum(r, y, x, at, op, add, s);
    else if (o->kind == UP_OP_MEAN)
        mean(r, y, x, src, add);
    else if (o->kind != UP_OP_ZERO)
        pass(r, y, x, o->kind == UP_OP_RELU ? at : NULL, src, add);
    else if (!add)
        memset(y, 0, (size_t)src->blocks * src->plane * sizeof(real));
}

void up_passes_simple_back(const struct up_passes *r, real *dx, const real *dy, const real *at,
                           int op, bool add, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src];
    if (o->kind == UP_OP_POOL)
        average_back(r, dx, dy, op, add, s);
    else if (o->kind == UP_OP_MAX)
        max_back(r, dx, dy, at, op, add, s);
    else if (o->kind == UP_OP_MEAN)
        mean_back(dx, dy, src, add);
    else
        pass(r, dx, dy, o->kind == UP_OP_RELU ? at : NULL, src, add);
}
