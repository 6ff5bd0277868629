/* Sums in float64, in one order whatever the machine: eight lanes, element k in
 * lane k % 8, lanes added pairwise at the end. */
#ifndef UP_KERNELS_REDUCE_H
#define UP_KERNELS_REDUCE_H
#include <stddef.h>

/* sum x;  sum x*y;  sum |x*y|;  sum |x-y|;  sum (x-sx)*(y-sy);
 * squares: sum (x-shift)^2, each square rounded to `real` before it is added */
#define UP_REDUCE_DECLARE(real, R)                                                             \
    double up_sum##R(const real *x, ptrdiff_t m);                                              \
    double up_dot##R(const real *x, const real *y, ptrdiff_t m);                               \
    double up_abs_dot##R(const real *x, const real *y, ptrdiff_t m);                           \
    double up_distance##R(const real *x, const real *y, ptrdiff_t m);                          \
    double up_centred_dot##R(const real *x, double sx, const real *y, double sy, ptrdiff_t m); \
    double up_squares##R(const real *x, real shift, ptrdiff_t m);
UP_REDUCE_DECLARE(float, _f32)
UP_REDUCE_DECLARE(double, _f64)

#endif
