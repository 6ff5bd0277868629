/* The multi-proxy estimator: embedding -> calibrated scores, a small perceptron.
 * Hidden layers are Linear-BatchNorm-ReLU; in evaluation mode, which is all that
 * is here, the normalisation is folded into the linear map.
 *
 * Constant after loading: any number of threads may call. The bits of one row do
 * not depend on n or on the other rows. */
#ifndef UP_LEARN_ESTIMATOR_MLP_H
#define UP_LEARN_ESTIMATOR_MLP_H
#include "store/base/reader.h"

enum { UP_MLP_DEPTH_MAX = 3 };

struct up_mlp {
    int in, hidden, depth, out;           /* depth = hidden layers; out = number of scores M */
    const float *w[UP_MLP_DEPTH_MAX + 1]; /* [to][from] */
    const float *b[UP_MLP_DEPTH_MAX + 1]; /* [to] */
};

/* From the mpe artifact (map "model"); memory in the reader's arena. The reader fails when
 * a tensor is missing or does not fit; returns its end. */
int up_mlp_load(struct up_mlp *m, struct up_reader *r);

/* out[n][M] from z[n][in]. */
void up_mlp_predict(float *out, const struct up_mlp *m, const float *z, size_t n);

/* dz[n][in] = gradient of sum_m dout[n][m] * out[n][m] with respect to z; out may
 * be NULL. dout[n][M]: for the unified score, every row holds the weights. */
void up_mlp_input_gradient(float *dz, float *out, const struct up_mlp *m, const float *z,
                           size_t n, const float *dout);

#endif
