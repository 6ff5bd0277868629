/* Sizes of plain pools. */
#ifndef UP_TESTS_REFERENCE_POOL_PLAN_H
#define UP_TESTS_REFERENCE_POOL_PLAN_H
#include "tests/reference/pool.h"
#include "tests/reference/pointwise.h"
#include "stages/kernels/reduce.h"
#include "tests/reference/tap.h"
#include <math.h>
#include <string.h>

/* Inputs along one axis under window `o`. */
static inline int covered(int o, const struct up_pool *p, int inputs)
{
    int first = o * p->stride - p->pad, last = first + p->kernel;
    return (last < inputs ? last : inputs) - (first > 0 ? first : 0);
}

#endif
