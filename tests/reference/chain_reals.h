/* The functions of chain.h for one real type; see both_reals.h. */
#define up_chain UP_R(up_chain)

/* y[out][n] (+)= w[out][k] x[k][n]; ldy, ldx: row strides; w is dense. In float32
 * s = fma(w[o][t], x[t][i], s) for t = 0 .. k-1 from s = 0, then y = s or y = y + s. In
 * float64 the product of gemm.h: nothing published depends on its last bits. */
void up_chain(real *y, int ldy, const real *w, const real *x, int ldx, struct up_chain_size s);
