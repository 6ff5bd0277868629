/* The tables of dense.h for one type, `real`; dense.h reads it for float, double.h for double.
 */

/* One normalisation (Ioffe and Szegedy 2015; eps 1e-5), its pointers at the first of C. */
struct up_bn {
    const real *gamma, *beta;
    real *mean, *var;       /* running statistics (var unbiased), momentum 0.1 */
    real *centre, *inverse; /* as used: mean and 1/sqrt(var + eps), kept for backward */
};

/* Rows of a batch before a norm: dy is the gradient of the norm's output, x its input,
 * [B][ld..] */
struct up_bn_rows {
    const real *dy;
    int lddy;
    const real *x;
    int ldx;
    int B, C;
};
/* [C] gradients of gamma, of beta, and of a bias that all rows of x share. */
struct up_bn_gradients {
    real *dgamma, *dbeta, *db;
};

/* matmul: see matmul.h.
 * fill: y[B][ld] = b[C] in every row.
 * relu: x[n] = max(x, 0); relu_backward: dy[n] = 0 where y[n] == 0.
 * sums: db[C] = the sum of dy over rows.
 * dot: sum of a b over B rows and C columns.
 * gather: a[r] = k x[r] + the sum of the rows x[link[r][0..links[r])] of r's graph.
 * exp: y[n] = exp(x[n]), see dense/exp.h.
 * bce: d[n] = sigmoid(s) - t; returns the sum of the cross entropies of sigmoid(s), t 0/1.
 * turn: y[C][ldy] = x[B][ld].
 *
 * A norm is y = relu(gamma (x - mean) / sqrt(var + eps) + beta), mean and biased variance
 * being the batch's own or frozen. A batch may lie in parts, of rows[parts] rows, which are
 * measured apart; what is made of the parts does not depend on who measured which.
 * bn_measure: mean[C] of a part and square[C], the sum of (x - mean)^2.
 * bn_settle: centre and inverse from those of the parts, [parts][C]; the running statistics
 *   move unless p->mean is NULL. bn_freeze: centre and inverse from the running statistics.
 * bn_apply: y.
 * bn_slopes: of a part s[C], the sum of d = dy where y > 0, and q[C], of d (x - centre).
 * bn_turn: from those of the parts the gradients, and a, b of
 * bn_back: dx = gamma inverse (d - a - (x - centre) b). db belongs to what is
 *   added to x in all rows alike; `batch`: mean and variance were the batch's own.
 * bn_train, bn_backward: all of it for a batch of one part; B >= 2; dx lies as dy does. */
struct up_dense {
    void (*matmul)(real *c, int ldc, const real *a, int lda, const real *b, int ldb,
                   const struct up_matmul *p);
    void (*fill)(real *y, const real *b, int B, int C, int ld);
    void (*relu)(real *x, int n);
    void (*relu_backward)(real *dy, const real *y, int n);
    void (*sums)(real *db, const real *dy, int B, int C, int ld);
    double (*dot)(const real *a, int lda, const real *b, int ldb, int B, int C);
    void (*gather)(real *a, int lda, const real *x, int ldx, const struct up_dense_graph *g,
                   int B, int C);
    void (*exp)(real *y, const real *x, int n);
    double (*bce)(real *d, const real *s, const uint8_t *t, int n);
    void (*turn)(real *y, int ldy, const real *x, int B, int C, int ld);
    void (*bn_measure)(double *mean, double *square, const real *x, int B, int C, int ld);
    void (*bn_settle)(const struct up_bn *p, const double *mean, const double *square,
                      const int *rows, int parts, int C);
    void (*bn_freeze)(const struct up_bn *p, int C);
    void (*bn_apply)(real *y, int ldy, const real *x, int ldx, const struct up_bn *p, int B,
                     int C);
    void (*bn_slopes)(double *s, double *q, const struct up_bn *p, const struct up_bn_rows *r);
    void (*bn_turn)(real *a, real *b, const struct up_bn_gradients *g, const struct up_bn *p,
                    const struct up_bn_slopes *parts, int C, int batch);
    void (*bn_back)(real *dx, int lddx, const struct up_bn *p, const real *a, const real *b,
                    const struct up_bn_rows *r);
    void (*bn_train)(real *y, const real *x, const struct up_bn *p, int B, int C, int ld);
    void (*bn_backward)(real *dx, const struct up_bn_gradients *g, const struct up_bn *p,
                        const struct up_bn_rows *r);
};
