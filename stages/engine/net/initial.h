/* The numbers a network starts with. */
#ifndef UP_ENGINE_NET_INITIAL_H
#define UP_ENGINE_NET_INITIAL_H
#include "stages/engine/net/program.h"

/* Weights given by name (names as in docs/benchmarks-and-formats.md), else drawn. */
enum { UP_GIVEN_DIMS = 8 };
struct up_given_tensor {
    unsigned ndim;
    uint64_t dims[UP_GIVEN_DIMS];
    const float *value; /* the product of dims */
};
struct up_given_weights {
    /* The tensor of that name, whatever its shape; false when there is none. */
    bool (*find)(void *ctx, const char *name, struct up_given_tensor *out);
    void *ctx;
};

/* out[numbers]. given == NULL: PyTorch's defaults, U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for
 * weights and biases of convolutions and linear layers, 1 and 0 for norms, drawn from a
 * stream named after the tensor. Otherwise what `given` has; it must have every weight and
 * bias of those layers, norms may keep their defaults; UP_EINVAL names a tensor that is
 * missing or of another shape. */
int up_initial_weights(float *out, const struct up_program *p, uint64_t seed,
                       const struct up_given_weights *given, struct up_err *err);

/* out[numbers]: N(0, 1) for counted weights, 0 for biases, 1 and 0 for norms. Tensors are drawn
 * from streams named `prefix` and the tensor's name; a prefix has at most 15 characters. */
void up_initial_normal(float *out, const struct up_program *p, uint64_t seed,
                       const char *prefix);

#endif
