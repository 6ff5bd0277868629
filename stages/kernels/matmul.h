/* Matrix product for training and inference: the bits of one element depend on its
 * row of A and its column of B alone, not on the shape, the position or the machine.
 * Each is a chain of fused multiply-adds in the order of k. */
#ifndef UP_KERNELS_MATMUL_H
#define UP_KERNELS_MATMUL_H
#include "stages/kernels/gemm.h"

/* C[m][n] = op(A)[m][k] op(B)[k][n], or C += with `add`; k >= 1. No op(A)^T with op(B)^T. */
struct up_matmul {
    enum up_trans ta, tb; /* what op(A) and op(B) are: the matrix or its transpose */
    int m, n, k, add;
};
/* Row-major; ld* = row strides. */
void up_matmul(float *c, int ldc, const float *a, int lda, const float *b, int ldb,
               const struct up_matmul *p);

#endif
