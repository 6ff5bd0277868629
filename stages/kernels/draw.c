/* Random numbers by the thousand, on the best instruction set. */
#include "stages/kernels/draw.h"

#include "stages/kernels/dense/sets.h"

#include <string.h>

static const struct up_draws *const sets[UP_ISAS] = {
    [UP_ISA_PORTABLE] = &up_draws_portable_f32,
#if defined __x86_64__
    [UP_ISA_AVX2] = &up_draws_avx2_f32,
    [UP_ISA_AVX512] = &up_draws_avx512_f32,
#endif
};

static void draw(float *out, size_t count, up_draw_fn *some, const struct up_rng *stream,
                 uint64_t counter)
{
    enum { SOME = 4 * UP_DRAW_COUNTERS };
    float last[SOME];
    for (; count >= SOME; count -= SOME, out += SOME, counter += UP_DRAW_COUNTERS)
        some(out, stream->seed, stream->stream, counter);
    if (!count)
        return;
    some(last, stream->seed, stream->stream, counter);
    memcpy(out, last, count * sizeof *out);
}

void up_draw_uniforms(float *out, size_t count, float bound, const struct up_rng *stream,
                      uint64_t counter)
{
    draw(out, count, sets[up_isa_best()]->uniforms, stream, counter);
    for (size_t i = 0; i < count; i++)
        out[i] *= bound;
}

void up_draw_normals(float *out, size_t count, const struct up_rng *stream, uint64_t counter)
{
    draw(out, count, sets[up_isa_best()]->normals, stream, counter);
}
