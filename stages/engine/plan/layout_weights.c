/* Weights as PyTorch has them, to and from the matrices that kernels read. */
#include "stages/engine/plan/layout.h"

#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = 16, MATRIX = LANES * LANES };

/* The weight of tap 0 between an output and an input channel; taps are `step` apart. */
struct place {
    size_t at, step;
};

static struct place place_of(const struct up_layout *l, const struct up_op *op, int out, int in,
                             bool turned)
{
    const struct up_layout_slot *src = &l->slot[op->src], *dst = &l->slot[op->dst];
    size_t taps = op->kind == UP_OP_LINEAR ? 1 : (size_t)op->kernel * (size_t)op->kernel;
    size_t o = (size_t)up_layout_channel(dst, out);
    if (op->depthwise)
        return (struct place){o / LANES * taps * LANES + o % LANES, LANES};
    size_t i = (size_t)up_layout_channel(src, in);
    size_t blocks = (size_t)(turned ? dst->blocks : src->blocks);
    size_t row = turned ? i : o, column = turned ? o : i;
    return (struct place){((row / LANES * blocks + column / LANES) * taps) * MATRIX +
                              column % LANES * LANES + row % LANES,
                          MATRIX};
}

static int taps_of(const struct up_op *op)
{
    return op->kind == UP_OP_LINEAR ? 1 : op->kernel * op->kernel;
}

void up_layout_pack(real *matrices, const real *weights, const struct up_layout *l,
                    const struct up_program *p, bool turned)
{
    memset(matrices, 0, l->numbers * sizeof *matrices);
    for (int k = 0; k < p->ops; ++k) {
        const struct up_op *op = &p->op[k];
        if (!up_op_has_matrix(op))
            continue;
        const real *w = weights + p->weight[op->weight].at;
        int out = p->slot[op->dst].c, in = op->depthwise ? 1 : p->slot[op->src].c;
        for (int o = 0; o < out; ++o)
            for (int i = 0; i < in; ++i) {
                struct place at = place_of(l, op, o, i, turned);
                real *to = matrices + l->op[k].weight + at.at;
                for (int t = 0; t < taps_of(op); ++t, to += at.step)
                    *to = *w++;
            }
    }
}

/* One matrix per tap, transposed. */
static void turn_op(real *to, const real *from, int in, int out, int taps)
{
    for (int o = 0; o < out; ++o)
        for (int i = 0; i < in; ++i)
            for (int t = 0; t < taps; ++t, from += MATRIX) {
                real *m = to + (size_t)((i * out + o) * taps + t) * MATRIX;
                for (int a = 0; a < LANES; ++a)
                    for (int b = 0; b < LANES; ++b)
                        m[b * LANES + a] = from[a * LANES + b];
            }
}

void up_layout_turn(real *turned, const real *matrices, const struct up_layout *l,
                    const struct up_program *p)
{
    for (int k = 0; k < p->ops; ++k) {
        const struct up_op *op = &p->op[k];
        const struct up_layout_op *at = &l->op[k];
        if (op->depthwise)
            memcpy(turned + at->weight, matrices + at->weight, at->count * sizeof(real));
        else if (up_op_has_matrix(op))
            turn_op(turned + at->weight, matrices + at->weight, l->slot[op->src].blocks,
                    l->slot[op->dst].blocks, taps_of(op));
    }
}

void up_layout_unpack(real *weights, const real *matrices, const struct up_layout *l,
                      const struct up_program *p)
{
    for (int k = 0; k < p->ops; ++k) {
        const struct up_op *op = &p->op[k];
        if (!up_op_has_matrix(op))
            continue;
        real *w = weights + p->weight[op->weight].at;
        int out = p->slot[op->dst].c, in = op->depthwise ? 1 : p->slot[op->src].c;
        for (int o = 0; o < out; ++o)
            for (int i = 0; i < in; ++i) {
                struct place at = place_of(l, op, o, i, false);
                const real *from = matrices + l->op[k].weight + at.at;
                for (int t = 0; t < taps_of(op); ++t, from += at.step)
                    *w++ = *from;
            }
    }
}
