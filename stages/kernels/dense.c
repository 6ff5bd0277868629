/* Chooses the dense kernels of the best instruction set that this processor has. */
#include "stages/kernels/dense.h"
#include "stages/kernels/dense/sets.h"
#include "stages/kernels/matmul.h"
#include "store/base/err.h"

static const struct up_dense *const sets[UP_ISAS] = {
    [UP_ISA_PORTABLE] = &up_dense_set_portable_f32,
#if defined __x86_64__
    [UP_ISA_AVX2] = &up_dense_set_avx2_f32,
    [UP_ISA_AVX512] = &up_dense_set_avx512_f32,
#endif
};

const struct up_dense *up_dense(enum up_isa isa)
{
    UP_CHECK(sets[isa] && isa <= up_isa_best());
    return sets[isa];
}

const struct up_dense *up_dense_best(void) { return up_dense(up_isa_best()); }

void up_matmul(float *c, int ldc, const float *a, int lda, const float *b, int ldb,
               const struct up_matmul *p)
{
    up_dense_best()->matmul(c, ldc, a, lda, b, ldb, p);
}

void up_dense_forward(float *y, const float *x, const float *w, const float *b, int B, int I,
                      int O)
{
    const struct up_dense *d = up_dense_best();
    d->fill(y, b, B, O, O);
    d->matmul(y, O, x, I, w, I, &(struct up_matmul){UP_N, UP_T, B, O, I, 1});
}
