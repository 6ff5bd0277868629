/* Softmax cross entropy with its gradient, and the gradient's derivative in a direction. */
#include "stages/kernels/loss.h"

#include <math.h>
#include <stddef.h>

#include "stages/kernels/real.h"

/* log of sum_k exp(z_k) of one image; z points at its first logit. */
static double log_sum_exp(const real *z, int classes, int n)
{
    double top = (double)-INFINITY, sum = 0;
    for (int k = 0; k < classes; ++k)
        top = fmax(top, (double)z[(ptrdiff_t)k * n]);
    for (int k = 0; k < classes; ++k)
        sum += exp((double)z[(ptrdiff_t)k * n] - top);
    return top + log(sum);
}

double up_loss_forward(const real *z, const int32_t *y, int classes, int n)
{
    double sum = 0;
    for (int i = 0; i < n; ++i)
        sum += log_sum_exp(z + i, classes, n) - (double)z[(ptrdiff_t)y[i] * n + i];
    return sum / n;
}

void up_loss_backward(real *dz, const real *z, const int32_t *y, int classes, int n)
{
    for (int i = 0; i < n; ++i) {
        double lse = log_sum_exp(z + i, classes, n);
        for (int k = 0; k < classes; ++k) {
            ptrdiff_t at = (ptrdiff_t)k * n + i;
            dz[at] = (real)((exp((double)z[at] - lse) - (k == y[i] ? 1 : 0)) / n);
        }
    }
}

void up_loss_tangent(real *dzdot, const real *z, const real *zdot, int classes, int n)
{
    for (int i = 0; i < n; ++i) {
        double lse = log_sum_exp(z + i, classes, n), mean = 0;
        for (int k = 0; k < classes; ++k) {
            ptrdiff_t at = (ptrdiff_t)k * n + i;
            mean += exp((double)z[at] - lse) * (double)zdot[at];
        }
        for (int k = 0; k < classes; ++k) {
            ptrdiff_t at = (ptrdiff_t)k * n + i;
            dzdot[at] = (real)(exp((double)z[at] - lse) * ((double)zdot[at] - mean) / n);
        }
    }
}
