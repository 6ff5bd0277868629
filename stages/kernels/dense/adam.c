/* Adam's step over a slab of parameters, in plain loops; compiled once for each instruction
 * set. */
#include "stages/kernels/dense/sets.h"

#include <math.h>

#include "stages/kernels/simd.h"

void UP_VARIANT(up_adam)(float *restrict v, float *restrict m1, float *restrict m2,
                         const float *restrict g, size_t n, const struct up_adam_rates *r)
{
    struct up_adam_rates a = *r;
    for (size_t i = 0; i < n; i++) {
        float d = g[i] * a.scale;
        m1[i] = a.b1 * m1[i] + a.c1 * d;
        m2[i] = a.b2 * m2[i] + a.c2 * d * d;
        v[i] -= a.step * m1[i] / (sqrtf(m2[i]) * a.root + a.eps);
    }
}
