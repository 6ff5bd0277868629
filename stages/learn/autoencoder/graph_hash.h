/* A hash of a labelled directed graph that equals for isomorphic graphs, as
 * NAS-Bench-101's hash_module: a node starts from (out-degree, in-degree, label);
 * `nodes` times it becomes the hash of its sorted predecessors, its sorted
 * successors and itself; the graph is the sorted multiset of its nodes. */
#ifndef UP_LEARN_AUTOENCODER_GRAPH_HASH_H
#define UP_LEARN_AUTOENCODER_GRAPH_HASH_H
#include "stages/space/space.h"
#include "store/base/hash.h"

struct up_digest up_vgae_graph_hash(const struct up_cell_graph *g, int nodes);

#endif
