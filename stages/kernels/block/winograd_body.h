/* Winograd's convolutions F(2x2, 3x3) and F(4x4, 3x3) of block.h on `real`; see block_body.h.
 * With A, B and G of Lavin and Gray (CVPR 2016), a tile of output is
 * A' ((G w G') . (B' x B)) A: 16 products in place of 36, 36 in place of 144. Position
 * (side + 2) i + j is row i and column j of a tile's transformed numbers. */

enum { UP_R(WINOGRAD) = 6 }; /* most numbers along a side */

/* out = G of three numbers. */
UP_INLINE void UP_R(winograd_g)(REG *out, int side, REG a, REG b, REG c)
{
    if (side == 2) {
        REG half = UP_R(all)((real)0.5), sum = UP_R(mul)(half, UP_R(add)(a, c));
        REG middle = UP_R(mul)(half, b);
        out[0] = a;
        out[1] = UP_R(add)(sum, middle);
        out[2] = UP_R(sub)(sum, middle);
        out[3] = c;
        return;
    }
    REG sixth = UP_R(all)((real)(-1.0 / 6)), s = UP_R(mul)(sixth, UP_R(add)(a, c));
    REG m = UP_R(mul)(sixth, b);
    REG t = UP_R(fma)(UP_R(all)((real)(1.0 / 24)), a, UP_R(mul)(UP_R(all)((real)(1.0 / 6)), c));
    REG h = UP_R(mul)(UP_R(all)((real)(1.0 / 12)), b);
    out[0] = UP_R(mul)(UP_R(all)((real)0.25), a);
    out[1] = UP_R(add)(s, m);
    out[2] = UP_R(sub)(s, m);
    out[3] = UP_R(add)(t, h);
    out[4] = UP_R(sub)(t, h);
    out[5] = c;
}

UP_INLINE void UP_R(winograd_weights_of)(real *u, const real *w, int side, ptrdiff_t position)
{
    REG half[3][UP_R(WINOGRAD)], out[UP_R(WINOGRAD)];
    for (int i = 0; i < 3; ++i) {
        const real *at = w + 3 * i * 256;
        UP_R(winograd_g)
        (half[i], side, UP_R(load)(at), UP_R(load)(at + 256), UP_R(load)(at + 512));
    }
    for (int j = 0; j < side + 2; ++j) {
        UP_R(winograd_g)(out, side, half[0][j], half[1][j], half[2][j]);
        for (int i = 0; i < side + 2; ++i)
            UP_R(store)(u + ((side + 2) * i + j) * position, out[i]);
    }
}

static void UP_R(winograd_weights)(real *u, const real *w, int side, ptrdiff_t position,
                                   int rows)
{
    for (int k = 0; k < rows * REGS; ++k, w += L, u += L)
        if (side == 2)
            UP_R(winograd_weights_of)(u, w, 2, position);
        else
            UP_R(winograd_weights_of)(u, w, 4, position);
}

/* out = B' of side + 2 numbers. */
UP_INLINE void UP_R(winograd_b)(REG *out, int side, const REG *d)
{
    if (side == 2) {
        out[0] = UP_R(sub)(d[0], d[2]);
        out[1] = UP_R(add)(d[1], d[2]);
        out[2] = UP_R(sub)(d[2], d[1]);
        out[3] = UP_R(sub)(d[1], d[3]);
        return;
    }
    REG two = UP_R(all)(2), four = UP_R(all)(4), minus4 = UP_R(all)(-4), five = UP_R(all)(-5);
    REG a = UP_R(fma)(minus4, d[2], d[4]), b = UP_R(fma)(minus4, d[1], d[3]);
    REG e = UP_R(sub)(d[4], d[2]), f = UP_R(mul)(two, UP_R(sub)(d[3], d[1]));
    out[0] = UP_R(fma)(four, d[0], UP_R(fma)(five, d[2], d[4]));
    out[1] = UP_R(add)(a, b);
    out[2] = UP_R(sub)(a, b);
    out[3] = UP_R(add)(e, f);
    out[4] = UP_R(sub)(e, f);
    out[5] = UP_R(fma)(four, d[1], UP_R(fma)(five, d[3], d[5]));
}

/* One column of a tile's pixels, transformed. */
UP_INLINE void UP_R(winograd_column)(REG *out, int side, const real *const *x,
                                     const real *const *mask, ptrdiff_t at)
{
    REG d[UP_R(WINOGRAD)];
    for (int i = 0; i < side + 2; ++i) {
        d[i] = UP_R(load)(x[i] + at);
        if (mask)
            d[i] = UP_R(keep)(d[i], UP_R(load)(mask[i] + at));
    }
    UP_R(winograd_b)(out, side, d);
}

/* One register of channels of a row of tiles. */
UP_INLINE void UP_R(winograd_input_of)(real *v, const real *const *x, const real *const *mask,
                                       const struct up_tiles *t, int side, ptrdiff_t r)
{
    REG column[UP_R(WINOGRAD)][UP_R(WINOGRAD)], row[UP_R(WINOGRAD)], out[UP_R(WINOGRAD)];
    ptrdiff_t at = r + (t->framed ? 0 : -16);
    for (int j = 0; j < 2; ++j, at += 16)
        for (int i = 0; i < side + 2; ++i)
            column[j][i] = UP_R(all)(0);
    if (t->framed)
        UP_R(winograd_column)(column[0], side, x, mask, at - 32);
    UP_R(winograd_column)(column[1], side, x, mask, at - 16);
    for (int k = 0; k < t->cols; ++k, v += 16) {
        for (int j = 2; j < side + 2; ++j, at += 16)
            if (j < side + 1 || k + 1 < t->cols || t->framed)
                UP_R(winograd_column)(column[j], side, x, mask, at);
            else
                for (int i = 0; i < side + 2; ++i)
                    column[j][i] = UP_R(all)(0);
        for (int i = 0; i < side + 2; ++i) {
            for (int j = 0; j < side + 2; ++j)
                row[j] = column[j][i];
            UP_R(winograd_b)(out, side, row);
            for (int j = 0; j < side + 2; ++j)
                UP_R(store)(v + ((side + 2) * i + j) * t->position + r, out[j]);
            column[0][i] = column[side][i];
            column[1][i] = column[side + 1][i];
        }
    }
}

static void UP_R(winograd_input)(real *v, const real *const *x, const real *const *mask,
                                 const struct up_tiles *t)
{
    for (ptrdiff_t r = 0; r < 16; r += L)
        if (t->side == 2 && mask)
            UP_R(winograd_input_of)(v, x, mask, t, 2, r);
        else if (t->side == 2)
            UP_R(winograd_input_of)(v, x, NULL, t, 2, r);
        else if (mask)
            UP_R(winograd_input_of)(v, x, mask, t, 4, r);
        else
            UP_R(winograd_input_of)(v, x, NULL, t, 4, r);
}

/* `px` tiles of `outs` output blocks at one position, whose sums stay in registers. */
UP_INLINE void UP_R(products_tile)(real *m, const real *v, const real *const *u, ptrdiff_t at,
                                   const struct up_products *g, int px, int outs)
{
    ptrdiff_t block = (ptrdiff_t)g->tiles * 16, second = (ptrdiff_t)g->in * 256;
    REG s[2][16][REGS];
    for (int o = 0; o < outs; ++o)
        for (int p = 0; p < px; ++p)
            for (int r = 0; r < REGS; ++r)
                s[o][p][r] = UP_R(all)(0);
    for (int k = 0; k < g->terms; ++k) {
        const real *w = u[k] + at;
        for (int i = 0; i < g->in; ++i, v += block)
#pragma GCC unroll 4
            for (int c = 0; c < 16; ++c, w += 16) {
                REG a[2][REGS];
                for (int o = 0; o < outs; ++o)
                    for (int r = 0; r < REGS; ++r)
                        a[o][r] = UP_R(load)(w + o * second + r * L);
#pragma GCC unroll 16
                for (int p = 0; p < px; ++p) {
                    REG in = UP_R(all)(v[p * 16 + c]);
                    for (int o = 0; o < outs; ++o)
                        for (int r = 0; r < REGS; ++r)
                            s[o][p][r] = UP_R(fma)(a[o][r], in, s[o][p][r]);
                }
            }
    }
    for (int o = 0; o < outs; ++o)
        for (int p = 0; p < px; ++p)
            for (int r = 0; r < REGS; ++r)
                UP_R(store)(m + o * block + p * 16 + r * L, s[o][p][r]);
}

#define UP_PRODUCTS_CALL(P, O)                                                                 \
    for (; g->tiles - i >= P; i += P)                                                          \
        UP_R(products_tile)(m + o * block + i * 16, v + i * 16, u, at, g, P, O);
static void UP_R(winograd_products)(real *m, const real *v, const real *const *u,
                                    const struct up_products *g)
{
    ptrdiff_t block = (ptrdiff_t)g->tiles * 16;
    for (int p = 0; p < g->positions; ++p, m += g->m_position, v += g->v_position)
        for (int o = 0; o < g->out;) {
            ptrdiff_t at = (ptrdiff_t)((p * g->out + o) * g->in) * 256;
            int i = 0;
            if (UP_R(PAIRS) && g->out - o > 1) {
                UP_PAIRS(UP_PRODUCTS_CALL, 2)
                o += 2;
            } else {
                UP_TILES(UP_PRODUCTS_CALL, 1)
                o += 1;
            }
        }
}
#undef UP_PRODUCTS_CALL

/* out = A' of side + 2 numbers. */
UP_INLINE void UP_R(winograd_a)(REG *out, int side, const REG *m)
{
    REG s = UP_R(add)(m[1], m[2]), d = UP_R(sub)(m[1], m[2]);
    if (side == 2) {
        out[0] = UP_R(add)(m[0], s);
        out[1] = UP_R(sub)(d, m[3]);
        return;
    }
    REG p = UP_R(add)(m[3], m[4]), q = UP_R(sub)(m[3], m[4]);
    out[0] = UP_R(add)(m[0], UP_R(add)(s, p));
    out[1] = UP_R(fma)(UP_R(all)(2), q, d);
    out[2] = UP_R(fma)(UP_R(all)(4), p, s);
    out[3] = UP_R(add)(UP_R(fma)(UP_R(all)(8), q, d), m[5]);
}

UP_INLINE void UP_R(winograd_output_of)(real *y, const real *m, const real *mask,
                                        const struct up_tiles *t, int side, bool add)
{
    for (int k = 0; k < t->cols; ++k)
        for (int r = 0; r < REGS; ++r) {
            REG half[UP_R(WINOGRAD)][4], in[UP_R(WINOGRAD)], out[4];
            for (int j = 0; j < side + 2; ++j) {
                for (int i = 0; i < side + 2; ++i)
                    in[i] = UP_R(load)(m + ((side + 2) * i + j) * t->position + k * 16 + r * L);
                UP_R(winograd_a)(half[j], side, in);
            }
            for (int i = 0; i < side; ++i) {
                for (int j = 0; j < side + 2; ++j)
                    in[j] = half[j][i];
                UP_R(winograd_a)(out, side, in);
                for (int j = 0; j < side; ++j) {
                    ptrdiff_t at = i * t->y_row + (k * side + j) * 16 + r * L;
                    if (mask)
                        out[j] = UP_R(keep)(out[j], UP_R(load)(mask + at));
                    UP_R(store)(y + at, add ? UP_R(add)(UP_R(load)(y + at), out[j]) : out[j]);
                }
            }
        }
}

static void UP_R(winograd_output)(real *y, const real *m, const real *mask,
                                  const struct up_tiles *t, bool add)
{
    if (t->side == 2)
        UP_R(winograd_output_of)(y, m, mask, t, 2, add);
    else if (mask && add)
        UP_R(winograd_output_of)(y, m, mask, t, 4, true);
    else if (mask)
        UP_R(winograd_output_of)(y, m, mask, t, 4, false);
    else
        UP_R(winograd_output_of)(y, m, NULL, t, 4, add);
}

/* ---- the weights' gradient: G' (sum over tiles of (A dy A') . (B' x B)) G ---- */

/* out = A of `side` numbers. */
UP_INLINE void UP_R(winograd_a_back)(REG *out, int side, const REG *g)
{
    out[0] = g[0];
    if (side == 2) {
        out[1] = UP_R(add)(g[0], g[1]);
        out[2] = UP_R(sub)(g[0], g[1]);
        out[3] = UP_R(sub)(UP_R(all)(0), g[1]);
        return;
    }
    REG even = UP_R(add)(g[0], g[2]), odd = UP_R(add)(g[1], g[3]);
    REG four = UP_R(fma)(UP_R(all)(4), g[2], g[0]);
    REG eight = UP_R(fma)(UP_R(all)(8), g[3], UP_R(add)(g[1], g[1]));
    out[1] = UP_R(add)(even, odd);
    out[2] = UP_R(sub)(even, odd);
    out[3] = UP_R(add)(four, eight);
    out[4] = UP_R(sub)(four, eight);
    out[5] = g[3];
}

UP_INLINE void UP_R(winograd_gradient_of)(real *v, const real *dy, const struct up_tiles *t,
                                          int side)
{
    for (int k = 0; k < t->cols; ++k)
        for (int r = 0; r < REGS; ++r) {
            REG half[4][UP_R(WINOGRAD)], in[4], out[UP_R(WINOGRAD)];
            for (int j = 0; j < side; ++j) {
                for (int i = 0; i < side; ++i)
                    in[i] = UP_R(load)(dy + i * t->y_row + (k * side + j) * 16 + r * L);
                UP_R(winograd_a_back)(half[j], side, in);
            }
            for (int i = 0; i < side + 2; ++i) {
                for (int j = 0; j < side; ++j)
                    in[j] = half[j][i];
                UP_R(winograd_a_back)(out, side, in);
                for (int j = 0; j < side + 2; ++j)
                    UP_R(store)
                (v + ((side + 2) * i + j) * t->position + k * 16 + r * L, out[j]);
            }
        }
}

static void UP_R(winograd_gradient)(real *v, const real *dy, const struct up_tiles *t)
{
    if (t->side == 2)
        UP_R(winograd_gradient_of)(v, dy, t, 2);
    else
        UP_R(winograd_gradient_of)(v, dy, t, 4);
}

/* out = G' of side + 2 numbers. */
UP_INLINE void UP_R(winograd_g_back)(REG out[3], int side, const REG *u)
{
    REG s = UP_R(add)(u[1], u[2]), d = UP_R(sub)(u[1], u[2]);
    if (side == 2) {
        REG half = UP_R(all)((real)0.5);
        out[0] = UP_R(fma)(half, s, u[0]);
        out[1] = UP_R(mul)(half, d);
        out[2] = UP_R(fma)(half, s, u[3]);
        return;
    }
    REG p = UP_R(add)(u[3], u[4]), q = UP_R(sub)(u[3], u[4]);
    REG sixth = UP_R(all)((real)(-1.0 / 6));
    out[0] = UP_R(fma)(UP_R(all)((real)0.25), u[0],
                       UP_R(fma)(sixth, s, UP_R(mul)(UP_R(all)((real)(1.0 / 24)), p)));
    out[1] = UP_R(fma)(sixth, d, UP_R(mul)(UP_R(all)((real)(1.0 / 12)), q));
    out[2] = UP_R(fma)(sixth, UP_R(sub)(s, p), u[5]);
}

UP_INLINE void UP_R(winograd_weights_back_of)(real *dw, const real *u, int side,
                                              ptrdiff_t position)
{
    REG half[UP_R(WINOGRAD)][3], in[UP_R(WINOGRAD)], out[3];
    for (int i = 0; i < side + 2; ++i) {
        for (int j = 0; j < side + 2; ++j)
            in[j] = UP_R(load)(u + ((side + 2) * i + j) * position);
        UP_R(winograd_g_back)(half[i], side, in);
    }
    for (int j = 0; j < 3; ++j) {
        for (int i = 0; i < side + 2; ++i)
            in[i] = half[i][j];
        UP_R(winograd_g_back)(out, side, in);
        for (int i = 0; i < 3; ++i)
            UP_R(store)(dw + (3 * i + j) * 256, out[i]);
    }
}

static void UP_R(winograd_weights_back)(real *dw, const real *u, int side, ptrdiff_t position,
                                        int rows)
{
    for (int k = 0; k < rows * REGS; ++k, dw += L, u += L)
        if (side == 2)
            UP_R(winograd_weights_back_of)(dw, u, 2, position);
        else
            UP_R(winograd_weights_back_of)(dw, u, 4, position);
}
