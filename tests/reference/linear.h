/* Fully connected layer on [feature][image] tensors: y = w x + b.
 * Bilinear in (x, w), as conv.h: the tangent is two forwards, the first without
 * bias, the gradient's tangent two backward_data. */
#ifndef UP_NN_LINEAR_H
#define UP_NN_LINEAR_H
#include <stdbool.h>

/* y[out][n] (+)= w[out][in] x[in][n] + bias[out] (NULL: none);  dx (+)= w^T dy;  dw (+)= dy x^T
 */
#define UP_LINEAR_DECLARE(real, R)                                                             \
    void up_linear_forward##R(real *y, const real *x, const real *w, const real *bias,         \
                              int out, int in, int n, bool add);                               \
    void up_linear_backward_data##R(real *dx, const real *w, const real *dy, int out, int in,  \
                                    int n, bool add);                                          \
    void up_linear_backward_weight##R(real *dw, const real *x, const real *dy, int out,        \
                                      int in, int n, bool add);
UP_LINEAR_DECLARE(float, _f32)
UP_LINEAR_DECLARE(double, _f64)

#endif
