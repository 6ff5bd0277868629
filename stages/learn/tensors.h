/* Named tensors in one slab of floats: the learned ones first, then the running
 * statistics, so that an optimiser, a checkpoint and a gradient are one loop. */
#ifndef UP_LEARN_TENSORS_H
#define UP_LEARN_TENSORS_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_TENSORS_MAX = 64, UP_TENSOR_NAME = 32 };

struct up_tensor {
    char name[UP_TENSOR_NAME];
    int rows, cols; /* cols 0: a vector of `rows` */
    size_t at;      /* offset of its first value in the slab */
};
struct up_tensors {
    int n;
    size_t learned, total; /* values [0, learned) are learned, [learned, total) statistics */
    struct up_tensor t[UP_TENSORS_MAX];
};

/* Adds a tensor and returns its offset. All learned ones before the first
 * statistic; more than UP_TENSORS_MAX is a bug. */
size_t up_tensors_learned(struct up_tensors *s, const char *name, int rows, int cols);
size_t up_tensors_statistic(struct up_tensors *s, const char *name, int rows, int cols);

/* v[total] as PyTorch would start: weights (matrices) and the bias behind each
 * U(-1/sqrt(in), 1/sqrt(in)), one random stream a tensor, named as it is. Names say
 * what is not drawn: "norm" weights and "var" are 1; "norm" biases, "mean" and "eps" 0. */
void up_tensors_start(const struct up_tensors *s, float *v, uint64_t seed);

/* A linear map w[to][from], b[to] followed by a normalisation by running statistics,
 * as one linear map: out[to][from], bias[to]. */
void up_tensors_fold(float *out, float *bias, const float *w, const float *b,
                     const float *gamma, const float *beta, const float *mean, const float *var,
                     int from, int to);

/* Appends a map name -> f32 array, names ascending. */
void up_tensors_pack(struct up_buf *b, const struct up_tensors *s, const float *v);
/* Fills v[total] from the map at `path` of an artifact. UP_EINVAL: a tensor that
 * is missing or has another shape (names it). */
int up_tensors_unpack(float *v, const struct up_tensors *s, struct up_view doc,
                      const char *path, struct up_err *err);
/* Shape of one tensor of an artifact: dims[1] = 0 for a vector. */
int up_tensors_shape(int dims[2], struct up_view doc, const char *path, const char *name,
                     struct up_err *err);

#endif
