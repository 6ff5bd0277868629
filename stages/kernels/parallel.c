/* Independent items of work, dealt to threads as they ask for more. */
#include "stages/kernels/parallel.h"
#include "store/base/fp.h"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

struct shared {
    atomic_size_t next;
    size_t count;
    void (*fn)(void *ctx, size_t item);
    void *ctx;
};

static void *work_on_items(void *arg)
{
    struct shared *c = arg;
    up_fp_reset();
    for (;;) {
        size_t item = atomic_fetch_add(&c->next, 1);
        if (item >= c->count)
            return NULL;
        c->fn(c->ctx, item);
    }
}

void up_parallel_each(int threads, size_t count, void (*fn)(void *ctx, size_t item), void *ctx)
{
    struct shared c = {.count = count, .fn = fn, .ctx = ctx};
    pthread_t helper[THREADS_MAX];
    int helpers = 0;
    while (helpers + 1 < threads && helpers < THREADS_MAX && (size_t)helpers + 1 < count) {
        /* Without a thread the caller does that share too. */
        if (pthread_create(&helper[helpers], NULL, work_on_items, &c) != 0)
            break;
        helpers++;
    }
    work_on_items(&c);
    while (helpers > 0)
        pthread_join(helper[--helpers], NULL);
}
