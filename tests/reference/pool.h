/* Average pooling that does not count the padding, maximum pooling, and the mean over an image.
 * Linear, once the places of the maxima are fixed: the tangent is forward itself, the
 * gradient's tangent backward itself. */
#ifndef UP_NN_POOL_H
#define UP_NN_POOL_H
#include <stdbool.h>
#include <stddef.h>

struct up_pool {
    int planes;              /* channels * images, each [h][w] */
    int kernel, stride, pad; /* square */
    int h, w;                /* of the input */
};
int up_pool_rows(const struct up_pool *p); /* of the output */
int up_pool_cols(const struct up_pool *p);
size_t up_pool_scratch(const struct up_pool *p); /* numbers */

#define UP_DECLARATIONS "tests/reference/pool_reals.h"
#include "stages/kernels/both_reals.h"

#endif
