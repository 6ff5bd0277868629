/* Winograd's convolutions F(2x2, 3x3) and F(4x4, 3x3) of block.h, for one real type and
 * instruction set (simd.h). With A, B and G of Lavin and Gray (CVPR 2016), a tile of output is
 * A' ((G w G') . (B' x B)) A: 16 products in place of 36, 36 in place of 144. Position
 * (side + 2) i + j is row i and column j of a tile's transformed numbers. */
#include "stages/kernels/block/kernels.h"

enum { WINOGRAD = 6 }; /* most numbers along a side */

/* out = G of three numbers. */
UP_INLINE void winograd_g(reg *out, int side, reg a, reg b, reg c)
{
    if (side == 2) {
        reg half = v_all((real)0.5), sum = v_mul(half, v_add(a, c));
        reg middle = v_mul(half, b);
        out[0] = a;
        out[1] = v_add(sum, middle);
        out[2] = v_sub(sum, middle);
        out[3] = c;
        return;
    }
    reg sixth = v_all((real)(-1.0 / 6)), s = v_mul(sixth, v_add(a, c));
    reg m = v_mul(sixth, b);
    reg t = v_fma(v_all((real)(1.0 / 24)), a, v_mul(v_all((real)(1.0 / 6)), c));
    reg h = v_mul(v_all((real)(1.0 / 12)), b);
    out[0] = v_mul(v_all((real)0.25), a);
    out[1] = v_add(s, m);
    out[2] = v_sub(s, m);
    out[3] = v_add(t, h);
    out[4] = v_sub(t, h);
    out[5] = c;
}

UP_INLINE void winograd_weights_of(real *u, const real *w, int side, ptrdiff_t position)
{
    reg half[3][WINOGRAD], out[WINOGRAD];
    for (int i = 0; i < 3; ++i) {
        const real *at = w + 3 * i * 256;
        winograd_g(half[i], side, v_load(at), v_load(at + 256), v_load(at + 512));
    }
    for (int j = 0; j < side + 2; ++j) {
        winograd_g(out, side, half[0][j], half[1][j], half[2][j]);
        for (int i = 0; i < side + 2; ++i)
            v_store(u + ((side + 2) * i + j) * position, out[i]);
    }
}

void UP_VARIANT(up_block_winograd_weights)(real *u, const real *w, int side, ptrdiff_t position,
                                           int rows)
{
    for (int k = 0; k < rows * REGS; ++k, w += LANES, u += LANES)
        if (side == 2)
            winograd_weights_of(u, w, 2, position);
        else
            winograd_weights_of(u, w, 4, position);
}

/* out = B' of side + 2 numbers. */
UP_INLINE void winograd_b(reg *out, int side, const reg *d)
{
    if (side == 2) {
        out[0] = v_sub(d[0], d[2]);
        out[1] = v_add(d[1], d[2]);
        out[2] = v_sub(d[2], d[1]);
        out[3] = v_sub(d[1], d[3]);
        return;
    }
    reg two = v_all(2), four = v_all(4), minus4 = v_all(-4), five = v_all(-5);
    reg a = v_fma(minus4, d[2], d[4]), b = v_fma(minus4, d[1], d[3]);
    reg e = v_sub(d[4], d[2]), f = v_mul(two, v_sub(d[3], d[1]));
    out[0] = v_fma(four, d[0], v_fma(five, d[2], d[4]));
    out[1] = v_add(a, b);
    out[2] = v_sub(a, b);
    out[3] = v_add(e, f);
    out[4] = v_sub(e, f);
    out[5] = v_fma(four, d[1], v_fma(five, d[3], d[5]));
}

/* One column of a tile's pixels, transformed. */
UP_INLINE void winograd_column(reg *out, int side, const real *const *x,
                               const real *const *mask, ptrdiff_t at)
{
    reg d[WINOGRAD];
    for (int i = 0; i < side + 2; ++i) {
        d[i] = v_load(x[i] + at);
        if (mask)
            d[i] = v_keep(d[i], v_load(mask[i] + at));
    }
    winograd_b(out, side, d);
}

/* One register of channels of a row of tiles. */
UP_INLINE void winograd_input_of(real *v, const real *const *x, const real *const *mask,
                                 const struct up_tiles *t, int side, ptrdiff_t r)
{
    reg column[WINOGRAD][WINOGRAD], row[WINOGRAD], out[WINOGRAD];
    ptrdiff_t at = r + (t->framed ? 0 : -16);
    for (int j = 0; j < 2; ++j, at += 16)
        for (int i = 0; i < side + 2; ++i)
            column[j][i] = v_all(0);
    if (t->framed)
        winograd_column(column[0], side, x, mask, at - 32);
    winograd_column(column[1], side, x, mask, at - 16);
    for (int k = 0; k < t->cols; ++k, v += 16) {
        for (int j = 2; j < side + 2; ++j, at += 16)
            if (j < side + 1 || k + 1 < t->cols || t->framed)
                winograd_column(column[j], side, x, mask, at);
            else
                for (int i = 0; i < side + 2; ++i)
                    column[j][i] = v_all(0);
        for (int i = 0; i < side + 2; ++i) {
            for (int j = 0; j < side + 2; ++j)
                row[j] = column[j][i];
            winograd_b(out, side, row);
            for (int j = 0; j < side + 2; ++j)
                v_store(v + ((side + 2) * i + j) * t->position + r, out[j]);
            column[0][i] = column[side][i];
            column[1][i] = column[side + 1][i];
        }
    }
}

void UP_VARIANT(up_block_winograd_input)(real *v, const real *const *x, const real *const *mask,
                                         const struct up_tiles *t)
{
    for (ptrdiff_t r = 0; r < 16; r += LANES)
        if (t->side == 2 && mask)
            winograd_input_of(v, x, mask, t, 2, r);
        else if (t->side == 2)
            winograd_input_of(v, x, NULL, t, 2, r);
        else if (mask)
            winograd_input_of(v, x, mask, t, 4, r);
        else
            winograd_input_of(v, x, NULL, t, 4, r);
}

/* `px` tiles of `outs` output blocks at one position, whose sums stay in registers. */
UP_INLINE void products_tile(real *m, const real *v, const real *const *u, ptrdiff_t at,
                             const struct up_products *g, int px, int outs)
{
    ptrdiff_t block = (ptrdiff_t)g->tiles * 16, second = (ptrdiff_t)g->in * 256;
    reg s[2][16][REGS];
    for (int o = 0; o < outs; ++o)
        for (int p = 0; p < px; ++p)
            for (int r = 0; r < REGS; ++r)
                s[o][p][r] = v_all(0);
    for (int k = 0; k < g->terms; ++k) {
        const real *w = u[k] + at;
        for (int i = 0; i < g->in; ++i, v += block)
#pragma GCC unroll 4
            for (int c = 0; c < 16; ++c, w += 16) {
                reg a[2][REGS];
                for (int o = 0; o < outs; ++o)
                    for (int r = 0; r < REGS; ++r)
                        a[o][r] = v_load(w + o * second + r * LANES);
#pragma GCC unroll 16
                for (int p = 0; p < px; ++p) {
                    reg in = v_all(v[p * 16 + c]);
                    for (int o = 0; o < outs; ++o)
                        for (int r = 0; r < REGS; ++r)
                            s[o][p][r] = v_fma(a[o][r], in, s[o][p][r]);
                }
            }
    }
    for (int o = 0; o < outs; ++o)
        for (int p = 0; p < px; ++p)
            for (int r = 0; r < REGS; ++r)
                v_store(m + o * block + p * 16 + r * LANES, s[o][p][r]);
}

#define UP_PRODUCTS_CALL(P, O)                                                                 \
    for (; g->tiles - i >= P; i += P)                                                          \
        products_tile(m + o * block + i * 16, v + i * 16, u, at, g, P, O);
void UP_VARIANT(up_block_winograd_products)(real *m, const real *v, const real *const *u,
                                            const struct up_products *g)
{
    ptrdiff_t block = (ptrdiff_t)g->tiles * 16;
    for (int p = 0; p < g->positions; ++p, m += g->m_position, v += g->v_position)
        for (int o = 0; o < g->out;) {
            ptrdiff_t at = (ptrdiff_t)((p * g->out + o) * g->in) * 256;
            int i = 0;
            if (PAIRS && g->out - o > 1) {
                UP_PAIRS(UP_PRODUCTS_CALL, 2)
                o += 2;
            } else {
                UP_TILES(UP_PRODUCTS_CALL, 1)
                o += 1;
            }
        }
}

/* out = A' of side + 2 numbers. */
UP_INLINE void winograd_a(reg *out, int side, const reg *m)
{
    reg s = v_add(m[1], m[2]), d = v_sub(m[1], m[2]);
    if (side == 2) {
        out[0] = v_add(m[0], s);
        out[1] = v_sub(d, m[3]);
        return;
    }
    reg p = v_add(m[3], m[4]), q = v_sub(m[3], m[4]);
    out[0] = v_add(m[0], v_add(s, p));
    out[1] = v_fma(v_all(2), q, d);
    out[2] = v_fma(v_all(4), p, s);
    out[3] = v_add(v_fma(v_all(8), q, d), m[5]);
}

UP_INLINE void winograd_output_of(real *y, const real *m, const real *mask,
                                  const struct up_tiles *t, int side, bool add)
{
    for (int k = 0; k < t->cols; ++k)
        for (int r = 0; r < REGS; ++r) {
            reg half[WINOGRAD][4], in[WINOGRAD], out[4];
            for (int j = 0; j < side + 2; ++j) {
                for (int i = 0; i < side + 2; ++i)
                    in[i] = v_load(m + ((side + 2) * i + j) * t->position + k * 16 + r * LANES);
                winograd_a(half[j], side, in);
            }
            for (int i = 0; i < side; ++i) {
                for (int j = 0; j < side + 2; ++j)
                    in[j] = half[j][i];
                winograd_a(out, side, in);
                for (int j = 0; j < side; ++j) {
                    ptrdiff_t at = i * t->y_row + (k * side + j) * 16 + r * LANES;
                    if (mask)
                        out[j] = v_keep(out[j], v_load(mask + at));
                    v_store(y + at, add ? v_add(v_load(y + at), out[j]) : out[j]);
                }
            }
        }
}

void UP_VARIANT(up_block_winograd_output)(real *y, const real *m, const real *mask,
                                          const struct up_tiles *t, bool add)
{
    if (t->side == 2)
        winograd_output_of(y, m, mask, t, 2, add);
    else if (mask && add)
        winograd_output_of(y, m, mask, t, 4, true);
    else if (mask)
        winograd_output_of(y, m, mask, t, 4, false);
    else
        winograd_output_of(y, m, NULL, t, 4, add);
}

/* ---- the weights' gradient: G' (sum over tiles of (A dy A') . (B' x B)) G ---- */

/* out = A of `side` numbers. */
UP_INLINE void winograd_a_back(reg *out, int side, const reg *g)
{
    out[0] = g[0];
    if (side == 2) {
        out[1] = v_add(g[0], g[1]);
        out[2] = v_sub(g[0], g[1]);
        out[3] = v_sub(v_all(0), g[1]);
        return;
    }
    reg even = v_add(g[0], g[2]), odd = v_add(g[1], g[3]);
    reg four = v_fma(v_all(4), g[2], g[0]);
    reg eight = v_fma(v_all(8), g[3], v_add(g[1], g[1]));
    out[1] = v_add(even, odd);
    out[2] = v_sub(even, odd);
    out[3] = v_add(four, eight);
    out[4] = v_sub(four, eight);
    out[5] = g[3];
}

UP_INLINE void winograd_gradient_of(real *v, const real *dy, const struct up_tiles *t, int side)
{
    for (int k = 0; k < t->cols; ++k)
        for (int r = 0; r < REGS; ++r) {
            reg half[4][WINOGRAD], in[4], out[WINOGRAD];
            for (int j = 0; j < side; ++j) {
                for (int i = 0; i < side; ++i)
                    in[i] = v_load(dy + i * t->y_row + (k * side + j) * 16 + r * LANES);
                winograd_a_back(half[j], side, in);
            }
            for (int i = 0; i < side + 2; ++i) {
                for (int j = 0; j < side; ++j)
                    in[j] = half[j][i];
                winograd_a_back(out, side, in);
                for (int j = 0; j < side + 2; ++j)
                    v_store(v + ((side + 2) * i + j) * t->position + k * 16 + r * LANES,
                            out[j]);
            }
        }
}

void UP_VARIANT(up_block_winograd_gradient)(real *v, const real *dy, const struct up_tiles *t)
{
    if (t->side == 2)
        winograd_gradient_of(v, dy, t, 2);
    else
        winograd_gradient_of(v, dy, t, 4);
}

/* out = G' of side + 2 numbers. */
UP_INLINE void winograd_g_back(reg out[3], int side, const reg *u)
{
    reg s = v_add(u[1], u[2]), d = v_sub(u[1], u[2]);
    if (side == 2) {
        reg half = v_all((real)0.5);
        out[0] = v_fma(half, s, u[0]);
        out[1] = v_mul(half, d);
        out[2] = v_fma(half, s, u[3]);
        return;
    }
    reg p = v_add(u[3], u[4]), q = v_sub(u[3], u[4]);
    reg sixth = v_all((real)(-1.0 / 6));
    out[0] = v_fma(v_all((real)0.25), u[0], v_fma(sixth, s, v_mul(v_all((real)(1.0 / 24)), p)));
    out[1] = v_fma(sixth, d, v_mul(v_all((real)(1.0 / 12)), q));
    out[2] = v_fma(sixth, v_sub(s, p), u[5]);
}

UP_INLINE void winograd_weights_back_of(real *dw, const real *u, int side, ptrdiff_t position)
{
    reg half[WINOGRAD][3], in[WINOGRAD], out[3];
    for (int i = 0; i < side + 2; ++i) {
        for (int j = 0; j < side + 2; ++j)
            in[j] = v_load(u + ((side + 2) * i + j) * position);
        winograd_g_back(half[i], side, in);
    }
    for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < side + 2; ++i)
            in[i] = half[i][j];
        winograd_g_back(out, side, in);
        for (int i = 0; i < 3; ++i)
            v_store(dw + (3 * i + j) * 256, out[i]);
    }
}

void UP_VARIANT(up_block_winograd_weights_back)(real *dw, const real *u, int side,
                                                ptrdiff_t position, int rows)
{
    for (int k = 0; k < rows * REGS; ++k, dw += LANES, u += LANES)
        if (side == 2)
            winograd_weights_back_of(dw, u, 2, position);
        else
            winograd_weights_back_of(dw, u, 4, position);
}
