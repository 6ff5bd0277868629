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

#define UP_DECLARATIONS "stages/kernels/block/block_reals.h"
#include "stages/kernels/both_reals.h"

enum up_isa { UP_ISA_PORTABLE, UP_ISA_AVX2, UP_ISA_AVX512, UP_ISAS };
extern const char *const up_isa_name[UP_ISAS];
/* The best this processor has. */
enum up_isa up_isa_best(void);

/* The kernels of an instruction set this processor has; a bug otherwise. */
const struct up_block_f32 *up_block_f32(enum up_isa isa);
const struct up_block_f64 *up_block_f64(enum up_isa isa);

#endif
