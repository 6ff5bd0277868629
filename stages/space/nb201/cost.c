/* Exact cost of the scored network for any size (spec: closed forms).
 *
 * FLOPs as tensorwatch counts them, per executed leaf module: a convolution its
 * multiply-adds, batch norm 2 per value, ReLU 1, a k x k pool k*k per output,
 * the global pool C (H+1)(W+1), linear in*out; sums and `none` nothing.
 * Parameters with batch norm's gamma and beta and the classifier's bias. */
#include "stages/space/nb201/nb201.h"

struct cost {
    uint64_t flops, params;
};

/* ReLU, k x k convolution from a to b channels with oh x ow outputs, batch norm. */
static void relu_conv_bn(struct cost *c, uint64_t k, uint64_t a, uint64_t b, uint64_t in_hw,
                         uint64_t out_hw)
{
    c->flops += a * in_hw + k * k * a * b * out_hw + 2 * b * out_hw;
    c->params += k * k * a * b + 2 * b;
}

static void operation(struct cost *c, uint8_t op, uint64_t ch, uint64_t hw)
{
    if (op == NB_CONV1 || op == NB_CONV3)
        relu_conv_bn(c, op == NB_CONV1 ? 1 : 3, ch, ch, hw, hw);
    else if (op == NB_AVG)
        c->flops += 9 * ch * hw;
}

static void reduction(struct cost *c, uint64_t a, uint64_t b, uint64_t in_hw, uint64_t out_hw)
{
    relu_conv_bn(c, 3, a, b, in_hw, out_hw);
    relu_conv_bn(c, 3, b, b, out_hw, out_hw);
    c->flops += 4 * a * out_hw + a * b * out_hw;
    c->params += a * b;
}

void up_nb201_cost(double *flops, double *params, const struct up_arch *a,
                   const struct up_net_size *n)
{
    uint64_t ch = (uint64_t)n->channels, h = (uint64_t)n->height, w = (uint64_t)n->width;
    uint64_t classes = (uint64_t)n->classes;
    struct cost c = {27 * ch * h * w + 2 * ch * h * w, 27 * ch + 2 * ch};
    for (int stage = 0; stage < 3; stage++) {
        if (stage) {
            reduction(&c, ch, 2 * ch, h * w, (h / 2) * (w / 2));
            ch *= 2;
            h /= 2;
            w /= 2;
        }
        for (int cell = 0; cell < n->depth; cell++)
            for (int e = 0; e < NB_EDGES; e++)
                operation(&c, a->gene[e], ch, h * w);
    }
    c.flops += 3 * ch * h * w + ch * (h + 1) * (w + 1) + ch * classes;
    c.params += 2 * ch + ch * classes + classes;
    if (flops)
        *flops = (double)c.flops / 1e6;
    if (params)
        *params = (double)c.params / 1e6;
}
