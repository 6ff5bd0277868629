/* Named tensors in one slab of floats: the learned ones first, then the running
 * statistics, so that an optimiser, a checkpoint and a gradient are one loop. */
#ifndef UP_LEARN_TENSORS_H
#define UP_LEARN_TENSORS_H
#include "store/base/arena.h"
#include "store/base/reader.h"
#include "store/base/writer.h"

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

/* A linear map w[to][from], b[to] followed by a normalisation by running statistics. */
struct up_normed_map {
    int from, to;
    const float *w, *b;
    const float *gamma, *beta, *mean, *var; /* [to] */
};
/* The same as one linear map: out[to][from], bias[to]. */
void up_tensors_fold(float *out, float *bias, const struct up_normed_map *m);

/* Writes a map name -> f32 array under `key`; v is borrowed. */
void up_tensors_write(struct up_writer *w, const char *key, const struct up_tensors *s,
                      const float *v);
/* Fills v[total] from the map "model" of an artifact; the reader fails for a tensor that is
 * missing or has another shape. */
void up_tensors_read(float *v, const struct up_tensors *s, struct up_reader *r);

#endif
