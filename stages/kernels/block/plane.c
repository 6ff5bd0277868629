/* Everything but convolutions of block.h, for one real type and instruction set (simd.h). */
#include "stages/kernels/block/kernels.h"

/* Loops over the registers of a rectangle: `at` is the place in y, `xat` in the inputs. */
#define UP_EACH(a)                                                                             \
    for (int row = 0; row < (a)->rows; ++row)                                                  \
        for (ptrdiff_t at = row * (a)->y_row, xat = row * (a)->x_row,                          \
                       end = at + (ptrdiff_t)(a)->cols * 16;                                   \
             at < end; at += 16, xat += 16)                                                    \
            for (int r = 0; r < REGS; ++r)

UP_INLINE void put(real *y, reg v, bool add) { v_store(y, add ? v_add(v_load(y), v) : v); }

void UP_VARIANT(up_block_pass)(real *y, const real *x, const real *mask,
                               const struct up_rectangle *a, bool add)
{
    if (mask)
        UP_EACH(a)
        {
            reg v = v_load(x + xat + r * LANES), m = v_load(mask + xat + r * LANES);
            put(y + at + r * LANES, v_keep(v, m), add);
        }
    else
        UP_EACH(a) put(y + at + r * LANES, v_load(x + xat + r * LANES), add);
}

void UP_VARIANT(up_block_affine)(real *y, const real *x, const real *k,
                                 const struct up_rectangle *a, bool add)
{
    reg m[REGS], b[REGS];
    for (int r = 0; r < REGS; ++r) {
        m[r] = v_load(k + r * LANES);
        b[r] = v_load(k + 16 + r * LANES);
    }
    UP_EACH(a)
    put(y + at + r * LANES, v_fma(v_load(x + xat + r * LANES), m[r], b[r]), add);
}

UP_INLINE void mix(real *y, const real *const *p, const real *k, int n,
                   const struct up_rectangle *a, bool add)
{
    reg m[UP_BLOCK_MIX][REGS];
    for (int i = 0; i <= n; ++i)
        for (int r = 0; r < REGS; ++r)
            m[i][r] = v_load(k + i * 16 + r * LANES);
    UP_EACH(a)
    {
        reg v = m[n][r];
        for (int i = n - 1; i >= 0; --i)
            v = v_fma(m[i][r], v_load(p[i] + xat + r * LANES), v);
        put(y + at + r * LANES, v, add);
    }
}

void UP_VARIANT(up_block_mix2)(real *y, const real *const p[2], const real *k,
                               const struct up_rectangle *a, bool add)
{
    mix(y, p, k, 2, a, add);
}

void UP_VARIANT(up_block_mix4)(real *y, const real *const p[4], const real *k,
                               const struct up_rectangle *a, bool add)
{
    mix(y, p, k, 4, a, add);
}

/* Loops over the registers of a window's output: `to` in y, `from` in x. */
#define UP_WINDOWS(g)                                                                          \
    for (int i = 0; i < (g)->rows; ++i)                                                        \
        for (int j = 0; j < (g)->cols; ++j)                                                    \
            for (ptrdiff_t r = 0, to = i * (g)->y_row + j * (g)->y_px,                         \
                           from = i * (g)->x_row + j * (g)->x_px;                              \
                 r < REGS; ++r, to += LANES, from += LANES)

void UP_VARIANT(up_block_quotient)(real *y, const real *x, const real *size,
                                   const struct up_rectangle *a, bool add)
{
    for (int row = 0; row < a->rows; ++row, y += a->y_row, x += a->x_row)
        for (int i = 0; i < a->cols; ++i) {
            reg by = v_all(*size++);
            for (int k = i * 16; k < i * 16 + 16; k += LANES)
                put(y + k, v_div(v_load(x + k), by), add);
        }
}

UP_INLINE reg largest(const real *x, const struct up_window *g)
{
    reg most = v_load(x + g->tap[0]);
    for (int t = 1; t < g->taps; ++t)
        most = v_larger(v_load(x + g->tap[t]), most);
    return most;
}

/* Which lanes of each tap hold the window's first maximum. */
UP_INLINE void first_maximum(uint32_t *hit, const real *x, const struct up_window *g)
{
    uint32_t left = (uint32_t)((1ull << LANES) - 1);
    reg most = largest(x, g);
    for (int t = 0; t < g->taps; ++t) {
        hit[t] = v_equal(v_load(x + g->tap[t]), most) & left;
        left &= ~hit[t];
    }
}

void UP_VARIANT(up_block_maximum)(real *y, const real *xdot, const real *x,
                                  const struct up_window *g, bool add)
{
    uint32_t hit[UP_BLOCK_TAPS];
    if (x == xdot) { /* the maximum itself; + 0, as below, for a sum has no -0 */
        UP_WINDOWS(g)
        put(y + to, v_add(largest(x + from, g), v_all(0)), add);
        return;
    }
    UP_WINDOWS(g)
    {
        reg s = v_all(0);
        first_maximum(hit, x + from, g);
        for (int t = 0; t < g->taps; ++t)
            s = v_add(s, v_choose(hit[t], v_load(xdot + from + g->tap[t])));
        put(y + to, s, add);
    }
}

void UP_VARIANT(up_block_max_spread)(real *xdot, const real *x, const real *y,
                                     const struct up_window *g)
{
    uint32_t hit[UP_BLOCK_TAPS];
    UP_WINDOWS(g)
    {
        reg v = v_load(y + to);
        first_maximum(hit, x + from, g);
        for (int t = 0; t < g->taps; ++t)
            put(xdot + from + g->tap[t], v_choose(hit[t], v), true);
    }
}

/* s[i * 16 ..] += the lanes of sums [REGS][PARTS]. */
UP_INLINE void flush(double *s, wide sum[REGS][PARTS])
{
    for (int r = 0; r < REGS; ++r)
        for (int i = 0; i < PARTS; ++i, s += LANES / PARTS)
            v_store_f64(s, v_add_f64(v_load_f64(s), sum[r][i]));
}

#define UP_SUMS(sum)                                                                           \
    wide sum[REGS][PARTS];                                                                     \
    for (int r = 0; r < REGS; ++r)                                                             \
        for (int i = 0; i < PARTS; ++i)                                                        \
    sum[r][i] = wide_zero()

void UP_VARIANT(up_block_sum)(double *s, const real *x, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16)
        for (int r = 0; r < REGS; ++r)
            for (int i = 0; i < PARTS; ++i)
                sum[r][i] = v_add_f64(sum[r][i], v_part(v_load(x + r * LANES), i));
    flush(s, sum);
}

void UP_VARIANT(up_block_powers)(double *s, const real *x, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    UP_SUMS(square);
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16)
        for (int r = 0; r < REGS; ++r)
            for (int i = 0; i < PARTS; ++i) {
                wide v = v_part(v_load(x + r * LANES), i);
                sum[r][i] = v_add_f64(sum[r][i], v);
                square[r][i] = v_fma_f64(v, v, square[r][i]);
            }
    flush(s, sum);
    flush(s + 16, square);
}

void UP_VARIANT(up_block_squares)(double *s, const real *x, const real *mean, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16)
        for (int r = 0; r < REGS; ++r) {
            reg v = v_sub(v_load(x + r * LANES), v_load(mean + r * LANES));
            v = v_mul(v, v);
            for (int i = 0; i < PARTS; ++i)
                sum[r][i] = v_add_f64(sum[r][i], v_part(v, i));
        }
    flush(s, sum);
}

/* Sixteen pixels are summed in `real`, what they give in float64. */
void UP_VARIANT(up_block_moments)(double *s, const real *v, const real *x, const double *mean,
                                  ptrdiff_t pixels)
{
    UP_SUMS(sum);
    UP_SUMS(along);
    reg m[REGS];
    for (int r = 0; r < REGS; ++r) {
        real lane[16];
        for (int i = 0; i < 16; ++i)
            lane[i] = (real)mean[i];
        m[r] = v_load(lane + r * LANES);
    }
    for (ptrdiff_t k = 0; k < pixels; k += 16)
        for (int r = 0; r < REGS; ++r) {
            reg part = v_all(0), part_along = v_all(0);
            for (ptrdiff_t i = k; i < k + 16 && i < pixels; ++i) {
                reg a = v_load(v + i * 16 + r * LANES);
                reg b = v_sub(v_load(x + i * 16 + r * LANES), m[r]);
                part = v_add(part, a);
                part_along = v_fma(a, b, part_along);
            }
            for (int i = 0; i < PARTS; ++i) {
                sum[r][i] = v_add_f64(sum[r][i], v_part(part, i));
                along[r][i] = v_add_f64(along[r][i], v_part(part_along, i));
            }
        }
    flush(s, sum);
    flush(s + 16, along);
}

/* Sixteen pixels of a row are summed in `real`, what they give in float64. */
void UP_VARIANT(up_block_dot)(double *s, const real *y, const real *x,
                              const struct up_rectangle *a)
{
    UP_SUMS(sum);
    for (int row = 0; row < a->rows; ++row, y += a->y_row, x += a->x_row)
        for (ptrdiff_t k = 0; k < a->cols; k += 16)
            for (int r = 0; r < REGS; ++r) {
                reg part = v_all(0);
                for (ptrdiff_t i = k; i < k + 16 && i < a->cols; ++i)
                    part = v_fma(v_load(y + i * 16 + r * LANES), v_load(x + i * 16 + r * LANES),
                                 part);
                for (int i = 0; i < PARTS; ++i)
                    sum[r][i] = v_add_f64(sum[r][i], v_part(part, i));
            }
    flush(s, sum);
}

void UP_VARIANT(up_block_distance)(double *s, const real *y, const real *x, ptrdiff_t pixels)
{
    UP_SUMS(sum);
    for (ptrdiff_t k = 0; k < pixels; ++k, y += 16, x += 16)
        for (int r = 0; r < REGS; ++r)
            for (int i = 0; i < PARTS; ++i) {
                wide d = v_sub_f64(v_part(v_load(y + r * LANES), i),
                                   v_part(v_load(x + r * LANES), i));
                wide minus = v_sub_f64(wide_zero(), d);
                d = v_add_f64(v_keep_f64(d, d), v_keep_f64(minus, minus));
                sum[r][i] = v_add_f64(sum[r][i], d);
            }
    flush(s, sum);
}

void UP_VARIANT(up_block_signs)(uint16_t *bits, const real *x, ptrdiff_t pixels)
{
    for (ptrdiff_t k = 0; k < pixels; ++k, x += 16) {
        uint32_t all = 0;
        for (int r = 0; r < REGS; ++r)
            all |= v_bits(v_load(x + r * LANES)) << (r * LANES);
        bits[k] = (uint16_t)all;
    }
}

int64_t UP_VARIANT(up_block_differ)(const uint64_t *a, const uint64_t *b, size_t words)
{
    int64_t sum = 0;
    for (size_t i = 0; i < words; ++i)
        sum += __builtin_popcountll(a[i] ^ b[i]);
    return sum;
}
