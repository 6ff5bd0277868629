/* Sums over the weights that proxies count: those of convolutions and linear layers. The
 * weights of norms, and biases, never count. */
#ifndef UP_PROXY_COUNTED_H
#define UP_PROXY_COUNTED_H
#include "stages/engine/net/program.h"

/* The sum, over the counted tensors, of a function of two arrays that lie as the program's
 * weights do ([numbers]). `of` gets a tensor's part of both, and how many numbers it has. */
double up_proxy_over_counted(const struct up_program *p,
                             double (*of)(const float *, const float *, ptrdiff_t),
                             const float *a, const float *b);

/* The Euclidean norm of a[m] where b is a; what l2_norm and grad_norm sum. */
double up_proxy_norm(const float *a, const float *b, ptrdiff_t m);

#endif
