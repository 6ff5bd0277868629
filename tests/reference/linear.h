/* Fully connected layer on [feature][image] tensors: y = w x + b.
 * Bilinear in (x, w), as conv.h: the tangent is two forwards, the first without
 * bias, the gradient's tangent two backward_data. */
#ifndef UP_NN_LINEAR_H
#define UP_NN_LINEAR_H
#include <stdbool.h>

struct up_linear {
    int out, in, n;
    bool add;
};

#define UP_DECLARATIONS "tests/reference/linear_reals.h"
#include "stages/kernels/both_reals.h"

#endif
