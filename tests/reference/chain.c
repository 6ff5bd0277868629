/* Products as chains of fused multiply-adds, the definition that all kernels must meet. */
#include "tests/reference/chain.h"

#include "stages/kernels/gemm.h"

#include <math.h>
#include <stddef.h>

/* One number: the definition, and what any processor can do. */
static inline float chain(const float *w, const float *x, int ldx, int k)
{
    float s = 0;
    for (int t = 0; t < k; ++t)
        s = fmaf(w[t], x[(ptrdiff_t)t * ldx], s);
    return s;
}

static inline void rest(float *y, int ldy, const float *w, const float *x, int ldx,
                        struct up_chain_size size)
{
    for (int o = 0; o < size.out; ++o)
        for (int i = 0; i < size.n; ++i) {
            float *to = &y[(ptrdiff_t)o * ldy + i],
                  s = chain(w + (ptrdiff_t)o * size.k, x + i, ldx, size.k);
            *to = size.add ? *to + s : s;
        }
}

#if defined(__x86_64__)
#include <immintrin.h>

enum { ROWS = 4, COLS = 16 }; /* eight chains at once hide the latency of a multiply-add */

__attribute__((target("avx2,fma"))) static void tile(float *y, int ldy, const float *w,
                                                     const float *x, int ldx, int k, bool add)
{
    __m256 s[ROWS][2];
    for (int o = 0; o < ROWS; ++o)
        s[o][0] = s[o][1] = _mm256_setzero_ps();
    for (int t = 0; t < k; ++t, x += ldx) {
        __m256 a = _mm256_loadu_ps(x), b = _mm256_loadu_ps(x + 8);
        for (int o = 0; o < ROWS; ++o) {
            __m256 v = _mm256_broadcast_ss(w + (ptrdiff_t)o * k + t);
            s[o][0] = _mm256_fmadd_ps(v, a, s[o][0]);
            s[o][1] = _mm256_fmadd_ps(v, b, s[o][1]);
        }
    }
    for (int o = 0; o < ROWS; ++o, y += ldy)
        for (int half = 0; half < 2; ++half) {
            __m256 v = s[o][half];
            if (add)
                v = _mm256_add_ps(_mm256_loadu_ps(y + 8 * half), v);
            _mm256_storeu_ps(y + 8 * half, v);
        }
}

__attribute__((target("avx2,fma"))) static void
tiles(float *y, int ldy, const float *w, const float *x, int ldx, struct up_chain_size s)
{
    const int out = s.out, n = s.n, k = s.k;
    const bool add = s.add;
    int rows = out - out % ROWS, cols = n - n % COLS;
    for (int i = 0; i < cols; i += COLS)
        for (int o = 0; o < rows; o += ROWS)
            tile(y + (ptrdiff_t)o * ldy + i, ldy, w + (ptrdiff_t)o * k, x + i, ldx, k, add);
    rest(y + cols, ldy, w, x + cols, ldx, (struct up_chain_size){rows, n - cols, k, add});
    rest(y + (ptrdiff_t)rows * ldy, ldy, w + (ptrdiff_t)rows * k, x, ldx,
         (struct up_chain_size){out - rows, n, k, add});
}

void up_chain_f32(float *y, int ldy, const float *w, const float *x, int ldx,
                  struct up_chain_size s)
{
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        tiles(y, ldy, w, x, ldx, s);
    else
        rest(y, ldy, w, x, ldx, s);
}
#else
void up_chain_f32(float *y, int ldy, const float *w, const float *x, int ldx,
                  struct up_chain_size s)
{
    rest(y, ldy, w, x, ldx, s);
}
#endif

void up_chain_f64(double *y, int ldy, const double *w, const double *x, int ldx,
                  struct up_chain_size s)
{
    up_dgemm(y, ldy, w, s.k, x, ldx,
             &(struct up_gemm){UP_N, UP_N, s.out, s.n, s.k, 1, s.add ? 1 : 0});
}
