/* Adam's step on the best instruction set, and what clips a gradient beforehand. */
#include "stages/kernels/adam.h"
#include "stages/kernels/dense/sets.h"

#include <math.h>

static up_adam_fn *const steps[UP_ISAS] = {
    [UP_ISA_PORTABLE] = up_adam_portable_f32,
#if defined __x86_64__
    [UP_ISA_AVX2] = up_adam_avx2_f32,
    [UP_ISA_AVX512] = up_adam_avx512_f32,
#endif
};

void up_adam_step(const struct up_adam_slab *slab, double scale, const struct up_adam *a,
                  int64_t step)
{
    double t = (double)step;
    struct up_adam_rates r = {
        .b1 = (float)a->beta1,
        .c1 = (float)(1 - a->beta1),
        .b2 = (float)a->beta2,
        .c2 = (float)(1 - a->beta2),
        .step = (float)(a->lr / (1 - pow(a->beta1, t))),
        .root = (float)(1 / sqrt(1 - pow(a->beta2, t))),
        .eps = (float)a->eps,
        .scale = (float)scale,
    };
    steps[up_isa_best()](slab->v, slab->m1, slab->m2, slab->g, slab->n, &r);
}

double up_grad_square(const float *g, size_t n)
{
    enum { LINE = 32 };
    const struct up_dense *d = up_dense_best();
    int lines = (int)(n / LINE), rest = (int)(n % LINE);
    const float *tail = g + (size_t)lines * LINE;
    return d->dot(g, LINE, g, LINE, lines, LINE) + d->dot(tail, LINE, tail, LINE, 1, rest);
}

double up_grad_scale(double norm, double max)
{
    double k = max / (norm + 1e-6);
    return k < 1 ? k : 1;
}
