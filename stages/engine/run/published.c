/* The Jacobian's backward pass as PyTorch rounds it; published.h says why there is such a
 * thing. */
#include "stages/engine/run/published.h"

#include "stages/kernels/gemm.h"
#include "stages/engine/run/image_ops.h"
#include "store/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = UP_BLOCK_LANES };

struct pass {
    struct up_passes_f32 *run;
    bool *reached; /* [slots] has a gradient */
    bool *apart;   /* [slots] in PyTorch it is no tensor of its own (up_published_norm) */
    int op;        /* at work */
    bool add;      /* something is in its input's gradient */
};

/* ---- operations ---- */

/* Images per product: on two threads OpenBLAS works on a quarter of a large one at a time, and
 * how it sums depends on where an image stands in its product. */
static int together(int n, int in, int out)
{
    enum { SMALL = 1 << 18 };
    return (double)n * in * out > SMALL ? (n + 3) / 4 : n;
}

static void linear_back(const struct pass *p)
{
    const struct up_passes_f32 *r = p->run;
    const struct up_op *op = &r->program->op[p->op];
    const struct up_layout_slot *src = &r->layout->slot[op->src];
    const float *w = r->weight + r->program->weight[op->weight].at;
    int in = r->program->slot[op->src].c, out = r->program->slot[op->dst].c, n = r->n;
    float *dx = up_alloc((size_t)n * (size_t)(in + out) * sizeof *dx);
    float *dy = dx + (size_t)n * (size_t)in;
    UP_CHECK(!p->add);
    for (int i = 0; i < n; ++i)
        memcpy(dy + i * out, up_passes_image_f32(&r->grad, op->dst, i),
               (size_t)out * sizeof *dy);
    for (int i = 0, some = together(n, in, out); i < n; i += some)
        up_sgemm(dx + i * in, in, dy + i * out, out, w, in,
                 &(struct up_gemm){UP_N, UP_N, n - i < some ? n - i : some, in, out, 1, 0});
    for (int i = 0; i < n; ++i) {
        float *to = up_passes_image_f32(&r->grad, op->src, i);
        for (int c = 0; c < in; ++c)
            to[up_layout_channel(src, c)] = dx[i * in + c];
    }
    free(dx);
}

/* padded = an output's gradient in a frame of zeros. */
static void pad(const struct pass *p, float *padded, const float *dy)
{
    const struct up_layout_slot *dst = &p->run->layout->slot[p->run->program->op[p->op].dst];
    struct up_shape s = p->run->layout->op[p->op].shape;
    struct up_shape out = {.h = s.oh, .w = s.ow, .frame = s.back_frame};
    for (int b = 0; b < dst->blocks; ++b, padded += s.back, dy += dst->plane)
        up_passes_pad_f32(p->run, padded, dy, NULL, &out, 0);
}

/* y += w * padded gradient, tap by tap: one block of a depthwise convolution. */
static void taps_back(const struct pass *p, float *y, const float *padded, const float *w)
{
    struct up_shape s = p->run->layout->op[p->op].shape;
    struct up_window g;
    for (int at = 0; at < s.stride * s.stride; ++at) {
        int row = at / s.stride, column = at % s.stride;
        up_shape_window_backward(&g, &s, row, column);
        int taps = g.taps;
        g.taps = 1;
        for (int t = 0; t < taps; ++t) {
            g.tap[0] = g.tap[t];
            g.matrix[0] = g.matrix[t];
            p->run->kernel->depthwise(y + (row * s.w + column) * LANES, padded, w, &g, UP_ADD);
        }
    }
}

static void dilated_back(const struct pass *p, float *dx, const float *mask,
                         struct up_scratch_f32 s)
{
    const struct up_layout_op *o = &p->run->layout->op[p->op];
    const struct up_layout_slot *src = &p->run->layout->slot[p->run->program->op[p->op].src];
    const float *w = p->run->turned + o->weight;
    struct up_rectangle all = {1, (int)(src->plane / LANES), 0, 0};
    for (int b = 0; b < src->blocks; ++b, dx += src->plane, mask += src->plane) {
        memset(s.y, 0, src->plane * sizeof *s.y);
        taps_back(p, s.y, s.g, w);
        p->run->kernel->pass(dx, s.y, mask, &all, p->add);
        s.g += o->shape.back;
        w += o->shape.kernel * o->shape.kernel * LANES;
    }
}

/* What works on one image. */
static void image_back(void *ctx, size_t task, int image)
{
    const struct pass *p = ctx;
    struct up_passes_f32 *r = p->run;
    const struct up_op *op = &r->program->op[p->op];
    struct up_scratch_f32 s = up_passes_scratch_f32(r, task);
    up_passes_again_f32(r, op->src, image);
    const float *x = up_passes_image_f32(&r->act, op->src, image);
    const float *dy = up_passes_image_f32(&r->grad, op->dst, image);
    float *dx = up_passes_image_f32(&r->grad, op->src, image);
    if (op->kind != UP_OP_CONV) {
        up_passes_simple_back_f32(r, dx, dy, x, p->op, p->add, s);
        return;
    }
    struct up_term_f32 term = {s.g, NULL, r->turned, NULL};
    pad(p, s.g, dy);
    if (op->depthwise && op->dilation > 1)
        dilated_back(p, dx, x, s);
    else
        up_passes_conv_back_f32(r, (struct up_target_f32){dx, op->relu ? x : NULL, p->add},
                                &term, 1, p->op, s);
}

/* ---- which gradients there are, and how they lie in PyTorch ---- */

/* The first view of `slot` behind slot `after`, or -1: views come after what they are of. */
static int next_view(const struct up_program *p, int slot, int after)
{
    for (int i = after + 1; i < p->slots; ++i)
        if (p->slot[i].of == slot)
            return i;
    return -1;
}

static void clear(const struct up_passes_f32 *r, int slot)
{
    const struct up_layout_slot *s = &r->layout->slot[slot];
    for (int image = 0; image < r->n; ++image)
        memset(up_passes_image_f32(&r->grad, slot, image), 0,
               (size_t)s->blocks * s->plane * sizeof(float));
}

/* Whether a slot has a gradient. Where only some of its views have, the others are zero from
 * here on. */
static bool holds(struct pass *p, int slot)
{
    const struct up_program *q = p->run->program;
    bool any = p->reached[slot];
    for (int v = next_view(q, slot, slot); v >= 0 && !any; v = next_view(q, slot, v))
        any = p->reached[v];
    for (int v = next_view(q, slot, slot); v >= 0 && any; v = next_view(q, slot, v))
        if (!p->reached[v]) {
            clear(p->run, v);
            p->reached[v] = true;
        }
    p->reached[slot] = any;
    return any;
}

/* Before `op` hands a gradient to its input: a concatenation hands back parts of a tensor, an
 * identity what it was given, and every sum is a tensor of its own. */
static void arrive(struct pass *p, const struct up_op *op)
{
    const struct up_program *q = p->run->program;
    int slot = op->src;
    p->apart[slot] = !p->reached[slot] && op->kind == UP_OP_COPY && p->apart[op->dst];
    for (int v = next_view(q, slot, slot); v >= 0; v = next_view(q, slot, v))
        p->apart[v] = p->apart[v] || !p->reached[v];
    p->add = holds(p, slot);
    p->reached[slot] = true;
    for (int v = next_view(q, slot, slot); v >= 0; v = next_view(q, slot, v))
        p->reached[v] = true;
}

void up_published_backward(struct up_passes_f32 *run)
{
    const struct up_program *q = run->program;
    struct pass p = {.run = run,
                     .reached = up_alloc((size_t)q->slots * sizeof *p.reached),
                     .apart = up_alloc((size_t)q->slots * sizeof *p.apart)};
    p.reached[q->logits] = true;
    for (p.op = q->ops - 1; p.op >= 0; --p.op) {
        const struct up_op *op = &q->op[p.op];
        if (op->kind == UP_OP_ZERO || !holds(&p, op->dst))
            continue;
        arrive(&p, op);
        if (op->kind == UP_OP_NORM)
            up_published_norm(run, p.op, p.apart[op->dst], p.add);
        else if (op->kind == UP_OP_LINEAR)
            linear_back(&p);
        else
            up_passes_images_f32(run, image_back, &p);
    }
    free(p.reached);
    free(p.apart);
}
