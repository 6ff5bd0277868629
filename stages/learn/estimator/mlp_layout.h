/* The tensors of the estimator and where they lie in one slab: hiddenN.weight,
 * hiddenN.bias, hiddenN.norm.*, output.*. Learned first, statistics behind. */
#ifndef UP_LEARN_ESTIMATOR_MLP_LAYOUT_H
#define UP_LEARN_ESTIMATOR_MLP_LAYOUT_H
#include "stages/learn/estimator/mlp.h"
#include "stages/learn/tensors.h"

struct up_mlp_layout {
    struct up_tensors tensors;
    int in, hidden, depth, out;
    struct {
        size_t w, b, gamma, beta;  /* learned; gamma and beta of hidden layers only */
        size_t mean, var;          /* statistics */
    } layer[UP_MLP_DEPTH_MAX + 1]; /* the last one is the output */
};

/* Inputs and outputs of layer i of depth + 1. */
int up_mlp_layout_from(const struct up_mlp_layout *l, int i);
int up_mlp_layout_to(const struct up_mlp_layout *l, int i);

void up_mlp_layout_init(struct up_mlp_layout *l, int in, int hidden, int depth, int out);
/* The evaluation model of these values, normalisation folded in; memory in the arena. */
void up_mlp_fold(struct up_mlp *m, const struct up_mlp_layout *l, const float *v,
                 struct up_arena *arena);

#endif
