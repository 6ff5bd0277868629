/* Training of the estimator: what the training driver (training.h) has to know of it. See
 * mlp_net_body.h for the network and its loss. */
#ifndef UP_LEARN_ESTIMATOR_MLP_TRAIN_H
#define UP_LEARN_ESTIMATOR_MLP_TRAIN_H
#include "stages/learn/estimator/mlp_layout.h"
#include "stages/learn/training.h"

struct up_mlp_recipe {
    int hidden, depth, batch, epochs;
    double lr;
    double lr_end;    /* rate at the last step: a half cosine leads there; lr = constant */
    bool standardise; /* inputs minus mean, over one common deviation, of the training rows */
    double noise;     /* deviation of the normal noise added to every input the network sees */
    uint64_t seed;
};

struct up_mlp_rows {      /* what is learned from */
    const float *z;       /* [][in] embeddings */
    const double *target; /* [][out] scores */
    int in, out;
    const uint32_t *row; /* [n] rows of both */
    size_t n;            /* >= 2 */
};

struct up_mlp_trainer {
    struct up_training training; /* first, see training.h */
    struct up_mlp_layout layout;
    struct up_mlp_recipe recipe;
    float *x, *t;     /* [n][in] inputs as the network sees them, [n][out] targets */
    double *mean;     /* [in] subtracted from the inputs */
    double deviation; /* and the difference divided by this */
};

/* The rows are copied; memory in the arena. A last batch of a single row is left out. The
 * training's history has the mean loss of each epoch. */
void up_mlp_trainer_init(struct up_mlp_trainer *t, const struct up_mlp_recipe *r,
                         const struct up_mlp_rows *rows, struct up_arena *arena);
/* v[tensors.total]: the values for inputs as given, the standardisation moved into the
 * first layer. */
void up_mlp_trainer_export(const struct up_mlp_trainer *t, float *v);

#endif
