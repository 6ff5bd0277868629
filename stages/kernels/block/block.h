/* Kernels on blocks: the arithmetic of the scored networks, for each instruction set.
 *
 * A block is 16 channels of one image, [rows][cols][16]: one pixel of a block is one
 * AVX-512 register, so channels are lanes and every sum over pixels stays in its lane.
 * Missing channels of a last block are zero and stay zero. A plane is one block's pixels;
 * a padded plane has a frame around it, so that a kernel never asks where the edge is.
 *
 * Every number is the same fixed chain of fused multiply-adds in every variant: the
 * instruction set, chosen once at run time (isa.c), changes time and nothing else. */
#ifndef UP_KERNELS_BLOCK_BLOCK_H
#define UP_KERNELS_BLOCK_BLOCK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UP_BLOCK_LANES = 16, UP_BLOCK_TAPS = 49, UP_BLOCK_MIX = 5 };

enum up_block_store {
    UP_SET,   /* y = sum */
    UP_CHAIN, /* the chain goes on from y */
    UP_ADD    /* y = y + sum */
};

/* Where a kernel finds its pixels. Distances are in numbers. */
struct up_window {
    int rows, cols;                  /* of the output */
    int taps;                        /* pixels of input that one pixel of output reads */
    int channels;                    /* of the input block in use, 1 to 16 */
    ptrdiff_t x_row, x_px;           /* between neighbouring outputs' inputs */
    ptrdiff_t y_row, y_px;           /* between outputs */
    ptrdiff_t tap[UP_BLOCK_TAPS];    /* from x to tap t of the first output */
    ptrdiff_t matrix[UP_BLOCK_TAPS]; /* from w to the weights of tap t */
    ptrdiff_t y_second, w_second;    /* from one output block to the next, if there are two */
    int outputs;                     /* output blocks: 1 or 2 */
};

/* A row of Winograd's tiles: `side` x `side` pixels of output, side + 2 of input, 2 or 4. */
struct up_tiles {
    int side, cols;
    ptrdiff_t position; /* between the (side + 2)^2 numbers of a tile */
    ptrdiff_t y_row;    /* between rows of output */
    bool framed;        /* input rows begin and end with a pixel outside the image */
};

/* Products of a strip of tiles: for every position, m[out][tiles][16] = sum over terms and
 * input blocks of v[in][tiles][16] * u[out][in][16][16]. */
struct up_products {
    int positions, tiles, in, out, terms;
    ptrdiff_t v_position, m_position; /* between positions */
};

/* A rectangle of pixels: y and its inputs, which all lie alike, each with a row stride. */
struct up_rectangle {
    int rows, cols;
    ptrdiff_t y_row, x_row;
};

/* Per block: y, x .. are planes, `s` sums in float64 to which the kernel adds, [16] each.
 *
 * conv       y (store) sum over taps, input channels c of x[tap][c] * w[matrix][c][16]
 * gradient   dw[matrix][c][16] += sum over pixels of x[tap][c] * dy[16]; y_* is dy's; may do so
 *            for channels beyond those in use
 * depthwise  y (store) sum over taps of x[tap] * w[matrix / 16]
 * depthwise_gradient   dw[matrix / 16] += sum over pixels of x[tap] * dy
 * winograd_weights  u[positions][rows][16] from w[9][16][16], `rows` of each matrix
 * winograd_input    v[positions][cols][16] from rows of pixels x[side + 2], where mask > 0;
 *                   mask NULL: everywhere
 * winograd_products m from v[positions][terms * in][tiles][16] and u of each term
 * winograd_output   y (+)= m[positions][cols][16] where mask > 0; NULL: everywhere
 * winograd_gradient      v[positions][cols][16] from rows of dy, y_row apart
 * winograd_weights_back  dw from du: what winograd_weights does, backward
 * pass       y (+)= x where mask > 0, else 0; mask NULL: y (+)= x
 * affine     y (+)= x * k[0] + k[1]
 * mix2       y (+)= k[0] * p[0] + k[1] * p[1] + k[2]
 * mix4       y (+)= k[0] * p[0] + .. + k[3] * p[3] + k[4]
 * quotient   y (+)= x / size[pixel]
 * maximum    y (+)= xdot[tap of the first maximum of x]; xdot may be x
 * max_spread xdot[tap of the first maximum of x] += y
 * sum        s += x
 * powers     s[0..15] += x, s[16..31] += x^2
 * squares    s += ((x - mean)^2 rounded to real)
 * moments    s[0..15] += v, s[16..31] += v * (x - mean)
 * dot        s += x * y;  distance: s += |x - y|
 * signs      bits[pixel] = which lanes are > 0
 * differ     how many bits of a and b differ */
#define UP_BLOCK_DECLARE(real, R)                                                              \
    struct up_block##R {                                                                       \
        void (*conv)(real * y, const real *x, const real *w, const struct up_window *g,        \
                     enum up_block_store store);                                               \
        void (*gradient)(real * dw, const real *x, const real *dy, const struct up_window *g); \
        void (*depthwise)(real * y, const real *x, const real *w, const struct up_window *g,   \
                          enum up_block_store store);                                          \
        void (*depthwise_gradient)(real * dw, const real *x, const real *dy,                   \
                                   const struct up_window *g);                                 \
        void (*winograd_weights)(real * u, const real *w, int side, ptrdiff_t position,        \
                                 int rows);                                                    \
        void (*winograd_input)(real * v, const real *const *x, const real *const *mask,        \
                               const struct up_tiles *t);                                      \
        void (*winograd_products)(real * m, const real *v, const real *const *u,               \
                                  const struct up_products *p);                                \
        void (*winograd_output)(real * y, const real *m, const real *mask,                     \
                                const struct up_tiles *t, bool add);                           \
        void (*winograd_gradient)(real * v, const real *dy, const struct up_tiles *t);         \
        void (*winograd_weights_back)(real * dw, const real *u, int side, ptrdiff_t position,  \
                                      int rows);                                               \
        void (*pass)(real * y, const real *x, const real *mask, const struct up_rectangle *a,  \
                     bool add);                                                                \
        void (*affine)(real * y, const real *x, const real *k, const struct up_rectangle *a,   \
                       bool add);                                                              \
        void (*mix2)(real * y, const real *const p[2], const real *k,                          \
                     const struct up_rectangle *a, bool add);                                  \
        void (*mix4)(real * y, const real *const p[4], const real *k,                          \
                     const struct up_rectangle *a, bool add);                                  \
        void (*quotient)(real * y, const real *x, const real *size,                            \
                         const struct up_rectangle *a, bool add);                              \
        void (*maximum)(real * y, const real *xdot, const real *x, const struct up_window *g,  \
                        bool add);                                                             \
        void (*max_spread)(real * xdot, const real *x, const real *y,                          \
                           const struct up_window *g);                                         \
        void (*sum)(double *s, const real *x, ptrdiff_t pixels);                               \
        void (*powers)(double *s, const real *x, ptrdiff_t pixels);                            \
        void (*squares)(double *s, const real *x, const real *mean, ptrdiff_t pixels);         \
        void (*moments)(double *s, const real *v, const real *x, const double *mean,           \
                        ptrdiff_t pixels);                                                     \
        void (*dot)(double *s, const real *y, const real *x, const struct up_rectangle *a);    \
        void (*distance)(double *s, const real *y, const real *x, ptrdiff_t pixels);           \
        void (*signs)(uint16_t * bits, const real *x, ptrdiff_t pixels);                       \
        int64_t (*differ)(const uint64_t *a, const uint64_t *b, size_t words);                 \
    };
UP_BLOCK_DECLARE(float, _f32)
UP_BLOCK_DECLARE(double, _f64)

enum up_isa { UP_ISA_PORTABLE, UP_ISA_AVX2, UP_ISA_AVX512, UP_ISAS };
extern const char *const up_isa_name[UP_ISAS];
/* The best this processor has. */
enum up_isa up_isa_best(void);

/* The kernels of an instruction set this processor has; a bug otherwise. */
const struct up_block_f32 *up_block_f32(enum up_isa isa);
const struct up_block_f64 *up_block_f64(enum up_isa isa);

#endif
