/* The functions of dense.h, of Adam and of draw.h for one instruction set. The including file
 * defines UP_SIMD_AVX512, UP_SIMD_AVX2 or UP_SIMD_PLAIN, and UP_DENSE_SET, UP_DENSE_ADAM and
 * UP_DENSE_DRAWS, the names of what it makes. */
#include "stages/kernels/dense.h"
#include "stages/kernels/dense/exp.h"
#include "stages/kernels/dense/sets.h"
#include "stages/kernels/simd.h"

#define UP_REAL float
#define UP_REAL_(f) up_##f
#define UP_REAL_EXP up_exp_f32
#include "stages/kernels/dense/matmul_body.h"
#include "stages/kernels/dense/gather_body.h"
#include "stages/kernels/dense/dense_body.h"
#include "stages/kernels/dense/draw_body.h"

const struct up_dense UP_DENSE_SET = {
    matmul,        up_fill,      up_relu,      up_relu_backward, up_sums,
    up_dot,        gather,       up_exp,       up_bce,           up_turn,
    up_bn_measure, up_bn_settle, up_bn_freeze, up_bn_apply,      up_bn_slopes,
    up_bn_turn,    up_bn_back,   up_bn_train,  up_bn_backward,
};

const struct up_draws UP_DENSE_DRAWS = {up_uniforms, up_normals};

void UP_DENSE_ADAM(float *restrict v, float *restrict m1, float *restrict m2,
                   const float *restrict g, size_t n, const struct up_adam_rates *r)
{
    struct up_adam_rates a = *r;
    for (size_t i = 0; i < n; i++) {
        float d = g[i] * a.scale;
        m1[i] = a.b1 * m1[i] + a.c1 * d;
        m2[i] = a.b2 * m2[i] + a.c2 * d * d;
        v[i] -= a.step * m1[i] / (sqrtf(m2[i]) * a.root + a.eps);
    }
}
