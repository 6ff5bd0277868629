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

/* A slab of n parameters v, their moments m1 and m2, zero before the first step, and the
 * gradient g. A slab may be stepped in parts. */
struct up_adam_slab {
    float *v, *m1, *m2;
    const float *g;
    size_t n;
};
/* v moves against scale * g; step counts from 1. Bias-corrected: v -= lr m1^ / (sqrt(m2^) +
 * eps). */
void up_adam_step(const struct up_adam_slab *slab, double scale, const struct up_adam *a,
                  int64_t step);

/* Sum of squares in double, in a fixed order. */
double up_grad_square(const float *g, size_t n);
/* What to multiply a gradient of this norm with, so that it is at most max:
 * max / (norm + 1e-6) where that is below 1 (as PyTorch clips). */
double up_grad_scale(double norm, double max);

#endif
