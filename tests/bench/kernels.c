/* GFLOP/s of the convolution kernels at the shapes of the scored networks, on one thread,
 * beside OpenBLAS's sgemm 1024^3 in the same run. One JSON line per shape and instruction set;
 * median of the rounds, and the extremes. */
#include "stages/kernels/block/block.h"
#include "store/base/arena.h"
#include "tests/bench/clock.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 9 };

struct shape {
    int side, in, out, kernel, stride; /* blocks of 16 channels */
};
static const struct shape shapes[] = {
    {32, 1, 1, 3, 1}, {16, 2, 2, 3, 1}, {8, 4, 4, 3, 1},   {32, 1, 2, 3, 2}, {16, 2, 4, 3, 2},
    {32, 1, 1, 1, 1}, {16, 2, 2, 1, 1}, {8, 4, 4, 1, 1},   {32, 2, 2, 1, 1}, {16, 4, 4, 1, 1},
    {8, 8, 8, 1, 1},  {32, 8, 2, 1, 1}, {16, 16, 4, 1, 1}, {8, 32, 8, 1, 1},
};

struct buffers {
    float *x, *y, *w;
    struct up_window g;
    const struct up_block_f32 *k;
    const struct shape *s;
    size_t x_plane, y_plane;
};

static struct buffers make(const struct shape *s, const struct up_block_f32 *k)
{
    int pad = s->kernel / 2, width = s->side + 2 * pad, oh = s->side / s->stride;
    struct buffers b = {.k = k, .s = s};
    int taps = s->kernel * s->kernel;
    b.x_plane = (size_t)(width * width) * 16;
    b.y_plane = (size_t)(oh * oh) * 16;
    b.x = up_alloc((size_t)s->in * b.x_plane * sizeof(float));
    b.y = up_alloc((size_t)s->out * b.y_plane * sizeof(float));
    b.w = up_alloc((size_t)(s->in * s->out * taps * 256) * sizeof(float));
    b.g = (struct up_window){.rows = oh,
                             .cols = oh,
                             .taps = taps,
                             .channels = 16,
                             .x_row = (ptrdiff_t)s->stride * width * 16,
                             .x_px = (ptrdiff_t)s->stride * 16,
                             .y_row = (ptrdiff_t)oh * 16,
                             .y_px = 16,
                             .y_second = (ptrdiff_t)b.y_plane,
                             .w_second = (ptrdiff_t)s->in * taps * 256,
                             .outputs = s->out > 1 ? 2 : 1};
    for (int t = 0; t < taps; ++t) {
        b.g.tap[t] = (ptrdiff_t)(t / s->kernel * width + t % s->kernel) * 16;
        b.g.matrix[t] = (ptrdiff_t)t * 256;
    }
    return b;
}

static void conv(const struct buffers *b)
{
    int taps = b->g.taps;
    for (int o = 0; o < b->s->out; o += b->g.outputs)
        for (int i = 0; i < b->s->in; ++i)
            b->k->conv(b->y + (size_t)o * b->y_plane, b->x + (size_t)i * b->x_plane,
                       b->w + (size_t)((o * b->s->in + i) * taps) * 256, &b->g,
                       i ? UP_CHAIN : UP_SET);
}

static void gradient(const struct buffers *b)
{
    int taps = b->g.taps;
    for (int o = 0; o < b->s->out; ++o)
        for (int i = 0; i < b->s->in; ++i)
            b->k->gradient(b->w + (size_t)((o * b->s->in + i) * taps) * 256,
                           b->x + (size_t)i * b->x_plane, b->y + (size_t)o * b->y_plane, &b->g);
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void measure(const struct buffers *b, const char *isa, const char *what,
                    void (*run)(const struct buffers *), double sgemm)
{
    const struct shape *s = b->s;
    double flop = 2e-9 * b->g.rows * b->g.cols * b->g.taps * 256 * s->in * s->out;
    int repeats = (int)(0.4 / flop) + 1;
    double speed[ROUNDS];
    for (int r = 0; r < ROUNDS; ++r) {
        double start = now();
        for (int i = 0; i < repeats; ++i)
            run(b);
        speed[r] = flop * repeats / (now() - start);
    }
    qsort(speed, ROUNDS, sizeof *speed, by_size);
    printf("{\"kernel\": \"%s\", \"isa\": \"%s\", \"side\": %d, \"in\": %d, \"out\": %d, "
           "\"size\": %d, \"stride\": %d, \"gflops\": %.1f, \"min\": %.1f, \"max\": %.1f, "
           "\"share_of_sgemm\": %.2f}\n",
           what, isa, s->side, 16 * s->in, 16 * s->out, s->kernel, s->stride, speed[ROUNDS / 2],
           speed[0], speed[ROUNDS - 1], speed[ROUNDS / 2] / sgemm);
}

int main(void)
{
    double sgemm = sgemm_speed();
    printf("{\"kernel\": \"sgemm 1024\", \"isa\": \"%s\", \"gflops\": %.1f}\n", up_blas_core(),
           sgemm);
    for (int isa = UP_ISA_AVX2; isa <= (int)up_isa_best(); ++isa)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
            struct buffers b = make(&shapes[i], up_block_f32((enum up_isa)isa));
            measure(&b, up_isa_name[isa], "conv", conv, sgemm);
            measure(&b, up_isa_name[isa], "gradient", gradient, sgemm);
            free(b.x);
            free(b.y);
            free(b.w);
        }
    return 0;
}
