/* Scores that survive: a chunk is one proxy's scores of a group of architectures
 * under one draw, kept under a key that names everything they depend on.
 *
 * A group is 16 pool positions, beginning at a multiple of 16. What was kept for a short
 * pool is found again piece by piece when the pool has grown: a group is looked up whole,
 * else by its halves, their halves, and so on down to single architectures. */
#ifndef UP_SCORES_CHUNKS_H
#define UP_SCORES_CHUNKS_H
#include "dag/stage.h"
#include "stages/proxy/proxy.h"
#include "store/base/hash.h"

enum { UP_GROUP = 16 };

struct up_chunks {
    struct up_job *job;
    const struct up_space *space;
    struct up_net_size net;
    size_t pool;            /* >= n: a piece kept for a longer run of the pool is read too */
    const uint8_t *archs;   /* [pool][genes] */
    struct up_digest batch; /* of the draw's pixels, labels and normalisation */
    uint64_t seed;          /* of the draw's weights */
    size_t n, m;
    const int *proxy; /* [m] enum up_proxy_id */
    double *value;    /* [n][m] */
    uint8_t *state;   /* [n][m] enum up_score_state */
    uint8_t *have;    /* [n][m] 1: value and state hold */
};

/* Fills what is kept of the group that starts at `from` (a multiple of UP_GROUP). */
int up_chunks_read(struct up_chunks *c, size_t from, struct up_err *err);
/* Keeps what the group holds, in the largest pieces that are complete; a proxy
 * whose piece was all kept before (`kept` as have was then, [n][m]) is left alone. */
int up_chunks_write(struct up_chunks *c, size_t from, const uint8_t *kept, struct up_err *err);

#endif
