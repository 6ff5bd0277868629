/* What draw.h draws, UP_DRAW_COUNTERS counters at a time: the first words of all of them give
 * the first numbers, and so on. Plain loops over words, as in norm.c, without a fused
 * multiply-add: where the processor has none it would be slow. Compiled once for each
 * instruction set. */
#include "stages/kernels/dense/sets.h"
#include "store/base/philox.h"

#include <math.h>
#include <string.h>

#include "stages/kernels/simd.h"

#define UP_FIXED static inline __attribute__((always_inline))

enum { UP_DRAW = UP_DRAW_COUNTERS };

static void draw_words(uint32_t w[4][UP_DRAW], uint64_t seed, uint64_t stream, uint64_t counter)
{
    for (int i = 0; i < UP_DRAW; i++) {
        philox4x32_ctr_t c = up_philox(seed, stream, counter + (uint64_t)i);
        w[0][i] = c.v[0];
        w[1][i] = c.v[1];
        w[2][i] = c.v[2];
        w[3][i] = c.v[3];
    }
}

/* [-1, 1) in steps of 2^-31, rounded. */
static void draw_uniforms(float *out, uint64_t seed, uint64_t stream, uint64_t counter)
{
    uint32_t w[4][UP_DRAW];
    draw_words(w, seed, stream, counter);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < UP_DRAW; i++)
            out[k * UP_DRAW + i] = (float)(int32_t)w[k][i] * 0x1p-31f;
}

/* log(x), 2^-31 <= x <= 1 (Cephes, logf): relative error below 2e-7. */
UP_FIXED float draw_log(float x)
{
    int32_t bits, exponent;
    memcpy(&bits, &x, sizeof bits);
    exponent = (bits - 0x3f3504f3) >> 23; /* the rest is in [sqrt(1/2), sqrt(2)) */
    bits -= exponent * (1 << 23);
    float m, e = (float)exponent;
    memcpy(&m, &bits, sizeof m);
    m -= 1;
    float z = m * m, p = 7.0376836292e-2f;
    p = p * m - 1.1514610310e-1f;
    p = p * m + 1.1676998740e-1f;
    p = p * m - 1.2420140846e-1f;
    p = p * m + 1.4249322787e-1f;
    p = p * m - 1.6668057665e-1f;
    p = p * m + 2.0000714765e-1f;
    p = p * m - 2.4999993993e-1f;
    p = p * m + 3.3333331174e-1f;
    p = p * m * z - 2.12194440e-4f * e - 0.5f * z;
    return m + p + 0.693359375f * e;
}

/* sin and cos of `turn` of 2^32 parts of a turn: by polynomials (Cephes, sinf and cosf) of the
 * angle to the nearest quarter. */
UP_FIXED void draw_angle(float *sine, float *cosine, uint32_t turn)
{
    uint32_t quarter = (turn + (1u << 29)) >> 30;
    float x = (float)(int32_t)(turn - (quarter << 30)) * 1.46291807926715968e-9f; /* 2pi/2^32 */
    float z = x * x;
    float s = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * x + x;
    float c = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f);
    c = c * z * z - 0.5f * z + 1;
    float a = quarter & 1 ? c : s, b = quarter & 1 ? s : c;
    *sine = quarter & 2 ? -a : a;
    *cosine = (quarter + 1) & 2 ? -b : b;
}

static void draw_normals(float *out, uint64_t seed, uint64_t stream, uint64_t counter)
{
    uint32_t w[4][UP_DRAW];
    draw_words(w, seed, stream, counter);
    for (int k = 0; k < 4; k += 2, out += 2 * UP_DRAW)
        for (int i = 0; i < UP_DRAW; i++) {
            float u = (float)(int32_t)(w[k][i] >> 1 | 1) * 0x1p-31f, sine, cosine;
            float radius = sqrtf(-2 * draw_log(u));
            draw_angle(&sine, &cosine, w[k + 1][i]);
            out[i] = radius * cosine;
            out[UP_DRAW + i] = radius * sine;
        }
}

const struct up_draws UP_VARIANT(up_draws) = {draw_uniforms, draw_normals};
