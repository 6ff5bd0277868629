/* The tables that isa.c chooses from, one source file each. */
#ifndef UP_KERNELS_BLOCK_VARIANTS_H
#define UP_KERNELS_BLOCK_VARIANTS_H
#include "stages/kernels/block/block.h"

extern const struct up_block_f32 up_block_portable_f32, up_block_avx2_f32, up_block_avx512_f32;
extern const struct up_block_f64 up_block_portable_f64, up_block_avx2_f64, up_block_avx512_f64;

#endif
