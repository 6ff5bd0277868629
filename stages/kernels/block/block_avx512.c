#define UP_SIMD_AVX512
#define UP_VARIANT(R) up_block_avx512##R
#include "stages/kernels/block/block_body.h"
