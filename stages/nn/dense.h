/* Fully connected layers: the linear map, batch normalisation followed by ReLU,
 * each a forward and a backward function. Row-major, float32; sums over rows are
 * taken in double, in row order, so bits depend on the values and shapes alone.
 *
 *   B rows   I inputs   O outputs   C columns
 * Backward accumulates into dw, db, dgamma, dbeta and overwrites dx.
 * The text of the functions is dense_body.h; tests compile it for double too. */
#ifndef UP_NN_DENSE_H
#define UP_NN_DENSE_H

/* y[B][O] = x[B][I] w[O][I]^T + b[O]. */
void up_dense_forward(float *y, const float *x, const float *w, const float *b, int B, int I,
                      int O);
/* dx[B][I] may be NULL; dw[O][I], db[O]; dy[B][O]. */
void up_dense_backward(float *dx, float *dw, float *db, const float *dy, const float *x,
                       const float *w, int B, int I, int O);
/* x[n] = max(x, 0), in place. */
void up_relu(float *x, int n);
/* dy[n] = 0 where y[n] == 0, in place: backward of ReLU given its output. */
void up_relu_backward(float *dy, const float *y, int n);

/* Parameters of one normalisation (Ioffe and Szegedy 2015; eps 1e-5). */
struct up_bn {
    const float *gamma, *beta; /* [C] */
    float *mean, *var;         /* [C] running statistics (var unbiased), momentum 0.1 */
};
/* y = relu(gamma (x - mean) / sqrt(var + eps) + beta) with the batch's own mean
 * and biased variance; used[2][C] keeps mean and 1/sqrt(var + eps) for the
 * backward pass; the running statistics move. y and x are [B][C], B >= 2. */
void up_bnrelu_train(float *y, float *used, const float *x, const struct up_bn *p, int B,
                     int C);
/* The same with the running statistics, which stay as they are. */
void up_bnrelu_eval(float *y, float *used, const float *x, const struct up_bn *p, int B, int C);
/* dx may be dy. `batch`: the forward pass was up_bnrelu_train. */
void up_bnrelu_backward(float *dx, float *dgamma, float *dbeta, const float *dy, const float *y,
                        const float *used, const float *x, const struct up_bn *p, int B, int C,
                        int batch);

#endif
