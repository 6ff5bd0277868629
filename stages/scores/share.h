/* One of n shares of a sweep, for n runs that go on at the same time.
 *
 * The architectures are dealt in the blocks that are kept (UP_BLOCK pool positions): block
 * b, from 0, belongs to share b mod n + 1. So the shares are even, a share's blocks are
 * those of a run of everything, and whoever has the parts of all shares has them all. */
#ifndef UP_SCORES_SHARE_H
#define UP_SCORES_SHARE_H
#include "store/base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UP_SHARES_MAX = 1000000 };
struct up_share {
    size_t i, n; /* 1 <= i <= n <= UP_SHARES_MAX */
};
/* "i/n": two plain decimal numbers. False when it is not one, or is out of range. */
bool up_share_parse(struct up_share *s, const char *text);

/* The architectures of a pool that one run scores. */
struct up_portion {
    const uint8_t *archs; /* [pool][genes] pool order */
    size_t n;             /* to be scored: the first of archs */
    size_t pool;          /* >= n: the last block goes on as far as the pool does */
};
/* p is what all shares score together and becomes what share s does; n == 0 when there are
 * fewer blocks than shares. Memory in the arena. */
void up_share_take(struct up_portion *p, struct up_share s, size_t genes,
                   struct up_arena *arena);

#endif
