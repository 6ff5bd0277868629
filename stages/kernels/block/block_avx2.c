#define UP_SIMD_AVX2
#define UP_VARIANT(R) up_block_avx2##R
#include "stages/kernels/block/block_body.h"
