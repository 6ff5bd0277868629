/* Which pixels a convolution or pooling reads, in padded planes (kernels/block/block.h). */
#ifndef UP_ENGINE_PLAN_SHAPE_H
#define UP_ENGINE_PLAN_SHAPE_H
#include "stages/kernels/block/block.h"
#include "stages/engine/net/program.h"

struct up_shape {
    int kernel, stride, pad, dilation, shift;
    int h, w, oh, ow; /* of the input and the output */
    int frame;        /* pixels around a padded input */
    int back_frame;   /* around a padded gradient of the output */
    size_t padded;    /* numbers of a padded input plane */
    size_t back;      /* of a padded gradient plane */
};

struct up_shape up_shape_of(const struct up_program *p, const struct up_op *op);

/* Rows and columns of output, its taps in a padded input; y dense. */
void up_shape_window_forward(struct up_window *g, const struct up_shape *s);
/* The same with y in a padded gradient plane. */
void up_shape_window_gradient(struct up_window *g, const struct up_shape *s);
/* The pixels (row + stride * i, column + stride * j) of the input's gradient, dense; taps in a
 * padded gradient plane. */
void up_shape_window_backward(struct up_window *g, const struct up_shape *s, int row,
                              int column);
/* Its taps in the opposite order, and weights one behind the other. */
void up_shape_window_turn(struct up_window *g);

/* Interior of a padded plane of `width` columns inside, from its begin, in numbers. */
size_t up_shape_interior(int frame, int width);

#endif
