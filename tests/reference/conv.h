/* 2-D convolution without bias, by im2col and a matrix product per few images and per
 * block of 16 input channels. Within a block the sum runs over rows, columns, then channels of
 * the kernel, in one chain; blocks are added in turn. A 1x1 kernel is one block, and so is a
 * channel of a depthwise convolution. oneDNN, under PyTorch, adds in this order, and the
 * published scores depend on it: a ReLU whose input is within rounding of 0 takes its side from
 * the order of summation, and gradients jump with it.
 *
 * Tensors are [channel][image][row][column]: a channel is contiguous over the
 * whole batch, so a convolution is a product with [channel][pixels] on its right.
 * `mask` turns the input into input * 1[mask > 0], which is what a ReLU in front
 * makes of it: mask = x for the value itself, mask = x for a tangent or gradient
 * of x; NULL for no ReLU. The map is bilinear in (x, w), hence
 *   tangent            ydot  = forward(xdot, w) + forward(x, wdot)
 *   tangent of the data gradient  = backward_data(w, dydot; wdot, dy). */
#ifndef UP_NN_CONV_H
#define UP_NN_CONV_H
#include <stdbool.h>
#include <stddef.h>

struct up_conv {
    int in, out;             /* channels */
    int kernel, stride, pad; /* square */
    int dilation;            /* between the taps of the kernel; 1: neighbours */
    int shift;               /* rows and columns of the input skipped at the top and left */
    bool depthwise;          /* channel i is made from channel i alone; in == out */
    int n, h, w;             /* images, and size of the input */
};
int up_conv_rows(const struct up_conv *c); /* of the output */
int up_conv_cols(const struct up_conv *c);
size_t up_conv_scratch(const struct up_conv *c); /* numbers of scratch every call needs */

#define UP_DECLARATIONS "tests/reference/conv_reals.h"
#include "stages/kernels/both_reals.h"

#endif
