#include "stages/proxy/program.h"

#include "store/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void up_program_release(struct up_program *p)
{
    free(p->slot);
    free(p->op);
    free(p->weight);
    *p = (struct up_program)UP_PROGRAM_INIT;
}

/* Room for one more item: doubles at powers of two. */
static void *grown(void *items, int n, size_t size)
{
    if (n & (n - 1))
        return items;
    return up_realloc(items, (size_t)(n ? 2 * n : 1) * size);
}

int up_program_slot(struct up_program *p, int c, int h, int w)
{
    p->slot = grown(p->slot, p->slots, sizeof *p->slot);
    p->slot[p->slots] = (struct up_slot){.c = c, .h = h, .w = w, .first = -1};
    return p->slots++;
}

int up_program_input(struct up_program *p, int c, int h, int w)
{
    p->input = up_program_slot(p, c, h, w);
    return p->input;
}

static void touch(struct up_slot *s, int op)
{
    if (s->first < 0)
        s->first = op;
    s->last = op;
}

static struct up_op *append(struct up_program *p, enum up_op_kind kind, int src, int dst)
{
    p->op = grown(p->op, p->ops, sizeof *p->op);
    struct up_op *op = &p->op[p->ops];
    *op = (struct up_op){.kind = kind, .src = src, .dst = dst, .weight = -1, .norm = -1};
    touch(&p->slot[src], p->ops);
    touch(&p->slot[dst], p->ops);
    ++p->ops;
    return op;
}

/* dims end with a 0 when there are fewer. */
static int add_weight(struct up_program *p, const char *module, const char *what,
                      enum up_weight_role role, const int dims[UP_WEIGHT_DIMS], int fan_in)
{
    p->weight = grown(p->weight, p->weights, sizeof *p->weight);
    struct up_weight *w = &p->weight[p->weights];
    *w = (struct up_weight){.role = role, .count = 1, .at = p->numbers, .fan_in = fan_in};
    for (; w->ndim < UP_WEIGHT_DIMS && dims[w->ndim]; ++w->ndim) {
        w->dims[w->ndim] = (uint64_t)dims[w->ndim];
        w->count *= (size_t)dims[w->ndim];
    }
    int len = snprintf(w->name, sizeof w->name, "%s.%s", module, what);
    UP_CHECK(len > 0 && len < UP_WEIGHT_NAME);
    p->numbers += w->count;
    return p->weights++;
}

int up_program_conv(struct up_program *p, int src, bool relu, int out, int kernel, int stride,
                    const char *name)
{
    struct up_slot in = p->slot[src];
    int pad = kernel / 2, fan_in = in.c * kernel * kernel;
    int dst = up_program_slot(p, out, (in.h + 2 * pad - kernel) / stride + 1,
                              (in.w + 2 * pad - kernel) / stride + 1);
    struct up_op *op = append(p, UP_OP_CONV, src, dst);
    op->relu = relu;
    op->kernel = kernel;
    op->stride = stride;
    op->pad = pad;
    const int dims[UP_WEIGHT_DIMS] = {out, in.c, kernel, kernel};
    op->weight = add_weight(p, name, "weight", UP_W_COUNTED, dims, fan_in);
    p->slot[src].relus += relu;
    return dst;
}

/* The slot an operation of the same shape writes. */
static int like(struct up_program *p, int src, int into)
{
    struct up_slot s = p->slot[src];
    if (into < 0)
        return up_program_slot(p, s.c, s.h, s.w);
    UP_CHECK(p->slot[into].c == s.c && p->slot[into].h == s.h && p->slot[into].w == s.w);
    return into;
}

int up_program_norm(struct up_program *p, int src, int into, const char *name)
{
    int dst = like(p, src, into), c = p->slot[src].c;
    struct up_op *op = append(p, UP_OP_NORM, src, dst);
    op->norm = p->norms;
    const int dims[UP_WEIGHT_DIMS] = {c};
    op->weight = add_weight(p, name, "weight", UP_W_GAMMA, dims, c);
    add_weight(p, name, "bias", UP_W_BETA, dims, c);
    p->norms += c;
    return dst;
}

int up_program_pool(struct up_program *p, int src, int into, int kernel, int stride, int pad)
{
    struct up_slot in = p->slot[src];
    int h = (in.h + 2 * pad - kernel) / stride + 1, w = (in.w + 2 * pad - kernel) / stride + 1;
    int dst = into < 0 ? up_program_slot(p, in.c, h, w) : into;
    UP_CHECK(p->slot[dst].c == in.c && p->slot[dst].h == h && p->slot[dst].w == w);
    struct up_op *op = append(p, UP_OP_POOL, src, dst);
    op->kernel = kernel;
    op->stride = stride;
    op->pad = pad;
    return dst;
}

int up_program_copy(struct up_program *p, int src, int into)
{
    return append(p, UP_OP_COPY, src, like(p, src, into))->dst;
}

int up_program_zero(struct up_program *p, int src, int into)
{
    return append(p, UP_OP_ZERO, src, like(p, src, into))->dst;
}

int up_program_relu(struct up_program *p, int src)
{
    int dst = append(p, UP_OP_RELU, src, like(p, src, -1))->dst;
    p->slot[src].relus += 1;
    return dst;
}

int up_program_mean(struct up_program *p, int src)
{
    p->feature = src;
    return append(p, UP_OP_MEAN, src, up_program_slot(p, p->slot[src].c, 1, 1))->dst;
}

int up_program_linear(struct up_program *p, int src, int out, const char *name)
{
    int in = p->slot[src].c;
    struct up_op *op = append(p, UP_OP_LINEAR, src, up_program_slot(p, out, 1, 1));
    const int weight[UP_WEIGHT_DIMS] = {out, in}, bias[UP_WEIGHT_DIMS] = {out};
    op->weight = add_weight(p, name, "weight", UP_W_COUNTED, weight, in);
    add_weight(p, name, "bias", UP_W_BIAS, bias, in);
    p->logits = op->dst;
    return op->dst;
}

static size_t slot_numbers(const struct up_slot *s)
{
    return (size_t)s->c * (size_t)s->h * (size_t)s->w;
}

/* The first place, from the bottom, that no slot in use at the same time covers. */
static size_t lowest(const struct up_program *p, const bool *placed, const struct up_slot *s)
{
    size_t at = 0, size = slot_numbers(s);
    for (int i = 0; i < p->slots; ++i) {
        const struct up_slot *o = &p->slot[i];
        bool apart = o->last < s->first || s->last < o->first;
        if (!placed[i] || apart || o->folded >= at + size || o->folded + slot_numbers(o) <= at)
            continue;
        at = o->folded + slot_numbers(o);
        i = -1; /* what was passed may be in the way of the new place */
    }
    return at;
}

void up_program_fold(struct up_program *p)
{
    bool *placed = up_alloc((size_t)p->slots * sizeof *placed);
    p->folded = 0;
    for (int k = 0; k < p->slots; ++k) {
        int big = -1; /* largest first: small ones fit between */
        for (int i = 0; i < p->slots; ++i)
            if (!placed[i] &&
                (big < 0 || slot_numbers(&p->slot[i]) > slot_numbers(&p->slot[big])))
                big = i;
        struct up_slot *s = &p->slot[big];
        s->folded = lowest(p, placed, s);
        placed[big] = true;
        if (s->folded + slot_numbers(s) > p->folded)
            p->folded = s->folded + slot_numbers(s);
    }
    free(placed);
}
