/* Graphs to learn from that nobody lists: drawn when they are asked for, so that hundreds of
 * thousands need no memory. */
#ifndef UP_LEARN_AUTOENCODER_GRAPH_SOURCE_H
#define UP_LEARN_AUTOENCODER_GRAPH_SOURCE_H
#include "stages/learn/autoencoder/vgae_train.h"

/* Graphs of architectures drawn uniformly, in canonical form; graph i has its own stream of
 * random numbers. A graph is held out by its own digest, one in ten, so none is on both
 * sides. */
struct up_vgae_draws {
    const struct up_space *space;
    uint64_t seed;
    bool held_out; /* which side */
};
/* Borrows d. */
struct up_vgae_source up_vgae_drawn(const struct up_vgae_draws *d, size_t n);

#endif
