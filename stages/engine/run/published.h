/* The backward pass of the Jacobian as PyTorch 1.13 rounds it, for given weights.
 *
 * Batch norm takes away what the mean over an image hands it, so the Jacobian of a DARTS
 * network's summed logits is zero. What float32 leaves of it is rounding noise, and the
 * published jacov and epe_nas are functions of that noise: who rounds as PyTorch did meets
 * them, nobody else does. They say nothing else, and no other pass needs this. Slow beside
 * backward.c, whose levels and folded buffers it does without. Bits depend neither on
 * threads nor on the instruction set; the linear layer's are OpenBLAS's (gemm.h).
 *
 * Operations go in reverse order, and so is added what several hand to one slot: each number
 * complete, then one addition.
 *   linear       OpenBLAS's own product, cut as it cuts it for two threads
 *   mean         dy / pixels
 *   pools        from 0, in the order of the windows, each number divided by its window's size
 *   1x1          one chain of fused multiply-adds from 0 over the output channels
 *   depthwise    one such chain over the taps; dilated: every product rounded, then added
 *   other        over blocks of 16 output channels, their taps, the channels of a block
 *   norm         below */
#ifndef UP_ENGINE_RUN_PUBLISHED_H
#define UP_ENGINE_RUN_PUBLISHED_H
#include "stages/engine/run/passes.h"

/* grad[input] from grad[logits], and grad of all slots between; no weights' gradients. After
 * the forward pass. No two slots may share memory in grad; sums and factor are overwritten. */
void up_published_backward(struct up_passes_f32 *run);

/* One norm, from grad of its output to (+)= that of its input, over m numbers of a channel:
 *   dx = ((dy - shift) - (x - mean) * slope) * inv * gamma
 *   shift = sum(dy) / m,  slope = sum((x - mean) * dy) * inv * inv / m
 * PyTorch has a kernel for a dy that is a tensor of its own and one for a dy that lies `apart`,
 * inside another:
 *   own    sums of an image in eight float32 chains, by pixel modulo 8, products fused, chains
 *          added as AVX2 adds lanes; images in float64. dx with one fused multiply-add
 *   apart  sum(dy) of an image in four chains of vectors of eight, chains then lanes added,
 *          images in float32; the other sum in float64, of rounded products. dx without
 *          fusing */
void up_published_norm(struct up_passes_f32 *run, int op, bool apart, bool add);

#endif
