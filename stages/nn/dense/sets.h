/* What dense.c and adam.c choose from, one source file each. */
#ifndef UP_NN_DENSE_SETS_H
#define UP_NN_DENSE_SETS_H
#include "stages/nn/dense.h"
#include <stddef.h>

extern const struct up_dense up_dense_portable, up_dense_avx2, up_dense_avx512;

struct up_adam_rates {
    float b1, c1, b2, c2;  /* beta and 1 - beta */
    float step, root, eps; /* lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
    float scale;           /* of the gradient */
};
typedef void up_adam_fn(float *v, float *m1, float *m2, const float *g, size_t n,
                        const struct up_adam_rates *r);
up_adam_fn up_adam_portable, up_adam_avx2, up_adam_avx512;

#endif
