/* Convolutions of the plain engine: unfolded into matrices and multiplied. */
#include "tests/reference/conv_plan.h"

#include "stages/kernels/real.h"

#if defined UP_REAL_F64
#define gemm up_dgemm
#else
#define gemm up_sgemm
#endif

/* plane[in][images][h][w] = the chunk's input, masked. */
static void gather(real *plane, const real *x, const real *mask, const struct up_conv *c,
                   const struct chunk *k)
{
    ptrdiff_t skip = (ptrdiff_t)k->first * c->h * c->w;
    for (int ci = 0; ci < c->in; ++ci, plane += k->in_plane) {
        const real *from = x + ci * k->in_batch + skip;
        up_pass(plane, from, mask ? mask + ci * k->in_batch + skip : NULL, k->in_plane, false);
    }
}

/* dx (+)= plane, masked: the way back of gather. */
static void scatter(real *dx, const real *mask, const real *plane, const struct up_conv *c,
                    const struct chunk *k, bool add)
{
    ptrdiff_t skip = (ptrdiff_t)k->first * c->h * c->w;
    for (int ci = 0; ci < c->in; ++ci, plane += k->in_plane) {
        real *to = dx + ci * k->in_batch + skip;
        up_pass(to, plane, mask ? mask + ci * k->in_batch + skip : NULL, k->in_plane, add);
    }
}

/* One row of the column matrix: the plane seen through tap (ky, kx). */
static void tap_read(real *row, const real *plane, const struct up_conv *c, int images, int ky,
                     int kx)
{
    int oh = up_conv_rows(c), ow = up_conv_cols(c);
    struct up_tap ty = row_tap(c, ky), tx = col_tap(c, kx);
    for (int i = 0; i < images; ++i, plane += c->h * c->w)
        for (int oy = 0; oy < oh; ++oy, row += ow) {
            if (oy < ty.lo || oy >= ty.hi) {
                memset(row, 0, (size_t)ow * sizeof(real));
                continue;
            }
            const real *from = plane + (oy * c->stride + ty.shift) * c->w + tx.shift;
            for (int ox = 0; ox < tx.lo; ++ox)
                row[ox] = 0;
            if (c->stride == 1)
                memcpy(row + tx.lo, from + tx.lo, (size_t)(tx.hi - tx.lo) * sizeof(real));
            else
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    row[ox] = from[ox * c->stride];
            for (int ox = tx.hi; ox < ow; ++ox)
                row[ox] = 0;
        }
}

/* plane += row seen through tap (ky, kx): the way back of tap_read. */
static void tap_add(real *plane, const real *row, const struct up_conv *c, int images, int ky,
                    int kx)
{
    int oh = up_conv_rows(c), ow = up_conv_cols(c);
    struct up_tap ty = row_tap(c, ky), tx = col_tap(c, kx);
    for (int i = 0; i < images; ++i, plane += c->h * c->w, row += oh * ow)
        for (int oy = ty.lo; oy < ty.hi; ++oy) {
            real *to = plane + (oy * c->stride + ty.shift) * c->w + tx.shift;
            const real *from = row + oy * ow;
            if (c->stride == 1)
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    to[ox] += from[ox];
            else
                for (int ox = tx.lo; ox < tx.hi; ++ox)
                    to[ox * c->stride] += from[ox];
        }
}

/* Weights as products read them: [block][out][ky][kx][channel of the block]. */
static void pack(real *packed, const real *w, const struct up_conv *c)
{
    int area = c->kernel * c->kernel;
    for (int b = 0; b < c->in; b += block_channels(c, b))
        for (int o = 0; o < c->out; ++o)
            for (int t = 0; t < area; ++t)
                for (int i = 0; i < block_channels(c, b); ++i)
                    *packed++ = w[(o * c->in + b + i) * area + t];
}

static void unpack(real *w, const real *packed, const struct up_conv *c, bool add)
{
    int area = c->kernel * c->kernel;
    for (int b = 0; b < c->in; b += block_channels(c, b))
        for (int o = 0; o < c->out; ++o)
            for (int t = 0; t < area; ++t)
                for (int i = 0; i < block_channels(c, b); ++i) {
                    real *to = &w[(o * c->in + b + i) * area + t];
                    *to = add ? *to + *packed++ : *packed++;
                }
}

/* The column matrix [ky][kx][channel of the block][pixels] of a chunk. */
static const real *columns(real *col, const real *plane, const struct up_conv *c,
                           const struct chunk *k, int block)
{
    if (direct(c))
        return plane + block * k->in_plane;
    real *row = col;
    for (int ky = 0; ky < c->kernel; ++ky)
        for (int kx = 0; kx < c->kernel; ++kx)
            for (int i = 0; i < block_channels(c, block); ++i, row += k->stride)
                tap_read(row, plane + (block + i) * k->in_plane, c, k->images, ky, kx);
    return col;
}

/* plane += what the column matrix of a block gives back to its channels. */
static void uncolumns(real *plane, const real *col, const struct up_conv *c,
                      const struct chunk *k, int block)
{
    real *to = plane + block * k->in_plane;
    for (int ky = 0; ky < c->kernel; ++ky)
        for (int kx = 0; kx < c->kernel; ++kx)
            for (int i = 0; i < block_channels(c, block); ++i, col += k->stride)
                tap_add(to + i * k->in_plane, col, c, k->images, ky, kx);
}

/* plane += weight * dy seen through tap (ky, kx), of one channel, by fused multiply-adds. */
static void tap_fused(real *plane, real weight, const real *dy, const struct up_conv *c,
                      int images, int ky, int kx)
{
    int oh = up_conv_rows(c), ow = up_conv_cols(c);
    struct up_tap ty = row_tap(c, ky), tx = col_tap(c, kx);
    for (int i = 0; i < images; ++i, plane += c->h * c->w, dy += oh * ow)
        for (int oy = ty.lo; oy < ty.hi; ++oy)
            for (int ox = tx.lo; ox < tx.hi; ++ox) {
                real *to =
                    &plane[(oy * c->stride + ty.shift) * c->w + ox * c->stride + tx.shift];
                *to = (real)((double)weight * (double)dy[oy * ow + ox] + (double)*to);
            }
}

/* As pack, and for a direct convolution [in][out]. */
static void pack_back(real *packed, const real *w, const struct up_conv *c)
{
    if (!direct(c)) {
        pack(packed, w, c);
        return;
    }
    for (int i = 0; i < c->in; ++i)
        for (int o = 0; o < c->out; ++o)
            *packed++ = w[o * c->in + i];
}

/* plane (+)= conv^T of a chunk, in the order of oneDNN's kernels: a chain over the output
 * channels, a chain over the taps, or products whose columns are added up. */
static void data_plane(real *plane, const real *packed, const real *dy, const struct up_conv *c,
                       const struct chunk *k, bool add, real *col)
{
    int area = c->kernel * c->kernel, ldy = (int)k->out_batch;
    if (direct(c)) {
        up_chain(plane, (int)k->in_plane, packed, dy, ldy,
                 (struct up_chain_size){c->in, k->pixels, c->out, add});
        return;
    }
    if (!add)
        memset(plane, 0, (size_t)(c->in * k->in_plane) * sizeof(real));
    for (int t = 0; fused_taps(c) && t < area; ++t)
        tap_fused(plane, packed[t], dy, c, k->images, t / c->kernel, t % c->kernel);
    for (int b = 0; !fused_taps(c) && b < c->in; b += block_channels(c, b)) {
        int taps = block_channels(c, b) * area;
        gemm(col, k->stride, packed + (ptrdiff_t)b * area * c->out, taps, dy, ldy,
             &(struct up_gemm){UP_T, UP_N, taps, k->pixels, c->out, 1, 0});
        uncolumns(plane, col, c, k, b);
    }
}

static void forward_part(real *y, const real *x, const real *mask, const real *w,
                         const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    int area = c->kernel * c->kernel;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    pack(packed, w, c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        gather(scratch, x, mask, c, &k);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        for (int b = 0; b < c->in; b += block_channels(c, b)) {
            int taps = block_channels(c, b) * area;
            up_chain(y + at, (int)k.out_batch, packed + (ptrdiff_t)b * area * c->out,
                     columns(col, scratch, c, &k, b), k.stride,
                     (struct up_chain_size){c->out, k.pixels, taps, add || b > 0});
        }
    }
}

static void backward_weight_part(real *dw, const real *x, const real *mask, const real *dy,
                                 const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    int area = c->kernel * c->kernel;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        gather(scratch, x, mask, c, &k);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        for (int b = 0; b < c->in; b += block_channels(c, b)) {
            int taps = block_channels(c, b) * area;
            gemm(packed + (ptrdiff_t)b * area * c->out, taps, dy + at, (int)k.out_batch,
                 columns(col, scratch, c, &k, b), k.stride,
                 &(struct up_gemm){UP_N, UP_T, c->out, taps, k.pixels, 1, first > 0 ? 1 : 0});
        }
    }
    unpack(dw, packed, c, add);
}

static void backward_data_part(real *dx, const real *mask, struct up_conv_terms t,
                               const struct up_conv *c, bool add, real *scratch)
{
    struct chunk k;
    real *col = scratch + plane_scratch(c), *packed = col + column_scratch(c);
    real *packed2 = packed + weight_scratch(c);
    pack_back(packed, t.w, c);
    if (t.w2)
        pack_back(packed2, t.w2, c);
    for (int first = 0; first < c->n; first += k.images) {
        k = chunk_at(c, first);
        ptrdiff_t at = (k.out_batch / c->n) * first;
        data_plane(scratch, packed, t.dy + at, c, &k, false, col);
        if (t.w2)
            data_plane(scratch, packed2, t.dy2 + at, c, &k, true, col);
        scatter(dx, mask, scratch, c, &k, add);
    }
}

void up_conv_forward(real *y, const real *x, const real *mask, const real *w,
                     const struct up_conv *c, bool add, real *scratch)
{
    struct up_conv part = part_of(c);
    struct strides s = strides_of(&part);
    for (int i = 0; i < parts_of(c); ++i)
        forward_part(y + i * s.y, x + i * s.x, mask ? mask + i * s.x : NULL, w + i * s.w, &part,
                     add, scratch);
}

void up_conv_backward_weight(real *dw, const real *x, const real *mask, const real *dy,
                             const struct up_conv *c, bool add, real *scratch)
{
    struct up_conv part = part_of(c);
    struct strides s = strides_of(&part);
    for (int i = 0; i < parts_of(c); ++i)
        backward_weight_part(dw + i * s.w, x + i * s.x, mask ? mask + i * s.x : NULL,
                             dy + i * s.y, &part, add, scratch);
}

void up_conv_backward_data(real *dx, const real *mask, const struct up_conv_terms *t,
                           const struct up_conv *c, bool add, real *scratch)
{
    struct up_conv part = part_of(c);
    struct strides s = strides_of(&part);
    for (int i = 0; i < parts_of(c); ++i) {
        struct up_conv_terms some = {t->w + i * s.w, t->dy + i * s.y,
                                     t->w2 ? t->w2 + i * s.w : NULL,
                                     t->w2 ? t->dy2 + i * s.y : NULL};
        backward_data_part(dx + i * s.x, mask ? mask + i * s.x : NULL, some, &part, add,
                           scratch);
    }
}
