/* Softmax cross entropy, mean over the batch, on logits z[classes][n]. */
#ifndef UP_KERNELS_LOSS_H
#define UP_KERNELS_LOSS_H
#include <stdint.h>

/* forward   returns the loss
 * backward  dz = (p - onehot(y)) / n, p = softmax(z)
 * tangent   dzdot = derivative of dz along zdot = p * (zdot - sum_k p_k zdot_k) / n */
#define UP_LOSS_DECLARE(real, R)                                                               \
    double up_loss_forward##R(const real *z, const int32_t *y, int classes, int n);            \
    void up_loss_backward##R(real *dz, const real *z, const int32_t *y, int classes, int n);   \
    void up_loss_tangent##R(real *dzdot, const real *z, const real *zdot, int classes, int n);
UP_LOSS_DECLARE(float, _f32)
UP_LOSS_DECLARE(double, _f64)

#endif
