#define UP_SIMD_PLAIN
#define UP_VARIANT(R) up_block_portable##R
#include "stages/kernels/block/block_body.h"
