/* Random numbers by the thousand, in single precision, from a stream of rng.h. A stream is
 * Philox, which turns every counter into four words; numbers begin with those of `counter`,
 * four to each. The bits are the same on every instruction set. */
#ifndef UP_KERNELS_DRAW_H
#define UP_KERNELS_DRAW_H
#include "store/base/rng.h"

/* out[count]: U[-bound, bound). */
void up_draw_uniforms(float *out, size_t count, float bound, const struct up_rng *stream,
                      uint64_t counter);
/* out[count]: N(0, 1) by Box and Muller (1958), at most 6.6 in size. */
void up_draw_normals(float *out, size_t count, const struct up_rng *stream, uint64_t counter);

#endif
