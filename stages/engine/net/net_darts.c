/* The DARTS network (Liu et al., ICLR 2019) as NAS-Bench-301 scores it: stem, `depth` cells,
 * mean, linear. Every cell reads the outputs of the two before it and hands on its four nodes
 * side by side. The cells at depth/3 and 2*depth/3 halve the image and double the channels. */
#include "stages/engine/net/build.h"

#include <stdio.h>

enum { NODES = 4, INPUTS = 2, CELL_GENES = 4 * NODES, STEM = 3 };
/* Names leave room for what is appended to them: ".weight" to a module's, ".first.pointwise"
 * to an operation's. */
enum { MODULE_NAME = UP_WEIGHT_NAME - 8, OPERATION_NAME = MODULE_NAME - 24 };

/* The operations in the order of their genes. */
enum kind { MAX, AVG, SKIP, SEP, DIL };
static const struct {
    enum kind kind;
    int kernel;
} operations[] = {
    {MAX, 3}, {AVG, 3}, {SKIP, 0}, {SEP, 3}, {SEP, 5}, {DIL, 3}, {DIL, 5},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* ReLU, 1x1 convolution, batch norm. */
static int relu_conv_norm(struct up_program *p, int src, int out, const char *name)
{
    char module[MODULE_NAME];
    snprintf(module, sizeof module, "%s.conv", name);
    int conv = up_program_conv(p, src, true, out, 1, 1, module);
    snprintf(module, sizeof module, "%s.bn", name);
    return up_program_norm(p, conv, -1, module);
}

/* The same for an input that is twice as large. */
static int halving(struct up_program *p, int src, int out, const char *name)
{
    char module[MODULE_NAME];
    snprintf(module, sizeof module, "%s.bn", name);
    return up_program_norm(p, up_program_factorized(p, src, out, name), -1, module);
}

/* ReLU, depthwise convolution, 1x1 convolution, batch norm without parameters. */
static int separable(struct up_program *p, int src, int into, int kernel, int stride,
                     int dilation, const char *name)
{
    char module[MODULE_NAME];
    snprintf(module, sizeof module, "%s.depthwise", name);
    int x = up_program_depthwise(p, src, kernel, stride, dilation, module);
    snprintf(module, sizeof module, "%s.pointwise", name);
    x = up_program_conv(p, x, false, p->slot[src].c, 1, 1, module);
    return up_program_norm(p, x, into, NULL);
}

static void append_operation(struct up_program *p, int gene, int src, int dst, int stride,
                             const char *name)
{
    int kernel = operations[gene].kernel, c = p->slot[src].c;
    char half[OPERATION_NAME + 8];
    switch (operations[gene].kind) {
    case MAX:
        up_program_norm(p, up_program_max(p, src, -1, kernel, stride, kernel / 2), dst, NULL);
        break;
    case AVG:
        up_program_norm(p, up_program_pool(p, src, -1, kernel, stride, kernel / 2), dst, NULL);
        break;
    case SKIP:
        if (stride == 1)
            up_program_copy(p, src, dst);
        else
            up_program_norm(p, up_program_factorized(p, src, c, name), dst, NULL);
        break;
    case SEP:
        snprintf(half, sizeof half, "%s.first", name);
        src = separable(p, src, -1, kernel, stride, 1, half);
        snprintf(half, sizeof half, "%s.second", name);
        separable(p, src, dst, kernel, 1, 1, half);
        break;
    case DIL:
        separable(p, src, dst, kernel, stride, 2, name);
        break;
    }
}

struct cell {
    const uint8_t *gene; /* [NODES][2] pairs of source and operation */
    int index, channels; /* of each node */
    bool reduces, after; /* halves the image; follows one that does */
};

static int append_cell(struct up_program *p, const struct cell *k, const int inputs[INPUTS])
{
    char name[OPERATION_NAME];
    int node[INPUTS + NODES], c = k->channels, half = k->reduces ? 2 : 1;
    for (int i = 0; i < INPUTS; ++i) {
        bool larger = k->after && i == 0;
        snprintf(name, sizeof name, "cells.%d.pre%d", k->index, i);
        node[i] = (larger ? halving : relu_conv_norm)(p, inputs[i], c, name);
    }
    struct up_program_slot s = p->slot[node[0]];
    int out = up_program_slot(p, NODES * c, s.h / half, s.w / half);
    p->slot[out].group = c;
    for (int i = 0; i < 2 * NODES; ++i) {
        int source = k->gene[2 * i], to = INPUTS + i / 2;
        UP_CHECK(source < to && k->gene[2 * i + 1] < OPERATIONS);
        if (i % 2 == 0)
            node[to] = up_program_view(p, out, (to - INPUTS) * c, c);
        snprintf(name, sizeof name, "cells.%d.op.%d", k->index, i);
        append_operation(p, k->gene[2 * i + 1], node[source], node[to],
                         source < INPUTS ? half : 1, name);
    }
    return out;
}

int up_program_darts(struct up_program *p, const struct up_arch *arch,
                     const struct up_net_size *size, int image_channels, struct up_err *err)
{
    if (size->height % 4 || size->width % 4)
        return up_fail(err, UP_EINVAL,
                       "the darts network halves its images twice: %d x %d pixels are not "
                       "divisible by 4",
                       size->height, size->width);
    UP_CHECK(arch->len == 2 * CELL_GENES && !size->imagenet); /* that one is not scored */
    int x = up_program_input(p, image_channels, size->height, size->width);
    x = up_program_conv(p, x, false, STEM * size->channels, 3, 1, "stem.conv");
    x = up_program_norm(p, x, -1, "stem.bn");
    int last[INPUTS] = {x, x};
    struct cell k = {.channels = size->channels};
    for (; k.index < size->depth; ++k.index) {
        k.after = k.reduces;
        k.reduces = k.index == size->depth / 3 || k.index == 2 * size->depth / 3;
        k.gene = arch->gene + (k.reduces ? CELL_GENES : 0);
        k.channels *= k.reduces ? 2 : 1;
        x = append_cell(p, &k, last);
        last[0] = last[1];
        last[1] = x;
    }
    x = up_program_mean(p, x);
    up_program_linear(p, x, size->classes, "head.fc");
    return UP_OK;
}
