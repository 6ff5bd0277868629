/* The passes of the plain engine, operation by operation over whole batches. */
#include "tests/reference/pass_plan.h"

#include "stages/kernels/real.h"

/* Tensor `index` of an array of all weights; NULL for none. */
static real *tensor(const struct up_program *p, real *all, int index)
{
    return index < 0 ? NULL : all + p->weight[index].at;
}

/* The tensor after the operation's first: a norm's beta, a linear layer's bias. */
static real *second(const struct up_program *p, real *all, const struct up_op *op)
{
    return tensor(p, all, op->weight < 0 ? -1 : op->weight + 1);
}

/* Whether `slot` holds a value in the pass that fills `buffer`. Where only some of its views
 * do, the others are zero from here on. With a slot all its views are set. */
static bool holds(const struct up_plain *r, bool *set, real *const *buffer, int slot)
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
static bool arrives(const struct up_plain *r, bool *set, real *const *buffer, int slot)
{
    bool add = holds(r, set, buffer, slot);
    set[slot] = true;
    for (int v = next_view(r->program, slot, slot); v >= 0; v = next_view(r->program, slot, v))
        set[v] = true;
    return add;
}

static void forward_op(struct up_plain *r, const struct up_op *op, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *w = tensor(p, r->weight, op->weight);
    real *y = r->act[op->dst];
    ptrdiff_t m = numel(p, op->src, r->n);
    int c = p->slot[op->src].c;
    struct up_conv conv = conv_of(p, op, r->n);
    struct up_pool pool = pool_of(p, op, r->n);
    switch (op->kind) {
    case UP_OP_CONV:
        up_conv_forward(y, x, op->relu ? x : NULL, w, &conv, add, r->scratch);
        break;
    case UP_OP_NORM:
        if (r->identity_norm)
            up_pass(y, x, NULL, m, add);
        else
            up_norm_forward(y, x,
                            &(struct up_norm_of){w, second(p, r->weight, op),
                                                 r->norm + op->norm, c, m / c, add});
        break;
    case UP_OP_POOL:
        up_pool_forward(y, x, &pool, add, r->scratch);
        break;
    case UP_OP_MAX:
        up_max_forward(y, x, x, &pool, add);
        break;
    case UP_OP_COPY:
        up_pass(y, x, NULL, m, add);
        break;
    case UP_OP_ZERO:
        if (!add)
            memset(y, 0, (size_t)m * sizeof(real));
        break;
    case UP_OP_RELU:
        up_pass(y, x, x, m, add);
        break;
    case UP_OP_MEAN:
        up_mean_forward(y, x, c * r->n, area_of(p, op->src), add);
        break;
    case UP_OP_LINEAR:
        up_linear_forward(y, x, w, second(p, r->weight, op),
                          &(struct up_linear){p->slot[op->dst].c, c, r->n, add});
        break;
    }
}

void up_plain_forward(struct up_plain *r, int ops)
{
    const struct up_program *p = r->program;
    memset(r->live, 0, (size_t)p->slots * sizeof *r->live);
    for (int i = 0; i < ops; ++i)
        forward_op(r, &p->op[i], arrives(r, r->live, r->act, p->op[i].dst));
}

static void weight_gradient(struct up_plain *r, const struct up_op *op)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *dy = r->grad[op->dst];
    real *dw = tensor(p, r->dweight, op->weight);
    struct up_conv conv = conv_of(p, op, r->n);
    if (op->kind == UP_OP_CONV)
        up_conv_backward_weight(dw, x, op->relu ? x : NULL, dy, &conv, false, r->scratch);
    else if (op->kind == UP_OP_LINEAR)
        up_linear_backward_weight(dw, x, dy, p->slot[op->dst].c, p->slot[op->src].c, r->n,
                                  false);
}

/* A linear operation's transpose; what the gradient and its tangent have in common. */
static void transpose_op(struct up_plain *r, const struct up_op *op, real *dx, const real *dy,
                         bool add)
{
    const struct up_program *p = r->program;
    ptrdiff_t m = numel(p, op->src, r->n);
    struct up_pool pool = pool_of(p, op, r->n);
    switch (op->kind) {
    case UP_OP_POOL:
        up_pool_backward(dx, dy, &pool, add, r->scratch);
        break;
    case UP_OP_MAX:
        up_max_backward(dx, dy, r->act[op->src], &pool, add, r->scratch);
        break;
    case UP_OP_RELU:
        up_pass(dx, dy, r->act[op->src], m, add);
        break;
    case UP_OP_MEAN:
        up_mean_backward(dx, dy, p->slot[op->src].c * r->n, area_of(p, op->src), add);
        break;
    default:
        up_pass(dx, dy, NULL, m, add);
    }
}

static void backward_op(struct up_plain *r, const struct up_op *op, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *dy = r->grad[op->dst];
    const real *w = tensor(p, r->weight, op->weight);
    real *dx = r->grad[op->src];
    int c = p->slot[op->src].c;
    struct up_conv conv = conv_of(p, op, r->n);
    if (op->kind == UP_OP_CONV)
        up_conv_backward_data(dx, op->relu ? x : NULL,
                              &(struct up_conv_terms){w, dy, NULL, NULL}, &conv, add,
                              r->scratch);
    else if (op->kind == UP_OP_LINEAR)
        up_linear_backward_data(dx, w, dy, p->slot[op->dst].c, c, r->n, add);
    else if (op->kind == UP_OP_NORM && !r->identity_norm)
        up_norm_backward(dx, x, dy,
                         &(struct up_norm_of){w, NULL, r->norm + op->norm, c,
                                              numel(p, op->src, r->n) / c, add});
    else
        transpose_op(r, op, dx, dy, add);
}

void up_plain_backward(struct up_plain *r, bool to_input)
{
    const struct up_program *p = r->program;
    memset(r->reached, 0, (size_t)p->slots * sizeof *r->reached);
    if (r->dweight)
        memset(r->dweight, 0, p->numbers * sizeof(real));
    r->reached[p->logits] = true;
    for (int i = p->ops - 1; i >= 0; --i) {
        const struct up_op *op = &p->op[i];
        if (!holds(r, r->reached, r->grad, op->dst) || op->kind == UP_OP_ZERO)
            continue;
        if (r->dweight)
            weight_gradient(r, op);
        if (op->src == p->input && !to_input)
            continue;
        backward_op(r, op, arrives(r, r->reached, r->grad, op->src));
    }
}

/* ydot = layer(x, v), then <layer(xdot, w), dy> and ydot += layer(xdot, w). */
static double tangent_layer(struct up_plain *r, const struct up_op *op, bool moving)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *xdot = r->tan[op->src], *mask = op->relu ? x : NULL;
    const real *w = tensor(p, r->weight, op->weight);
    const real *v = tensor(p, r->dweight, op->weight);
    real *ydot = r->tan[op->dst];
    int out = p->slot[op->dst].c, in = p->slot[op->src].c;
    bool conv_op = op->kind == UP_OP_CONV;
    struct up_conv conv = conv_of(p, op, r->n);
    double sum = 0;
    if (moving && conv_op)
        up_conv_forward(ydot, xdot, mask, w, &conv, false, r->scratch);
    else if (moving)
        up_linear_forward(ydot, xdot, w, NULL, &(struct up_linear){out, in, r->n, false});
    if (moving && r->reached[op->dst])
        sum = up_reduce_dot(ydot, r->grad[op->dst], numel(p, op->dst, r->n));
    if (conv_op)
        up_conv_forward(ydot, x, mask, v, &conv, moving, r->scratch);
    else
        up_linear_forward(ydot, x, v, NULL, &(struct up_linear){out, in, r->n, moving});
    return sum;
}

static void tangent_op(struct up_plain *r, const struct up_op *op, bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *xdot = r->tan[op->src];
    real *ydot = r->tan[op->dst];
    ptrdiff_t m = numel(p, op->src, r->n);
    int c = p->slot[op->src].c;
    struct up_pool pool = pool_of(p, op, r->n);
    if (op->kind == UP_OP_NORM)
        up_norm_tangent(ydot, x, xdot,
                        &(struct up_norm_of){tensor(p, r->weight, op->weight), NULL,
                                             r->norm + op->norm, c, m / c, add});
    else if (op->kind == UP_OP_POOL)
        up_pool_forward(ydot, xdot, &pool, add, r->scratch);
    else if (op->kind == UP_OP_MAX)
        up_max_forward(ydot, xdot, x, &pool, add);
    else if (op->kind == UP_OP_MEAN)
        up_mean_forward(ydot, xdot, c * r->n, area_of(p, op->src), add);
    else if (op->kind == UP_OP_ZERO && !add)
        memset(ydot, 0, (size_t)m * sizeof(real));
    else if (op->kind != UP_OP_ZERO)
        up_pass(ydot, xdot, op->kind == UP_OP_RELU ? x : NULL, m, add);
}

double up_plain_tangent(struct up_plain *r)
{
    const struct up_program *p = r->program;
    double sum = 0;
    memset(r->live, 0, (size_t)p->slots * sizeof *r->live);
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        bool layer = op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR;
        bool moving = holds(r, r->live, r->tan, op->src);
        bool add = arrives(r, r->live, r->tan, op->dst);
        UP_CHECK(layer ? !add : moving); /* only layers read the input */
        if (layer)
            sum += tangent_layer(r, op, moving);
        else
            tangent_op(r, op, add);
    }
    return sum;
}

/* <layer(x, w) without bias, dydot>. */
static double output_dot(struct up_plain *r, const struct up_op *op, const real *dydot)
{
    const struct up_program *p = r->program;
    const real *y = r->act[op->dst];
    if (op->kind == UP_OP_LINEAR) {
        up_linear_forward(
            r->scratch, r->act[op->src], tensor(p, r->weight, op->weight), NULL,
            &(struct up_linear){p->slot[op->dst].c, p->slot[op->src].c, r->n, false});
        y = r->scratch;
    }
    return up_reduce_dot(y, dydot, numel(p, op->dst, r->n));
}

static void backward_tangent_op(struct up_plain *r, const struct up_op *op, real *const *gtan,
                                bool add)
{
    const struct up_program *p = r->program;
    const real *x = r->act[op->src], *dy = r->grad[op->dst], *dydot = gtan[op->dst];
    const real *w = tensor(p, r->weight, op->weight);
    const real *v = tensor(p, r->dweight, op->weight);
    real *dxdot = gtan[op->src];
    int out = p->slot[op->dst].c, in = p->slot[op->src].c;
    struct up_conv conv = conv_of(p, op, r->n);
    if (op->kind == UP_OP_CONV) {
        up_conv_backward_data(dxdot, op->relu ? x : NULL,
                              &(struct up_conv_terms){w, dydot, v, dy}, &conv, add, r->scratch);
    } else if (op->kind == UP_OP_LINEAR) {
        up_linear_backward_data(dxdot, w, dydot, out, in, r->n, add);
        up_linear_backward_data(dxdot, v, dy, out, in, r->n, true);
    } else if (op->kind == UP_OP_NORM) {
        up_norm_backward_tangent(dxdot, x, r->tan[op->src], dy, dydot,
                                 &(struct up_norm_of){w, NULL, r->norm + op->norm, in,
                                                      numel(p, op->src, r->n) / in, add});
    } else {
        transpose_op(r, op, dxdot, dydot, add);
    }
}

double up_plain_backward_tangent(struct up_plain *r, real *const *gtan)
{
    const struct up_program *p = r->program;
    double sum = 0;
    memset(r->live, 0, (size_t)p->slots * sizeof *r->live);
    r->live[p->logits] = true;
    for (int i = p->ops - 1; i >= 0; --i) {
        const struct up_op *op = &p->op[i];
        if (!holds(r, r->live, gtan, op->dst) || op->kind == UP_OP_ZERO)
            continue;
        if (op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR)
            sum += output_dot(r, op, gtan[op->dst]);
        if (op->src == p->input)
            continue;
        backward_tangent_op(r, op, gtan, arrives(r, r->live, gtan, op->src));
    }
    return sum;
}
