/* Convolutions and linear layers on one image. */
#include "stages/engine/run/image_ops.h"

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES, MATRIX = LANES * LANES };

/* In which order a convolution sums its input channels: `blocks` of 16 in one chain, what
 * `next` does with the chains after the first. */
struct up_order {
    int blocks;
    enum up_block_store next;
};
static const struct up_order any_order = {32, UP_CHAIN};

/* The order of oneDNN's kernels, under PyTorch: chains of 16 channels, but for 1x1 kernels of
 * as many as it finds best for the caches, added in turn. */
static struct up_order published_order(const struct up_op *o, const struct up_shape *s, int in,
                                       int out)
{
    int channels = 512;
    if (o->kernel > 1 || s->shift > 0)
        channels = 16;
    else if (o->kind == UP_OP_CONV && s->oh <= 10)
        channels = 256;
    else if (o->kind == UP_OP_CONV && s->oh < 28)
        channels = out <= 256 ? 80 : 512;
    else if (o->kind == UP_OP_CONV && in * s->oh * s->ow > 7 << 14)
        channels = 112;
    return (struct up_order){channels / LANES, UP_ADD};
}

/* One term of a sum over channels: y (store) sum over blocks of x * w, for `in` blocks of x and
 * `out` blocks of y whose planes are so many numbers apart. */
struct product {
    real *y;
    const real *x, *w; /* w: [out][in][taps][16][16]; depthwise [in][taps][16] */
    size_t y_plane, x_plane;
    int in, out, taps;
    enum up_block_store store;
    struct up_order order;
    struct up_ahead *ahead;
};

static void depthwise(const struct up_passes *r, const struct product *p,
                      const struct up_window *g)
{
    for (int b = 0; b < p->in; ++b)
        r->kernel->depthwise(p->y + (size_t)b * p->y_plane, p->x + (size_t)b * p->x_plane,
                             p->w + (size_t)(b * p->taps) * LANES, g, p->store);
}

/* A window some rows at a time, or a long row some pixels at a time. */
static void rows(const struct up_passes *r, real *y, const real *x, const real *w,
                 const struct up_window *g, enum up_block_store store, struct up_ahead *ahead)
{
    enum { ROWS = 8, PIXELS = 128 };
    struct up_window some = *g;
    for (int row = 0; row < g->rows; row += some.rows) {
        some.rows = g->rows - row < ROWS ? g->rows - row : ROWS;
        for (int col = 0; col < g->cols; col += some.cols) {
            some.cols = g->cols - col < PIXELS ? g->cols - col : PIXELS;
            up_ahead_fetch(ahead, (size_t)(some.rows * some.cols));
            r->kernel->conv(y + row * g->y_row + col * g->y_px,
                            x + row * g->x_row + col * g->x_px, w, &some, store);
        }
    }
}

/* `order.blocks` input blocks make one chain of sums, which UP_CHAIN carries on and UP_ADD
 * adds; a 1x1 kernel's are the taps of one window. */
static void product(const struct up_passes *r, const struct product *p, struct up_window *g)
{
    bool point = p->taps == 1 && g->taps > 0;
    int step = point ? p->order.blocks : 1, in = p->in, out = p->out;
    ptrdiff_t tap = g->tap[0], matrix = g->matrix[0];
    struct up_ahead *ahead = p->ahead;
    g->y_second = (ptrdiff_t)p->y_plane;
    g->w_second = (ptrdiff_t)in * p->taps * MATRIX;
    if (ahead && !ahead->work)
        ahead->work = (size_t)((out + 1) / 2 * ((in + step - 1) / step) * g->rows * g->cols);
    for (int o = 0; o < out; o += g->outputs) {
        g->outputs = out - o > 1 ? 2 : 1;
        for (int i = 0; i < in; i += step) {
            for (int k = 0; point && k < step && i + k < in; ++k) {
                g->tap[k] = tap + k * (ptrdiff_t)p->x_plane;
                g->matrix[k] = matrix + (ptrdiff_t)k * MATRIX;
                g->taps = k + 1;
            }
            rows(r, p->y + (size_t)o * p->y_plane, p->x + (size_t)i * p->x_plane,
                 p->w + (size_t)((o * in + i) * p->taps) * MATRIX, g,
                 i ? p->order.next : p->store, ahead);
        }
    }
}

/* One term of a convolution, directly; term->x is padded. */
static void conv_term(const struct up_passes *r, real *y, const struct up_term *term, int op,
                      enum up_block_store store, struct up_order order, struct up_ahead *ahead)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    struct up_shape s = r->layout->op[op].shape;
    struct up_window g;
    int channels = r->program->slot[o->src].c, taps = s.kernel * s.kernel;
    struct product p = {.y = y,
                        .x = term->x,
                        .w = term->matrix + r->layout->op[op].weight,
                        .y_plane = dst->plane,
                        .x_plane = s.padded,
                        .in = src->blocks,
                        .out = dst->blocks - (dst->lane > 0),
                        .taps = taps,
                        .store = store,
                        .order = order,
                        .ahead = ahead};
    up_shape_window_forward(&g, &s);
    g.channels = src->blocks == 1 && channels < LANES ? channels : LANES;
    if (o->depthwise) {
        depthwise(r, &p, &g);
        return;
    }
    if (dst->lane) { /* the first block is another view's too, whose lanes are 0 here */
        struct product first = p;
        first.out = 1;
        first.store = taps > 1 ? UP_ADD : UP_CHAIN;
        product(r, &first, &g);
        p.y += dst->plane;
        p.w += (size_t)(src->blocks * taps) * MATRIX;
    }
    product(r, &p, &g);
}

static void back_term(const struct up_passes *r, real *dx, const struct up_term *term, int op,
                      enum up_block_store store, struct up_ahead *ahead)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    struct up_shape s = r->layout->op[op].shape;
    struct up_window g;
    struct product p = {.x = term->x,
                        .w = term->matrix + r->layout->op[op].weight,
                        .y_plane = src->plane,
                        .x_plane = s.back,
                        .in = o->depthwise ? src->blocks : dst->blocks,
                        .out = src->blocks,
                        .taps = s.kernel * s.kernel,
                        .store = store,
                        .order = any_order,
                        .ahead = ahead};
    for (int row = 0; row < s.stride; ++row)
        for (int column = 0; column < s.stride; ++column) {
            up_shape_window_backward(&g, &s, row, column);
            g.channels = LANES;
            p.y = dx + ((size_t)row * (size_t)s.w + (size_t)column) * LANES;
            if (o->depthwise)
                depthwise(r, &p, &g);
            else
                product(r, &p, &g);
        }
}

void up_passes_conv(const struct up_passes *r, real *y, const struct up_term *term, int terms,
                    int op, bool published, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    struct up_order order = any_order;
    if (term->winograd) {
        up_passes_tiles(r, (struct up_target){y, NULL, false}, term, terms, op, false, s);
        return;
    }
    if (published)
        order = published_order(o, &r->layout->op[op].shape, r->program->slot[o->src].c,
                                r->program->slot[o->dst].c);
    for (int k = 0; k < terms; ++k) {
        struct up_term padded = term[k];
        padded.x = up_passes_gather(r, s.x, term[k].x, term[k].mask, op);
        conv_term(r, y, &padded, op, k ? UP_CHAIN : UP_SET, order, s.ahead);
    }
}

void up_passes_conv_back(const struct up_passes *r, struct up_target to,
                         const struct up_term *term, int terms, int op, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src];
    struct up_rectangle all = {1, (int)((size_t)src->blocks * src->plane / LANES), 0, 0};
    if (term->winograd) {
        up_passes_tiles(r, to, term, terms, op, true, s);
        return;
    }
    real *y = to.mask || to.add ? s.y : to.y;
    for (int k = 0; k < terms; ++k)
        back_term(r, y, term + k, op, k ? UP_CHAIN : UP_SET, s.ahead);
    if (y != to.y)
        r->kernel->pass(to.y, y, to.mask, &all, to.add);
}

void up_passes_conv_gradient(const struct up_passes *r, real *dw, const struct up_term *term,
                             const real *padded_g, int op, struct up_scratch s)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *src = &r->layout->slot[o->src],
                                *dst = &r->layout->slot[o->dst];
    struct up_shape shape = r->layout->op[op].shape;
    struct up_window g;
    int taps = shape.kernel * shape.kernel, c = r->program->slot[o->src].c;
    const real *dy = padded_g + up_shape_interior(shape.back_frame, shape.ow);
    if (r->layout->op[op].side) {
        up_passes_tiles_gradient(r, dw, term, dy, op, s);
        return;
    }
    const real *x = up_passes_gather(r, s.x, term->x, term->mask, op);
    up_shape_window_gradient(&g, &shape);
    g.channels = src->blocks == 1 && c < LANES ? c : LANES;
    if (o->depthwise) {
        for (int b = 0; b < src->blocks; ++b)
            r->kernel->depthwise_gradient(dw + (size_t)(b * taps) * LANES,
                                          x + (size_t)b * shape.padded,
                                          dy + (size_t)b * shape.back, &g);
        return;
    }
    for (int k = 0; k < dst->blocks; ++k)
        for (int i = 0; i < src->blocks; ++i, dw += (size_t)taps * MATRIX)
            r->kernel->gradient(dw, x + (size_t)i * shape.padded, dy + (size_t)k * shape.back,
                                &g);
}
