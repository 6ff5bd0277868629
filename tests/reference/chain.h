/* A matrix product whose every number is one chain of fused multiply-adds.
 *
 * Libraries split long sums into several at the edges of their tiles, where and how
 * depends on the shape. What decides signs (a forward pass, see conv.h) uses
 * this product instead: its bits depend on the numbers alone, on any processor. */
#ifndef UP_NN_CHAIN_H
#define UP_NN_CHAIN_H
#include <stdbool.h>

struct up_chain_size {
    int out, n, k;
    bool add;
};

#define UP_DECLARATIONS "tests/reference/chain_reals.h"
#include "stages/kernels/both_reals.h"

#endif
