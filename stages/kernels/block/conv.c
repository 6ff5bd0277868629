/* Convolutions of block.h, for one real type and instruction set (simd.h). */
#include "stages/kernels/block/kernels.h"

#define UP_SLIDE 5 /* most taps of a row */

/* The pixels that a tile reads next, into the first cache. */
UP_INLINE void fetch(const real *x, ptrdiff_t x_px, int px)
{
    for (int p = 0; p < px; ++p)
        __builtin_prefetch(x + p * x_px);
}

/* Pixels of a tile, and output blocks. */
struct tile_size {
    int px, outs;
};

/* One output tile, whose sums stay in registers. */
UP_INLINE void tile(real *y, const real *x, const real *w, const struct up_window *g,
                    ptrdiff_t x_px, struct tile_size size, enum up_block_store store)
{
    const int px = size.px, outs = size.outs;
    reg s[2][16][REGS];
    for (int o = 0; o < outs; ++o)
        for (int p = 0; p < px; ++p)
            for (int r = 0; r < REGS; ++r)
                s[o][p][r] = store == UP_CHAIN
                                 ? v_load(y + o * g->y_second + p * g->y_px + r * LANES)
                                 : v_all(0);
    for (int t = 0; t < g->taps; ++t) {
        const real *xt = x + g->tap[t], *wt = w + g->matrix[t];
        fetch(t + 1 < g->taps ? x + g->tap[t + 1] : x + g->tap[0] + px * x_px, x_px, px);
#pragma GCC unroll 4
        for (int c = 0; c < g->channels; ++c, wt += 16) {
            reg v[2][REGS];
            for (int o = 0; o < outs; ++o)
                for (int r = 0; r < REGS; ++r)
                    v[o][r] = v_load(wt + o * g->w_second + r * LANES);
#pragma GCC unroll 16
            for (int p = 0; p < px; ++p) {
                reg in = v_all(xt[p * x_px + c]);
                for (int o = 0; o < outs; ++o)
                    for (int r = 0; r < REGS; ++r)
                        s[o][p][r] = v_fma(v[o][r], in, s[o][p][r]);
            }
        }
    }
    for (int o = 0; o < outs; ++o)
        for (int p = 0; p < px; ++p)
            for (int r = 0; r < REGS; ++r) {
                real *to = y + o * g->y_second + p * g->y_px + r * LANES;
                if (store == UP_ADD)
                    s[o][p][r] = v_add(v_load(to), s[o][p][r]);
                v_store(to, s[o][p][r]);
            }
}

/* A row of output, in tiles; neighbouring inputs are x_px apart, which is a constant where
 * that matters. */
#define UP_TILE_CALL(P, O)                                                                     \
    for (; cols - i >= P; i += P)                                                              \
        tile(y + i * g->y_px, x + i * x_px, w, g, x_px, (struct tile_size){P, O}, store);
UP_INLINE void row(real *y, const real *x, const real *w, const struct up_window *g,
                   ptrdiff_t x_px, enum up_block_store store)
{
    int i = 0, cols = g->cols;
    if (g->outputs == 2 && PAIRS) {
        UP_PAIRS(UP_TILE_CALL, 2)
        return;
    }
    UP_TILES(UP_TILE_CALL, 1)
    if (g->outputs == 2) {
        y += g->y_second;
        w += g->w_second;
        i = 0;
        UP_TILES(UP_TILE_CALL, 1)
    }
}

void UP_VARIANT(up_block_conv)(real *y, const real *x, const real *w, const struct up_window *g,
                               enum up_block_store store)
{
    for (int r = 0; r < g->rows; ++r, y += g->y_row, x += g->x_row)
        if (g->x_px == 16)
            row(y, x, w, g, 16, store);
        else
            row(y, x, w, g, g->x_px, store);
}

/* ROWS input channels of one tap. */
UP_INLINE void gradient_tile(real *dw, const real *x, const real *dy, const struct up_window *g)
{
    reg s[ROWS][REGS];
    for (int c = 0; c < ROWS; ++c)
        for (int r = 0; r < REGS; ++r)
            s[c][r] = v_all(0);
    for (int i = 0; i < g->rows; ++i, x += g->x_row, dy += g->y_row) {
        const real *xp = x, *dyp = dy;
        for (int j = 0; j < g->cols; ++j, xp += g->x_px, dyp += g->y_px) {
            reg v[REGS];
            for (int r = 0; r < REGS; ++r)
                v[r] = v_load(dyp + r * LANES);
#pragma GCC unroll 16
            for (int c = 0; c < ROWS; ++c)
                for (int r = 0; r < REGS; ++r)
                    s[c][r] = v_fma(v_all(xp[c]), v[r], s[c][r]);
        }
    }
    for (int c = 0; c < ROWS; ++c)
        for (int r = 0; r < REGS; ++r, dw += LANES)
            v_store(dw, v_add(v_load(dw), s[c][r]));
}

void UP_VARIANT(up_block_gradient)(real *dw, const real *x, const real *dy,
                                   const struct up_window *g)
{
    for (int t = 0; t < g->taps; ++t)
        for (int c = 0; c < g->channels; c += ROWS)
            gradient_tile(dw + g->matrix[t] + c * 16, x + g->tap[t] + c, dy, g);
}

/* `taps` neighbours of one row, to the right (way 1) or to the left (-1), of outputs that are
 * neighbours too: each pixel of x is loaded once for all of them. */
UP_INLINE void slide(reg s[16][REGS], const real *x, const real *w, int px, int taps, int way)
{
    for (int r = 0; r < REGS; ++r) {
        reg v[UP_SLIDE];
        for (int t = 0; t < taps; ++t)
            v[t] = v_load(w + t * 16 + r * LANES);
#pragma GCC unroll 20
        for (int i = 0; i < px + taps - 1; ++i) {
            int at = way > 0 ? i : px - 1 - i;
            reg in = v_load(x + at * 16 + r * LANES);
#pragma GCC unroll 5
            for (int t = 0; t < taps; ++t) {
                int p = at - way * t;
                if (p >= 0 && p < px)
                    s[p][r] = v_fma(v[t], in, s[p][r]);
            }
        }
    }
}

/* Taps in a row that `slide` may take together, where all rows are such, negative where they go
 * to the left; 0: one by one. */
UP_INLINE int slidable_taps(const struct up_window *g)
{
    int n = 1;
    ptrdiff_t step = g->taps > 1 ? g->tap[1] - g->tap[0] : 0;
    if (g->x_px != 16 || (step != 16 && step != -16))
        return 0;
    while (n < g->taps && g->tap[n] - g->tap[n - 1] == step)
        ++n;
    for (int t = 1; t < g->taps; ++t)
        if (g->matrix[t] - g->matrix[t - 1] != 256 ||
            (t % n && g->tap[t] - g->tap[t - 1] != step))
            return 0;
    return g->taps % n == 0 && (n == 3 || n == 5) ? (int)(step / 16) * n : 0;
}

UP_INLINE void depthwise_tile(real *y, const real *x, const real *w, const struct up_window *g,
                              int px, int slides, enum up_block_store store)
{
    reg s[16][REGS];
    int t = 0, taps = slides < 0 ? -slides : slides;
    for (int p = 0; p < px; ++p)
        for (int r = 0; r < REGS; ++r)
            s[p][r] = store == UP_CHAIN ? v_load(y + p * g->y_px + r * LANES) : v_all(0);
    for (; slides && t < g->taps; t += taps)
        slide(s, x + g->tap[t], w + g->matrix[t] / 16, px, taps, slides < 0 ? -1 : 1);
    for (; t < g->taps; ++t) {
        const real *xt = x + g->tap[t], *wt = w + g->matrix[t] / 16;
        for (int r = 0; r < REGS; ++r) {
            reg v = v_load(wt + r * LANES);
#pragma GCC unroll 16
            for (int p = 0; p < px; ++p)
                s[p][r] = v_fma(v, v_load(xt + p * g->x_px + r * LANES), s[p][r]);
        }
    }
    for (int p = 0; p < px; ++p)
        for (int r = 0; r < REGS; ++r) {
            real *to = y + p * g->y_px + r * LANES;
            v_store(to, store == UP_ADD ? v_add(v_load(to), s[p][r]) : s[p][r]);
        }
}

#define UP_DEPTHWISE_CALL(P, slides)                                                           \
    for (; g->cols - i >= P; i += P)                                                           \
        depthwise_tile(y + i * g->y_px, x + i * g->x_px, w, g, P, slides, store);
#define UP_DEPTHWISE_ROWS(slides)                                                              \
    for (int r = 0; r < g->rows; ++r, y += g->y_row, x += g->x_row) {                          \
        int i = 0;                                                                             \
        UP_TILES(UP_DEPTHWISE_CALL, slides)                                                    \
    }
void UP_VARIANT(up_block_depthwise)(real *y, const real *x, const real *w,
                                    const struct up_window *g, enum up_block_store store)
{
    int slides = slidable_taps(g);
    if (slides == 3)
        UP_DEPTHWISE_ROWS(3)
    else if (slides == -3)
        UP_DEPTHWISE_ROWS(-3)
    else if (slides == 5)
        UP_DEPTHWISE_ROWS(5)
    else if (slides == -5)
        UP_DEPTHWISE_ROWS(-5)
    else
        UP_DEPTHWISE_ROWS(0)
}

/* Four taps at a time: each pixel of dy is loaded once for all of them. */
UP_INLINE void taps_gradient(real *dw, const real *x, const real *dy, const struct up_window *g,
                             int first, int taps)
{
    reg s[4][REGS];
    for (int t = 0; t < taps; ++t)
        for (int r = 0; r < REGS; ++r)
            s[t][r] = v_all(0);
    for (int i = 0; i < g->rows; ++i, x += g->x_row, dy += g->y_row)
        for (int j = 0; j < g->cols; ++j)
            for (int r = 0; r < REGS; ++r) {
                reg v = v_load(dy + j * g->y_px + r * LANES);
                for (int t = 0; t < taps; ++t)
                    s[t][r] = v_fma(v_load(x + g->tap[first + t] + j * g->x_px + r * LANES), v,
                                    s[t][r]);
            }
    for (int t = 0; t < taps; ++t)
        for (int r = 0; r < REGS; ++r) {
            real *to = dw + g->matrix[first + t] / 16 + r * LANES;
            v_store(to, v_add(v_load(to), s[t][r]));
        }
}

void UP_VARIANT(up_block_depthwise_gradient)(real *dw, const real *x, const real *dy,
                                             const struct up_window *g)
{
    int t = 0;
    for (; t + 4 <= g->taps; t += 4)
        taps_gradient(dw, x, dy, g, t, 4);
    for (; t < g->taps; ++t)
        taps_gradient(dw, x, dy, g, t, 1);
}
