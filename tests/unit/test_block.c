/* links: up_kernels */
/* The kernels of block.h: every instruction set gives the bits of the portable ones, and those
 * are what the definitions say, in float64 arithmetic, on random windows. */
#include "stages/kernels/block/block.h"
#include "store/base/arena.h"
#include "store/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROUNDS = 60, MOST = 1 << 16 };

struct data { /* of one round, the same for every variant */
    float x[MOST], w[MOST], y[MOST], k[16 * UP_BLOCK_MIX];
    double s[64];
};

static int below(struct up_rng *r, int n) { return (int)up_rng_below(r, (uint64_t)n); }

static void draw(float *v, size_t n, struct up_rng *r)
{
    for (size_t i = 0; i < n; ++i)
        v[i] = (float)up_rng_normal(r);
}

static struct data *drawn(struct up_rng *r)
{
    struct data *d = up_alloc(sizeof *d);
    draw(d->x, MOST, r);
    draw(d->w, MOST, r);
    draw(d->y, MOST, r);
    draw(d->k, sizeof d->k / sizeof *d->k, r);
    return d;
}

/* A random convolution of `inner` pixels around: taps inside x, matrices inside w. */
static struct up_window window(struct up_rng *r, int outputs)
{
    int kernel = 1 + below(r, 5), stride = 1 + below(r, 2);
    int rows = 1 + below(r, 5), cols = 1 + below(r, 23);
    int width = (cols - 1) * stride + kernel;
    struct up_window g = {.rows = rows,
                          .cols = cols,
                          .channels = 1 + below(r, 16),
                          .x_row = (ptrdiff_t)stride * width * 16,
                          .x_px = (ptrdiff_t)stride * 16,
                          .y_row = (ptrdiff_t)cols * 16,
                          .y_px = 16,
                          .y_second = (ptrdiff_t)rows * cols * 16,
                          .w_second = (ptrdiff_t)kernel * kernel * 256,
                          .outputs = outputs};
    for (; g.taps < kernel * kernel; ++g.taps) {
        g.tap[g.taps] = (ptrdiff_t)(g.taps / kernel * width + g.taps % kernel) * 16;
        g.matrix[g.taps] = (ptrdiff_t)g.taps * 256;
    }
    return g;
}

/* Everything a table does, into y, w and s. */
static void all_kernels(struct data *d, const struct up_block_f32 *k, struct up_rng r)
{
    struct up_window g = window(&r, 1 + below(&r, 2));
    enum up_block_store store = (enum up_block_store)below(&r, 3);
    ptrdiff_t pixels = g.rows * g.cols;
    struct up_rectangle a = {g.rows, g.cols, g.y_row, g.y_row};
    const float *p[4] = {d->x, d->x + 64, d->w, d->w + 160};
    float size[512], *y = d->y;
    double mean[16];
    for (int i = 0; i < 512; ++i)
        size[i] = (float)(1 + i % 9);
    for (int i = 0; i < 16; ++i)
        mean[i] = (double)d->k[i];
    k->conv(y, d->x, d->w, &g, store);
    g.outputs = 1;
    g.channels = 16;
    k->gradient(d->w, d->x, y, &g);
    k->depthwise(y, d->x, d->w, &g, store);
    k->depthwise_gradient(d->w, d->x, y, &g);
    k->pass(y, d->x, d->w, &a, store == UP_ADD);
    k->affine(y, d->x, d->k, &a, true);
    k->mix2(y, p, d->k, &a, true);
    k->mix4(y, p, d->k, &a, true);
    k->maximum(y, d->w, d->x, &g, true);
    k->maximum(y, d->x, d->x, &g, true);
    k->quotient(y, d->x, size, &a, store == UP_ADD);
    k->max_spread(d->w, d->x, y, &g);
    k->sum(d->s, y, pixels);
    k->powers(d->s, y, pixels);
    k->squares(d->s, y, d->k, pixels);
    k->moments(d->s, y, d->x, mean, pixels);
    k->dot(d->s, y, d->x, &a);
    k->distance(d->s + 16, y, d->x, pixels);
    uint16_t bits[512] = {0};
    k->signs(bits, y, pixels);
    for (int i = 0; i < pixels; ++i)
        d->s[48 + i % 16] += bits[i];
    d->s[63] += (double)k->differ((const uint64_t *)(const void *)d->x,
                                  (const uint64_t *)(const void *)d->w, 100);
}

static void variants_agree(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; ++round) {
        struct up_rng r = up_rng_init((uint64_t)round, "block");
        struct data *want = drawn(&r), *got = up_alloc(sizeof *got);
        struct data *start = up_alloc(sizeof *start);
        *start = *want;
        all_kernels(want, up_block_f32(UP_ISA_PORTABLE), r);
        for (int isa = UP_ISA_AVX2; isa <= (int)up_isa_best(); ++isa) {
            *got = *start;
            all_kernels(got, up_block_f32((enum up_isa)isa), r);
            assert_memory_equal(got, want, sizeof *got);
        }
        free(want);
        free(got);
        free(start);
    }
}

/* The definition of a convolution, in float64. */
static double conv_at(const struct data *d, const struct up_window *g, int row, int col,
                      int lane)
{
    double sum = 0;
    for (int t = 0; t < g->taps; ++t)
        for (int c = 0; c < g->channels; ++c)
            sum += (double)d->x[g->tap[t] + row * g->x_row + col * g->x_px + c] *
                   (double)d->w[g->matrix[t] + c * 16 + lane];
    return sum;
}

static void convolution_is_its_definition(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS; ++round) {
        struct up_rng r = up_rng_init((uint64_t)round, "conv");
        struct data *d = drawn(&r);
        struct up_window g = window(&r, 1);
        up_block_f32(up_isa_best())->conv(d->y, d->x, d->w, &g, UP_SET);
        for (int i = 0; i < g.rows * g.cols * 16; ++i) {
            double want = conv_at(d, &g, i / 16 / g.cols, i / 16 % g.cols, i % 16);
            assert_true(fabs((double)d->y[i] - want) < 1e-4);
        }
        free(d);
    }
}

/* Its taps from the last to the first, as a backward pass reads them. */
static struct up_window turned(const struct up_window *g)
{
    struct up_window back = *g;
    for (int t = 0; t < g->taps; ++t)
        back.tap[t] = g->tap[g->taps - 1 - t];
    return back;
}

static float depthwise_at(const struct data *d, const struct up_window *g, int row, int col,
                          int lane)
{
    float sum = 0;
    for (int t = 0; t < g->taps; ++t)
        sum = fmaf(d->w[g->matrix[t] / 16 + lane],
                   d->x[g->tap[t] + row * g->x_row + col * g->x_px + lane], sum);
    return sum;
}

/* Bit by bit: neighbouring taps are taken together, and in the same order as one by one. */
static void depthwise_is_a_chain_of_its_taps(void **state)
{
    (void)state;
    for (int round = 0; round < 2 * ROUNDS; ++round) {
        struct up_rng r = up_rng_init((uint64_t)round, "depthwise");
        struct data *d = drawn(&r);
        struct up_window g = window(&r, 1), back = turned(&g);
        const struct up_window *of = round % 2 ? &back : &g;
        for (int isa = 0; isa <= (int)up_isa_best(); ++isa) {
            up_block_f32((enum up_isa)isa)->depthwise(d->y, d->x, d->w, of, UP_SET);
            for (int i = 0; i < g.rows * g.cols * 16; ++i)
                assert_true(d->y[i] ==
                            depthwise_at(d, of, i / 16 / g.cols, i / 16 % g.cols, i % 16));
        }
        free(d);
    }
}

/* ---- Winograd's tiles against the direct kernel ---- */
enum { SIDE_H = 8, SIDE_W = 12, FRAMED = SIDE_W + 2 };

static struct up_window three_by_three(void)
{
    struct up_window g = {.rows = SIDE_H,
                          .cols = SIDE_W,
                          .taps = 9,
                          .channels = 16,
                          .x_row = FRAMED * 16,
                          .x_px = 16,
                          .y_row = SIDE_W * 16,
                          .y_px = 16,
                          .outputs = 1};
    for (int t = 0; t < 9; ++t) {
        g.tap[t] = (ptrdiff_t)(t / 3 * FRAMED + t % 3) * 16;
        g.matrix[t] = (ptrdiff_t)t * 256;
    }
    return g;
}

/* y and dw of x (framed) by tiles of `side`. */
static void by_tiles(float *y, float *dw, const struct data *d, const struct up_block_f32 *k,
                     int side)
{
    int rows = SIDE_H / side, cols = SIDE_W / side, tiles = rows * cols;
    int positions = (side + 2) * (side + 2);
    ptrdiff_t position = (ptrdiff_t)tiles * 16;
    struct up_tiles t = {side, cols, position, SIDE_W * 16, true};
    struct up_products p = {positions, tiles, 1, 1, 1, position, position};
    struct up_window g = {
        .rows = 1, .cols = tiles, .taps = 1, .channels = 16, .x_px = 16, .y_px = 16};
    float *u = up_alloc(36 * 256 * sizeof *u), *du = up_alloc(36 * 256 * sizeof *du);
    float *v = up_alloc(36 * 512 * sizeof *v), *m = up_alloc(36 * 512 * sizeof *m);
    const float *us[1] = {u}, *x[6];
    k->winograd_weights(u, d->w, side, 256, 16);
    for (int row = 0; row < rows; ++row) {
        for (int i = 0; i < side + 2; ++i)
            x[i] = d->x + (row * side + i) * FRAMED * 16;
        k->winograd_input(v + row * cols * 16, x, NULL, &t);
    }
    k->winograd_products(m, v, us, &p);
    for (int row = 0; row < rows; ++row)
        k->winograd_output(y + row * side * SIDE_W * 16, m + row * cols * 16, NULL, &t, false);
    for (int row = 0; row < rows; ++row)
        k->winograd_gradient(m + row * cols * 16, d->y + row * side * SIDE_W * 16, &t);
    for (int i = 0; i < positions; ++i)
        k->gradient(du + i * 256, v + i * position, m + i * position, &g);
    k->winograd_weights_back(dw, du, side, 256, 16);
    free(u);
    free(du);
    free(v);
    free(m);
}

static void tiles_are_the_convolution(void **state)
{
    (void)state;
    struct up_rng r = up_rng_init(5, "tiles");
    struct data *d = drawn(&r);
    struct up_window g = three_by_three();
    static float y[SIDE_H * SIDE_W * 16], want[SIDE_H * SIDE_W * 16], dw[9 * 256],
        dwant[9 * 256];
    const struct up_block_f32 *plain = up_block_f32(UP_ISA_PORTABLE);
    plain->conv(want, d->x, d->w, &g, UP_SET);
    plain->gradient(dwant, d->x, d->y, &g);
    for (int side = 2; side <= 4; side += 2) {
        static float first[SIDE_H * SIDE_W * 16], dfirst[9 * 256];
        for (int isa = 0; isa <= (int)up_isa_best(); ++isa) {
            by_tiles(y, dw, d, up_block_f32((enum up_isa)isa), side);
            for (size_t i = 0; i < sizeof y / sizeof *y; ++i)
                assert_true(fabs((double)(y[i] - want[i])) < 2e-4);
            for (size_t i = 0; i < sizeof dw / sizeof *dw; ++i)
                assert_true(fabs((double)(dw[i] - dwant[i])) < 1e-3);
            if (!isa) {
                memcpy(first, y, sizeof y);
                memcpy(dfirst, dw, sizeof dw);
            }
            assert_memory_equal(y, first, sizeof y);
            assert_memory_equal(dw, dfirst, sizeof dw);
        }
    }
    free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variants_agree),
        cmocka_unit_test(depthwise_is_a_chain_of_its_taps),
        cmocka_unit_test(convolution_is_its_definition),
        cmocka_unit_test(tiles_are_the_convolution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
