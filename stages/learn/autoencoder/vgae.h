/* The embedding of architectures and the way back: arch2vec's variational graph
 * autoencoder (Yan et al., NeurIPS 2020), evaluation mode.
 *
 * Encoder: graph isomorphism layers over one-hot node operations, the adjacency
 * symmetrised; mu of every node is the embedding, flattened:
 *   z[graphs][nodes][latent], dim = graphs * nodes * latent (nb201: 128).
 * Decoder: operations = argmax of a linear map of a node's z; an edge i -> j
 * (i < j) where the dot product of the two nodes' z is positive.
 *
 * The model is constant after loading: any number of threads may call. The bits
 * of one architecture's z do not depend on n or on its neighbours in the batch. */
#ifndef UP_LEARN_AUTOENCODER_VGAE_H
#define UP_LEARN_AUTOENCODER_VGAE_H
#include "stages/space/space.h"
#include "store/base/reader.h"

enum { UP_VGAE_LAYERS = 4 };

/* Batch normalisation is folded into the maps: y = relu(x w^T + b). */
struct up_vgae_layer {
    float eps;            /* a = (1 + eps) x + A~ x */
    int in;               /* inputs, then hidden */
    const float *w1, *b1; /* [hidden][in], [hidden] */
    const float *w2, *b2; /* [hidden][hidden], [hidden] */
};
struct up_vgae {
    int graphs, nodes, classes; /* of the space */
    int inputs; /* of a node: its class and, if this is more than classes, its place */
    int hidden, latent, dim; /* dim = graphs * nodes * latent */
    struct up_vgae_layer layer[UP_VGAE_LAYERS];
    const float *mu_w, *mu_b; /* [latent][hidden], [latent] */
    const float *op_w, *op_b; /* [classes][latent], [classes] */
};

/* From the vgae artifact (map "model"); memory in the reader's arena. The reader fails
 * when the artifact belongs to another space or a tensor does not fit; returns its end. */
int up_vgae_load(struct up_vgae *m, const struct up_space *space, struct up_reader *r);

/* z_out[n][dim]. */
void up_vgae_embed(float *z_out, const struct up_vgae *m, const struct up_space *space,
                   const struct up_arch *archs, size_t n);

/* Of single graphs: z_out[n][nodes * latent]. */
void up_vgae_embed_graphs(float *z_out, const struct up_vgae *m,
                          const struct up_cell_graph *graphs, size_t n);

/* The graphs as decoded, valid or not: out[graphs]; z[dim]. */
void up_vgae_decode_graphs(struct up_cell_graph *out, const struct up_vgae *m, const float *z);
/* The log-odds behind them: op[graphs][nodes][classes], edge[graphs][nodes][nodes] above the
 * diagonal, 0 elsewhere. */
void up_vgae_decode_odds(float *op, float *edge, const struct up_vgae *m, const float *z);
/* One of them; z[nodes * latent]. */
void up_vgae_decode_graph(struct up_cell_graph *out, const struct up_vgae *m, const float *z);

#endif
