#ifndef real
#include "stages/nn/conv.h"

#include "stages/nn/gemm.h"
#include "stages/nn/tap.h"

#include <string.h>

enum { CHUNK_PIXELS = 1024 }; /* output pixels per product: the columns stay in cache */

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
    int taps;                  /* rows of the column matrix: in * k * k */
    ptrdiff_t in_plane;        /* input numbers per channel of the chunk */
    ptrdiff_t in_batch, out_batch; /* numbers per channel of the batch */
};

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
                          c->in * c->kernel * c->kernel,
                          (ptrdiff_t)images * c->h * c->w,
                          (ptrdiff_t)c->n * c->h * c->w,
                          (ptrdiff_t)c->n * area};
}

/* A 1x1 convolution reads its input as it lies. */
static bool direct(const struct up_conv *c)
{
    return c->kernel == 1 && c->stride == 1 && c->pad == 0;
}

static size_t plane_scratch(const struct up_conv *c)
{
    return (size_t)c->in * (size_t)chunk_at(c, 0).in_plane;
}

size_t up_conv_scratch(const struct up_conv *c)
{
    struct chunk k = chunk_at(c, 0);
    return plane_scratch(c) + (direct(c) ? 0 : (size_t)k.taps * (size_t)k.pixels);
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
        if (!mask) {
            memcpy(plane, from, (size_t)k->in_plane * sizeof(real));
            continue;
        }
        const real *m = mask + ci * k->in_batch + skip;
        for (ptrdiff_t i = 0; i < k->in_plane; ++i)
            plane[i] = m[i] <= 0 ? 0 : from[i];
    }
}

/* dx (+)= plane, masked: the way back of gather. */
static void UP_R(scatter)(real *dx, const real *mask, const real *plane, const struct up_conv *c,
                          const struct chunk *k, bool add)
{
    ptrdiff_t skip = (ptrdiff_t)k->first * c->h * c->w;
    for (int ci = 0; ci < c->in; ++ci, plane += k->in_plane) {
        real *to = dx + ci * k->in_batch + skip;
        const real *m = mask ? mask + ci * k->in_batch + skip : NULL;
        for (ptrdiff_t i = 0; i < k->in_plane; ++i) {
            real v = m && m[i] <= 0 ? 0 : plane[i];
            to[i] = add ? to[i] + v : v;
        }
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

/* The column matrix [in*k*k][pixels] of a chunk; scratch as up_conv_scratch. */
static const real *UP_R(columns)(const real *x, const real *mask, const struct up_conv *c,
                                 const struct chunk *k, real *scratch)
{
    UP_R(gather)(scratch, x, mask, c, k);
    if (direct(c))
        return scratch;
    real *columns = scratch + plane_scratch(c), *row = columns;
    for (int ci = 0; ci < c->in; ++ci)
        for (int ky = 0; ky < c->kernel; ++ky)
            for (int kx = 0; kx < c->kernel; ++kx, row += k->pixels)
                UP_R(tap_read)(row, scratch + ci * k->in_plane, c, k->images, ky, kx);
    return columns;
}

void UP_R(up_conv_forward)(real *y, const real *x, const real *mask, const real *w,
                           const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        const real *col = UP_R(columns)(x, mask, c, &k, scratch);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        UP_GEMM(y + at, (int)k.out_batch, w, k.taps, UP_N, col, k.pixels, UP_N, c->out, k.pixels,
                k.taps, 1, add ? 1 : 0);
    }
}

void UP_R(up_conv_backward_weight)(real *dw, const real *x, const real *mask, const real *dy,
                                   const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        const real *col = UP_R(columns)(x, mask, c, &k, scratch);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        UP_GEMM(dw, k.taps, dy + at, (int)k.out_batch, UP_N, col, k.pixels, UP_T, c->out, k.taps,
                k.pixels, 1, add || first > 0 ? 1 : 0);
    }
}

void UP_R(up_conv_backward_data)(real *dx, const real *mask, const real *w, const real *dy,
                                 const real *w2, const real *dy2, const struct up_conv *c,
                                 bool add, real *scratch)
{
    struct chunk k;
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        real *plane = scratch, *col = direct(c) ? scratch : scratch + plane_scratch(c);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        UP_GEMM(col, k.pixels, w, k.taps, UP_T, dy + at, (int)k.out_batch, UP_N, k.taps, k.pixels,
                c->out, 1, 0);
        if (w2)
            UP_GEMM(col, k.pixels, w2, k.taps, UP_T, dy2 + at, (int)k.out_batch, UP_N, k.taps,
                    k.pixels, c->out, 1, 1);
        if (!direct(c)) {
            memset(plane, 0, plane_scratch(c) * sizeof(real));
            const real *row = col;
            for (int ci = 0; ci < c->in; ++ci)
                for (int ky = 0; ky < c->kernel; ++ky)
                    for (int kx = 0; kx < c->kernel; ++kx, row += k.pixels)
                        UP_R(tap_add)(plane + ci * k.in_plane, row, c, k.images, ky, kx);
        }
        UP_R(scatter)(dx, mask, plane, c, &k, add);
    }
}

#endif
