#define UP_SIMD_PLAIN
#define UP_VARIANT(R) up_block_portable##R
#include "stages/nn/block/block_body.h"
