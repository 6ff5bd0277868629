#define UP_SIMD_PORTABLE
#define UP_DENSE_SET up_dense_portable
#define UP_DENSE_ADAM up_adam_portable
#define UP_DENSE_DRAWS up_draws_portable
#include "stages/kernels/dense/set_body.h"
