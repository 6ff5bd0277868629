#ifndef real
#include "tests/reference/pass.h"

#include "tests/reference/conv.h"
#include "tests/reference/linear.h"
#include "tests/reference/pointwise.h"
#include "tests/reference/pool.h"
#include "stages/kernels/reduce.h"

#include <string.h>

static struct up_conv conv_of(const struct up_program *p, const struct up_op *op, int n)
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

static struct up_pool pool_of(const struct up_program *p, const struct up_op *op, int n)
{
    struct up_program_slot in = p->slot[op->src];
    return (struct up_pool){in.c * n, op->kernel, op->stride, op->pad, in.h, in.w};
}

static ptrdiff_t area_of(const struct up_program *p, int slot)
{
    return (ptrdiff_t)p->slot[slot].h * p->slot[slot].w;
}

/* Numbers in a slot's buffer. */
static ptrdiff_t numel(const struct up_program *p, int slot, int n)
{
    return p->slot[slot].c * n * area_of(p, slot);
}

/* The first view of `slot` behind slot `after`, or -1: views come after what they are of. */
static int next_view(const struct up_program *p, int slot, int after)
{
    for (int i = after + 1; i < p->slots; ++i)
        if (p->slot[i].of == slot)
            return i;
    return -1;
}

static size_t op_scratch(const struct up_program *p, const struct up_op *op, int n)
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

size_t up_pass_scratch(const struct up_program *p, int n)
{
    size_t most = 0;
    for (int i = 0; i < p->ops; ++i) {
        size_t need = op_scratch(p, &p->op[i], n);
        most = need > most ? need : most;
    }
    return most;
}

#define UP_TEMPLATE "tests/reference/pass.c"
#include "stages/kernels/both.h"
#else

/* Tensor `index` of an array of all weights; NULL for none. */
static real *UP_R(tensor)(const struct up_program *p, real *all, int index)
{
    return index < 0 ? NULL : all + p->weight[index].at;
}

/* The tensor after the operation's first: a norm's beta, a linear layer's bias. */
static real *UP_R(second)(const struct up_program *p, real *all, const struct up_op *op)
{
    return UP_R(tensor)(p, all, op->weight < 0 ? -1 : op->weight + 1);
}

/* Whether `slot` holds a value in the pass that fills `buffer`. Where only some of its views
 * do, the others are zero from here on. With a slot all its views are set. */
static bool UP_R(holds)(const struct UP_R(up_plain) * r, bool *set, real *const *buffer,
                        int slot)
{
    const struct up_program *p = r->program;
    bool any = set[slot];
    for (int v = next_view(p, slot, slot); v >= 0 && !any; v = next_view(p, slot, v))
        any = set[v];
    for (int v = next_view(p, slot, slot); v >= 0 && any; v = next_view(p, slot, v))
        if (!set[v]) {
            memset(buffer[v], 0, (size_t)numel(p, v, r->n) * sizeof(real));
            set[v] = true;
        }
    set[slot] = any;
    return any;
}

/* Something ends in `slot` now. Returns whether it is to be added to what is there. */
static bool UP_R(arrives)(const struct UP_R(up_plain) * r, bool *set, real *const *buffer,
                          int slot)
{
    bool add = UP_R(holds)(r, set, buffer, slot);
    set[slot] = true;
    for (int v = next_view(r->program, slot, slot); v >= 0; v = next_view(r->program, slot, v))
        set[v] = true;
    return add;
}

static void UP_R(forward_op)(struct UP_R(up_plain) * r, const struct up_op *op, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *w = UP_R(tensor)(p, r->weight, op->weight);
    real *y = r->act[op->dst];
    ptrdiff_t m = numel(p, op->src, r->n);
    int c = p->slot[op->src].c;
    struct up_conv conv = conv_of(p, op, r->n);
    struct up_pool pool = pool_of(p, op, r->n);
    switch (op->kind) {
    case UP_OP_CONV:
        UP_R(up_conv_forward)(y, x, op->relu ? x : NULL, w, &conv, add, r->scratch);
        break;
    case UP_OP_NORM:
        if (r->identity_norm)
            UP_R(up_pass)(y, x, NULL, m, add);
        else
            UP_R(up_norm_forward)
        (y, x, w, UP_R(second)(p, r->weight, op), r->norm + op->norm, c, m / c, add);
        break;
    case UP_OP_POOL:
        UP_R(up_pool_forward)(y, x, &pool, add, r->scratch);
        break;
    case UP_OP_MAX:
        UP_R(up_max_forward)(y, x, x, &pool, add);
        break;
    case UP_OP_COPY:
        UP_R(up_pass)(y, x, NULL, m, add);
        break;
    case UP_OP_ZERO:
        if (!add)
            memset(y, 0, (size_t)m * sizeof(real));
        break;
    case UP_OP_RELU:
        UP_R(up_pass)(y, x, x, m, add);
        break;
    case UP_OP_MEAN:
        UP_R(up_mean_forward)(y, x, c * r->n, area_of(p, op->src), add);
        break;
    case UP_OP_LINEAR:
        UP_R(up_linear_forward)
        (y, x, w, UP_R(second)(p, r->weight, op), p->slot[op->dst].c, c, r->n, add);
        break;
    }
}

void UP_R(up_plain_forward)(struct UP_R(up_plain) * r, int ops)
{
    const struct up_program *p = r->program;
    memset(r->live, 0, (size_t)p->slots * sizeof *r->live);
    for (int i = 0; i < ops; ++i)
        UP_R(forward_op)(r, &p->op[i], UP_R(arrives)(r, r->live, r->act, p->op[i].dst));
}

static void UP_R(weight_gradient)(struct UP_R(up_plain) * r, const struct up_op *op)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *dy = r->grad[op->dst];
    real *dw = UP_R(tensor)(p, r->dweight, op->weight);
    struct up_conv conv = conv_of(p, op, r->n);
    if (op->kind == UP_OP_CONV)
        UP_R(up_conv_backward_weight)(dw, x, op->relu ? x : NULL, dy, &conv, false, r->scratch);
    else if (op->kind == UP_OP_LINEAR)
        UP_R(up_linear_backward_weight)
    (dw, x, dy, p->slot[op->dst].c, p->slot[op->src].c, r->n, false);
}

/* A linear operation's transpose; what the gradient and its tangent have in common. */
static void UP_R(transpose_op)(struct UP_R(up_plain) * r, const struct up_op *op, real *dx,
                               const real *dy, bool add)
{
    const struct up_program *p = r->program;
    ptrdiff_t m = numel(p, op->src, r->n);
    struct up_pool pool = pool_of(p, op, r->n);
    switch (op->kind) {
    case UP_OP_POOL:
        UP_R(up_pool_backward)(dx, dy, &pool, add, r->scratch);
        break;
    case UP_OP_MAX:
        UP_R(up_max_backward)(dx, dy, r->act[op->src], &pool, add, r->scratch);
        break;
    case UP_OP_RELU:
        UP_R(up_pass)(dx, dy, r->act[op->src], m, add);
        break;
    case UP_OP_MEAN:
        UP_R(up_mean_backward)(dx, dy, p->slot[op->src].c * r->n, area_of(p, op->src), add);
        break;
    default:
        UP_R(up_pass)(dx, dy, NULL, m, add);
    }
}

static void UP_R(backward_op)(struct UP_R(up_plain) * r, const struct up_op *op, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *dy = r->grad[op->dst];
    const real *w = UP_R(tensor)(p, r->weight, op->weight);
    real *dx = r->grad[op->src];
    int c = p->slot[op->src].c;
    struct up_conv conv = conv_of(p, op, r->n);
    if (op->kind == UP_OP_CONV)
        UP_R(up_conv_backward_data)
    (dx, op->relu ? x : NULL, w, dy, NULL, NULL, &conv, add, r->scratch);
    else if (op->kind == UP_OP_LINEAR)
        UP_R(up_linear_backward_data)(dx, w, dy, p->slot[op->dst].c, c, r->n, add);
    else if (op->kind == UP_OP_NORM && !r->identity_norm) UP_R(up_norm_backward)(
        dx, x, dy, w, r->norm + op->norm, c, numel(p, op->src, r->n) / c, add);
    else UP_R(transpose_op)(r, op, dx, dy, add);
}

void UP_R(up_plain_backward)(struct UP_R(up_plain) * r, bool to_input)
{
    const struct up_program *p = r->program;
    memset(r->reached, 0, (size_t)p->slots * sizeof *r->reached);
    if (r->dweight)
        memset(r->dweight, 0, p->numbers * sizeof(real));
    r->reached[p->logits] = true;
    for (int i = p->ops - 1; i >= 0; --i) {
        const struct up_op *op = &p->op[i];
        if (!UP_R(holds)(r, r->reached, r->grad, op->dst) || op->kind == UP_OP_ZERO)
            continue;
        if (r->dweight)
            UP_R(weight_gradient)(r, op);
        if (op->src == p->input && !to_input)
            continue;
        UP_R(backward_op)(r, op, UP_R(arrives)(r, r->reached, r->grad, op->src));
    }
}

/* ydot = layer(x, v), then <layer(xdot, w), dy> and ydot += layer(xdot, w). */
static double UP_R(tangent_layer)(struct UP_R(up_plain) * r, const struct up_op *op,
                                  bool moving)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *xdot = r->tan[op->src], *mask = op->relu ? x : NULL;
    const real *w = UP_R(tensor)(p, r->weight, op->weight);
    const real *v = UP_R(tensor)(p, r->dweight, op->weight);
    real *ydot = r->tan[op->dst];
    int out = p->slot[op->dst].c, in = p->slot[op->src].c;
    bool conv_op = op->kind == UP_OP_CONV;
    struct up_conv conv = conv_of(p, op, r->n);
    double sum = 0;
    if (moving && conv_op)
        UP_R(up_conv_forward)(ydot, xdot, mask, w, &conv, false, r->scratch);
    else if (moving)
        UP_R(up_linear_forward)(ydot, xdot, w, NULL, out, in, r->n, false);
    if (moving && r->reached[op->dst])
        sum = UP_R(up_dot)(ydot, r->grad[op->dst], numel(p, op->dst, r->n));
    if (conv_op)
        UP_R(up_conv_forward)(ydot, x, mask, v, &conv, moving, r->scratch);
    else
        UP_R(up_linear_forward)(ydot, x, v, NULL, out, in, r->n, moving);
    return sum;
}

static void UP_R(tangent_op)(struct UP_R(up_plain) * r, const struct up_op *op, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *xdot = r->tan[op->src];
    real *ydot = r->tan[op->dst];
    ptrdiff_t m = numel(p, op->src, r->n);
    int c = p->slot[op->src].c;
    struct up_pool pool = pool_of(p, op, r->n);
    if (op->kind == UP_OP_NORM)
        UP_R(up_norm_tangent)
    (ydot, x, xdot, UP_R(tensor)(p, r->weight, op->weight), r->norm + op->norm, c, m / c, add);
    else if (op->kind == UP_OP_POOL) UP_R(up_pool_forward)(ydot, xdot, &pool, add, r->scratch);
    else if (op->kind == UP_OP_MAX) UP_R(up_max_forward)(ydot, xdot, x, &pool, add);
    else if (op->kind == UP_OP_MEAN)
        UP_R(up_mean_forward)(ydot, xdot, c * r->n, area_of(p, op->src), add);
    else if (op->kind == UP_OP_ZERO && !add) memset(ydot, 0, (size_t)m * sizeof(real));
    else if (op->kind != UP_OP_ZERO)
        UP_R(up_pass)(ydot, xdot, op->kind == UP_OP_RELU ? x : NULL, m, add);
}

double UP_R(up_plain_tangent)(struct UP_R(up_plain) * r)
{
    const struct up_program *p = r->program;
    double sum = 0;
    memset(r->live, 0, (size_t)p->slots * sizeof *r->live);
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        bool layer = op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR;
        bool moving = UP_R(holds)(r, r->live, r->tan, op->src);
        bool add = UP_R(arrives)(r, r->live, r->tan, op->dst);
        UP_CHECK(layer ? !add : moving); /* only layers read the input */
        if (layer)
            sum += UP_R(tangent_layer)(r, op, moving);
        else
            UP_R(tangent_op)(r, op, add);
    }
    return sum;
}

/* <layer(x, w) without bias, dydot>. */
static double UP_R(output_dot)(struct UP_R(up_plain) * r, const struct up_op *op,
                               const real *dydot)
{
    const struct up_program *p = r->program;
    const real *y = r->act[op->dst];
    if (op->kind == UP_OP_LINEAR) {
        UP_R(up_linear_forward)
        (r->scratch, r->act[op->src], UP_R(tensor)(p, r->weight, op->weight), NULL,
         p->slot[op->dst].c, p->slot[op->src].c, r->n, false);
        y = r->scratch;
    }
    return UP_R(up_dot)(y, dydot, numel(p, op->dst, r->n));
}

static void UP_R(backward_tangent_op)(struct UP_R(up_plain) * r, const struct up_op *op,
                                      real *const *gtan, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *dy = r->grad[op->dst], *dydot = gtan[op->dst];
    const real *w = UP_R(tensor)(p, r->weight, op->weight);
    const real *v = UP_R(tensor)(p, r->dweight, op->weight);
    real *dxdot = gtan[op->src];
    int out = p->slot[op->dst].c, in = p->slot[op->src].c;
    struct up_conv conv = conv_of(p, op, r->n);
    if (op->kind == UP_OP_CONV) {
        UP_R(up_conv_backward_data)
        (dxdot, op->relu ? x : NULL, w, dydot, v, dy, &conv, add, r->scratch);
    } else if (op->kind == UP_OP_LINEAR) {
        UP_R(up_linear_backward_data)(dxdot, w, dydot, out, in, r->n, add);
        UP_R(up_linear_backward_data)(dxdot, v, dy, out, in, r->n, true);
    } else if (op->kind == UP_OP_NORM) {
        UP_R(up_norm_backward_tangent)
        (dxdot, x, r->tan[op->src], dy, dydot, w, r->norm + op->norm, in,
         numel(p, op->src, r->n) / in, add);
    } else {
        UP_R(transpose_op)(r, op, dxdot, dydot, add);
    }
}

double UP_R(up_plain_backward_tangent)(struct UP_R(up_plain) * r, real *const *gtan)
{
    const struct up_program *p = r->program;
    double sum = 0;
    memset(r->live, 0, (size_t)p->slots * sizeof *r->live);
    r->live[p->logits] = true;
    for (int i = p->ops - 1; i >= 0; --i) {
        const struct up_op *op = &p->op[i];
        if (!UP_R(holds)(r, r->live, gtan, op->dst) || op->kind == UP_OP_ZERO)
            continue;
        if (op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR)
            sum += UP_R(output_dot)(r, op, gtan[op->dst]);
        if (op->src == p->input)
            continue;
        UP_R(backward_tangent_op)(r, op, gtan, UP_R(arrives)(r, r->live, gtan, op->src));
    }
    return sum;
}

#endif
