/* Batch normalisation in training mode: statistics of the batch itself.
 *
 * Per channel, over its m = images * rows * columns numbers:
 *   xhat = (x - mean) / s,  s = sqrt(var + 1e-5),  y = gamma * xhat + beta
 * var is the biased variance. Everything that is summed is summed in float64. */
#ifndef UP_NN_NORM_H
#define UP_NN_NORM_H
#include <stdbool.h>
#include <stddef.h>

#define UP_NORM_EPS 1e-5

struct up_norm {              /* one channel's sums, filled pass by pass */
    double mean, var, inv;    /* forward: inv = 1/s */
    double grad, grad_xhat;   /* backward: mean(dy), mean(dy * xhat) */
    double tangent, tan_xhat; /* tangent: mean(xdot), mean(xhat * xdot) */
};

/* x, y: [channels][m]; stat, gamma, beta: [channels]; gamma and beta may be NULL
 * (1 and 0). dy and dydot belong to y, xdot and dxdot to x.
 * forward           y (+)= ...; fills mean, var, inv
 * backward          dx (+)= (gamma/s) * (dy - mean(dy) - xhat * mean(dy * xhat))
 * tangent           ydot (+)= gamma * xhatdot, xhatdot = (xdot - mean(xdot) - xhat * mean(xhat
 * * xdot)) / s backward_tangent  dxdot (+)= derivative of backward along (xdot, dydot), gamma
 * held; after backward and tangent on the same stat */
#define UP_NORM_DECLARE(real, R)                                                               \
    void up_norm_forward##R(real *y, const real *x, const real *gamma, const real *beta,       \
                            struct up_norm *stat, int channels, ptrdiff_t m, bool add);        \
    void up_norm_backward##R(real *dx, const real *x, const real *dy, const real *gamma,       \
                             struct up_norm *stat, int channels, ptrdiff_t m, bool add);       \
    void up_norm_tangent##R(real *ydot, const real *x, const real *xdot, const real *gamma,    \
                            struct up_norm *stat, int channels, ptrdiff_t m, bool add);        \
    void up_norm_backward_tangent##R(                                                          \
        real *dxdot, const real *x, const real *xdot, const real *dy, const real *dydot,       \
        const real *gamma, const struct up_norm *stat, int channels, ptrdiff_t m, bool add);
UP_NORM_DECLARE(float, _f32)
UP_NORM_DECLARE(double, _f64)

#endif
