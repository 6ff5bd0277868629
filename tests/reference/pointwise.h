/* Copies, sums and the ReLU. `mask` as in conv.h: numbers whose mask is <= 0 become 0, so
 * that pass(y, x, x) is the ReLU, pass(dx, dy, x) its gradient and pass(ydot, xdot, x) its
 * tangent. */
#ifndef UP_NN_POINTWISE_H
#define UP_NN_POINTWISE_H
#include <stdbool.h>
#include <stddef.h>

/* y (+)= x where mask > 0; mask == NULL: everywhere */
#define UP_POINTWISE_DECLARE(real, R)                                                          \
    void up_pass##R(real *y, const real *x, const real *mask, ptrdiff_t m, bool add);
UP_POINTWISE_DECLARE(float, _f32)
UP_POINTWISE_DECLARE(double, _f64)

#endif
