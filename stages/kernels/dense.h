/* Fully connected layers and what trains them: the linear map, batch normalisation
 * followed by ReLU, the sum over a graph's neighbours, cross entropy, Adam's step.
 *
 * One table of functions per instruction set, all with the same bits: what is summed is a
 * fixed chain, in double where rows are summed. Threads divide columns among each other;
 * a range of columns is a pointer to the first one and C.
 *
 *   B rows   I inputs   O outputs   C columns   ld numbers from row to row
 * Matrices are [B][ld]. */
#ifndef UP_KERNELS_DENSE_H
#define UP_KERNELS_DENSE_H
#include "stages/kernels/block/block.h"
#include "stages/kernels/matmul.h"
#include <stdint.h>

/* The graphs of a batch's rows: `nodes` rows each; node r has links[r] links, and
 * link[B][nodes] says to which node of its graph. k: what a node counts beside what is linked
 * to it. */
struct up_dense_graph {
    const uint8_t *links, *link;
    int nodes;
    double k;
};
/* What bn_slopes left of the parts of a batch, [parts][C]; rows[parts]. */
struct up_bn_slopes {
    const double *s, *q;
    const int *rows;
    int parts;
};

#define real float
#include "stages/kernels/dense/dense_reals.h"
#undef real

/* A set that this machine has; up_dense_best is what the program runs. */
const struct up_dense *up_dense(enum up_isa isa);
const struct up_dense *up_dense_best(void);

/* y[B][O] = x[B][I] w[O][I]^T + b[O]. */
void up_dense_forward(float *y, const float *x, const float *w, const float *b, int B, int I,
                      int O);

#endif
