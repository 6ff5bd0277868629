/* Adam (Kingma and Ba 2015, algorithm 1) over one slab of parameters, and the
 * clipping of a gradient by its norm. */
#ifndef UP_NN_ADAM_H
#define UP_NN_ADAM_H
#include <stddef.h>
#include <stdint.h>

struct up_adam {
    double lr, beta1, beta2, eps; /* usual: 1e-3, 0.9, 0.999, 1e-8 */
};
#define UP_ADAM(rate)                                                                          \
    {                                                                                          \
        (rate), 0.9, 0.999, 1e-8                                                               \
    }

/* v[n] moves against g[n]; m1[n], m2[n] are the moments, zero before the first
 * step; step counts from 1. Bias-corrected: v -= lr m1^ / (sqrt(m2^) + eps). */
void up_adam_step(float *v, float *m1, float *m2, const float *g, size_t n,
                  const struct up_adam *a, int64_t step);

/* Euclidean norm, summed in double in a fixed order. */
double up_grad_norm(const float *g, size_t n);
/* Scales g by max / (norm + 1e-6) where that is below 1; returns the norm before. */
double up_grad_clip(float *g, size_t n, double max);

#endif
