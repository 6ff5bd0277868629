/* How a plain convolution cuts its work: chunks of images, bands of channels, scratch. */
#ifndef UP_TESTS_REFERENCE_CONV_PLAN_H
#define UP_TESTS_REFERENCE_CONV_PLAN_H
#include "tests/reference/conv.h"
#include "tests/reference/chain.h"
#include "stages/kernels/gemm.h"
#include "tests/reference/pointwise.h"
#include "tests/reference/tap.h"
#include <string.h>

enum { CHUNK_PIXELS = 1024 }; /* output pixels per product: the columns stay in cache */
enum { COLUMN_GAP = 16 };

/* Outputs along one axis. */
static inline int outputs(const struct up_conv *c, int inputs)
{
    int reach = c->dilation * (c->kernel - 1) + 1;
    return (inputs - c->shift + 2 * c->pad - reach) / c->stride + 1;
}

/* What one step of the loop over images works on. */
struct chunk {
    int first, images, pixels; /* pixels of output */
    int stride;         /* of the column matrix: not 2^n, so that rows share no cache set */
    ptrdiff_t in_plane; /* input numbers per channel of the chunk */
    ptrdiff_t in_batch, out_batch; /* numbers per channel of the batch */
};

/* A 1x1 convolution reads its input as it lies. */
static inline bool direct(const struct up_conv *c)
{
    return c->kernel == 1 && c->stride == 1 && c->pad == 0 && c->shift == 0;
}

/* oneDNN has no kernel of its own for the data gradient of a dilated depthwise convolution. */
static inline bool fused_taps(const struct up_conv *c)
{
    return c->depthwise && c->dilation == 1;
}

static inline int chunk_images(const struct up_conv *c)
{
    int images = CHUNK_PIXELS / (up_conv_rows(c) * up_conv_cols(c));
    images = images < 1 ? 1 : images;
    return images < c->n ? images : c->n;
}

static inline struct chunk chunk_at(const struct up_conv *c, int first)
{
    int images = chunk_images(c), area = up_conv_rows(c) * up_conv_cols(c);
    if (images > c->n - first)
        images = c->n - first;
    return (struct chunk){first,
                          images,
                          images * area,
                          direct(c) ? images * area : images * area + COLUMN_GAP,
                          (ptrdiff_t)images * c->h * c->w,
                          (ptrdiff_t)c->n * c->h * c->w,
                          (ptrdiff_t)c->n * area};
}

/* Where the taps of a row, and of a column, of the kernel read. */
static inline struct up_tap row_tap(const struct up_conv *c, int ky)
{
    return up_tap(ky * c->dilation + c->shift, c->pad, c->stride, c->h, up_conv_rows(c));
}

static inline struct up_tap col_tap(const struct up_conv *c, int kx)
{
    return up_tap(kx * c->dilation + c->shift, c->pad, c->stride, c->w, up_conv_cols(c));
}

/* Channels per product at most; what oneDNN's kernels find best for the caches. */
static inline int most_channels(const struct up_conv *c)
{
    int rows = up_conv_rows(c), pixels = rows * up_conv_cols(c);
    if (c->kernel > 1 || c->shift > 0)
        return 16;
    if (rows <= 10)
        return 256;
    if (rows < 28)
        return c->out <= 256 ? 80 : 512;
    return (ptrdiff_t)c->in * pixels > 7 << 14 ? 112 : 512;
}

/* Input channels from `first` on that go into one product. */
static inline int block_channels(const struct up_conv *c, int first)
{
    int left = c->in - first, most = most_channels(c);
    return left < most ? left : most;
}

/* Scratch is the plane, the columns of one block, and two packed weights. */
static inline size_t plane_scratch(const struct up_conv *c)
{
    return (size_t)c->in * (size_t)chunk_at(c, 0).in_plane;
}

static inline size_t column_scratch(const struct up_conv *c)
{
    size_t taps = (size_t)(block_channels(c, 0) * c->kernel * c->kernel);
    return direct(c) ? 0 : taps * (size_t)chunk_at(c, 0).stride;
}

static inline size_t weight_scratch(const struct up_conv *c)
{
    return (size_t)c->out * (size_t)(c->in * c->kernel * c->kernel);
}

/* A channel of a depthwise convolution is a convolution of its own; others are one. */
static inline struct up_conv part_of(const struct up_conv *c)
{
    struct up_conv part = *c;
    if (c->depthwise)
        part.in = part.out = 1;
    return part;
}

static inline int parts_of(const struct up_conv *c) { return c->depthwise ? c->in : 1; }

/* Numbers of one part. */
struct strides {
    ptrdiff_t x, y, w;
};

static inline struct strides strides_of(const struct up_conv *part)
{
    ptrdiff_t pixels = (ptrdiff_t)part->n * up_conv_rows(part) * up_conv_cols(part);
    return (struct strides){(ptrdiff_t)part->in * part->n * part->h * part->w,
                            part->out * pixels, (ptrdiff_t)weight_scratch(part)};
}

#endif
