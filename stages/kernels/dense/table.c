/* The table of kernels for one real type and instruction set. */
#include "stages/kernels/dense/kernels.h"
#include "stages/kernels/dense/sets.h"

#include "stages/kernels/simd.h"

const struct up_dense UP_VARIANT(up_dense_set) = {
    .matmul = UP_VARIANT(up_dense_matmul),
    .fill = UP_VARIANT(up_dense_fill),
    .relu = UP_VARIANT(up_dense_relu),
    .relu_backward = UP_VARIANT(up_dense_relu_backward),
    .sums = UP_VARIANT(up_dense_sums),
    .dot = UP_VARIANT(up_dense_dot),
    .gather = UP_VARIANT(up_dense_gather),
    .exp = UP_VARIANT(up_dense_exp),
    .bce = UP_VARIANT(up_dense_bce),
    .turn = UP_VARIANT(up_dense_turn),
    .bn_measure = UP_VARIANT(up_dense_bn_measure),
    .bn_settle = UP_VARIANT(up_dense_bn_settle),
    .bn_freeze = UP_VARIANT(up_dense_bn_freeze),
    .bn_apply = UP_VARIANT(up_dense_bn_apply),
    .bn_slopes = UP_VARIANT(up_dense_bn_slopes),
    .bn_turn = UP_VARIANT(up_dense_bn_turn),
    .bn_back = UP_VARIANT(up_dense_bn_back),
    .bn_train = UP_VARIANT(up_dense_bn_train),
    .bn_backward = UP_VARIANT(up_dense_bn_backward),
};
