/* Sizes and shapes that the plain passes share. */
#ifndef UP_TESTS_REFERENCE_PASS_PLAN_H
#define UP_TESTS_REFERENCE_PASS_PLAN_H
#include "tests/reference/pass.h"
#include "tests/reference/conv.h"
#include "tests/reference/linear.h"
#include "tests/reference/pointwise.h"
#include "tests/reference/pool.h"
#include "stages/kernels/reduce.h"
#include <string.h>

static inline struct up_conv conv_of(const struct up_program *p, const struct up_op *op, int n)
{
    struct up_program_slot in = p->slot[op->src], out = p->slot[op->dst];
    return (struct up_conv){.in = in.c,
                            .out = out.c,
                            .kernel = op->kernel,
                            .stride = op->stride,
                            .pad = op->pad,
                            .dilation = op->dilation,
                            .shift = op->shift,
                            .depthwise = op->depthwise,
                            .n = n,
                            .h = in.h,
                            .w = in.w};
}

static inline struct up_pool pool_of(const struct up_program *p, const struct up_op *op, int n)
{
    struct up_program_slot in = p->slot[op->src];
    return (struct up_pool){in.c * n, op->kernel, op->stride, op->pad, in.h, in.w};
}

static inline ptrdiff_t area_of(const struct up_program *p, int slot)
{
    return (ptrdiff_t)p->slot[slot].h * p->slot[slot].w;
}

/* Numbers in a slot's buffer. */
static inline ptrdiff_t numel(const struct up_program *p, int slot, int n)
{
    return p->slot[slot].c * n * area_of(p, slot);
}

/* The first view of `slot` behind slot `after`, or -1: views come after what they are of. */
static inline int next_view(const struct up_program *p, int slot, int after)
{
    for (int i = after + 1; i < p->slots; ++i)
        if (p->slot[i].of == slot)
            return i;
    return -1;
}

static inline size_t op_scratch(const struct up_program *p, const struct up_op *op, int n)
{
    struct up_conv conv = conv_of(p, op, n);
    struct up_pool pool = pool_of(p, op, n);
    switch (op->kind) {
    case UP_OP_CONV:
        return up_conv_scratch(&conv);
    case UP_OP_POOL:
    case UP_OP_MAX:
        return up_pool_scratch(&pool);
    case UP_OP_LINEAR:
        return (size_t)numel(p, op->dst, n);
    default:
        return 0;
    }
}

#endif
