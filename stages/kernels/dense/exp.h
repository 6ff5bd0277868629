/* exp of a float by operations that every processor rounds alike: 2^n times a polynomial
 * of the rest (Cephes, expf), relative error below 2e-7. What is beyond
 * +-87 counts as +-87. */
#ifndef UP_KERNELS_DENSE_EXP_H
#define UP_KERNELS_DENSE_EXP_H
#include <math.h>
#include <stdint.h>
#include <string.h>

static inline float up_exp_f32(float x)
{
    const float to_integer = 12582912.0f; /* 1.5 * 2^23: what is added there is rounded */
    x = x > -87 ? x : -87;
    x = x < 87 ? x : 87;
    float n = (x * 1.44269504088896341f + to_integer) - to_integer;
    float r = fmaf(n, 2.12194440e-4f, fmaf(n, -0.693359375f, x));
    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    int32_t bits = ((int32_t)n + 127) << 23;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return (fmaf(p, r * r, r) + 1) * scale;
}

#endif
