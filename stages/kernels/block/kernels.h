/* What the files of this folder share: the names of the kernels they make, each for one real
 * type and instruction set, and how many pixels are worked on together. */
#ifndef UP_KERNELS_BLOCK_KERNELS_H
#define UP_KERNELS_BLOCK_KERNELS_H
#include "stages/kernels/block/block.h"
#include "stages/kernels/simd.h"

/* Pixels that are worked on together: as many as fill the registers; in pairs of output
 * blocks where there are registers enough; ROWS: of a weight's gradient. */
#if defined UP_SIMD_AVX512
#define UP_TILES_f32(X, o) X(16, o) X(8, o) X(4, o) X(2, o) X(1, o)
#define UP_PAIRS_f32(X, o) X(8, o) X(4, o) X(2, o) X(1, o)
#define UP_TILES_f64(X, o) X(8, o) X(4, o) X(2, o) X(1, o)
enum { PAIRS_f32 = 1, PAIRS_f64 = 0, ROWS_f32 = 16, ROWS_f64 = 8 };
#elif defined UP_SIMD_AVX2
#define UP_TILES_f32(X, o) X(6, o) X(4, o) X(2, o) X(1, o)
#define UP_PAIRS_f32(X, o)
#define UP_TILES_f64(X, o) X(3, o) X(1, o)
enum { PAIRS_f32 = 0, PAIRS_f64 = 0, ROWS_f32 = 4, ROWS_f64 = 2 };
#else
#define UP_TILES_f32(X, o) X(1, o)
#define UP_PAIRS_f32(X, o)
#define UP_TILES_f64(X, o) X(1, o)
enum { PAIRS_f32 = 0, PAIRS_f64 = 0, ROWS_f32 = 1, ROWS_f64 = 1 };
#endif
#define UP_PAIRS_f64(X, o)
#define UP_TILES UP_R(UP_TILES)
#define UP_PAIRS UP_R(UP_PAIRS)
enum { PAIRS = UP_R(PAIRS), ROWS = UP_R(ROWS) };

/* A kernel as a function of its own; its type is that of its place in the table. */
#define UP_KERNEL(name) __typeof__(*((struct up_block *)0)->name) UP_VARIANT(up_block_##name)
UP_KERNEL(conv);
UP_KERNEL(gradient);
UP_KERNEL(depthwise);
UP_KERNEL(depthwise_gradient);
UP_KERNEL(winograd_weights);
UP_KERNEL(winograd_input);
UP_KERNEL(winograd_products);
UP_KERNEL(winograd_output);
UP_KERNEL(winograd_gradient);
UP_KERNEL(winograd_weights_back);
UP_KERNEL(pass);
UP_KERNEL(affine);
UP_KERNEL(mix2);
UP_KERNEL(mix4);
UP_KERNEL(quotient);
UP_KERNEL(maximum);
UP_KERNEL(max_spread);
UP_KERNEL(sum);
UP_KERNEL(powers);
UP_KERNEL(squares);
UP_KERNEL(moments);
UP_KERNEL(dot);
UP_KERNEL(distance);
UP_KERNEL(signs);
UP_KERNEL(differ);

#endif
