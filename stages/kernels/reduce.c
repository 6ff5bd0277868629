/* Sums in one fixed order, so that they have the same bits on every machine. */
#include "stages/kernels/reduce.h"

#include <math.h>

#include "stages/kernels/real.h"

enum { LANES = 8 };
/* Eight independent sums: the order is fixed, and the compiler may use vectors. */
#define UP_LANES(expression)                                                                   \
    double s[LANES] = {0};                                                                     \
    ptrdiff_t i = 0;                                                                           \
    for (; i + LANES <= m; i += LANES)                                                         \
        for (ptrdiff_t j = 0; j < LANES; ++j) {                                                \
            const ptrdiff_t k = i + j;                                                         \
            s[j] += (expression);                                                              \
        }                                                                                      \
    for (; i < m; ++i) {                                                                       \
        const ptrdiff_t k = i;                                                                 \
        s[k % LANES] += (expression);                                                          \
    }                                                                                          \
    return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))

double up_reduce_sum(const real *x, ptrdiff_t m) { UP_LANES((double)x[k]); }

double up_reduce_dot(const real *x, const real *y, ptrdiff_t m)
{
    UP_LANES((double)x[k] * (double)y[k]);
}

double up_reduce_abs_dot(const real *x, const real *y, ptrdiff_t m)
{
    UP_LANES(fabs((double)x[k] * (double)y[k]));
}

double up_reduce_centred_dot(const real *x, double sx, const real *y, double sy, ptrdiff_t m)
{
    UP_LANES(((double)x[k] - sx) * ((double)y[k] - sy));
}

double up_reduce_squares(const real *x, real shift, ptrdiff_t m)
{
    UP_LANES((double)(real)((x[k] - shift) * (x[k] - shift)));
}
