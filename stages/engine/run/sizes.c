/* How much memory a run takes, and what its loops have in common. */
#include "stages/engine/run/image_ops.h"

enum { LANES = UP_BLOCK_LANES };
enum { STRIP = 8 }; /* tiles that are worked on together */

static size_t larger(size_t a, size_t b) { return a > b ? a : b; }

/* Rows of tiles that are worked on together: enough tiles to fill the registers, few enough to
 * stay in cache. */
int up_passes_strip(const struct up_layout_op *o)
{
    int rows = o->side * STRIP / o->shape.w;
    rows = rows < 1 ? 1 : rows;
    return rows < o->shape.h / o->side ? rows : o->shape.h / o->side;
}

static size_t tile_numbers(const struct up_layout_op *o, size_t blocks)
{
    if (!o->side)
        return 0;
    size_t positions = (size_t)((o->side + 2) * (o->side + 2));
    size_t tiles = (size_t)(up_passes_strip(o) * (o->shape.w / o->side));
    return positions * (tiles * blocks + 1) * LANES;
}

static void room_of(struct up_passes_sizes *most, const struct up_program *p,
                    const struct up_layout *l)
{
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        const struct up_shape *s = &l->op[i].shape;
        size_t in = (size_t)l->slot[op->src].blocks, out = (size_t)l->slot[op->dst].blocks;
        bool pool = op->kind == UP_OP_POOL || op->kind == UP_OP_MAX;
        if (!up_op_has_matrix(op) && !pool)
            continue;
        most->x = larger(most->x, (pool ? 1 : in) * s->padded);
        most->g = larger(most->g, (pool ? 1 : out) * s->back);
        most->v = larger(most->v, tile_numbers(&l->op[i], 2 * larger(in, out)));
        most->y = larger(most->y, pool ? (size_t)(s->oh * s->ow) : in * l->slot[op->src].plane);
        most->y = larger(most->y, (size_t)s->w * LANES); /* a row of zeros */
    }
    most->y = (most->y + LANES - 1) / LANES * LANES;
    most->scratch = 2 * most->x + 2 * most->g + most->y + 2 * most->v;
}

static size_t partial_of(const struct up_layout *l, const struct up_schedule *s, size_t *lanes,
                         const struct up_program *p)
{
    size_t most = 0, here = 0, wide = 0;
    *lanes = 0;
    for (int i = 0; i < s->backwards; ++i) {
        const struct up_step *step = &s->backward[i];
        if (i && step->level != step[-1].level)
            here = wide = 0;
        if (step->kind != UP_STEP_RUN)
            continue;
        here += l->op[step->op].share;
        if (up_op_has_matrix(&p->op[step->op]))
            wide += (size_t)l->slot[p->op[step->op].dst].blocks * LANES;
        most = larger(most, here);
        *lanes = larger(*lanes, wide);
    }
    return most;
}

/* Numbers of the transformed weights of the largest level. */
static size_t tiles_of(const struct up_layout *l, const struct up_step *step, int n)
{
    size_t most = 0, here = 0;
    for (int i = 0; i < n; ++i) {
        if (i && step[i].level != step[i - 1].level)
            here = 0;
        if (step[i].kind == UP_STEP_RUN)
            here += l->op[step[i].op].tiles;
        most = larger(most, here);
    }
    return most;
}

struct up_passes_sizes up_passes_sizes(const struct up_program *p, const struct up_layout *l,
                                       const struct up_schedule *s)
{
    struct up_passes_sizes sizes = {0};
    room_of(&sizes, p, l);
    sizes.partial = partial_of(l, s, &sizes.saliency, p);
    size_t forward = tiles_of(l, s->forward, s->forwards);
    sizes.winograd = 2 * larger(forward, tiles_of(l, s->backward, s->backwards));
    return sizes;
}

void up_passes_group(int *from, int *to, int n, int g)
{
    int groups = n < UP_PASSES_GROUPS ? n : UP_PASSES_GROUPS;
    *from = g < groups ? g * n / groups : n;
    *to = g < groups ? (g + 1) * n / groups : n;
}

int up_passes_tasks(int threads)
{
    return threads < 1 ? 1 : threads < UP_PASSES_GROUPS ? threads : UP_PASSES_GROUPS;
}

void up_passes_deal(int *task, int n, int threads)
{
    for (int g = 0; g < UP_PASSES_GROUPS; ++g) {
        int from, to;
        up_passes_group(&from, &to, n, g);
        for (; from < to; ++from)
            task[from] = g % up_passes_tasks(threads);
    }
}

void up_passes_lanes(int *lo, int *hi, const struct up_layout_slot *s,
                     const struct up_program_slot *slot, int b)
{
    int end = s->lane + slot->c - b * LANES;
    *lo = b ? 0 : s->lane;
    *hi = end < LANES ? end : LANES;
}

void up_ahead_add(struct up_ahead *a, const void *p, size_t bytes)
{
    if (a->n == UP_AHEAD)
        return;
    a->at[a->n] = p;
    a->bytes[a->n++] = bytes;
}

void up_ahead_fetch(struct up_ahead *a, size_t work)
{
    enum { LINE = 64 };
    if (!a || !a->work)
        return;
    a->done += work;
    for (int i = 0; i < a->n; ++i) {
        size_t to = a->done < a->work ? a->bytes[i] * a->done / a->work : a->bytes[i];
        for (; a->fetched[i] < to; a->fetched[i] += LINE)
            __builtin_prefetch(a->at[i] + a->fetched[i], 0, 2);
    }
}
