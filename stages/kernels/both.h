/* Kernels exist in float and in double, from one source: scores run in float,
 * synflow and the finite-difference tests in double.
 *
 * A kernel file compiles itself twice:
 *     #ifndef real
 *     ... includes, helpers that do not depend on precision ...
 *     #define UP_TEMPLATE "stages/kernels/this_file.c"
 *     #include "stages/kernels/both.h"
 *     #else
 *     ... functions on `real`, named UP_R(name) ...
 *     #endif
 * UP_R(name) is name_f32 or name_f64. */
#ifdef UP_TEMPLATE

#define real float
#define UP_R(name) name##_f32
#define UP_GEMM up_sgemm
#include UP_TEMPLATE
#undef real
#undef UP_R
#undef UP_GEMM

#define real double
#define UP_R(name) name##_f64
#define UP_GEMM up_dgemm
#include UP_TEMPLATE
#undef real
#undef UP_R
#undef UP_GEMM

#endif
