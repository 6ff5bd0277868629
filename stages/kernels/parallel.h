/* Work cut into fixed, independent items that threads share: which thread takes an item changes
 * nothing that the item computes. */
#ifndef UP_KERNELS_PARALLEL_H
#define UP_KERNELS_PARALLEL_H
#include <stddef.h>

/* Calls fn(ctx, item) for every item < count, each exactly once, on up to `threads` threads;
 * returns when all are done. */
void up_parallel_each(int threads, size_t count, void (*fn)(void *ctx, size_t item), void *ctx);

#endif
