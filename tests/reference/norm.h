/* Batch normalisation in training mode: statistics of the batch itself.
 *
 * Per channel, over its m = images * rows * columns numbers:
 *   xhat = (x - mean) / s,  s = sqrt(var + 1e-5),  y = gamma * xhat + beta
 * var is the biased variance. Everything that is summed is summed in float64. */
#ifndef UP_NN_NORM_H
#define UP_NN_NORM_H
#include <stdbool.h>
#include <stddef.h>

#define UP_NORM_EPS 1e-5

struct up_norm {              /* one channel's sums, filled pass by pass */
    double mean, var, inv;    /* forward: inv = 1/s */
    double grad, grad_xhat;   /* backward: mean(dy), mean(dy * xhat) */
    double tangent, tan_xhat; /* tangent: mean(xdot), mean(xhat * xdot) */
};

#define UP_DECLARATIONS "tests/reference/norm_reals.h"
#include "stages/kernels/both_reals.h"

#endif
