/* Random numbers by the thousand, in single precision: those of a stream of rng.h from a block
 * on, four to a block. The same bits on every instruction set. */
#ifndef UP_KERNELS_DRAW_H
#define UP_KERNELS_DRAW_H
#include "store/base/rng.h"

/* out[count]: U[-bound, bound). */
void up_draw_uniforms(float *out, size_t count, float bound, const struct up_rng *stream,
                      uint64_t block);
/* out[count]: N(0, 1) by Box and Muller (1958), at most 6.6 in size. */
void up_draw_normals(float *out, size_t count, const struct up_rng *stream, uint64_t block);

#endif
