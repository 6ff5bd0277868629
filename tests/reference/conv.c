#ifndef real
#include "tests/reference/conv.h"

#include "tests/reference/chain.h"
#include "stages/kernels/gemm.h"
#include "tests/reference/pointwise.h"
#include "tests/reference/tap.h"

#include <string.h>

enum { CHUNK_PIXELS = 1024 }; /* output pixels per product: the columns stay in cache */
enum { COLUMN_GAP = 16 };

/* Outputs along one axis. */
static int outputs(const struct up_conv *c, int inputs)
{
    int reach = c->dilation * (c->kernel - 1) + 1;
    return (inputs - c->shift + 2 * c->pad - reach) / c->stride + 1;
}

int up_conv_rows(const struct up_conv *c) { return outputs(c, c->h); }

int up_conv_cols(const struct up_conv *c) { return outputs(c, c->w); }

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
    return c->kernel == 1 && c->stride == 1 && c->pad == 0 && c->shift == 0;
}

/* oneDNN has no kernel of its own for the data gradient of a dilated depthwise convolution. */
static bool fused_taps(const struct up_conv *c) { return c->depthwise && c->dilation == 1; }

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

/* Where the taps of a row, and of a column, of the kernel read. */
static struct up_tap row_tap(const struct up_conv *c, int ky)
{
    return up_tap(ky * c->dilation + c->shift, c->pad, c->stride, c->h, up_conv_rows(c));
}

static struct up_tap col_tap(const struct up_conv *c, int kx)
{
    return up_tap(kx * c->dilation + c->shift, c->pad, c->stride, c->w, up_conv_cols(c));
}

/* Channels per product at most; what oneDNN's kernels find best for the caches. */
static int most_channels(const struct up_conv *c)
{
    int rows = up_conv_rows(c), pixels = rows * up_conv_cols(c);
    if (c->kernel > 1 || c->shift > 0)
        return 16;
    if (rows <= 10)
        return 256;
    if (rows < 28)
        return c->out <= 256 ? 80 : 512;
    return (ptrdiff_t)c->in * pixels > 7 << 14 ? 112 : 512;
}

/* Input channels from `first` on that go into one product. */
static int block_channels(const struct up_conv *c, int first)
{
    int left = c->in - first, most = most_channels(c);
    return left < most ? left : most;
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

/* A channel of a depthwise convolution is a convolution of its own; others are one. */
static struct up_conv part_of(const struct up_conv *c)
{
    struct up_conv part = *c;
    if (c->depthwise)
        part.in = part.out = 1;
    return part;
}

static int parts_of(const struct up_conv *c) { return c->depthwise ? c->in : 1; }

/* Numbers of one part. */
struct strides {
    ptrdiff_t x, y, w;
};

static struct strides strides_of(const struct up_conv *part)
{
    ptrdiff_t pixels = (ptrdiff_t)part->n * up_conv_rows(part) * up_conv_cols(part);
    return (struct strides){(ptrdiff_t)part->in * part->n * part->h * part->w,
                            part->out * pixels, (ptrdiff_t)weight_scratch(part)};
}

size_t up_conv_scratch(const struct up_conv *c)
{
    struct up_conv part = part_of(c);
    return plane_scratch(&part) + column_scratch(&part) + 2 * weight_scratch(&part);
}

#define UP_TEMPLATE "tests/reference/conv.c"
#include "stages/kernels/both.h"
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
    struct up_tap ty = row_tap(c, ky), tx = col_tap(c, kx);
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
    struct up_tap ty = row_tap(c, ky), tx = col_tap(c, kx);
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
        return plane + block * k->in_plane;
    real *row = col;
    for (int ky = 0; ky < c->kernel; ++ky)
        for (int kx = 0; kx < c->kernel; ++kx)
            for (int i = 0; i < block_channels(c, block); ++i, row += k->stride)
                UP_R(tap_read)(row, plane + (block + i) * k->in_plane, c, k->images, ky, kx);
    return col;
}

/* plane += what the column matrix of a block gives back to its channels. */
static void UP_R(uncolumns)(real *plane, const real *col, const struct up_conv *c,
                            const struct chunk *k, int block)
{
    real *to = plane + block * k->in_plane;
    for (int ky = 0; ky < c->kernel; ++ky)
        for (int kx = 0; kx < c->kernel; ++kx)
            for (int i = 0; i < block_channels(c, block); ++i, col += k->stride)
                UP_R(tap_add)(to + i * k->in_plane, col, c, k->images, ky, kx);
}

/* plane += weight * dy seen through tap (ky, kx), of one channel, by fused multiply-adds. */
static void UP_R(tap_fused)(real *plane, real weight, const real *dy, const struct up_conv *c,
                            int images, int ky, int kx)
{
    int oh = up_conv_rows(c), ow = up_conv_cols(c);
    struct up_tap ty = row_tap(c, ky), tx = col_tap(c, kx);
    for (int i = 0; i < images; ++i, plane += c->h * c->w, dy += oh * ow)
        for (int oy = ty.lo; oy < ty.hi; ++oy)
            for (int ox = tx.lo; ox < tx.hi; ++ox) {
                real *to =
                    &plane[(oy * c->stride + ty.shift) * c->w + ox * c->stride + tx.shift];
                *to = (real)((double)weight * (double)dy[oy * ow + ox] + (double)*to);
            }
}

/* As pack, and for a direct convolution [in][out]. */
static void UP_R(pack_back)(real *packed, const real *w, const struct up_conv *c)
{
    if (!direct(c)) {
        UP_R(pack)(packed, w, c);
        return;
    }
    for (int i = 0; i < c->in; ++i)
        for (int o = 0; o < c->out; ++o)
            *packed++ = w[o * c->in + i];
}

/* plane (+)= conv^T of a chunk, in the order of oneDNN's kernels: a chain over the output
 * channels, a chain over the taps, or products whose columns are added up. */
static void UP_R(data_plane)(real *plane, const real *packed, const real *dy,
                             const struct up_conv *c, const struct chunk *k, bool add,
                             real *col)
{
    int area = c->kernel * c->kernel, ldy = (int)k->out_batch;
    if (direct(c)) {
        UP_R(up_chain)
        (plane, (int)k->in_plane, packed, dy, ldy, c->in, k->pixels, c->out, add);
        return;
    }
    if (!add)
        memset(plane, 0, (size_t)(c->in * k->in_plane) * sizeof(real));
    for (int t = 0; fused_taps(c) && t < area; ++t)
        UP_R(tap_fused)(plane, packed[t], dy, c, k->images, t / c->kernel, t % c->kernel);
    for (int b = 0; !fused_taps(c) && b < c->in; b += block_channels(c, b)) {
        int taps = block_channels(c, b) * area;
        UP_GEMM(col, k->stride, packed + (ptrdiff_t)b * area * c->out, taps, UP_T, dy, ldy,
                UP_N, taps, k->pixels, c->out, 1, 0);
        UP_R(uncolumns)(plane, col, c, k, b);
    }
}

static void UP_R(forward_part)(real *y, const real *x, const real *mask, const real *w,
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

static void UP_R(backward_weight_part)(real *dw, const real *x, const real *mask,
                                       const real *dy, const struct up_conv *c, bool add,
                                       real *scratch)
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

static void UP_R(backward_data_part)(real *dx, const real *mask, const real *w, const real *dy,
                                     const real *w2, const real *dy2, const struct up_conv *c,
                                     bool add, real *scratch)
{
    struct chunk k;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    real *packed2 = packed + weight_scratch(c);
    UP_R(pack_back)(packed, w, c);
    if (w2)
        UP_R(pack_back)(packed2, w2, c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        UP_R(data_plane)(scratch, packed, dy + at, c, &k, false, col);
        if (w2)
            UP_R(data_plane)(scratch, packed2, dy2 + at, c, &k, true, col);
        UP_R(scatter)(dx, mask, scratch, c, &k, add);
    }
}

void UP_R(up_conv_forward)(real *y, const real *x, const real *mask, const real *w,
                           const struct up_conv *c, bool add, real *scratch)
{
    struct up_conv part = part_of(c);
    struct strides s = strides_of(&part);
    for (int i = 0; i < parts_of(c); ++i)
        UP_R(forward_part)
    (y + i * s.y, x + i * s.x, mask ? mask + i * s.x : NULL, w + i * s.w, &part, add, scratch);
}

void UP_R(up_conv_backward_weight)(real *dw, const real *x, const real *mask, const real *dy,
                                   const struct up_conv *c, bool add, real *scratch)
{
    struct up_conv part = part_of(c);
    struct strides s = strides_of(&part);
    for (int i = 0; i < parts_of(c); ++i)
        UP_R(backward_weight_part)
    (dw + i * s.w, x + i * s.x, mask ? mask + i * s.x : NULL, dy + i * s.y, &part, add,
     scratch);
}

void UP_R(up_conv_backward_data)(real *dx, const real *mask, const real *w, const real *dy,
                                 const real *w2, const real *dy2, const struct up_conv *c,
                                 bool add, real *scratch)
{
    struct up_conv part = part_of(c);
    struct strides s = strides_of(&part);
    for (int i = 0; i < parts_of(c); ++i)
        UP_R(backward_data_part)
    (dx + i * s.x, mask ? mask + i * s.x : NULL, w + i * s.w, dy + i * s.y,
     w2 ? w2 + i * s.w : NULL, w2 ? dy2 + i * s.y : NULL, &part, add, scratch);
}

#endif
