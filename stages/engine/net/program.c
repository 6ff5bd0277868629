/* Writing a program: each function appends one operation, and the slot and the weights it
 * needs. */
#include "stages/engine/net/program.h"

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
    p->slot[p->slots] = (struct up_program_slot){.c = c, .h = h, .w = w, .of = -1, .group = c};
    return p->slots++;
}

int up_program_view(struct up_program *p, int of, int from, int c)
{
    struct up_program_slot whole = p->slot[of];
    UP_CHECK(whole.of < 0 && from >= 0 && c > 0 && from + c <= whole.c);
    int view = up_program_slot(p, c, whole.h, whole.w);
    p->slot[view].of = of;
    p->slot[view].from = from;
    return view;
}

int up_program_input(struct up_program *p, int c, int h, int w)
{
    p->input = up_program_slot(p, c, h, w);
    return p->input;
}

static struct up_op *append(struct up_program *p, enum up_op_kind kind, int src, int dst)
{
    p->op = grown(p->op, p->ops, sizeof *p->op);
    struct up_op *op = &p->op[p->ops];
    *op = (struct up_op){
        .kind = kind, .src = src, .dst = dst, .weight = -1, .norm = -1, .dilation = 1};
    ++p->ops;
    return op;
}

/* dims end with a 0 when there are fewer. */
static int add_weight(struct up_program *p, const char *module, const char *what,
                      enum up_program_weight_role role, const int dims[UP_WEIGHT_DIMS],
                      int fan_in)
{
    p->weight = grown(p->weight, p->weights, sizeof *p->weight);
    struct up_program_weight *w = &p->weight[p->weights];
    *w = (struct up_program_weight){
        .role = role, .count = 1, .at = p->numbers, .fan_in = fan_in};
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
    struct up_program_slot in = p->slot[src];
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

int up_program_depthwise(struct up_program *p, int src, int kernel, int stride, int dilation,
                         const char *name)
{
    struct up_program_slot in = p->slot[src];
    int dst = up_program_slot(p, in.c, (in.h - 1) / stride + 1, (in.w - 1) / stride + 1);
    struct up_op *op = append(p, UP_OP_CONV, src, dst);
    op->relu = op->depthwise = true;
    op->kernel = kernel;
    op->stride = stride;
    op->pad = kernel / 2 * dilation;
    op->dilation = dilation;
    const int dims[UP_WEIGHT_DIMS] = {in.c, 1, kernel, kernel};
    op->weight = add_weight(p, name, "weight", UP_W_COUNTED, dims, kernel * kernel);
    p->slot[src].relus += 1;
    return dst;
}

int up_program_factorized(struct up_program *p, int src, int out, const char *name)
{
    static const char *const half_name[2] = {"conv_a", "conv_b"};
    struct up_program_slot in = p->slot[src];
    UP_CHECK(in.h % 2 == 0 && in.w % 2 == 0 && out % 2 == 0);
    int dst = up_program_slot(p, out, in.h / 2, in.w / 2), half = out / 2;
    const int dims[UP_WEIGHT_DIMS] = {half, in.c, 1, 1};
    for (int i = 0; i < 2; ++i) {
        char module[UP_WEIGHT_NAME];
        snprintf(module, sizeof module, "%s.%s", name, half_name[i]);
        struct up_op *op = append(p, UP_OP_CONV, src, up_program_view(p, dst, i * half, half));
        op->relu = true;
        op->kernel = 1;
        op->stride = 2;
        op->shift = i;
        op->weight = add_weight(p, module, "weight", UP_W_COUNTED, dims, in.c);
    }
    p->slot[src].relus += 1;
    return dst;
}

/* The slot an operation of the same shape writes. */
static int like(struct up_program *p, int src, int into)
{
    struct up_program_slot s = p->slot[src];
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
    p->norms += c;
    if (!name)
        return dst;
    const int dims[UP_WEIGHT_DIMS] = {c};
    op->weight = add_weight(p, name, "weight", UP_W_GAMMA, dims, c);
    add_weight(p, name, "bias", UP_W_BETA, dims, c);
    return dst;
}

static int pool(struct up_program *p, enum up_op_kind kind, int src, int into, int kernel,
                int stride, int pad)
{
    struct up_program_slot in = p->slot[src];
    int h = (in.h + 2 * pad - kernel) / stride + 1, w = (in.w + 2 * pad - kernel) / stride + 1;
    int dst = into < 0 ? up_program_slot(p, in.c, h, w) : into;
    UP_CHECK(p->slot[dst].c == in.c && p->slot[dst].h == h && p->slot[dst].w == w);
    struct up_op *op = append(p, kind, src, dst);
    op->kernel = kernel;
    op->stride = stride;
    op->pad = pad;
    return dst;
}

int up_program_pool(struct up_program *p, int src, int into, int kernel, int stride, int pad)
{
    return pool(p, UP_OP_POOL, src, into, kernel, stride, pad);
}

int up_program_max(struct up_program *p, int src, int into, int kernel, int stride, int pad)
{
    return pool(p, UP_OP_MAX, src, into, kernel, stride, pad);
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

size_t up_program_slot_numbers(const struct up_program_slot *s)
{
    return (size_t)s->c * (size_t)s->h * (size_t)s->w;
}

size_t up_program_slot_from(const struct up_program_slot *s)
{
    return (size_t)s->from * (size_t)s->h * (size_t)s->w;
}

bool up_program_sum_is_fixed(const struct up_program *p)
{
    bool *moves = up_alloc((size_t)p->slots * sizeof *moves);
    moves[p->input] = true;
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        bool keeps =
            op->kind == UP_OP_COPY || op->kind == UP_OP_MEAN || op->kind == UP_OP_LINEAR;
        bool fixes = op->kind == UP_OP_NORM || op->kind == UP_OP_ZERO;
        int part = p->slot[op->dst].of;
        if (fixes || (keeps && !moves[op->src]))
            continue;
        moves[op->dst] = true;
        if (part >= 0)
            moves[part] = true;
    }
    bool fixed = !moves[p->logits];
    free(moves);
    return fixed;
}
