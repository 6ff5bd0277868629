/* Training of the VGAE: what the training driver (training.h) has to know of it. See
 * vgae_net_body.h for the network and its loss. */
#ifndef UP_LEARN_AUTOENCODER_VGAE_TRAIN_H
#define UP_LEARN_AUTOENCODER_VGAE_TRAIN_H
#include "stages/learn/autoencoder/vgae_layout.h"
#include "stages/learn/training.h"

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

enum { UP_VGAE_LOSSES = 4 }; /* columns of the history: ops, edges, kl, gradient norm */

struct up_vgae_trainer {
    struct up_training training; /* rows are graphs; first, see training.h */
    struct up_vgae_layout layout;
    struct up_vgae_recipe recipe;
    struct up_vgae_source source;
    double *prior; /* [2][nodes * latent] mean and deviation of mu over the graphs of
                    * the last epoch, as they came by */
};

/* Memory in the arena; weights drawn from the recipe's seed. Four threads find work, one for
 * a quarter of the batch. The training's history has a row of UP_VGAE_LOSSES an epoch. */
void up_vgae_trainer_init(struct up_vgae_trainer *t, const struct up_vgae_recipe *r,
                          const struct up_vgae_source *source, int nodes, int classes,
                          struct up_arena *arena);

#endif
