#include "stages/kernels/blocks.h"
#include "store/base/fp.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

struct crew {
    atomic_size_t next;
    size_t blocks;
    void (*fn)(void *ctx, size_t block);
    void *ctx;
};

static void *crew_work(void *arg)
{
    struct crew *c = arg;
    up_fp_reset();
    for (;;) {
        size_t b = atomic_fetch_add(&c->next, 1);
        if (b >= c->blocks)
            return NULL;
        c->fn(c->ctx, b);
    }
}

void up_blocks_run(int threads, size_t blocks, void (*fn)(void *ctx, size_t block), void *ctx)
{
    struct crew c = {.blocks = blocks, .fn = fn, .ctx = ctx};
    pthread_t helper[THREADS_MAX];
    int helpers = 0;
    while (helpers + 1 < threads && helpers < THREADS_MAX && (size_t)helpers + 1 < blocks) {
        /* Without a thread the caller does that share too. */
        if (pthread_create(&helper[helpers], NULL, crew_work, &c) != 0)
            break;
        helpers++;
    }
    crew_work(&c);
    while (helpers > 0)
        pthread_join(helper[--helpers], NULL);
}
