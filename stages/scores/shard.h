/* One of n shares of a sweep, for n runs that go on at the same time.
 *
 * The architectures are dealt in the groups that are kept (UP_GROUP pool positions): group
 * g, from 0, belongs to share g mod n + 1. So the shares are even, a share's groups are
 * those of a run of everything, and whoever has the parts of all shares has them all. */
#ifndef UP_SCORES_SHARD_H
#define UP_SCORES_SHARD_H
#include "store/base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UP_SHARDS_MAX = 1000000 };
struct up_shard {
    size_t i, n; /* 1 <= i <= n <= UP_SHARDS_MAX */
};
/* "i/n": two plain decimal numbers. False when it is not one, or is out of range. */
bool up_shard_parse(struct up_shard *s, const char *text);

/* The architectures of a pool that one run scores. */
struct up_portion {
    const uint8_t *archs; /* [pool][genes] pool order */
    size_t n;             /* to be scored: the first of archs */
    size_t pool;          /* >= n: the last group goes on as far as the pool does */
};
/* p is what all shares score together and becomes what share s does; n == 0 when there are
 * fewer groups than shares. Memory in the arena. */
void up_shard_take(struct up_portion *p, struct up_shard s, size_t genes,
                   struct up_arena *arena);

#endif
