/* The gradient of one batch norm as PyTorch's two kernels round it. */
#include "stages/engine/run/published.h"
#include "stages/engine/run/image_ops.h"

#include <string.h>

enum { LANES = UP_BLOCK_LANES, VECTOR = 8, CHAINS = 4 };

/* Rows of a block's factors, from UP_K_GRAD on. */
enum { MEAN, INV, GAMMA, SHIFT, SLOPE, ROWS };

struct norm {
    struct up_passes_f32 *run;
    const struct up_op *op;
    const struct up_layout_slot *src;
    int index; /* of op */
    bool apart, add;
};

/* a * b + c, the product exact; quick where fmaf is not. */
static float fused(float a, float b, float c)
{
    return (float)((double)a * (double)b + (double)c);
}

/* ---- sums over one image: s[0..15] of dy, s[16..31] of (x - mean) * dy ---- */

static void across(double *s, float v[VECTOR][LANES])
{
    for (int k = 0; k < LANES; ++k)
        s[k] = (double)(((v[0][k] + v[4][k]) + (v[2][k] + v[6][k])) +
                        ((v[1][k] + v[5][k]) + (v[3][k] + v[7][k])));
}

static void own_sums(double *s, const float *x, const float *mean, const float *dy,
                     size_t pixels)
{
    float sum[VECTOR][LANES] = {{0}}, dot[VECTOR][LANES] = {{0}};
    for (size_t i = 0; i < pixels; ++i, x += LANES, dy += LANES)
        for (int k = 0; k < LANES; ++k) {
            sum[i % VECTOR][k] += dy[k];
            dot[i % VECTOR][k] = fused(x[k] - mean[k], dy[k], dot[i % VECTOR][k]);
        }
    across(s, sum);
    across(s + LANES, dot);
}

/* Vectors beyond the last round of four go into the first chain, pixels beyond the last vector
 * into one of their own. */
static void apart_sums(double *s, const float *x, const float *mean, const float *dy,
                       size_t pixels)
{
    size_t vectors = pixels / VECTOR, even = vectors - vectors % CHAINS;
    float sum[CHAINS][VECTOR][LANES] = {{{0}}}, rest[LANES] = {0};
    memset(s, 0, 2 * LANES * sizeof *s);
    for (size_t i = 0; i < pixels; ++i, x += LANES, dy += LANES) {
        size_t v = i / VECTOR, chain = v < even ? v % CHAINS : 0;
        float *to = v < vectors ? sum[chain][i % VECTOR] : rest;
        for (int k = 0; k < LANES; ++k) {
            to[k] += dy[k];
            s[LANES + k] += (double)((x[k] - mean[k]) * dy[k]);
        }
    }
    for (int v = 0; v < VECTOR; ++v)
        for (int k = 0; k < LANES; ++k)
            rest[k] += ((sum[0][v][k] + sum[1][v][k]) + sum[2][v][k]) + sum[3][v][k];
    for (int k = 0; k < LANES; ++k)
        s[k] = (double)rest[k];
}

static void sums_image(void *ctx, size_t task, int image)
{
    const struct norm *n = ctx;
    const float *x = up_passes_image_f32(&n->run->act, n->op->src, image);
    const float *dy = up_passes_image_f32(&n->run->grad, n->op->dst, image);
    (void)task;
    for (int b = 0; b < n->src->blocks; ++b, x += n->src->plane, dy += n->src->plane)
        (n->apart ? apart_sums
                  : own_sums)(up_passes_sums_f32(n->run, n->index, b, image), x,
                              up_passes_factor_f32(n->run, n->index, b, UP_K_GRAD + MEAN), dy,
                              n->src->plane / LANES);
}

/* ---- factors; those of lanes without a channel are 0 ---- */

static float *factors_of(const struct norm *n, int channel)
{
    return up_passes_factor_f32(n->run, n->index, channel / LANES, UP_K_GRAD) + channel % LANES;
}

static void begin_factors(const struct norm *n)
{
    const struct up_passes_f32 *r = n->run;
    const float *gamma =
        n->op->weight < 0 ? NULL : r->weight + r->program->weight[n->op->weight].at;
    for (int b = 0; b < n->src->blocks; ++b)
        memset(up_passes_factor_f32(r, n->index, b, UP_K_GRAD), 0,
               ROWS * LANES * sizeof(float));
    for (int c = 0; c < r->program->slot[n->op->src].c; ++c) {
        float *k = factors_of(n, c);
        k[MEAN * LANES] = (float)r->norm[n->op->norm + c].mean;
        k[INV * LANES] = (float)r->norm[n->op->norm + c].inv;
        k[GAMMA * LANES] = gamma ? gamma[c] : 1;
    }
}

static void finish_factors(const struct norm *n)
{
    double m = (double)(n->src->plane / LANES) * n->run->n;
    for (int c = 0; c < n->run->program->slot[n->op->src].c; ++c) {
        float *k = factors_of(n, c), inv = k[INV * LANES], rounded = 0;
        double sum = 0, dot = 0;
        for (int image = 0; image < n->run->n; ++image) {
            const double *s =
                up_passes_sums_f32(n->run, n->index, c / LANES, image) + c % LANES;
            sum += s[0];
            rounded += (float)s[0];
            dot += s[LANES];
        }
        k[SHIFT * LANES] = n->apart ? rounded / (float)m : (float)(sum / m);
        k[SLOPE * LANES] = (float)dot * inv * inv / (float)m;
    }
}

static void dx_pixel(float *dx, const float *x, const float *dy, const float *k, bool apart,
                     bool add)
{
    for (int l = 0; l < LANES; ++l, ++k) {
        float v = dy[l] - k[SHIFT * LANES], a = x[l] - k[MEAN * LANES], s = k[SLOPE * LANES];
        v = apart ? v - a * s : fused(-a, s, v);
        v = v * k[INV * LANES] * k[GAMMA * LANES];
        dx[l] = add ? dx[l] + v : v;
    }
}

static void dx_image(void *ctx, size_t task, int image)
{
    const struct norm *n = ctx;
    const float *x = up_passes_image_f32(&n->run->act, n->op->src, image);
    const float *dy = up_passes_image_f32(&n->run->grad, n->op->dst, image);
    float *dx = up_passes_image_f32(&n->run->grad, n->op->src, image);
    (void)task;
    for (int b = 0; b < n->src->blocks; ++b) {
        const float *k = up_passes_factor_f32(n->run, n->index, b, UP_K_GRAD);
        for (size_t i = 0; i < n->src->plane; i += LANES, dx += LANES, x += LANES, dy += LANES)
            dx_pixel(dx, x, dy, k, n->apart, n->add);
    }
}

void up_published_norm(struct up_passes_f32 *run, int op, bool apart, bool add)
{
    const struct up_op *o = &run->program->op[op];
    struct norm n = {run, o, &run->layout->slot[o->src], op, apart, add};
    begin_factors(&n);
    up_passes_images_f32(run, sums_image, &n);
    finish_factors(&n);
    up_passes_images_f32(run, dx_image, &n);
}
