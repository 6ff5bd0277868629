#define UP_SIMD_PLAIN
#define UP_DENSE_SET up_dense_portable
#define UP_DENSE_ADAM up_adam_portable
#include "stages/nn/dense/set_body.h"
