/* 3x3 convolutions by Winograd's tiles (kernels/block/winograd.c), on one image. */
#include "stages/engine/run/image_ops.h"

#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES, MATRIX = LANES * LANES };

struct tiling {
    struct up_tiles tiles;
    const real *zeros; /* a row */
    int h, w, in, out, rows, strip;
    size_t plane; /* of an input block */
};

/* Rows of pixels that a row of tiles reads, of which the first lies at row `first` - 1 of a
 * dense or padded plane. */
static void tile_rows(const real **row, const real *plane, const struct tiling *t, int first)
{
    for (int i = 0; i < t->tiles.side + 2; ++i) {
        int at = first + i - 1;
        if (t->tiles.framed)
            row[i] = plane + (ptrdiff_t)(at + 1) * (t->w + 2) * LANES;
        else
            row[i] = at < 0 || at >= t->h ? t->zeros : plane + (ptrdiff_t)at * t->w * LANES;
    }
}

/* Tiles of an operation's input, or of its output's padded gradient (`back`). */
static struct tiling tiling_of(const struct up_passes *r, int op, bool back)
{
    const struct up_layout_op *o = &r->layout->op[op];
    const struct up_shape *s = &o->shape;
    int src = r->layout->slot[r->program->op[op].src].blocks;
    int dst = r->layout->slot[r->program->op[op].dst].blocks;
    return (struct tiling){.tiles = {o->side, s->w / o->side, 0, (ptrdiff_t)s->w * LANES, back},
                           .h = s->h,
                           .w = s->w,
                           .in = back ? dst : src,
                           .out = back ? src : dst,
                           .strip = up_passes_strip(o),
                           .plane = back ? s->back : (size_t)(s->h * s->w) * LANES};
}

/* v[positions][terms * in][tiles] of a strip; positions are a pixel more apart than they need
 * be, so that they do not meet in one set of the cache. A strip
 * begins with tile row `row`. */
static void tile_inputs(const struct up_passes *r, const struct tiling *t, real *v,
                        const struct up_term *term, int terms, int row)
{
    struct up_tiles tiles = t->tiles;
    int n = t->in * terms, side = tiles.side;
    ptrdiff_t block = (ptrdiff_t)t->rows * tiles.cols * LANES;
    const real *x[6], *mask[6];
    tiles.position = block * n + LANES;
    for (int k = 0; k < n; ++k)
        for (int i = 0; i < t->rows; ++i) {
            const struct up_term *from = term + k / t->in;
            size_t at = (size_t)(k % t->in) * t->plane;
            tile_rows(x, from->x + at, t, (row + i) * side);
            if (from->mask)
                tile_rows(mask, from->mask + at, t, (row + i) * side);
            r->kernel->winograd_input(v + k * block + i * tiles.cols * LANES, x,
                                      from->mask ? mask : NULL, &tiles);
        }
}

/* m[positions][out][tiles] = sum over terms and input blocks of u * v, a few positions at a
 * time between which the next image is fetched. */
static void tile_products(const struct up_passes *r, const struct tiling *t, real *m,
                          const real *v, const struct up_term *term, int terms,
                          struct up_ahead *ahead)
{
    enum { SOME = 4 };
    int tiles = t->rows * t->tiles.cols, side = t->tiles.side;
    int positions = (side + 2) * (side + 2);
    ptrdiff_t block = (ptrdiff_t)tiles * LANES;
    struct up_products p = {SOME,
                            tiles,
                            t->in,
                            t->out,
                            terms,
                            t->in * terms * block + LANES,
                            t->out * block + LANES};
    for (int at = 0; at < positions; at += SOME) {
        const real *u[2];
        for (int k = 0; k < terms; ++k)
            u[k] = term[k].winograd + (size_t)(at * t->out * t->in) * MATRIX;
        up_ahead_fetch(ahead, (size_t)(SOME * t->rows));
        r->kernel->winograd_products(m + at * p.m_position, v + at * p.v_position, u, &p);
    }
}

/* The target (+)= sum over terms by Winograd's tiles; some rows of tiles at a time. */
void up_passes_tiles(const struct up_passes *r, struct up_target to, const struct up_term *term,
                     int terms, int op, bool back, struct up_scratch s)
{
    struct tiling t = tiling_of(r, op, back);
    struct up_tiles out = t.tiles;
    int side = t.tiles.side, all = t.h / side;
    size_t plane = (size_t)(t.h * t.w) * LANES;
    memset(s.y, 0, (size_t)t.w * LANES * sizeof *s.y);
    t.zeros = s.y;
    if (s.ahead)
        s.ahead->work = (size_t)((side + 2) * (side + 2) * all);
    for (int row = 0; row < all; row += t.strip) {
        t.rows = all - row < t.strip ? all - row : t.strip;
        tile_inputs(r, &t, s.v, term, terms, row);
        tile_products(r, &t, s.m, s.v, term, terms, s.ahead);
        ptrdiff_t block = (ptrdiff_t)t.rows * out.cols * LANES;
        out.position = block * t.out + LANES;
        for (int o = 0; o < t.out; ++o)
            for (int i = 0; i < t.rows; ++i) {
                size_t at = (size_t)o * plane + (size_t)((row + i) * side * t.w) * LANES;
                r->kernel->winograd_output(to.y + at, s.m + o * block + i * out.cols * LANES,
                                           to.mask ? to.mask + at : NULL, &out, to.add);
            }
    }
}

/* u[positions][out][in][16][16] of an operation's matrices; `turned`: those of the backward
 * pass, whose taps are in the opposite order. */
static void winograd_weights(const struct up_passes *r, real *u, const real *matrix, int op,
                             bool turned)
{
    const real *w = matrix + r->layout->op[op].weight;
    size_t matrices = r->layout->op[op].count / (9 * MATRIX);
    real flipped[9 * MATRIX];
    for (size_t k = 0; k < matrices; ++k, w += 9 * MATRIX) {
        for (int t = 0; turned && t < 9; ++t)
            memcpy(flipped + t * MATRIX, w + (8 - t) * MATRIX, MATRIX * sizeof(real));
        r->kernel->winograd_weights(u + k * MATRIX, turned ? flipped : w,
                                    r->layout->op[op].side, (ptrdiff_t)(matrices * MATRIX),
                                    LANES);
    }
}

const real *up_passes_prepared(const struct up_passes *r, const struct up_step *begin,
                               const struct up_step *step, bool second)
{
    size_t at = second ? r->sizes.winograd / 2 : 0;
    if (!r->winograd || !r->layout->op[step->op].side)
        return NULL;
    for (const struct up_step *i = begin; i < step; ++i)
        if (i->kind == UP_STEP_RUN)
            at += r->layout->op[i->op].tiles;
    return r->winograd + at;
}

void up_passes_prepare(const struct up_passes *r, const struct up_step *step,
                       const struct up_step *end, const real *first, const real *second,
                       bool turned)
{
    const struct up_step *begin = step;
    for (; step < end; ++step) {
        const real *u = up_passes_prepared(r, begin, step, false);
        if (step->kind != UP_STEP_RUN || !u)
            continue;
        real *to = r->winograd + (u - r->winograd);
        winograd_weights(r, to, first, step->op, turned);
        if (second)
            winograd_weights(r, to + r->sizes.winograd / 2, second, step->op, turned);
    }
}

/* du[positions][out][in][16][16] += over an image's tiles, some rows of tiles at a time. */
void up_passes_tiles_gradient(const struct up_passes *r, real *du, const struct up_term *term,
                              const real *dy, int op, struct up_scratch s)
{
    struct tiling t = tiling_of(r, op, false);
    size_t dy_plane = r->layout->op[op].shape.back;
    struct up_tiles out = t.tiles;
    int side = t.tiles.side, all = t.h / side, positions = (side + 2) * (side + 2);
    struct up_window g = {
        .rows = 1, .taps = 1, .channels = LANES, .x_px = LANES, .y_px = LANES};
    memset(s.y, 0, (size_t)t.w * LANES * sizeof *s.y);
    t.zeros = s.y;
    out.y_row = (ptrdiff_t)(t.w + 2) * LANES;
    for (int row = 0; row < all; row += t.strip) {
        t.rows = all - row < t.strip ? all - row : t.strip;
        g.cols = t.rows * out.cols;
        ptrdiff_t block = (ptrdiff_t)g.cols * LANES;
        out.position = block * t.out + LANES;
        tile_inputs(r, &t, s.v, term, 1, row);
        for (int o = 0; o < t.out; ++o)
            for (int i = 0; i < t.rows; ++i)
                r->kernel->winograd_gradient(
                    s.m + o * block + i * out.cols * LANES,
                    dy + (size_t)o * dy_plane + (row + i) * side * out.y_row, &out);
        for (int p = 0; p < positions; ++p)
            for (int o = 0; o < t.out; ++o)
                for (int i = 0; i < t.in; ++i)
                    r->kernel->gradient(du + (size_t)((p * t.out + o) * t.in + i) * MATRIX,
                                        s.v + p * (t.in * block + LANES) + i * block,
                                        s.m + p * (t.out * block + LANES) + o * block, &g);
    }
}

void up_passes_gradient_sum(const struct up_passes *r, real *dw, real *const *share, int shares,
                            int op)
{
    const struct up_layout_op *o = &r->layout->op[op];
    for (int g = 1; g < shares; ++g)
        for (size_t i = 0; i < o->share; ++i)
            share[0][i] += share[g][i];
    if (!o->side) {
        memcpy(dw, share[0], o->count * sizeof *dw);
        return;
    }
    size_t matrices = o->count / (9 * MATRIX);
    for (size_t k = 0; k < matrices; ++k)
        r->kernel->winograd_weights_back(dw + k * 9 * MATRIX, share[0] + k * MATRIX, o->side,
                                         (ptrdiff_t)(matrices * MATRIX), LANES);
}
