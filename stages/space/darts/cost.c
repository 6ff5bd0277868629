/* Exact cost for any size (spec: closed forms), counted as nb201_cost.c says. Cells at
 * depth/3 and 2*depth/3 halve the image and double the channels.
 *
 * The scored network is NAS-Bench-301's: one 3x3 convolution to three times the channels as
 * stem, batch norms of operations without parameters and one behind each pooling. DARTS'
 * network for ImageNet (`imagenet`) begins with three convolutions of stride 2, so that its
 * first cell reads an eighth and a quarter of the image; its operations are as DARTS trains
 * them: batch norms with parameters, none behind a pooling. */
#include "stages/space/darts/darts.h"

struct cost {
    uint64_t flops, params;
    bool affine, pool_norm; /* of the operations */
};

static void conv(struct cost *c, uint64_t k, uint64_t a, uint64_t b, uint64_t hw)
{
    c->flops += k * k * a * b * hw;
    c->params += k * k * a * b;
}

static void norm(struct cost *c, uint64_t ch, uint64_t hw, bool affine)
{
    c->flops += ch * hw * (affine ? 2 : 1);
    c->params += affine ? 2 * ch : 0;
}

static void relu(struct cost *c, uint64_t ch, uint64_t hw) { c->flops += ch * hw; }

static void relu_conv_bn(struct cost *c, uint64_t a, uint64_t b, uint64_t hw)
{
    relu(c, a, hw);
    conv(c, 1, a, b, hw);
    norm(c, b, hw, true);
}

/* ReLU, two convolutions of half the output channels each, batch norm. */
static void factorized(struct cost *c, uint64_t a, uint64_t b, uint64_t in_hw, bool affine)
{
    uint64_t out_hw = in_hw / 4;
    relu(c, a, in_hw);
    conv(c, 1, a, b, out_hw);
    norm(c, b, out_hw, affine);
}

/* ReLU, depthwise convolution, 1x1 convolution, batch norm. */
static void separable(struct cost *c, uint64_t k, uint64_t ch, uint64_t in_hw, uint64_t out_hw)
{
    relu(c, ch, in_hw);
    conv(c, k, 1, ch, out_hw);
    conv(c, 1, ch, ch, out_hw);
    norm(c, ch, out_hw, c->affine);
}

static void operation(struct cost *c, uint8_t op, uint64_t ch, uint64_t in_hw, uint64_t out_hw)
{
    uint64_t k = op == DARTS_SEP5 || op == DARTS_DIL5 ? 5 : 3;
    switch (op) {
    case DARTS_MAX:
    case DARTS_AVG:
        c->flops += 9 * ch * out_hw;
        if (c->pool_norm)
            norm(c, ch, out_hw, false);
        break;
    case DARTS_SKIP:
        if (in_hw != out_hw)
            factorized(c, ch, ch, in_hw, c->affine);
        break;
    case DARTS_SEP3:
    case DARTS_SEP5:
        separable(c, k, ch, in_hw, out_hw);
        separable(c, k, ch, out_hw, out_hw);
        break;
    default:
        separable(c, k, ch, in_hw, out_hw);
    }
}

/* What the first cell reads. */
struct trunk {
    uint64_t ch[2], hw; /* channels of both inputs; pixels of the second */
    bool after;         /* the first input is twice as wide and high */
};

static struct trunk stem(struct cost *c, const struct up_net_size *n)
{
    uint64_t ch = (uint64_t)n->channels, hw = (uint64_t)n->height * (uint64_t)n->width;
    if (!n->imagenet) {
        conv(c, 3, 3, 3 * ch, hw);
        norm(c, 3 * ch, hw, true);
        return (struct trunk){{3 * ch, 3 * ch}, hw, false};
    }
    conv(c, 3, 3, ch / 2, hw / 4);
    norm(c, ch / 2, hw / 4, true);
    relu(c, ch / 2, hw / 4);
    conv(c, 3, ch / 2, ch, hw / 16);
    norm(c, ch, hw / 16, true);
    relu(c, ch, hw / 16);
    conv(c, 3, ch, ch, hw / 64);
    norm(c, ch, hw / 64, true);
    return (struct trunk){{ch, ch}, hw / 64, true};
}

void up_darts_cost(double *flops, double *params, const struct up_arch *a,
                   const struct up_net_size *n)
{
    struct cost c = {0, 0, n->imagenet, !n->imagenet};
    struct trunk t = stem(&c, n);
    uint64_t ch = (uint64_t)n->channels, classes = (uint64_t)n->classes, shrunk = 1;
    bool reduces = t.after;
    for (int k = 0; k < n->depth; k++) {
        bool after = reduces;
        uint64_t in_hw = t.hw;
        reduces = k == n->depth / 3 || k == 2 * n->depth / 3;
        ch *= reduces ? 2 : 1;
        if (after)
            factorized(&c, t.ch[0], ch, 4 * in_hw, true);
        else
            relu_conv_bn(&c, t.ch[0], ch, in_hw);
        relu_conv_bn(&c, t.ch[1], ch, in_hw);
        t.hw /= reduces ? 4 : 1;
        shrunk *= reduces ? 2 : 1;
        for (int i = 0; i < DARTS_PAIRS; i++) {
            const uint8_t *pair = a->gene + (reduces ? DARTS_CELL_GENES : 0) + 2 * i;
            operation(&c, pair[1], ch, pair[0] < DARTS_INPUTS ? in_hw : t.hw, t.hw);
        }
        t.ch[0] = t.ch[1];
        t.ch[1] = DARTS_NODES * ch;
    }
    shrunk *= n->imagenet ? 8 : 1;
    uint64_t h = (uint64_t)n->height / shrunk, w = (uint64_t)n->width / shrunk;
    c.flops += t.ch[1] * (h + 1) * (w + 1) + t.ch[1] * classes;
    c.params += t.ch[1] * classes + classes;
    if (flops)
        *flops = (double)c.flops / 1e6;
    if (params)
        *params = (double)c.params / 1e6;
}
