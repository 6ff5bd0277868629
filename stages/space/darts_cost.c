/* Exact cost of the scored network for any size (spec: closed forms), counted as nb201_cost.c
 * says. Cells at depth/3 and 2*depth/3 halve the image and double the channels. */
#include "stages/space/darts.h"

struct cost {
    uint64_t flops, params;
};

/* ReLU, 1x1 convolution from a to b channels, batch norm. */
static void relu_conv_bn(struct cost *c, uint64_t a, uint64_t b, uint64_t hw)
{
    c->flops += a * hw + a * b * hw + 2 * b * hw;
    c->params += a * b + 2 * b;
}

/* ReLU, two convolutions of half the output channels each, batch norm. */
static void factorized(struct cost *c, uint64_t a, uint64_t b, uint64_t in_hw, bool affine)
{
    uint64_t out_hw = in_hw / 4;
    c->flops += a * in_hw + a * b * out_hw + b * out_hw * (affine ? 2 : 1);
    c->params += a * b + (affine ? 2 * b : 0);
}

/* ReLU, depthwise convolution, 1x1 convolution, batch norm without parameters. */
static void separable(struct cost *c, uint64_t k, uint64_t ch, uint64_t in_hw, uint64_t out_hw)
{
    c->flops += ch * in_hw + k * k * ch * out_hw + ch * ch * out_hw + ch * out_hw;
    c->params += k * k * ch + ch * ch;
}

static void operation(struct cost *c, uint8_t op, uint64_t ch, uint64_t in_hw, uint64_t out_hw)
{
    uint64_t k = op == DARTS_SEP5 || op == DARTS_DIL5 ? 5 : 3;
    switch (op) {
    case DARTS_MAX:
    case DARTS_AVG:
        c->flops += 9 * ch * out_hw + ch * out_hw;
        break;
    case DARTS_SKIP:
        if (in_hw != out_hw)
            factorized(c, ch, ch, in_hw, false);
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

void up_darts_cost(double *flops, double *params, const struct up_arch *a,
                   const struct up_net_size *n)
{
    uint64_t ch = (uint64_t)n->channels, classes = (uint64_t)n->classes,
             last[2] = {3 * ch, 3 * ch};
    uint64_t h = (uint64_t)n->height, w = (uint64_t)n->width;
    struct cost c = {(27 + 2) * 3 * ch * h * w, (27 + 2) * 3 * ch};
    bool reduces = false;
    for (int k = 0; k < n->depth; k++) {
        bool after = reduces;
        uint64_t in_hw = h * w;
        reduces = k == n->depth / 3 || k == 2 * n->depth / 3;
        ch *= reduces ? 2 : 1;
        if (after)
            factorized(&c, last[0], ch, 4 * in_hw, true);
        else
            relu_conv_bn(&c, last[0], ch, in_hw);
        relu_conv_bn(&c, last[1], ch, in_hw);
        h /= reduces ? 2 : 1;
        w /= reduces ? 2 : 1;
        for (int i = 0; i < DARTS_PAIRS; i++) {
            const uint8_t *pair = a->gene + (reduces ? DARTS_GENES / 2 : 0) + 2 * i;
            operation(&c, pair[1], ch, pair[0] < 2 ? in_hw : h * w, h * w);
        }
        last[0] = last[1];
        last[1] = 4 * ch;
    }
    c.flops += 4 * ch * (h + 1) * (w + 1) + 4 * ch * classes;
    c.params += 4 * ch * classes + classes;
    if (flops)
        *flops = (double)c.flops / 1e6;
    if (params)
        *params = (double)c.params / 1e6;
}
