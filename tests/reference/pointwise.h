/* Copies, sums and the ReLU. `mask` as in conv.h: numbers whose mask is <= 0 become 0, so
 * that pass(y, x, x) is the ReLU, pass(dx, dy, x) its gradient and pass(ydot, xdot, x) its
 * tangent. */
#ifndef UP_NN_POINTWISE_H
#define UP_NN_POINTWISE_H
#include <stdbool.h>
#include <stddef.h>

#define UP_DECLARATIONS "tests/reference/pointwise_reals.h"
#include "stages/kernels/both_reals.h"

#endif
