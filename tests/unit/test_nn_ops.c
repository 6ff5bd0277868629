/* links: up_reference */
/* Every operation against central differences in float64: its gradient, its tangent, and the
 * tangent of its gradient; and the convolution against its definition in both precisions. */
#include "tests/reference/chain.h"
#include "tests/reference/conv.h"
#include "tests/reference/linear.h"
#include "stages/kernels/loss.h"
#include "tests/reference/norm.h"
#include "tests/reference/pointwise.h"
#include "tests/reference/pool.h"
#include "stages/kernels/reduce.h"
#include "store/base/arena.h"
#include "store/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { MOST = 3000 };
static const double step = 1e-5;

/* Numbers that stay on their side of 0 when moved by `step`. */
static void draw(double *v, int n, const char *name)
{
    struct up_rng r = up_rng_init(7, name);
    for (int i = 0; i < n; ++i)
        do
            v[i] = up_rng_normal(&r);
        while (fabs(v[i]) < 0.01);
}

static void close_to(const double *got, const double *want, int n, double tolerance)
{
    for (int i = 0; i < n; ++i)
        if (!(fabs(got[i] - want[i]) <= tolerance * (1 + fabs(want[i]))))
            fail_msg("number %d is %.12g, expected %.12g", i, got[i], want[i]);
}

/* An operation on one input and one parameter vector, with all its derivatives. */
struct op {
    int nx, nw, ny;
    const void *ctx;
    void (*forward)(const void *ctx, double *y, const double *x, const double *w);
    void (*backward)(const void *ctx, double *dx, double *dw, const double *x, const double *w,
                     const double *dy);
    void (*tangent)(const void *ctx, double *ydot, const double *x, const double *w,
                    const double *xdot, const double *wdot);
    void (*second)(const void *ctx, double *dxdot, const double *x, const double *w,
                   const double *dy, const double *xdot, const double *wdot,
                   const double *dydot);
};

static void moved(double *to, const double *from, const double *along, int n, double by)
{
    for (int i = 0; i < n; ++i)
        to[i] = from[i] + by * along[i];
}

/* Gradient of <dy, f> in every coordinate of v (x or w). */
static void check_gradient(const struct op *o, const double *x, const double *w,
                           const double *dy, const double *got, bool of_w)
{
    static double v[MOST], y[2][MOST], want[MOST];
    int n = of_w ? o->nw : o->nx;
    memcpy(v, of_w ? w : x, (size_t)n * sizeof *v);
    for (int i = 0; i < n; ++i) {
        double keep = v[i];
        for (int side = 0; side < 2; ++side) {
            v[i] = keep + (side ? -step : step);
            o->forward(o->ctx, y[side], of_w ? x : v, of_w ? v : w);
        }
        v[i] = keep;
        want[i] = (up_reduce_dot_f64(y[0], dy, o->ny) - up_reduce_dot_f64(y[1], dy, o->ny)) /
                  (2 * step);
    }
    close_to(got, want, n, 2e-7);
}

static void check(const struct op *o)
{
    static double x[MOST], w[MOST], dy[MOST], xdot[MOST], wdot[MOST], dydot[MOST];
    static double dx[2][MOST], dw[MOST], y[2][MOST], xs[MOST], ws[MOST], dys[MOST], want[MOST];
    assert_true(o->nx <= MOST && o->nw <= MOST && o->ny <= MOST);
    draw(x, o->nx, "x");
    draw(w, o->nw, "w");
    draw(dy, o->ny, "dy");
    draw(xdot, o->nx, "xdot");
    draw(wdot, o->nw, "wdot");
    draw(dydot, o->ny, "dydot");
    o->backward(o->ctx, dx[0], dw, x, w, dy);
    check_gradient(o, x, w, dy, dx[0], false);
    if (o->nw)
        check_gradient(o, x, w, dy, dw, true);

    for (int side = 0; side < 2; ++side) {
        double by = side ? -step : step;
        moved(xs, x, xdot, o->nx, by);
        moved(ws, w, wdot, o->nw, by);
        moved(dys, dy, dydot, o->ny, by);
        o->forward(o->ctx, y[side], xs, ws);
        o->backward(o->ctx, dx[side], dw, xs, ws, dys);
    }
    for (int i = 0; i < o->ny; ++i)
        want[i] = (y[0][i] - y[1][i]) / (2 * step);
    o->tangent(o->ctx, y[0], x, w, xdot, wdot);
    close_to(y[0], want, o->ny, 2e-7);
    for (int i = 0; i < o->nx; ++i)
        want[i] = (dx[0][i] - dx[1][i]) / (2 * step);
    o->second(o->ctx, dx[0], x, w, dy, xdot, wdot, dydot);
    close_to(dx[0], want, o->nx, 2e-7);
}

/* ---- convolution; ctx is the geometry, `relu` says whether the input is masked by itself ----
 */
struct conv {
    struct up_conv c;
    bool relu;
};
static double scratch[40000];

static void conv_forward(const void *ctx, double *y, const double *x, const double *w)
{
    const struct conv *o = ctx;
    up_conv_forward_f64(y, x, o->relu ? x : NULL, w, &o->c, false, scratch);
}
static void conv_backward(const void *ctx, double *dx, double *dw, const double *x,
                          const double *w, const double *dy)
{
    const struct conv *o = ctx;
    const double *mask = o->relu ? x : NULL;
    up_conv_backward_data_f64(dx, mask, &(struct up_conv_terms_f64){w, dy, NULL, NULL}, &o->c,
                              false, scratch);
    up_conv_backward_weight_f64(dw, x, mask, dy, &o->c, false, scratch);
}
static void conv_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                         const double *xdot, const double *wdot)
{
    const struct conv *o = ctx;
    const double *mask = o->relu ? x : NULL;
    up_conv_forward_f64(ydot, xdot, mask, w, &o->c, false, scratch);
    up_conv_forward_f64(ydot, x, mask, wdot, &o->c, true, scratch);
}
static void conv_second(const void *ctx, double *dxdot, const double *x, const double *w,
                        const double *dy, const double *xdot, const double *wdot,
                        const double *dydot)
{
    const struct conv *o = ctx;
    (void)xdot;
    up_conv_backward_data_f64(dxdot, o->relu ? x : NULL,
                              &(struct up_conv_terms_f64){w, dydot, wdot, dy}, &o->c, false,
                              scratch);
}

/* in, out, kernel, stride, pad, dilation, shift, depthwise, n, h, w: several blocks of
 * channels, strides, odd sizes, several chunks, and what DARTS has */
static const struct up_conv shapes[] = {
    {3, 4, 3, 1, 1, 1, 0, false, 2, 5, 4},   {18, 3, 3, 1, 1, 1, 0, false, 2, 4, 4},
    {4, 5, 3, 2, 1, 1, 0, false, 3, 6, 6},   {3, 6, 1, 1, 0, 1, 0, false, 4, 3, 5},
    {2, 2, 3, 2, 1, 1, 0, false, 2, 7, 5},   {1, 2, 3, 1, 1, 1, 0, false, 1, 25, 25},
    {3, 3, 3, 1, 1, 1, 0, true, 2, 5, 4},    {2, 2, 5, 2, 2, 1, 0, true, 3, 6, 7},
    {2, 2, 3, 2, 2, 2, 0, true, 2, 6, 6},    {3, 3, 5, 1, 4, 2, 0, true, 1, 5, 3},
    {3, 2, 1, 2, 0, 1, 0, false, 2, 6, 4},   {18, 2, 1, 2, 0, 1, 1, false, 2, 6, 4},
    {2, 3, 3, 1, 2, 2, 0, false, 1, 26, 25}, {83, 1, 1, 1, 0, 1, 0, false, 1, 12, 1},
};

static int weights_of(const struct up_conv *c)
{
    return c->out * (c->depthwise ? 1 : c->in) * c->kernel * c->kernel;
}

static void convolution_has_its_derivatives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        for (int relu = 0; relu < 2; ++relu) {
            struct conv o = {shapes[i], relu != 0};
            const struct up_conv *c = &o.c;
            struct op op = {c->in * c->n * c->h * c->w,
                            weights_of(c),
                            c->out * c->n * up_conv_rows(c) * up_conv_cols(c),
                            &o,
                            conv_forward,
                            conv_backward,
                            conv_tangent,
                            conv_second};
            assert_true(up_conv_scratch(c) <= sizeof scratch / sizeof *scratch);
            check(&op);
        }
}

/* The definition, one output number. */
static double reference(const struct up_conv *c, const double *x, const double *w, int o, int n,
                        int oy, int ox)
{
    double s = 0;
    for (int i = 0; i < c->in; ++i)
        for (int ky = 0; ky < c->kernel; ++ky)
            for (int kx = 0; kx < c->kernel; ++kx) {
                int y = oy * c->stride + ky * c->dilation + c->shift - c->pad;
                int z = ox * c->stride + kx * c->dilation + c->shift - c->pad;
                int filter = c->depthwise ? o : o * c->in + i;
                if (y >= 0 && y < c->h && z >= 0 && z < c->w && (!c->depthwise || i == o))
                    s += fmax(0, x[((i * c->n + n) * c->h + y) * c->w + z]) *
                         w[(filter * c->kernel + ky) * c->kernel + kx];
            }
    return s;
}

static void convolution_is_its_definition(void **state)
{
    (void)state;
    static double x[MOST], w[MOST], y[MOST];
    static float xf[MOST], wf[MOST], yf[MOST], sf[40000];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        const struct up_conv *c = &shapes[i];
        int nx = c->in * c->n * c->h * c->w, nw = weights_of(c);
        int oh = up_conv_rows(c), ow = up_conv_cols(c);
        draw(x, nx, "x");
        draw(w, nw, "w");
        for (int k = 0; k < nx; ++k)
            xf[k] = (float)x[k];
        for (int k = 0; k < nw; ++k)
            wf[k] = (float)w[k];
        up_conv_forward_f64(y, x, x, w, c, false, scratch);
        up_conv_forward_f32(yf, xf, xf, wf, c, false, sf);
        for (int k = 0; k < c->out * c->n * oh * ow; ++k) {
            double want = reference(c, x, w, k / (c->n * oh * ow), k / (oh * ow) % c->n,
                                    k / ow % oh, k % ow);
            assert_true(fabs(y[k] - want) < 1e-12 * (1 + fabs(want)));
            assert_true(fabs((double)yf[k] - want) < 2e-5 * (1 + fabs(want)));
        }
    }
}

/* ---- batch norm; w = gamma then beta of 3 channels ---- */
enum { NC = 3, NM = 14 };
static void norm_forward(const void *ctx, double *y, const double *x, const double *w)
{
    struct up_norm s[NC];
    up_norm_forward_f64(y, x, &(struct up_norm_of_f64){w, w + NC, s, NC, NM, false});
}
static void norm_backward(const void *ctx, double *dx, double *dw, const double *x,
                          const double *w, const double *dy)
{
    struct up_norm s[NC];
    static double y[NC * NM];
    up_norm_forward_f64(y, x, &(struct up_norm_of_f64){w, w + NC, s, NC, NM, false});
    up_norm_backward_f64(dx, x, dy, &(struct up_norm_of_f64){w, NULL, s, NC, NM, false});
    for (int c = 0; c < NC;
         ++c) { /* by its sums: gradients of gamma and beta are read nowhere else */
        dw[c] = s[c].grad_xhat * NM;
        dw[NC + c] = s[c].grad * NM;
    }
}
static void norm_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                         const double *xdot, const double *wdot)
{
    struct up_norm s[NC];
    static double y[NC * NM];
    up_norm_forward_f64(y, x, &(struct up_norm_of_f64){w, w + NC, s, NC, NM, false});
    up_norm_tangent_f64(ydot, x, xdot, &(struct up_norm_of_f64){w, NULL, s, NC, NM, false});
    for (int k = 0; k < NC * NM; ++k) /* the direction of gamma and beta, 0 in the engine */
        ydot[k] += wdot[k / NM] * (x[k] - s[k / NM].mean) * s[k / NM].inv + wdot[NC + k / NM];
}
static void norm_second(const void *ctx, double *dxdot, const double *x, const double *w,
                        const double *dy, const double *xdot, const double *wdot,
                        const double *dydot)
{
    struct up_norm s[NC];
    static double y[NC * NM], dx[NC * NM];
    up_norm_forward_f64(y, x, &(struct up_norm_of_f64){w, w + NC, s, NC, NM, false});
    up_norm_backward_f64(dx, x, dy, &(struct up_norm_of_f64){w, NULL, s, NC, NM, false});
    up_norm_tangent_f64(y, x, xdot, &(struct up_norm_of_f64){w, NULL, s, NC, NM, false});
    up_norm_backward_tangent_f64(dxdot, x, xdot, dy, dydot,
                                 &(struct up_norm_of_f64){w, NULL, s, NC, NM, false});
    for (int k = 0; k < NC * NM; ++k) /* dx is proportional to gamma */
        dxdot[k] += wdot[k / NM] / w[k / NM] * dx[k];
}
static void norm_has_its_derivatives(void **state)
{
    (void)state;
    check(&(struct op){NC * NM, 2 * NC, NC * NM, NULL, norm_forward, norm_backward,
                       norm_tangent, norm_second});
}

/* ---- linear maps without parameters: pools, mean; and the ReLU ---- */
static const struct up_pool pools[] = {
    {4, 3, 1, 1, 5, 6}, {3, 2, 2, 0, 4, 6}, {2, 3, 2, 1, 7, 5}};
static void pool_forward(const void *ctx, double *y, const double *x, const double *w)
{
    up_pool_forward_f64(y, x, ctx, false, scratch);
}
static void pool_backward(const void *ctx, double *dx, double *dw, const double *x,
                          const double *w, const double *dy)
{
    up_pool_backward_f64(dx, dy, ctx, false, scratch);
}
static void pool_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                         const double *xdot, const double *wdot)
{
    up_pool_forward_f64(ydot, xdot, ctx, false, scratch);
}
static void pool_second(const void *ctx, double *dxdot, const double *x, const double *w,
                        const double *dy, const double *xdot, const double *wdot,
                        const double *dydot)
{
    up_pool_backward_f64(dxdot, dydot, ctx, false, scratch);
}
static void pool_has_its_derivatives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pools / sizeof *pools; ++i) {
        const struct up_pool *p = &pools[i];
        check(&(struct op){p->planes * p->h * p->w, 0,
                           p->planes * up_pool_rows(p) * up_pool_cols(p), p, pool_forward,
                           pool_backward, pool_tangent, pool_second});
    }
}
static void pool_does_not_count_its_padding(void **state)
{
    (void)state;
    double x[30], y[30];
    for (int i = 0; i < 30; ++i)
        x[i] = 3;
    up_pool_forward_f64(y, x, &(struct up_pool){1, 3, 1, 1, 5, 6}, false, scratch);
    close_to(y, x, 30, 1e-15);
}

static void max_forward(const void *ctx, double *y, const double *x, const double *w)
{
    up_max_forward_f64(y, x, x, ctx, false);
}
static void max_backward(const void *ctx, double *dx, double *dw, const double *x,
                         const double *w, const double *dy)
{
    up_max_backward_f64(dx, dy, x, ctx, false, scratch);
}
static void max_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                        const double *xdot, const double *wdot)
{
    up_max_forward_f64(ydot, xdot, x, ctx, false);
}
static void max_second(const void *ctx, double *dxdot, const double *x, const double *w,
                       const double *dy, const double *xdot, const double *wdot,
                       const double *dydot)
{
    up_max_backward_f64(dxdot, dydot, x, ctx, false, scratch);
}
static void maximum_has_its_derivatives(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pools / sizeof *pools; ++i) {
        const struct up_pool *p = &pools[i];
        check(&(struct op){p->planes * p->h * p->w, 0,
                           p->planes * up_pool_rows(p) * up_pool_cols(p), p, max_forward,
                           max_backward, max_tangent, max_second});
    }
}
/* The padding is less than any number, and of equals the first counts, row by row. */
static void maximum_goes_to_the_first(void **state)
{
    (void)state;
    static const struct up_pool p = {1, 3, 2, 1, 4, 4};
    static const double x[16] = {-5, -5, -7, -3, /**/ -5, -6, -3, -9,
                                 -8, -8, -8, -8, /**/ -8, -7, -8, -7};
    static const double y[4] = {-5, -3, -5, -3}, dy[4] = {1, 2, 4, 8};
    static const double dx[16] = {1, 0, 0, 2, /**/ 4, 0, 8, 0};
    double got[16], ones[16];
    up_max_forward_f64(got, x, x, &p, false);
    close_to(got, y, 4, 0);
    up_max_backward_f64(got, dy, x, &p, false, scratch);
    close_to(got, dx, 16, 0);
    for (int i = 0; i < 16; ++i)
        ones[i] = dx[i] + 1, got[i] = 1;
    up_max_backward_f64(got, dy, x, &p, true, scratch);
    close_to(got, ones, 16, 0);
}

enum { PLANES = 6, AREA = 10 };
static void mean_forward(const void *ctx, double *y, const double *x, const double *w)
{
    up_mean_forward_f64(y, x, PLANES, AREA, false);
}
static void mean_backward(const void *ctx, double *dx, double *dw, const double *x,
                          const double *w, const double *dy)
{
    up_mean_backward_f64(dx, dy, PLANES, AREA, false);
}
static void mean_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                         const double *xdot, const double *wdot)
{
    up_mean_forward_f64(ydot, xdot, PLANES, AREA, false);
}
static void mean_second(const void *ctx, double *dxdot, const double *x, const double *w,
                        const double *dy, const double *xdot, const double *wdot,
                        const double *dydot)
{
    up_mean_backward_f64(dxdot, dydot, PLANES, AREA, false);
}
static void mean_has_its_derivatives(void **state)
{
    (void)state;
    check(&(struct op){PLANES * AREA, 0, PLANES, NULL, mean_forward, mean_backward,
                       mean_tangent, mean_second});
}

static void relu_forward(const void *ctx, double *y, const double *x, const double *w)
{
    up_pass_f64(y, x, x, AREA, false);
}
static void relu_backward(const void *ctx, double *dx, double *dw, const double *x,
                          const double *w, const double *dy)
{
    up_pass_f64(dx, dy, x, AREA, false);
}
static void relu_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                         const double *xdot, const double *wdot)
{
    up_pass_f64(ydot, xdot, x, AREA, false);
}
static void relu_second(const void *ctx, double *dxdot, const double *x, const double *w,
                        const double *dy, const double *xdot, const double *wdot,
                        const double *dydot)
{
    up_pass_f64(dxdot, dydot, x, AREA, false);
}
static void relu_has_its_derivatives(void **state)
{
    (void)state;
    check(&(struct op){AREA, 0, AREA, NULL, relu_forward, relu_backward, relu_tangent,
                       relu_second});
    double x[3] = {0, -0.0, 2}, y[3];
    up_pass_f64(y, x, x, 3, false);
    assert_true(y[0] == 0 && y[1] == 0 && y[2] == 2);
}

/* ---- linear: 4 outputs, 5 inputs, 3 images ---- */
enum { LO = 4, LI = 5, LN = 3 };
static void linear_forward(const void *ctx, double *y, const double *x, const double *w)
{
    up_linear_forward_f64(y, x, w, w + LO * LI, &(struct up_linear){LO, LI, LN, false});
}
static void linear_backward(const void *ctx, double *dx, double *dw, const double *x,
                            const double *w, const double *dy)
{
    up_linear_backward_data_f64(dx, w, dy, LO, LI, LN, false);
    up_linear_backward_weight_f64(dw, x, dy, LO, LI, LN, false);
    for (int o = 0; o < LO; ++o)
        dw[LO * LI + o] = up_reduce_sum_f64(dy + o * LN, LN);
}
static void linear_tangent(const void *ctx, double *ydot, const double *x, const double *w,
                           const double *xdot, const double *wdot)
{
    up_linear_forward_f64(ydot, xdot, w, NULL, &(struct up_linear){LO, LI, LN, false});
    up_linear_forward_f64(ydot, x, wdot, wdot + LO * LI, &(struct up_linear){LO, LI, LN, true});
}
static void linear_second(const void *ctx, double *dxdot, const double *x, const double *w,
                          const double *dy, const double *xdot, const double *wdot,
                          const double *dydot)
{
    up_linear_backward_data_f64(dxdot, w, dydot, LO, LI, LN, false);
    up_linear_backward_data_f64(dxdot, wdot, dy, LO, LI, LN, true);
}
static void linear_has_its_derivatives(void **state)
{
    (void)state;
    check(&(struct op){LI * LN, LO * LI + LO, LO * LN, NULL, linear_forward, linear_backward,
                       linear_tangent, linear_second});
}

/* ---- cross entropy: a number; its gradient's tangent is a Hessian product ---- */
static const int32_t labels[LN] = {2, 0, 3};
static void loss_forward(const void *ctx, double *y, const double *z, const double *w)
{
    y[0] = up_loss_forward_f64(z, labels, LO, LN);
}
static void loss_backward(const void *ctx, double *dz, double *dw, const double *z,
                          const double *w, const double *dy)
{
    up_loss_backward_f64(dz, z, labels, LO, LN);
    for (int i = 0; i < LO * LN; ++i)
        dz[i] *= dy[0];
}
static void loss_tangent(const void *ctx, double *ydot, const double *z, const double *w,
                         const double *zdot, const double *wdot)
{
    static double dz[LO * LN];
    up_loss_backward_f64(dz, z, labels, LO, LN);
    ydot[0] = up_reduce_dot_f64(dz, zdot, LO * LN);
}
static void loss_second(const void *ctx, double *dzdot, const double *z, const double *w,
                        const double *dy, const double *zdot, const double *wdot,
                        const double *dydot)
{
    static double dz[LO * LN];
    up_loss_backward_f64(dz, z, labels, LO, LN);
    up_loss_tangent_f64(dzdot, z, zdot, LO, LN);
    for (int i = 0; i < LO * LN; ++i)
        dzdot[i] = dzdot[i] * dy[0] + dz[i] * dydot[0];
}
static void loss_has_its_derivatives(void **state)
{
    (void)state;
    check(&(struct op){LO * LN, 0, 1, NULL, loss_forward, loss_backward, loss_tangent,
                       loss_second});
}

static void every_operation_can_add(void **state)
{
    (void)state;
    static double x[MOST], w[MOST], once[MOST], twice[MOST];
    const struct up_conv *c = &shapes[0];
    int n = c->out * c->n * c->h * c->w;
    struct up_norm s[3];
    draw(x, MOST, "x");
    draw(w, MOST, "w");
    up_conv_forward_f64(once, x, NULL, w, c, false, scratch);
    memcpy(twice, once, sizeof twice);
    up_conv_forward_f64(twice, x, NULL, w, c, true, scratch);
    for (int i = 0; i < n; ++i)
        once[i] *= 2;
    close_to(twice, once, n, 1e-13);
    up_norm_forward_f64(once, x, &(struct up_norm_of_f64){NULL, NULL, s, 3, 20, false});
    memcpy(twice, once, sizeof twice);
    up_norm_forward_f64(twice, x, &(struct up_norm_of_f64){NULL, NULL, s, 3, 20, true});
    for (int i = 0; i < 60; ++i)
        once[i] *= 2;
    close_to(twice, once, 60, 1e-13);
}

/* Whatever the shape, each number is the one chain the header promises. */
static void chains_do_not_depend_on_the_shape(void **state)
{
    (void)state;
    enum { OUT = 7, N = 37, K = 29, LD = 41 };
    static float w[OUT * K], x[K * LD], y[OUT * N];
    struct up_rng r = up_rng_init(3, "chain");
    for (int i = 0; i < OUT * K; ++i)
        w[i] = (float)up_rng_normal(&r);
    for (int i = 0; i < K * LD; ++i)
        x[i] = (float)up_rng_normal(&r);
    up_chain_f32(y, N, w, x, LD, (struct up_chain_size){OUT, N, K, false});
    for (int o = 0; o < OUT; ++o)
        for (int i = 0; i < N; ++i) {
            float s = 0;
            for (int t = 0; t < K; ++t)
                s = fmaf(w[o * K + t], x[t * LD + i], s);
            assert_memory_equal(&s, &y[o * N + i], sizeof s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_has_its_derivatives),
        cmocka_unit_test(convolution_is_its_definition),
        cmocka_unit_test(norm_has_its_derivatives),
        cmocka_unit_test(pool_has_its_derivatives),
        cmocka_unit_test(pool_does_not_count_its_padding),
        cmocka_unit_test(maximum_has_its_derivatives),
        cmocka_unit_test(maximum_goes_to_the_first),
        cmocka_unit_test(mean_has_its_derivatives),
        cmocka_unit_test(relu_has_its_derivatives),
        cmocka_unit_test(linear_has_its_derivatives),
        cmocka_unit_test(loss_has_its_derivatives),
        cmocka_unit_test(every_operation_can_add),
        cmocka_unit_test(chains_do_not_depend_on_the_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
