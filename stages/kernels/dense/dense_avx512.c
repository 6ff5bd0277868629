#define UP_SIMD_AVX512
#define UP_DENSE_SET up_dense_avx512
#define UP_DENSE_ADAM up_adam_avx512
#define UP_DENSE_DRAWS up_draws_avx512
#include "stages/kernels/dense/set_body.h"
