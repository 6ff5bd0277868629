/* What ../dense.c, ../adam.c and ../draw.c choose from: one for each instruction set. */
#ifndef UP_KERNELS_DENSE_SETS_H
#define UP_KERNELS_DENSE_SETS_H
#include "stages/kernels/dense.h"
#include <stddef.h>

extern const struct up_dense up_dense_set_portable_f32, up_dense_set_avx2_f32,
    up_dense_set_avx512_f32;

struct up_adam_rates {
    float b1, c1, b2, c2;  /* beta and 1 - beta */
    float step, root, eps; /* lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
    float scale;           /* of the gradient */
};
typedef void up_adam_fn(float *v, float *m1, float *m2, const float *g, size_t n,
                        const struct up_adam_rates *r);
up_adam_fn up_adam_portable_f32, up_adam_avx2_f32, up_adam_avx512_f32;

enum { UP_DRAW_COUNTERS = 64 }; /* of a stream, drawn together: out[4 UP_DRAW_COUNTERS] */
typedef void up_draw_fn(float *out, uint64_t seed, uint64_t stream, uint64_t counter);
struct up_draws {
    up_draw_fn *uniforms, *normals; /* U[-1, 1), N(0, 1) */
};
extern const struct up_draws up_draws_portable_f32, up_draws_avx2_f32, up_draws_avx512_f32;

#endif
