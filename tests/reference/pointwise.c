/* Operations of the plain engine that look at one number at a time. */
#include "tests/reference/pointwise.h"

#include "stages/kernels/real.h"

/* Both operands are loaded before the choice, so that no loop has a branch in it. */
static real masked(real x, real mask) { return mask <= 0 ? 0 : x; }

void up_pass(real *y, const real *x, const real *mask, ptrdiff_t m, bool add)
{
    if (mask && add)
        for (ptrdiff_t i = 0; i < m; ++i)
            y[i] += masked(x[i], mask[i]);
    else if (mask)
        for (ptrdiff_t i = 0; i < m; ++i)
            y[i] = masked(x[i], mask[i]);
    else if (add)
        for (ptrdiff_t i = 0; i < m; ++i)
            y[i] += x[i];
    else
        for (ptrdiff_t i = 0; i < m; ++i)
            y[i] = x[i];
}
