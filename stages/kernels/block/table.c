/* The table of kernels for one real type and instruction set. */
#include "stages/kernels/block/kernels.h"
#include "stages/kernels/block/variants.h"

const struct up_block UP_VARIANT(up_block) = {
    .conv = UP_VARIANT(up_block_conv),
    .gradient = UP_VARIANT(up_block_gradient),
    .depthwise = UP_VARIANT(up_block_depthwise),
    .depthwise_gradient = UP_VARIANT(up_block_depthwise_gradient),
    .winograd_weights = UP_VARIANT(up_block_winograd_weights),
    .winograd_input = UP_VARIANT(up_block_winograd_input),
    .winograd_products = UP_VARIANT(up_block_winograd_products),
    .winograd_output = UP_VARIANT(up_block_winograd_output),
    .winograd_gradient = UP_VARIANT(up_block_winograd_gradient),
    .winograd_weights_back = UP_VARIANT(up_block_winograd_weights_back),
    .pass = UP_VARIANT(up_block_pass),
    .affine = UP_VARIANT(up_block_affine),
    .mix2 = UP_VARIANT(up_block_mix2),
    .mix4 = UP_VARIANT(up_block_mix4),
    .quotient = UP_VARIANT(up_block_quotient),
    .maximum = UP_VARIANT(up_block_maximum),
    .max_spread = UP_VARIANT(up_block_max_spread),
    .sum = UP_VARIANT(up_block_sum),
    .powers = UP_VARIANT(up_block_powers),
    .squares = UP_VARIANT(up_block_squares),
    .moments = UP_VARIANT(up_block_moments),
    .dot = UP_VARIANT(up_block_dot),
    .distance = UP_VARIANT(up_block_distance),
    .signs = UP_VARIANT(up_block_signs),
    .differ = UP_VARIANT(up_block_differ),
};
