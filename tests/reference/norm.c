/* Batch norm of the plain engine, with its derivatives. */
#include "tests/reference/norm.h"

#include "stages/kernels/reduce.h"

#include <math.h>

#include "stages/kernels/real.h"

/* Rounded where PyTorch's kernel rounds, so that the signs the next ReLU sees are the published
 * ones; the last step is a fused multiply-add there, and here one rounding of a float64. */
void up_norm_forward(real *y, const real *x, const struct up_norm_of *n)
{
    const real *gamma = n->gamma, *beta = n->beta;
    const ptrdiff_t m = n->m;
    for (int c = 0; c < n->channels; ++c, x += m, y += m) {
        struct up_norm *s = &n->stat[c];
        real mean = (real)(up_reduce_sum(x, m) / (double)m);
        real var = (real)up_reduce_squares(x, mean, m) / (real)m;
        real inv = (real)(1 / sqrt((double)var + UP_NORM_EPS));
        real scale = gamma ? inv * gamma[c] : inv;
        real shift = (real)((beta ? (double)beta[c] : 0) - (double)mean * (double)scale);
        *s = (struct up_norm){.mean = (double)mean, .var = (double)var, .inv = (double)inv};
        for (ptrdiff_t i = 0; i < m; ++i) {
            real v = (real)((double)x[i] * (double)scale + (double)shift);
            y[i] = n->add ? y[i] + v : v;
        }
    }
}

/* Of v less its own mean and what it shares with xhat. */
struct projection {
    double k, shift, slope;
};

/* out (+)= k * (v - shift - xhat * slope), the form of both first derivatives. */
static void project(real *out, const real *v, const real *x, const struct up_norm *s,
                    struct projection p, ptrdiff_t m, bool add)
{
    real mean = (real)s->mean, a = (real)p.k, b = (real)p.shift, d = (real)(p.slope * s->inv);
    if (add)
        for (ptrdiff_t i = 0; i < m; ++i)
            out[i] += a * (v[i] - b - (x[i] - mean) * d);
    else
        for (ptrdiff_t i = 0; i < m; ++i)
            out[i] = a * (v[i] - b - (x[i] - mean) * d);
}

void up_norm_backward(real *dx, const real *x, const real *dy, const struct up_norm_of *n)
{
    const real *gamma = n->gamma;
    const ptrdiff_t m = n->m;
    for (int c = 0; c < n->channels; ++c, x += m, dx += m, dy += m) {
        struct up_norm *s = &n->stat[c];
        s->grad = up_reduce_sum(dy, m) / (double)m;
        s->grad_xhat = up_reduce_centred_dot(x, s->mean, dy, 0, m) * s->inv / (double)m;
        double k = s->inv * (gamma ? (double)gamma[c] : 1);
        project(dx, dy, x, s, (struct projection){k, s->grad, s->grad_xhat}, m, n->add);
    }
}

void up_norm_tangent(real *ydot, const real *x, const real *xdot, const struct up_norm_of *n)
{
    const real *gamma = n->gamma;
    const ptrdiff_t m = n->m;
    for (int c = 0; c < n->channels; ++c, x += m, xdot += m, ydot += m) {
        struct up_norm *s = &n->stat[c];
        s->tangent = up_reduce_sum(xdot, m) / (double)m;
        s->tan_xhat = up_reduce_centred_dot(x, s->mean, xdot, 0, m) * s->inv / (double)m;
        double k = s->inv * (gamma ? (double)gamma[c] : 1);
        project(ydot, xdot, x, s, (struct projection){k, s->tangent, s->tan_xhat}, m, n->add);
    }
}

/* With G = dy - mean(dy) - xhat * mean(dy * xhat) and dx = (gamma/s) * G:
 *   sdot / s = tan_xhat / s,
 *   Gdot = dydot - mean(dydot) - xhatdot * mean(dy*xhat) - xhat * mean(dydot*xhat +
 * dy*xhatdot), dxdot = (gamma/s) * (Gdot - (tan_xhat/s) * G). */
void up_norm_backward_tangent(real *dxdot, const real *x, const real *xdot, const real *dy,
                              const real *dydot, const struct up_norm_of *n)
{
    const real *gamma = n->gamma;
    const ptrdiff_t m = n->m;
    for (int c = 0; c < n->channels; ++c, x += m, xdot += m, dy += m, dydot += m, dxdot += m) {
        const struct up_norm *s = &n->stat[c];
        double count = (double)m;
        double shift = up_reduce_sum(dydot, m) / count;
        double dy_xdot = up_reduce_centred_dot(xdot, s->tangent, dy, 0, m) / count;
        double slope = up_reduce_centred_dot(x, s->mean, dydot, 0, m) * s->inv / count +
                       s->inv * (dy_xdot - s->tan_xhat * s->grad_xhat);
        real mean = (real)s->mean, inv = (real)s->inv, xdot_mean = (real)s->tangent;
        real k = (real)(s->inv * (gamma ? (double)gamma[c] : 1)),
             shrink = (real)(s->tan_xhat * s->inv);
        real b = (real)shift, d = (real)slope, along = (real)s->tan_xhat;
        real m1 = (real)s->grad, m2 = (real)s->grad_xhat;
        for (ptrdiff_t i = 0; i < m; ++i) {
            real xhat = (x[i] - mean) * inv;
            real xhatdot = (xdot[i] - xdot_mean - xhat * along) * inv;
            real g = dy[i] - m1 - xhat * m2;
            real v = k * (dydot[i] - b - xhatdot * m2 - xhat * d - shrink * g);
            dxdot[i] = n->add ? dxdot[i] + v : v;
        }
    }
}
