/* The tensors of the VGAE and where they lie in one slab (names: layerN.*, mu.*,
 * logstd.*, ops.*). Learned tensors come first, running statistics behind them. */
#ifndef UP_LEARN_AUTOENCODER_VGAE_LAYOUT_H
#define UP_LEARN_AUTOENCODER_VGAE_LAYOUT_H
#include "stages/learn/tensors.h"
#include "stages/learn/autoencoder/vgae.h"

struct up_vgae_layout {
    struct up_tensors tensors;
    int nodes, classes, hidden, latent;
    int inputs; /* of a node: its class, and its place in the graph where places are told */
    struct {
        size_t eps, w1, b1, gamma1, beta1, w2, b2, gamma2, beta2; /* learned */
        size_t mean1, var1, mean2, var2;                          /* statistics */
    } layer[UP_VGAE_LAYERS];
    /* One matrix [2 latent][hidden] and one bias [2 latent]: mu, then log sigma. */
    size_t head_w, head_b;
    size_t op_w, op_b; /* [classes][latent], [classes] */
};

/* places: whether the encoder is told which node of the graph a node is. */
void up_vgae_layout_init(struct up_vgae_layout *l, int nodes, int classes, bool places,
                         int hidden, int latent);
/* The evaluation model of these values, normalisation folded in; memory in the arena. */
void up_vgae_fold(struct up_vgae *m, const struct up_vgae_layout *l, const float *v,
                  const struct up_space *space, struct up_arena *arena);

#endif
