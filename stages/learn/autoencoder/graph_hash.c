/* Equal hashes for equal cells, however their nodes are numbered; see graph_hash.h. */
#include "stages/learn/autoencoder/graph_hash.h"

#include <stdlib.h>
#include <string.h>

static int by_bytes(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct up_digest));
}

/* The keys of the nodes linked to i: over edges into it, or out of it. */
static void linked(struct up_buf *out, const struct up_cell_graph *g,
                   const struct up_digest *key, int nodes, int i, bool into)
{
    struct up_digest d[UP_NODES_MAX];
    size_t n = 0;
    for (int j = 0; j < nodes; j++)
        if (into ? g->adj[j * nodes + i] : g->adj[i * nodes + j])
            d[n++] = key[j];
    qsort(d, n, sizeof *d, by_bytes);
    up_buf_append(out, d, n * sizeof *d);
    up_buf_append(out, "|", 1);
}

struct up_digest up_vgae_graph_hash(const struct up_cell_graph *g, int nodes)
{
    struct up_digest key[UP_NODES_MAX], next[UP_NODES_MAX];
    for (int i = 0; i < nodes; i++) {
        uint8_t start[3] = {0, 0, g->op[i]};
        for (int j = 0; j < nodes; j++) {
            start[0] = (uint8_t)(start[0] + g->adj[i * nodes + j]);
            start[1] = (uint8_t)(start[1] + g->adj[j * nodes + i]);
        }
        key[i] = up_digest_of(start, sizeof start);
    }
    struct up_buf text = UP_BUF_INIT;
    for (int round = 0; round < nodes; round++) {
        for (int i = 0; i < nodes; i++) {
            up_buf_clear(&text);
            linked(&text, g, key, nodes, i, true);
            linked(&text, g, key, nodes, i, false);
            up_buf_append(&text, &key[i], sizeof key[i]);
            next[i] = up_digest_of(text.data, text.len);
        }
        memcpy(key, next, sizeof key);
    }
    up_buf_release(&text);
    qsort(key, (size_t)nodes, sizeof *key, by_bytes);
    return up_digest_of(key, (size_t)nodes * sizeof *key);
}
