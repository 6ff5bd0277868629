#ifndef real
#include "stages/nn/pool.h"

#include "stages/nn/reduce.h"
#include "stages/nn/tap.h"

#include <string.h>

int up_pool_rows(const struct up_pool *p)
{
    return (p->h + 2 * p->pad - p->kernel) / p->stride + 1;
}

int up_pool_cols(const struct up_pool *p)
{
    return (p->w + 2 * p->pad - p->kernel) / p->stride + 1;
}

/* Window sizes [oh][ow], then one output plane. */
size_t up_pool_scratch(const struct up_pool *p)
{
    return 2 * (size_t)up_pool_rows(p) * (size_t)up_pool_cols(p);
}

/* Inputs along one axis under window `o`. */
static int covered(int o, const struct up_pool *p, int inputs)
{
    int first = o * p->stride - p->pad, last = first + p->kernel;
    return (last < inputs ? last : inputs) - (first > 0 ? first : 0);
}

#define UP_TEMPLATE "stages/nn/pool.c"
#include "stages/nn/both.h"
#else

/* out[oh][ow] = sums of in[h][w] under each window. */
static void UP_R(window_sums)(real *out, const real *in, const struct up_pool *p)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p);
    memset(out, 0, (size_t)(oh * ow) * sizeof(real));
    for (int ky = 0; ky < p->kernel; ++ky)
        for (int kx = 0; kx < p->kernel; ++kx) {
            struct up_tap ty = up_tap(ky, p->pad, p->stride, p->h, oh);
            struct up_tap tx = up_tap(kx, p->pad, p->stride, p->w, ow);
            for (int oy = ty.lo; oy < ty.hi; ++oy) {
                const real *from = in + (oy * p->stride + ty.shift) * p->w + tx.shift;
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    out[oy * ow + ox] += from[ox * p->stride];
            }
        }
}

/* in[h][w] += each window's number, spread over it: the transpose of window_sums. */
static void UP_R(window_spread)(real *in, const real *out, const struct up_pool *p)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p);
    for (int ky = 0; ky < p->kernel; ++ky)
        for (int kx = 0; kx < p->kernel; ++kx) {
            struct up_tap ty = up_tap(ky, p->pad, p->stride, p->h, oh);
            struct up_tap tx = up_tap(kx, p->pad, p->stride, p->w, ow);
            for (int oy = ty.lo; oy < ty.hi; ++oy) {
                real *to = in + (oy * p->stride + ty.shift) * p->w + tx.shift;
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    to[ox * p->stride] += out[oy * ow + ox];
            }
        }
}

static void UP_R(window_sizes)(real *sizes, const struct up_pool *p)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p);
    for (int oy = 0; oy < oh; ++oy)
        for (int ox = 0; ox < ow; ++ox)
            sizes[oy * ow + ox] = (real)(covered(oy, p, p->h) * covered(ox, p, p->w));
}

void UP_R(up_pool_forward)(real *y, const real *x, const struct up_pool *p, bool add,
                           real *scratch)
{
    int area = up_pool_rows(p) * up_pool_cols(p);
    real *sizes = scratch, *plane = scratch + area;
    UP_R(window_sizes)(sizes, p);
    for (int i = 0; i < p->planes; ++i, y += area, x += p->h * p->w) {
        UP_R(window_sums)(plane, x, p);
        for (int k = 0; k < area; ++k)
            y[k] = (add ? y[k] : 0) + plane[k] / sizes[k];
    }
}

void UP_R(up_pool_backward)(real *dx, const real *dy, const struct up_pool *p, bool add,
                            real *scratch)
{
    int area = up_pool_rows(p) * up_pool_cols(p);
    real *sizes = scratch, *plane = scratch + area;
    UP_R(window_sizes)(sizes, p);
    for (int i = 0; i < p->planes; ++i, dy += area, dx += p->h * p->w) {
        if (!add)
            memset(dx, 0, (size_t)(p->h * p->w) * sizeof(real));
        for (int k = 0; k < area; ++k)
            plane[k] = dy[k] / sizes[k];
        UP_R(window_spread)(dx, plane, p);
    }
}

void UP_R(up_mean_forward)(real *y, const real *x, int planes, ptrdiff_t area, bool add)
{
    for (int i = 0; i < planes; ++i, x += area) {
        real mean = (real)(UP_R(up_sum)(x, area) / (double)area);
        y[i] = add ? y[i] + mean : mean;
    }
}

void UP_R(up_mean_backward)(real *dx, const real *dy, int planes, ptrdiff_t area, bool add)
{
    for (int i = 0; i < planes; ++i, dx += area) {
        real each = dy[i] / (real)area;
        for (ptrdiff_t k = 0; k < area; ++k)
            dx[k] = add ? dx[k] + each : each;
    }
}

#endif
