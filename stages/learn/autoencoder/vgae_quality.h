/* How good an embedding is: whether architectures come back, and what random
 * points decode to. Definitions of arch2vec (its tests after each epoch) beside
 * strict ones. */
#ifndef UP_LEARN_AUTOENCODER_VGAE_QUALITY_H
#define UP_LEARN_AUTOENCODER_VGAE_QUALITY_H
#include "stages/learn/autoencoder/vgae_train.h"

struct up_vgae_quality {
    /* of graphs (cells) that were not trained on, NaN when there are none */
    double acc_ops;          /* nodes whose operation comes back */
    double acc_graphs;       /* graphs all of whose operations come back */
    double acc_exact;        /* graphs that come back, operations and edges */
    double acc_adj;          /* entries above the diagonal that come back */
    double mean_corr_adj;    /* mean predicted probability of a true edge */
    double mean_fal_pos_adj; /* and of an absent one */
    /* of draws from the prior: normal, with the mean and deviation of the embedding */
    double validity;          /* arch2vec's rule for the space; NaN where it has none */
    double uniqueness;        /* distinct graphs (isomorphism hash) among the valid */
    double validity_strict;   /* draws that decode to exactly a cell of the space */
    double uniqueness_strict; /* distinct cells among those */
};

/* The first six fields. */
void up_vgae_held_out(struct up_vgae_quality *q, const struct up_vgae *m,
                      const struct up_vgae_source *graphs);
/* The last four; a draw is one graph, in every place where the space has one.
 * prior[2][nodes * latent]: mean and deviation of a graph's z. */
void up_vgae_prior(struct up_vgae_quality *q, const struct up_vgae *m,
                   const struct up_space *space, const double *prior, size_t draws,
                   uint64_t seed);

#endif
