/* One register of numbers, under the same names for every instruction set and real type.
 *
 * A file that includes this header is compiled once for each (CMake's up_variants), with one of
 * UP_SIMD_AVX512, UP_SIMD_AVX2 and UP_SIMD_PORTABLE defined; without any, as in an editor, it
 * is the portable one. A register `reg` has LANES numbers, so that a block of 16 channels is
 * REGS registers; a register's numbers as float64 are PARTS registers `wide`. Every
 * multiply-add is fused, whatever the instruction set, so that all give the same bits. */
#ifndef UP_KERNELS_SIMD_H
#define UP_KERNELS_SIMD_H
#include <stdint.h>

#if !defined UP_SIMD_AVX512 && !defined UP_SIMD_AVX2
#include <math.h>
#else
#include <immintrin.h>
#endif

#define UP_INLINE static inline __attribute__((always_inline, unused))

#if defined UP_SIMD_AVX512
typedef __m512 reg_f32;
typedef __m512d reg_f64, wide;
enum { LANES_f32 = 16, LANES_f64 = 8, PARTS_f32 = 2, PARTS_f64 = 1 };
#define UP_SIMD(name, type) _mm512_##name##_##type
#elif defined UP_SIMD_AVX2
typedef __m256 reg_f32;
typedef __m256d reg_f64, wide;
enum { LANES_f32 = 8, LANES_f64 = 4, PARTS_f32 = 2, PARTS_f64 = 1 };
#define UP_SIMD(name, type) _mm256_##name##_##type
#else
typedef float reg_f32;
typedef double reg_f64, wide;
enum { LANES_f32 = 1, LANES_f64 = 1, PARTS_f32 = 1, PARTS_f64 = 1 };
#endif

#if defined UP_SIMD_AVX512 || defined UP_SIMD_AVX2
#define UP_SIMD_TYPE(reg, number, R, ps)                                                       \
    UP_INLINE reg v_load##R(const number *p) { return UP_SIMD(loadu, ps)(p); }                 \
    UP_INLINE void v_store##R(number *p, reg v) { UP_SIMD(storeu, ps)(p, v); }                 \
    UP_INLINE reg v_all##R(number v) { return UP_SIMD(set1, ps)(v); }                          \
    UP_INLINE reg v_add##R(reg a, reg b) { return UP_SIMD(add, ps)(a, b); }                    \
    UP_INLINE reg v_sub##R(reg a, reg b) { return UP_SIMD(sub, ps)(a, b); }                    \
    UP_INLINE reg v_mul##R(reg a, reg b) { return UP_SIMD(mul, ps)(a, b); }                    \
    UP_INLINE reg v_div##R(reg a, reg b) { return UP_SIMD(div, ps)(a, b); }                    \
    UP_INLINE reg v_larger##R(reg a, reg b) { return UP_SIMD(max, ps)(a, b); }                 \
    UP_INLINE reg v_fma##R(reg a, reg b, reg c) { return UP_SIMD(fmadd, ps)(a, b, c); }
UP_SIMD_TYPE(reg_f32, float, _f32, ps)
UP_SIMD_TYPE(reg_f64, double, _f64, pd)
#endif

/* v_larger(a, b): a where a > b, else b; v_keep(v, x): v where x > 0 or x is NaN, else 0;
 * v_bits(x), v_equal(a, b): bit i says x[i] > 0, a[i] == b[i]; v_choose(bits, v): v where the
 * bit is set, else 0; v_part(v, i): the i-th share of v's numbers as float64. */
#if defined UP_SIMD_AVX512
UP_INLINE reg_f32 v_keep_f32(reg_f32 v, reg_f32 x)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_NLE_UQ), v);
}
UP_INLINE reg_f64 v_keep_f64(reg_f64 v, reg_f64 x)
{
    return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_NLE_UQ), v);
}
UP_INLINE uint32_t v_bits_f32(reg_f32 x)
{
    return _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ);
}
UP_INLINE uint32_t v_bits_f64(reg_f64 x)
{
    return _mm512_cmp_pd_mask(x, _mm512_setzero_pd(), _CMP_GT_OQ);
}
UP_INLINE uint32_t v_equal_f32(reg_f32 a, reg_f32 b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}
UP_INLINE uint32_t v_equal_f64(reg_f64 a, reg_f64 b)
{
    return _mm512_cmp_pd_mask(a, b, _CMP_EQ_OQ);
}
UP_INLINE reg_f32 v_choose_f32(uint32_t bits, reg_f32 v)
{
    return _mm512_maskz_mov_ps((__mmask16)bits, v);
}
UP_INLINE reg_f64 v_choose_f64(uint32_t bits, reg_f64 v)
{
    return _mm512_maskz_mov_pd((__mmask8)bits, v);
}
UP_INLINE wide v_part_f32(reg_f32 v, int i)
{
    __m512d d = _mm512_castps_pd(v);
    return _mm512_cvtps_pd(
        _mm256_castpd_ps(i ? _mm512_extractf64x4_pd(d, 1) : _mm512_castpd512_pd256(d)));
}
#elif defined UP_SIMD_AVX2
UP_INLINE reg_f32 v_keep_f32(reg_f32 v, reg_f32 x)
{
    return _mm256_and_ps(v, _mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_NLE_UQ));
}
UP_INLINE reg_f64 v_keep_f64(reg_f64 v, reg_f64 x)
{
    return _mm256_and_pd(v, _mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_NLE_UQ));
}
UP_INLINE uint32_t v_bits_f32(reg_f32 x)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(x, _mm256_setzero_ps(), _CMP_GT_OQ));
}
UP_INLINE uint32_t v_bits_f64(reg_f64 x)
{
    return (uint32_t)_mm256_movemask_pd(_mm256_cmp_pd(x, _mm256_setzero_pd(), _CMP_GT_OQ));
}
UP_INLINE uint32_t v_equal_f32(reg_f32 a, reg_f32 b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_EQ_OQ));
}
UP_INLINE uint32_t v_equal_f64(reg_f64 a, reg_f64 b)
{
    return (uint32_t)_mm256_movemask_pd(_mm256_cmp_pd(a, b, _CMP_EQ_OQ));
}
UP_INLINE reg_f32 v_choose_f32(uint32_t bits, reg_f32 v)
{
    __m256i lane = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
    __m256i on = _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)bits), lane), lane);
    return _mm256_and_ps(v, _mm256_castsi256_ps(on));
}
UP_INLINE reg_f64 v_choose_f64(uint32_t bits, reg_f64 v)
{
    __m256i lane = _mm256_setr_epi64x(1, 2, 4, 8);
    __m256i on =
        _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x((long long)bits), lane), lane);
    return _mm256_and_pd(v, _mm256_castsi256_pd(on));
}
UP_INLINE wide v_part_f32(reg_f32 v, int i)
{
    return _mm256_cvtps_pd(i ? _mm256_extractf128_ps(v, 1) : _mm256_castps256_ps128(v));
}
#else
#define UP_SIMD_TYPE(reg, number, R, fused)                                                    \
    UP_INLINE reg v_load##R(const number *p) { return *p; }                                    \
    UP_INLINE void v_store##R(number *p, reg v) { *p = v; }                                    \
    UP_INLINE reg v_all##R(number v) { return v; }                                             \
    UP_INLINE reg v_add##R(reg a, reg b) { return a + b; }                                     \
    UP_INLINE reg v_sub##R(reg a, reg b) { return a - b; }                                     \
    UP_INLINE reg v_mul##R(reg a, reg b) { return a * b; }                                     \
    UP_INLINE reg v_div##R(reg a, reg b) { return a / b; }                                     \
    UP_INLINE reg v_larger##R(reg a, reg b) { return a > b ? a : b; }                          \
    UP_INLINE reg v_fma##R(reg a, reg b, reg c) { return fused(a, b, c); }                     \
    UP_INLINE reg v_keep##R(reg v, reg x) { return x <= 0 ? 0 : v; }                           \
    UP_INLINE uint32_t v_bits##R(reg x) { return x > 0; }                                      \
    UP_INLINE uint32_t v_equal##R(reg a, reg b) { return a == b; }                             \
    UP_INLINE reg v_choose##R(uint32_t bits, reg v) { return bits & 1 ? v : 0; }
UP_SIMD_TYPE(reg_f32, float, _f32, fmaf)
UP_SIMD_TYPE(reg_f64, double, _f64, fma)
UP_INLINE wide v_part_f32(reg_f32 v, int i)
{
    (void)i;
    return (double)v;
}
#endif
UP_INLINE wide v_part_f64(reg_f64 v, int i)
{
    (void)i;
    return v;
}

#if defined UP_SIMD_AVX512
UP_INLINE wide wide_zero(void) { return _mm512_setzero_pd(); }
#elif defined UP_SIMD_AVX2
UP_INLINE wide wide_zero(void) { return _mm256_setzero_pd(); }
#else
UP_INLINE wide wide_zero(void) { return 0; }
#endif

/* The names without a suffix are those of the file's real type. */
#include "stages/kernels/real.h"
#define reg UP_R(reg)
#define v_load UP_R(v_load)
#define v_store UP_R(v_store)
#define v_all UP_R(v_all)
#define v_add UP_R(v_add)
#define v_sub UP_R(v_sub)
#define v_mul UP_R(v_mul)
#define v_div UP_R(v_div)
#define v_larger UP_R(v_larger)
#define v_fma UP_R(v_fma)
#define v_keep UP_R(v_keep)
#define v_bits UP_R(v_bits)
#define v_equal UP_R(v_equal)
#define v_choose UP_R(v_choose)
#define v_part UP_R(v_part)
enum { LANES = UP_R(LANES), PARTS = UP_R(PARTS), REGS = 16 / LANES };

/* The name of what a file makes for its real type and instruction set. */
#if defined UP_SIMD_AVX512
#define UP_VARIANT(name) UP_R(name##_avx512)
#elif defined UP_SIMD_AVX2
#define UP_VARIANT(name) UP_R(name##_avx2)
#else
#define UP_VARIANT(name) UP_R(name##_portable)
#endif

#endif
