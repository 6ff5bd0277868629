#define UP_SIMD_AVX2
#define UP_DENSE_SET up_dense_avx2
#define UP_DENSE_ADAM up_adam_avx2
#define UP_DENSE_DRAWS up_draws_avx2
#include "stages/kernels/dense/set_body.h"
