/* From an operation to the pixels that its kernel visits: offsets are found once, before the
 * loops. */
#include "stages/engine/plan/shape.h"

enum { LANES = UP_BLOCK_LANES, MATRIX = LANES * LANES };

static int at_least_0(int v) { return v > 0 ? v : 0; }

struct up_shape up_shape_of(const struct up_program *p, const struct up_op *op)
{
    const struct up_program_slot *in = &p->slot[op->src], *out = &p->slot[op->dst];
    bool plain = op->kind == UP_OP_LINEAR;
    struct up_shape s = {.kernel = plain ? 1 : op->kernel,
                         .stride = plain ? 1 : op->stride,
                         .pad = op->pad,
                         .dilation = op->kind == UP_OP_CONV ? op->dilation : 1,
                         .shift = op->shift,
                         .h = in->h,
                         .w = in->w,
                         .oh = out->h,
                         .ow = out->w,
                         .frame = op->pad};
    int reach = (s.kernel - 1) * s.dilation + s.shift - s.pad, n = s.stride;
    int above = at_least_0((reach + n - 1) / n);
    int below = at_least_0((s.h - 1 + s.pad - s.shift) / n - (s.oh - 1));
    int right = at_least_0((s.w - 1 + s.pad - s.shift) / n - (s.ow - 1));
    s.back_frame = below > above ? below : above;
    s.back_frame = right > s.back_frame ? right : s.back_frame;
    s.padded = (size_t)(s.h + 2 * s.frame) * (size_t)(s.w + 2 * s.frame) * LANES;
    s.back = (size_t)(s.oh + 2 * s.back_frame) * (size_t)(s.ow + 2 * s.back_frame) * LANES;
    return s;
}

size_t up_shape_interior(int frame, int width)
{
    return (size_t)(frame * (width + 2 * frame) + frame) * LANES;
}

/* One row is quicker than many short ones, where rows lie end to end. */
static void join_rows(struct up_window *g)
{
    if (g->taps != 1 || g->x_row != g->cols * g->x_px || g->y_row != g->cols * g->y_px)
        return;
    g->cols *= g->rows;
    g->rows = 1;
}

void up_shape_window_forward(struct up_window *g, const struct up_shape *s)
{
    ptrdiff_t width = s->w + 2 * s->frame;
    g->rows = s->oh;
    g->cols = s->ow;
    g->taps = 0;
    g->x_row = s->stride * width * LANES;
    g->x_px = (ptrdiff_t)s->stride * LANES;
    g->y_row = (ptrdiff_t)s->ow * LANES;
    g->y_px = LANES;
    for (int ky = 0; ky < s->kernel; ++ky)
        for (int kx = 0; kx < s->kernel; ++kx, ++g->taps) {
            ptrdiff_t y = ky * s->dilation + s->shift, x = kx * s->dilation + s->shift;
            g->tap[g->taps] = (y * width + x) * LANES;
            g->matrix[g->taps] = (ptrdiff_t)g->taps * MATRIX;
        }
    join_rows(g);
}

void up_shape_window_gradient(struct up_window *g, const struct up_shape *s)
{
    up_shape_window_forward(g, s);
    if (s->back_frame == 0)
        return;
    g->rows = s->oh;
    g->cols = s->ow;
    g->x_row = s->stride * (ptrdiff_t)(s->w + 2 * s->frame) * LANES;
    g->y_row = (ptrdiff_t)(s->ow + 2 * s->back_frame) * LANES;
}

/* Output along one axis that tap k gives pixel `at` of the input, if any. */
static bool source(int *out, const struct up_shape *s, int at, int k)
{
    int v = at + s->pad - k * s->dilation - s->shift;
    *out = v >= 0 ? v / s->stride : -(-v / s->stride);
    return v % s->stride == 0;
}

void up_shape_window_backward(struct up_window *g, const struct up_shape *s, int row,
                              int column)
{
    ptrdiff_t width = s->ow + 2 * s->back_frame;
    int n = s->stride;
    g->rows = (s->h - row + n - 1) / n;
    g->cols = (s->w - column + n - 1) / n;
    g->taps = 0;
    g->x_row = width * LANES;
    g->x_px = LANES;
    g->y_row = (ptrdiff_t)n * s->w * LANES;
    g->y_px = (ptrdiff_t)n * LANES;
    for (int ky = 0; ky < s->kernel; ++ky)
        for (int kx = 0; kx < s->kernel; ++kx) {
            int y, x;
            if (!source(&y, s, row, ky) || !source(&x, s, column, kx))
                continue;
            g->tap[g->taps] = ((y + s->back_frame) * width + x + s->back_frame) * LANES;
            g->matrix[g->taps++] = (ptrdiff_t)(ky * s->kernel + kx) * MATRIX;
        }
    join_rows(g);
}

void up_shape_window_turn(struct up_window *g)
{
    for (int t = 0; t < g->taps / 2; ++t) {
        ptrdiff_t tap = g->tap[t];
        g->tap[t] = g->tap[g->taps - 1 - t];
        g->tap[g->taps - 1 - t] = tap;
    }
    for (int t = 0; t < g->taps; ++t)
        g->matrix[t] = (ptrdiff_t)t * MATRIX;
}
