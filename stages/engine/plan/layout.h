/* How a program lies in blocks of 16 channels (kernels/block/block.h).
 *
 * A slot is [n][blocks][h][w][16]. A view is some blocks of its slot, so images of a view are
 * as far apart as those of the slot. The parts of a concatenation begin with a block each; a
 * view of anything else may begin inside a block, in `lane`. Weights of convolutions and linear
 * layers are matrices [out block][in block][tap][16 in][16 out], those of the backward pass
 * [in block][out block][tap][16 out][16 in], depthwise ones [block][tap][16]. */
#ifndef UP_ENGINE_PLAN_LAYOUT_H
#define UP_ENGINE_PLAN_LAYOUT_H
#include "stages/engine/plan/shape.h"

struct up_layout_slot {
    int blocks, lane; /* of the slot or view; the lane of its first channel */
    int group;        /* channels of a part */
    size_t plane;     /* numbers of one block: h * w * 16 */
    size_t offset;    /* from the slot's begin to the view's, in numbers */
    size_t image;     /* from one image to the next, in numbers */
};

struct up_layout_op {
    size_t weight, count;  /* conv, linear: place and numbers of its matrices */
    size_t norm;           /* norm: its first block among all norms' blocks */
    int side;              /* of Winograd's tiles; 0: a convolution they do not suit */
    size_t tiles;          /* numbers of the weights transformed for them */
    size_t share;          /* numbers in which a weights' gradient is summed: tiles or count */
    struct up_shape shape; /* conv, linear, pools */
};

struct up_layout { /* up_layout_release */
    struct up_layout_slot *slot;
    struct up_layout_op *op;
    size_t numbers;     /* of all matrices */
    size_t norm_blocks; /* of all norms */
};
void up_layout_init(struct up_layout *l, const struct up_program *p);
void up_layout_release(struct up_layout *l);

/* Where channel c of a slot is: 16 * block + lane, from the view's first block. */
int up_layout_channel(const struct up_layout_slot *s, int c);

#define UP_DECLARATIONS "stages/engine/plan/layout_reals.h"
#include "stages/kernels/both_reals.h"

#endif
