/* The dense kernels in double, which the tests compare with differences. */
#ifndef UP_KERNELS_DENSE_DOUBLE_H
#define UP_KERNELS_DENSE_DOUBLE_H
#include "stages/kernels/dense.h"

#define real double
#define up_dense up_dense_f64
#define up_bn up_bn_f64
#define up_bn_rows up_bn_rows_f64
#define up_bn_gradients up_bn_gradients_f64
#include "stages/kernels/dense/dense_reals.h"
#undef real
#undef up_dense
#undef up_bn
#undef up_bn_rows
#undef up_bn_gradients

extern const struct up_dense_f64 up_dense_set_portable_f64;

#endif
