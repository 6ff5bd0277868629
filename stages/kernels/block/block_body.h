/* The kernels of block.h for one instruction set, in both types. The including file defines
 * UP_SIMD_AVX512, UP_SIMD_AVX2 or UP_SIMD_PLAIN, and UP_VARIANT(R): the table's name. */
#include "stages/kernels/block/simd.h"
#include "stages/kernels/block/variants.h"

#if defined UP_SIMD_AVX512
UP_INLINE wide wide_zero(void) { return _mm512_setzero_pd(); }
#elif defined UP_SIMD_AVX2
UP_INLINE wide wide_zero(void) { return _mm256_setzero_pd(); }
#else
UP_INLINE wide wide_zero(void) { return 0; }
#endif

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

#define real float
#define UP_R(name) name##_f32
#define UP_TILES UP_TILES_f32
#define UP_PAIRS UP_PAIRS_f32
#include "stages/kernels/block/conv_body.h"
#include "stages/kernels/block/winograd_body.h"
#include "stages/kernels/block/plane_body.h"
const struct up_block_f32 UP_VARIANT(_f32) = UP_BLOCK_TABLE;
#undef real
#undef UP_R
#undef UP_TILES
#undef UP_PAIRS

#define real double
#define UP_R(name) name##_f64
#define UP_TILES UP_TILES_f64
#define UP_PAIRS UP_PAIRS_f64
#include "stages/kernels/block/conv_body.h"
#include "stages/kernels/block/winograd_body.h"
#include "stages/kernels/block/plane_body.h"
const struct up_block_f64 UP_VARIANT(_f64) = UP_BLOCK_TABLE;
