/* How fast a count advances, over a recent window: what was there at the start (parts
 * kept from before) is no speed, and neither is a slow beginning for ever after. */
#ifndef UP_DAG_RUN_RATE_H
#define UP_DAG_RUN_RATE_H
#include <stddef.h>
#include <stdint.h>

enum { UP_RATE_SAMPLES = 64 };
struct up_rate { /* zeroed: nothing seen */
    struct up_rate_sample {
        uint64_t ms, done;
    } at[UP_RATE_SAMPLES]; /* a ring, the oldest at `first` */
    size_t first, n;
};

/* `done` units at the time `ms`; neither may go back. The first call is the start. Returns
 * units per second over the last 30 s or the last 20 units, whichever is longer; 0 while
 * nothing was done since the start. */
double up_rate_add(struct up_rate *r, uint64_t ms, uint64_t done);

#endif
