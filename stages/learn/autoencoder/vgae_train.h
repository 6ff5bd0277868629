/* Training of the VGAE, one epoch at a time; see vgae_net_body.h for the network
 * and its loss. Everything that the next epoch depends on is in the values, the
 * moments and the two counters: saved and restored, training goes on with the
 * same bits. */
#ifndef UP_LEARN_AUTOENCODER_VGAE_TRAIN_H
#define UP_LEARN_AUTOENCODER_VGAE_TRAIN_H
#include "stages/learn/autoencoder/vgae_layout.h"

struct up_vgae_recipe {
    int batch, epochs;
    double lr;
    double lr_end; /* the rate of the last epoch: a half cosine leads there; lr = constant */
    double kl; /* weight of a node's mean KL divergence; < 0: 1 / (graphs nodes) of the batch */
    double dropout; /* of z, before the decoder */
    double clip;    /* largest gradient norm */
    bool fix_mode;  /* false: from the second epoch on no sampling, no dropout, frozen norms */
    bool places;    /* the encoder is told which node of its graph a node is */
    bool shuffle;   /* new batches every epoch; false: one permutation for all */
    uint64_t seed;
};

/* The graphs trained on, n >= 2, asked for when their batch is due: none is kept. `graph`
 * is called from several threads at once, with every i < n once an epoch in the order of
 * the batches, and must always give the same graph for it. */
struct up_vgae_source {
    size_t n;
    void (*graph)(struct up_cell_graph *out, void *ctx, size_t i);
    void *ctx;
};
/* graphs[n], borrowed. */
struct up_vgae_source up_vgae_listed(const struct up_cell_graph *graphs, size_t n);

struct up_vgae_epoch { /* means over the batches */
    double ops, edges, kl, norm;
};

struct up_vgae_trainer {
    struct up_vgae_layout layout;
    struct up_vgae_recipe recipe;
    float *value;   /* [tensors.total] */
    float *m1, *m2; /* [tensors.learned] Adam's moments */
    int64_t step;   /* updates done */
    int epoch;      /* epochs done */
    double *prior;  /* [2][nodes * latent] mean and deviation of mu over the graphs of
                     * the last epoch, as they came by */
    struct up_vgae_epoch *history; /* [recipe.epochs] */
};

/* Memory in the arena; weights drawn from the recipe's seed. */
void up_vgae_trainer_init(struct up_vgae_trainer *t, const struct up_vgae_recipe *r, int nodes,
                          int classes, struct up_arena *arena);
/* One pass over the source on up to `threads` threads, which change no bit; four find
 * work, one for a quarter of the batch. `tick` is called after every batch with the graphs
 * done and stops the epoch by a value other than 0, which is returned. UP_EINVAL: the loss
 * is no longer a number. After a failure the trainer must not go on. Scratch: a batch, and
 * 4 bytes a graph for the order. */
int up_vgae_trainer_epoch(struct up_vgae_trainer *t, const struct up_vgae_source *source,
                          int threads, int (*tick)(void *ctx, size_t done), void *ctx,
                          struct up_arena *scratch, struct up_err *err);

/* Appends the state as one MessagePack map; reads it back (UP_EINVAL when it does
 * not fit this trainer). */
void up_vgae_trainer_save(const struct up_vgae_trainer *t, struct up_buf *out);
int up_vgae_trainer_restore(struct up_vgae_trainer *t, struct up_view state,
                            struct up_err *err);

#endif
