/* The numbers a network starts with. */
#ifndef UP_PROXY_WEIGHTS_H
#define UP_PROXY_WEIGHTS_H
#include "stages/proxy/program.h"
#include "stages/proxy/proxy.h"

/* out[numbers]. given == NULL: PyTorch's defaults, U(-1/sqrt(fan_in), 1/sqrt(fan_in)) for
 * weights and biases of convolutions and linear layers, 1 and 0 for norms, drawn from a
 * stream named after the tensor. Otherwise what `given` has; it must have every weight and
 * bias of those layers, norms may keep their defaults; UP_EINVAL names a tensor that is
 * missing or of another shape. */
int up_weights_fill(float *out, const struct up_program *p, uint64_t seed,
                    const struct up_tensor_source *given, struct up_err *err);

/* out[numbers]: N(0, 1) for counted weights, 0 for biases, 1 and 0 for norms (zen, step 1). */
void up_weights_normal(float *out, const struct up_program *p, uint64_t seed);

#endif
