/* Adam (Kingma and Ba 2015, algorithm 1) over one slab of parameters, and the
 * clipping of a gradient by its norm. */
#ifndef UP_KERNELS_ADAM_H
#define UP_KERNELS_ADAM_H
#include <stddef.h>
#include <stdint.h>

struct up_adam {
    double lr, beta1, beta2, eps; /* usual: 1e-3, 0.9, 0.999, 1e-8 */
};
#define UP_ADAM(rate)                                                                          \
    {                                                                                          \
        (rate), 0.9, 0.999, 1e-8                                                               \
    }

/* v[n] moves against scale * g[n]; m1[n], m2[n] are the moments, zero before the first
 * step; step counts from 1. Bias-corrected: v -= lr m1^ / (sqrt(m2^) + eps). A slab may be
 * stepped in parts. */
void up_adam_step(float *v, float *m1, float *m2, const float *g, size_t n, double scale,
                  const struct up_adam *a, int64_t step);

/* Sum of squares in double, in a fixed order. */
double up_grad_square(const float *g, size_t n);
/* What to multiply a gradient of this norm with, so that it is at most max:
 * max / (norm + 1e-6) where that is below 1 (as PyTorch clips). */
double up_grad_scale(double norm, double max);

#endif
