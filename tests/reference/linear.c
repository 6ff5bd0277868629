/* The linear layer of the plain engine. */
#include "tests/reference/linear.h"

#include "stages/kernels/gemm.h"

#include <stddef.h>

#include "stages/kernels/real.h"

#if defined UP_REAL_F64
#define gemm up_dgemm
#else
#define gemm up_sgemm
#endif

void up_linear_forward(real *y, const real *x, const real *w, const real *bias,
                       const struct up_linear *l)
{
    const int out = l->out, in = l->in, n = l->n;
    const bool add = l->add;
    gemm(y, n, w, in, x, n, &(struct up_gemm){UP_N, UP_N, out, n, in, 1, add ? 1 : 0});
    for (int o = 0; bias && o < out; ++o)
        for (int i = 0; i < n; ++i)
            y[(ptrdiff_t)o * n + i] += bias[o];
}

void up_linear_backward_data(real *dx, const real *w, const real *dy, int out, int in, int n,
                             bool add)
{
    gemm(dx, n, w, in, dy, n, &(struct up_gemm){UP_T, UP_N, in, n, out, 1, add ? 1 : 0});
}

void up_linear_backward_weight(real *dw, const real *x, const real *dy, int out, int in, int n,
                               bool add)
{
    gemm(dw, in, dy, n, x, n, &(struct up_gemm){UP_N, UP_T, out, in, n, 1, add ? 1 : 0});
}
