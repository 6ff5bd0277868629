/* Work cut into fixed blocks and shared by threads: which thread takes a block
 * changes nothing that the block computes. */
#ifndef UP_KERNELS_BLOCKS_H
#define UP_KERNELS_BLOCKS_H
#include <stddef.h>

/* Calls fn(ctx, b) for every b < blocks, each exactly once, on up to `threads`
 * threads; returns when all are done. */
void up_blocks_run(int threads, size_t blocks, void (*fn)(void *ctx, size_t block), void *ctx);

#endif
