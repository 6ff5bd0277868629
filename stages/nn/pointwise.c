#ifndef real
#include "stages/nn/pointwise.h"

#define UP_TEMPLATE "stages/nn/pointwise.c"
#include "stages/nn/both.h"
#else

void UP_R(up_pass)(real *y, const real *x, const real *mask, ptrdiff_t m, bool add)
{
    for (ptrdiff_t i = 0; i < m; ++i) {
        real v = mask && mask[i] <= 0 ? 0 : x[i];
        y[i] = add ? y[i] + v : v;
    }
}

#endif
