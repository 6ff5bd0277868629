/* The functions of norm.h for one real type; see both_reals.h. */
#define up_norm_of UP_R(up_norm_of)
#define up_norm_forward UP_R(up_norm_forward)
#define up_norm_backward UP_R(up_norm_backward)
#define up_norm_tangent UP_R(up_norm_tangent)
#define up_norm_backward_tangent UP_R(up_norm_backward_tangent)

/* One norm: gamma, beta and stat are [channels]; gamma and beta may be NULL (1 and 0). m:
 * numbers of a channel; `add` chooses between = and += for the result. */
struct up_norm_of {
    const real *gamma, *beta;
    struct up_norm *stat;
    int channels;
    ptrdiff_t m;
    bool add;
};

/* x, y: [channels][m]. dy and dydot belong to y, xdot and dxdot to x.
 * forward    y (+)= ...; fills mean, var, inv
 * backward   dx (+)= (gamma/s) * (dy - mean(dy) - xhat * mean(dy * xhat))
 * tangent    ydot (+)= gamma * xhatdot,
 *            xhatdot = (xdot - mean(xdot) - xhat * mean(xhat * xdot)) / s
 * backward_tangent  dxdot (+)= the derivative of backward along (xdot, dydot), gamma held;
 * after backward and tangent on the same stat */
void up_norm_forward(real *y, const real *x, const struct up_norm_of *n);
void up_norm_backward(real *dx, const real *x, const real *dy, const struct up_norm_of *n);
void up_norm_tangent(real *ydot, const real *x, const real *xdot, const struct up_norm_of *n);
void up_norm_backward_tangent(real *dxdot, const real *x, const real *xdot, const real *dy,
                              const real *dydot, const struct up_norm_of *n);
