/* Training of the estimator, one epoch at a time; see mlp_net_body.h for the network
 * and its loss. State saved and restored goes on with the same bits. */
#ifndef UP_LEARN_ESTIMATOR_MLP_TRAIN_H
#define UP_LEARN_ESTIMATOR_MLP_TRAIN_H
#include "stages/learn/estimator/mlp_layout.h"

struct up_mlp_recipe {
    int hidden, depth, batch, epochs;
    double lr;
    double lr_end;    /* rate at the last step: a half cosine leads there; lr = constant */
    bool standardise; /* inputs minus mean, over one common deviation, of the training rows */
    double
        noise; /* deviation of the normal noise added to every input as the network sees it */
    uint64_t seed;
};

struct up_mlp_trainer {
    struct up_mlp_layout layout;
    struct up_mlp_recipe recipe;
    size_t n;               /* training rows */
    float *x, *t;           /* [n][in] inputs as the network sees them, [n][out] targets */
    double *mean;           /* [in] subtracted from the inputs */
    double deviation;       /* and the difference divided by this */
    float *value, *m1, *m2; /* [tensors.total], [tensors.learned] each */
    int64_t step;
    int epoch;
    double *history; /* [epochs] mean training loss */
};

/* Rows rows[n] of z[][in] and of target[][out] are copied; memory in the arena.
 * n >= 2. A last batch of a single row is left out. */
void up_mlp_trainer_init(struct up_mlp_trainer *t, const struct up_mlp_recipe *r,
                         const float *z, int in, const double *target, int out,
                         const uint32_t *rows, size_t n, struct up_arena *arena);
/* As up_vgae_trainer_epoch; tick gets the rows done. */
int up_mlp_trainer_epoch(struct up_mlp_trainer *t, int threads,
                         int (*tick)(void *ctx, size_t done), void *ctx,
                         struct up_arena *scratch, struct up_err *err);
/* v[tensors.total]: the values for inputs as given, the standardisation moved into the
 * first layer. */
void up_mlp_trainer_export(const struct up_mlp_trainer *t, float *v);

void up_mlp_trainer_save(const struct up_mlp_trainer *t, struct up_buf *out);
int up_mlp_trainer_restore(struct up_mlp_trainer *t, struct up_view state, struct up_err *err);

#endif
