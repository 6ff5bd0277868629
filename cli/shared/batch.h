/* The minibatch of `upnas score`: the user's arrays, or the synthetic source. */
#ifndef UP_CLI_SHARED_BATCH_H
#define UP_CLI_SHARED_BATCH_H
#include "stages/proxy/proxy.h"
#include "store/base/arena.h"

struct up_batch_choice {
    const char *images, *labels; /* .npy, both or neither (synthetic) */
    const char *dataset;         /* normalisation and classes */
    int64_t batch;               /* 0: all that is given, 64 synthetic */
    uint64_t seed;
};
/* Numbers live in the arena. */
int up_batch_load(struct up_batch *b, struct up_arena *arena, const struct up_batch_choice *c,
                  struct up_err *err);

#endif
