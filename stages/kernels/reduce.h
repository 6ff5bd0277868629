/* Sums in float64, in one order whatever the machine: eight lanes, element k in
 * lane k % 8, lanes added pairwise at the end. */
#ifndef UP_KERNELS_REDUCE_H
#define UP_KERNELS_REDUCE_H
#include <stddef.h>

#define UP_DECLARATIONS "stages/kernels/reduce_reals.h"
#include "stages/kernels/both_reals.h"

#endif
