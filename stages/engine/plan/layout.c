/* Lays a program out in blocks of 16 channels: where slots, matrices and norms lie. */
#include "stages/engine/plan/layout.h"

#include "store/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = 16, MATRIX = LANES * LANES };

static int up16(int c) { return (c + LANES - 1) / LANES; }

static struct up_layout_slot lay_slot(const struct up_program *p, int i)
{
    const struct up_program_slot *s = &p->slot[i], *root = s->of < 0 ? s : &p->slot[s->of];
    int parts = root->c / root->group, each = up16(root->group);
    struct up_layout_slot l = {.group = s->of < 0 ? s->group : s->c,
                               .plane = (size_t)s->h * (size_t)s->w * LANES};
    int from = s->of < 0 ? 0 : s->from, first = from / LANES;
    l.blocks = parts * each;
    l.image = (size_t)l.blocks * l.plane;
    if (s->of < 0)
        return l;
    if (parts > 1) /* a part of a concatenation */
        first = from / root->group * each;
    else
        l.lane = from % LANES;
    l.blocks = up16(l.lane + s->c);
    l.offset = (size_t)first * l.plane;
    return l;
}

int up_layout_channel(const struct up_layout_slot *s, int c)
{
    return c / s->group * up16(s->group) * LANES + c % s->group + s->lane;
}

static size_t matrix_numbers(const struct up_layout *l, const struct up_op *op)
{
    size_t in = (size_t)l->slot[op->src].blocks, out = (size_t)l->slot[op->dst].blocks;
    if (op->kind == UP_OP_LINEAR)
        return in * out * MATRIX;
    if (op->kind != UP_OP_CONV)
        return 0;
    size_t taps = (size_t)op->kernel * (size_t)op->kernel;
    return op->depthwise ? in * taps * LANES : in * out * taps * MATRIX;
}

/* A 3x3 convolution between whole blocks that keeps the size. Larger tiles save more products
 * and want more pixels to share the transformed weights. */
static int side_of(const struct up_layout *l, const struct up_op *op,
                   const struct up_program_slot *s)
{
    bool fits = op->kind == UP_OP_CONV && !op->depthwise && op->kernel == 3 &&
                op->stride == 1 && op->pad == 1 && op->dilation == 1 && s->h % 2 == 0 &&
                s->w % 2 == 0 && !l->slot[op->dst].lane &&
                l->slot[op->src].blocks <= UP_BLOCK_TAPS;
    bool large = s->h % 4 == 0 && s->w % 4 == 0 && s->h * s->w >= 16 * LANES;
    return !fits ? 0 : large ? 4 : 2;
}

static struct up_layout_op lay_op(const struct up_layout *l, const struct up_program *p, int i)
{
    const struct up_op *op = &p->op[i];
    struct up_layout_op o = {.weight = l->numbers,
                             .count = matrix_numbers(l, op),
                             .norm = l->norm_blocks,
                             .side = side_of(l, op, &p->slot[op->src])};
    if (o.count || op->kind == UP_OP_POOL || op->kind == UP_OP_MAX)
        o.shape = up_shape_of(p, op);
    o.tiles = o.side ? o.count / 9 * (size_t)((o.side + 2) * (o.side + 2)) : 0;
    o.share = o.side ? o.tiles : o.count;
    return o;
}

void up_layout_init(struct up_layout *l, const struct up_program *p)
{
    *l = (struct up_layout){.slot = up_alloc((size_t)p->slots * sizeof *l->slot),
                            .op = up_alloc((size_t)p->ops * sizeof *l->op)};
    for (int i = 0; i < p->slots; ++i)
        l->slot[i] = lay_slot(p, i);
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        if (op->kind == UP_OP_MEAN) /* its channels lie as those of its input */
            l->slot[op->dst] =
                (struct up_layout_slot){.blocks = l->slot[op->src].blocks,
                                        .group = l->slot[op->src].group,
                                        .plane = LANES,
                                        .image = (size_t)l->slot[op->src].blocks * LANES};
        l->op[i] = lay_op(l, p, i);
        l->numbers += l->op[i].count;
        if (op->kind == UP_OP_NORM)
            l->norm_blocks += (size_t)l->slot[op->src].blocks;
    }
}

void up_layout_release(struct up_layout *l)
{
    free(l->slot);
    free(l->op);
    *l = (struct up_layout){0};
}
