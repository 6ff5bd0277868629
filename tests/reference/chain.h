/* A matrix product whose every number is one chain of fused multiply-adds.
 *
 * Libraries split long sums into several at the edges of their tiles, where and how
 * depends on the shape. What decides signs (a forward pass, see conv.h) uses
 * this product instead: its bits depend on the numbers alone, on any processor. */
#ifndef UP_NN_CHAIN_H
#define UP_NN_CHAIN_H
#include <stdbool.h>

/* y[out][n] (+)= w[out][k] x[k][n]; ldy, ldx: row strides; w is dense. In float32
 * s = fma(w[o][t], x[t][i], s) for t = 0 .. k-1 from s = 0, then y = s or y = y + s. In
 * float64 the product of gemm.h: nothing published depends on its last bits. */
#define UP_CHAIN_DECLARE(real, R)                                                              \
    void up_chain##R(real *y, int ldy, const real *w, const real *x, int ldx, int out, int n,  \
                     int k, bool add);
UP_CHAIN_DECLARE(float, _f32)
UP_CHAIN_DECLARE(double, _f64)

#endif
