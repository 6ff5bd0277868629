/* Pools of the plain engine. */
#include "tests/reference/pool_plan.h"

#include "stages/kernels/real.h"

/* out[oh][ow] = sums of in[h][w] under each window. */
static void window_sums(real *out, const real *in, const struct up_pool *p)
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

/* in[h][w] += each window's number, spread over it: the transpose of window_sums. Taps from the
 * last to the first, so that an input receives from the windows in their order. */
static void window_spread(real *in, const real *out, const struct up_pool *p)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p);
    for (int ky = p->kernel - 1; ky >= 0; --ky)
        for (int kx = p->kernel - 1; kx >= 0; --kx) {
            struct up_tap ty = up_tap(ky, p->pad, p->stride, p->h, oh);
            struct up_tap tx = up_tap(kx, p->pad, p->stride, p->w, ow);
            for (int oy = ty.lo; oy < ty.hi; ++oy) {
                real *to = in + (oy * p->stride + ty.shift) * p->w + tx.shift;
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    to[ox * p->stride] += out[oy * ow + ox];
            }
        }
}

static void window_sizes(real *sizes, const struct up_pool *p)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p);
    for (int oy = 0; oy < oh; ++oy)
        for (int ox = 0; ox < ow; ++ox)
            sizes[oy * ow + ox] = (real)(covered(oy, p, p->h) * covered(ox, p, p->w));
}

void up_pool_forward(real *y, const real *x, const struct up_pool *p, bool add, real *scratch)
{
    int area = up_pool_rows(p) * up_pool_cols(p);
    real *sizes = scratch, *plane = scratch + area;
    window_sizes(sizes, p);
    for (int i = 0; i < p->planes; ++i, y += area, x += p->h * p->w) {
        window_sums(plane, x, p);
        for (int k = 0; k < area; ++k)
            y[k] = (add ? y[k] : 0) + plane[k] / sizes[k];
    }
}

void up_pool_backward(real *dx, const real *dy, const struct up_pool *p, bool add,
                      real *scratch)
{
    int area = up_pool_rows(p) * up_pool_cols(p), inputs = p->h * p->w;
    real *sizes = scratch, *plane = scratch + area, *back = plane + area;
    window_sizes(sizes, p);
    for (int i = 0; i < p->planes; ++i, dy += area, dx += inputs) {
        memset(back, 0, (size_t)inputs * sizeof(real));
        for (int k = 0; k < area; ++k)
            plane[k] = dy[k] / sizes[k];
        window_spread(back, plane, p);
        up_pass(dx, back, NULL, inputs, add);
    }
}

/* Index in plane x of the maximum under window (oy, ox); a NaN is greater than any number. */
static int greatest(const real *x, const struct up_pool *p, int oy, int ox)
{
    int top = oy * p->stride - p->pad, left = ox * p->stride - p->pad, best = -1;
    for (int i = top; i < top + p->kernel; ++i)
        for (int j = left; j < left + p->kernel; ++j) {
            int at = i * p->w + j;
            if (i < 0 || i >= p->h || j < 0 || j >= p->w)
                continue;
            if (best < 0 || x[at] > x[best] || isnan(x[at]))
                best = at;
        }
    return best;
}

void up_max_forward(real *y, const real *v, const real *x, const struct up_pool *p, bool add)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p);
    for (int i = 0; i < p->planes; ++i, v += p->h * p->w, x += p->h * p->w)
        for (int oy = 0; oy < oh; ++oy)
            for (int ox = 0; ox < ow; ++ox, ++y)
                *y = (add ? *y : 0) + v[greatest(x, p, oy, ox)];
}

void up_max_backward(real *dx, const real *dy, const real *x, const struct up_pool *p, bool add,
                     real *scratch)
{
    int oh = up_pool_rows(p), ow = up_pool_cols(p), inputs = p->h * p->w;
    for (int i = 0; i < p->planes; ++i, dx += inputs, x += inputs) {
        memset(scratch, 0, (size_t)inputs * sizeof(real));
        for (int oy = 0; oy < oh; ++oy)
            for (int ox = 0; ox < ow; ++ox)
                scratch[greatest(x, p, oy, ox)] += *dy++;
        up_pass(dx, scratch, NULL, inputs, add);
    }
}

void up_mean_forward(real *y, const real *x, int planes, ptrdiff_t area, bool add)
{
    for (int i = 0; i < planes; ++i, x += area) {
        real mean = (real)(up_reduce_sum(x, area) / (double)area);
        y[i] = add ? y[i] + mean : mean;
    }
}

void up_mean_backward(real *dx, const real *dy, int planes, ptrdiff_t area, bool add)
{
    for (int i = 0; i < planes; ++i, dx += area) {
        real each = dy[i] / (real)area;
        for (ptrdiff_t k = 0; k < area; ++k)
            dx[k] = add ? dx[k] + each : each;
    }
}
