#include "stages/nn/adam.h"

#include <immintrin.h>
#include <math.h>

#define WIDE __attribute__((target("avx2,fma")))

struct rates {
    float b1, c1, b2, c2;  /* beta and 1 - beta */
    float step, root, eps; /* lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t) */
};

static void adam_one(float *v, float *m1, float *m2, float g, const struct rates *r)
{
    *m1 = r->b1 * *m1 + r->c1 * g;
    *m2 = r->b2 * *m2 + r->c2 * g * g;
    *v -= r->step * *m1 / (sqrtf(*m2) * r->root + r->eps);
}

/* Eight at a time, with the operations and the rounding of adam_one. */
WIDE static size_t adam_eights(float *v, float *m1, float *m2, const float *g, size_t n,
                               const struct rates *r)
{
    const __m256 b1 = _mm256_set1_ps(r->b1), c1 = _mm256_set1_ps(r->c1);
    const __m256 b2 = _mm256_set1_ps(r->b2), c2 = _mm256_set1_ps(r->c2);
    const __m256 step = _mm256_set1_ps(r->step), root = _mm256_set1_ps(r->root);
    const __m256 eps = _mm256_set1_ps(r->eps);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256 d = _mm256_loadu_ps(g + i);
        __m256 a =
            _mm256_add_ps(_mm256_mul_ps(b1, _mm256_loadu_ps(m1 + i)), _mm256_mul_ps(c1, d));
        __m256 b = _mm256_add_ps(_mm256_mul_ps(b2, _mm256_loadu_ps(m2 + i)),
                                 _mm256_mul_ps(_mm256_mul_ps(c2, d), d));
        __m256 den = _mm256_add_ps(_mm256_mul_ps(_mm256_sqrt_ps(b), root), eps);
        __m256 by = _mm256_div_ps(_mm256_mul_ps(step, a), den);
        _mm256_storeu_ps(m1 + i, a);
        _mm256_storeu_ps(m2 + i, b);
        _mm256_storeu_ps(v + i, _mm256_sub_ps(_mm256_loadu_ps(v + i), by));
    }
    return i;
}

void up_adam_step(float *v, float *m1, float *m2, const float *g, size_t n,
                  const struct up_adam *a, int64_t step)
{
    double t = (double)step;
    struct rates r = {
        .b1 = (float)a->beta1,
        .c1 = (float)(1 - a->beta1),
        .b2 = (float)a->beta2,
        .c2 = (float)(1 - a->beta2),
        .step = (float)(a->lr / (1 - pow(a->beta1, t))),
        .root = (float)(1 / sqrt(1 - pow(a->beta2, t))),
        .eps = (float)a->eps,
    };
    for (size_t i = adam_eights(v, m1, m2, g, n, &r); i < n; i++)
        adam_one(v + i, m1 + i, m2 + i, g[i], &r);
}

WIDE double up_grad_norm(const float *g, size_t n)
{
    double s[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (size_t k = 0; k < 8; k++)
            s[k] += (double)g[i + k] * (double)g[i + k];
    for (; i < n; i++)
        s[i % 8] += (double)g[i] * (double)g[i];
    return sqrt(((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7])));
}

WIDE double up_grad_clip(float *g, size_t n, double max)
{
    double norm = up_grad_norm(g, n);
    float k = (float)(max / (norm + 1e-6));
    if (k < 1)
        for (size_t i = 0; i < n; i++)
            g[i] *= k;
    return norm;
}
