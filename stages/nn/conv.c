#ifndef real
#include "stages/nn/conv.h"

#include "stages/nn/chain.h"
#include "stages/nn/gemm.h"
#include "stages/nn/pointwise.h"
#include "stages/nn/tap.h"

#include <string.h>

enum { CHUNK_PIXELS = 1024 }; /* output pixels per product: the columns stay in cache */
enum { BLOCK_CHANNELS = 16 }; /* input channels per product */
enum { COLUMN_GAP = 16 };

int up_conv_rows(const struct up_conv *c)
{
    return (c->h + 2 * c->pad - c->kernel) / c->stride + 1;
}

int up_conv_cols(const struct up_conv *c)
{
    return (c->w + 2 * c->pad - c->kernel) / c->stride + 1;
}

/* What one step of the loop over images works on. */
struct chunk {
    int first, images, pixels; /* pixels of output */
    int stride;         /* of the column matrix: not 2^n, so that rows share no cache set */
    ptrdiff_t in_plane; /* input numbers per channel of the chunk */
    ptrdiff_t in_batch, out_batch; /* numbers per channel of the batch */
};

/* A 1x1 convolution reads its input as it lies. */
static bool direct(const struct up_conv *c)
{
    return c->kernel == 1 && c->stride == 1 && c->pad == 0;
}

static int chunk_images(const struct up_conv *c)
{
    int images = CHUNK_PIXELS / (up_conv_rows(c) * up_conv_cols(c));
    images = images < 1 ? 1 : images;
    return images < c->n ? images : c->n;
}

static struct chunk chunk_at(const struct up_conv *c, int first)
{
    int images = chunk_images(c), area = up_conv_rows(c) * up_conv_cols(c);
    if (images > c->n - first)
        images = c->n - first;
    return (struct chunk){first,
                          images,
                          images * area,
                          direct(c) ? images * area : images * area + COLUMN_GAP,
                          (ptrdiff_t)images * c->h * c->w,
                          (ptrdiff_t)c->n * c->h * c->w,
                          (ptrdiff_t)c->n * area};
}

/* Input channels from `first` on that go into one product. */
static int block_channels(const struct up_conv *c, int first)
{
    int left = c->in - first;
    return c->kernel > 1 && left > BLOCK_CHANNELS ? BLOCK_CHANNELS : left;
}

/* Scratch is the plane, the columns of one block, and two packed weights. */
static size_t plane_scratch(const struct up_conv *c)
{
    return (size_t)c->in * (size_t)chunk_at(c, 0).in_plane;
}

static size_t column_scratch(const struct up_conv *c)
{
    size_t taps = (size_t)(block_channels(c, 0) * c->kernel * c->kernel);
    return direct(c) ? 0 : taps * (size_t)chunk_at(c, 0).stride;
}

static size_t weight_scratch(const struct up_conv *c)
{
    return (size_t)c->out * (size_t)(c->in * c->kernel * c->kernel);
}

size_t up_conv_scratch(const struct up_conv *c)
{
    return plane_scratch(c) + column_scratch(c) + 2 * weight_scratch(c);
}

#define UP_TEMPLATE "stages/nn/conv.c"
#include "stages/nn/both.h"
#else

/* plane[in][images][h][w] = the chunk's input, masked. */
static void UP_R(gather)(real *plane, const real *x, const real *mask, const struct up_conv *c,
                         const struct chunk *k)
{
    ptrdiff_t skip = (ptrdiff_t)k->first * c->h * c->w;
    for (int ci = 0; ci < c->in; ++ci, plane += k->in_plane) {
        const real *from = x + ci * k->in_batch + skip;
        UP_R(up_pass)
        (plane, from, mask ? mask + ci * k->in_batch + skip : NULL, k->in_plane, false);
    }
}

/* dx (+)= plane, masked: the way back of gather. */
static void UP_R(scatter)(real *dx, const real *mask, const real *plane,
                          const struct up_conv *c, const struct chunk *k, bool add)
{
    ptrdiff_t skip = (ptrdiff_t)k->first * c->h * c->w;
    for (int ci = 0; ci < c->in; ++ci, plane += k->in_plane) {
        real *to = dx + ci * k->in_batch + skip;
        UP_R(up_pass)
        (to, plane, mask ? mask + ci * k->in_batch + skip : NULL, k->in_plane, add);
    }
}

/* One row of the column matrix: the plane seen through tap (ky, kx). */
static void UP_R(tap_read)(real *row, const real *plane, const struct up_conv *c, int images,
                           int ky, int kx)
{
    int oh = up_conv_rows(c), ow = up_conv_cols(c);
    struct up_tap ty = up_tap(ky, c->pad, c->stride, c->h, oh);
    struct up_tap tx = up_tap(kx, c->pad, c->stride, c->w, ow);
    for (int i = 0; i < images; ++i, plane += c->h * c->w)
        for (int oy = 0; oy < oh; ++oy, row += ow) {
            if (oy < ty.lo || oy >= ty.hi) {
                memset(row, 0, (size_t)ow * sizeof(real));
                continue;
            }
            const real *from = plane + (oy * c->stride + ty.shift) * c->w + tx.shift;
            for (int ox = 0; ox < tx.lo; ++ox)
                row[ox] = 0;
            if (c->stride == 1)
                memcpy(row + tx.lo, from + tx.lo, (size_t)(tx.hi - tx.lo) * sizeof(real));
            else
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    row[ox] = from[ox * c->stride];
            for (int ox = tx.hi; ox < ow; ++ox)
                row[ox] = 0;
        }
}

/* plane += row seen through tap (ky, kx): the way back of tap_read. */
static void UP_R(tap_add)(real *plane, const real *row, const struct up_conv *c, int images,
                          int ky, int kx)
{
    int oh = up_conv_rows(c), ow = up_conv_cols(c);
    struct up_tap ty = up_tap(ky, c->pad, c->stride, c->h, oh);
    struct up_tap tx = up_tap(kx, c->pad, c->stride, c->w, ow);
    for (int i = 0; i < images; ++i, plane += c->h * c->w, row += oh * ow)
        for (int oy = ty.lo; oy < ty.hi; ++oy) {
            real *to = plane + (oy * c->stride + ty.shift) * c->w + tx.shift;
            const real *from = row + oy * ow;
            if (c->stride == 1)
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    to[ox] += from[ox];
            else
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    to[ox * c->stride] += from[ox];
        }
}

/* Weights as products read them: [block][out][ky][kx][channel of the block]. */
static void UP_R(pack)(real *packed, const real *w, const struct up_conv *c)
{
    int area = c->kernel * c->kernel;
    for (int b = 0; b < c->in; b += block_channels(c, b))
        for (int o = 0; o < c->out; ++o)
            for (int t = 0; t < area; ++t)
                for (int i = 0; i < block_channels(c, b); ++i)
                    *packed++ = w[(o * c->in + b + i) * area + t];
}

static void UP_R(unpack)(real *w, const real *packed, const struct up_conv *c, bool add)
{
    int area = c->kernel * c->kernel;
    for (int b = 0; b < c->in; b += block_channels(c, b))
        for (int o = 0; o < c->out; ++o)
            for (int t = 0; t < area; ++t)
                for (int i = 0; i < block_channels(c, b); ++i) {
                    real *to = &w[(o * c->in + b + i) * area + t];
                    *to = add ? *to + *packed++ : *packed++;
                }
}

/* The column matrix [ky][kx][channel of the block][pixels] of a chunk. */
static const real *UP_R(columns)(real *col, const real *plane, const struct up_conv *c,
                                 const struct chunk *k, int block)
{
    if (direct(c))
        return plane;
    real *row = col;
    for (int ky = 0; ky < c->kernel; ++ky)
        for (int kx = 0; kx < c->kernel; ++kx)
            for (int i = 0; i < block_channels(c, block); ++i, row += k->stride)
                UP_R(tap_read)(row, plane + (block + i) * k->in_plane, c, k->images, ky, kx);
    return col;
}

/* plane (set) = what the column matrix of a block gives back to its channels. */
static void UP_R(uncolumns)(real *plane, const real *col, const struct up_conv *c,
                            const struct chunk *k, int block)
{
    real *to = plane + block * k->in_plane;
    memset(to, 0, (size_t)(block_channels(c, block) * k->in_plane) * sizeof(real));
    for (int ky = 0; ky < c->kernel; ++ky)
        for (int kx = 0; kx < c->kernel; ++kx)
            for (int i = 0; i < block_channels(c, block); ++i, col += k->stride)
                UP_R(tap_add)(to + i * k->in_plane, col, c, k->images, ky, kx);
}

void UP_R(up_conv_forward)(real *y, const real *x, const real *mask, const real *w,
                           const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    int area = c->kernel * c->kernel;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    UP_R(pack)(packed, w, c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        UP_R(gather)(scratch, x, mask, c, &k);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        for (int b = 0; b < c->in; b += block_channels(c, b)) {
            int taps = block_channels(c, b) * area;
            UP_R(up_chain)
            (y + at, (int)k.out_batch, packed + (ptrdiff_t)b * area * c->out,
             UP_R(columns)(col, scratch, c, &k, b), k.stride, c->out, k.pixels, taps,
             add || b > 0);
        }
    }
}

void UP_R(up_conv_backward_weight)(real *dw, const real *x, const real *mask, const real *dy,
                                   const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    int area = c->kernel * c->kernel;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        UP_R(gather)(scratch, x, mask, c, &k);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        for (int b = 0; b < c->in; b += block_channels(c, b)) {
            int taps = block_channels(c, b) * area;
            UP_GEMM(packed + (ptrdiff_t)b * area * c->out, taps, dy + at, (int)k.out_batch,
                    UP_N, UP_R(columns)(col, scratch, c, &k, b), k.stride, UP_T, c->out, taps,
                    k.pixels, 1, first > 0 ? 1 : 0);
        }
    }
    UP_R(unpack)(dw, packed, c, add);
}

void UP_R(up_conv_backward_data)(real *dx, const real *mask, const real *w, const real *dy,
                                 const real *w2, const real *dy2, const struct up_conv *c,
                                 bool add, real *scratch)
{
    struct chunk k;
    int area = c->kernel * c->kernel;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    real *packed2 = packed + weight_scratch(c);
    UP_R(pack)(packed, w, c);
    if (w2)
        UP_R(pack)(packed2, w2, c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        for (int b = 0; b < c->in; b += block_channels(c, b)) {
            int taps = block_channels(c, b) * area;
            ptrdiff_t from = (ptrdiff_t)b * area * c->out;
            real *to = direct(c) ? scratch : col;
            UP_GEMM(to, k.stride, packed + from, taps, UP_T, dy + at, (int)k.out_batch, UP_N,
                    taps, k.pixels, c->out, 1, 0);
            if (w2)
                UP_GEMM(to, k.stride, packed2 + from, taps, UP_T, dy2 + at, (int)k.out_batch,
                        UP_N, taps, k.pixels, c->out, 1, 1);
            if (!direct(c))
                UP_R(uncolumns)(scratch, col, c, &k, b);
        }
        UP_R(scatter)(dx, mask, scratch, c, &k, add);
    }
}

#endif
