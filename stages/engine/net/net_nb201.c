/* NAS-Bench-201 (Dong and Yang, ICLR 2020): stem, three stages of `depth` cells,
 * a residual reduction between stages, and BN, ReLU, mean, linear at the end. */
#include "stages/engine/net/build.h"

#include <stdio.h>

enum { NONE, SKIP, CONV_1X1, CONV_3X3, AVG_POOL, OPERATIONS };
enum { NODES = 4, STAGES = 3 };
/* A module's name leaves room for ".weight". */
enum { MODULE_NAME = UP_WEIGHT_NAME - 8 };

/* ReLU, convolution, batch norm: how all convolutions but two are used. */
static int relu_conv_norm(struct up_program *p, int src, int into, int out, int kernel,
                          int stride, const char *name)
{
    char module[MODULE_NAME];
    snprintf(module, sizeof module, "%s.conv", name);
    int conv = up_program_conv(p, src, true, out, kernel, stride, module);
    snprintf(module, sizeof module, "%s.bn", name);
    return up_program_norm(p, conv, into, module);
}

static void append_edge(struct up_program *p, int operation, int src, int dst, const char *name)
{
    int c = p->slot[src].c;
    switch (operation) {
    case NONE:
        up_program_zero(p, src, dst);
        break;
    case SKIP:
        up_program_copy(p, src, dst);
        break;
    case CONV_1X1:
        relu_conv_norm(p, src, dst, c, 1, 1, name);
        break;
    case CONV_3X3:
        relu_conv_norm(p, src, dst, c, 3, 1, name);
        break;
    default:
        up_program_pool(p, src, dst, 3, 1, 1);
    }
}

/* Edges in the order of the genes: 01, 02 12, 03 13 23. */
static int append_cell(struct up_program *p, const struct up_arch *arch, int src, int index)
{
    struct up_program_slot s = p->slot[src];
    int node[NODES] = {src}, gene = 0;
    char name[MODULE_NAME - 8];
    for (int to = 1; to < NODES; ++to) {
        node[to] = up_program_slot(p, s.c, s.h, s.w);
        for (int from = 0; from < to; ++from, ++gene) {
            snprintf(name, sizeof name, "cells.%d.edge.%d", index, gene);
            append_edge(p, arch->gene[gene], node[from], node[to], name);
        }
    }
    return node[NODES - 1];
}

/* conv_b(conv_a(x)) + shortcut(pool(x)): half the size, twice the channels. */
static int append_reduction(struct up_program *p, int src, int index)
{
    char name[MODULE_NAME - 8];
    int out = 2 * p->slot[src].c;
    snprintf(name, sizeof name, "cells.%d.conv_a", index);
    int a = relu_conv_norm(p, src, -1, out, 3, 2, name);
    snprintf(name, sizeof name, "cells.%d.conv_b", index);
    int sum = relu_conv_norm(p, a, -1, out, 3, 1, name);
    int pool = up_program_pool(p, src, -1, 2, 2, 0);
    snprintf(name, sizeof name, "cells.%d.shortcut", index);
    int shortcut = up_program_conv(p, pool, false, out, 1, 1, name);
    return up_program_copy(p, shortcut, sum);
}

int up_program_nb201(struct up_program *p, const struct up_arch *arch,
                     const struct up_net_size *size, int image_channels, struct up_err *err)
{
    if (size->height % 4 || size->width % 4)
        return up_fail(err, UP_EINVAL,
                       "the nb201 network halves its images twice: %d x %d pixels are not "
                       "divisible by 4",
                       size->height, size->width);
    UP_CHECK(arch->len == NODES * (NODES - 1) / 2);
    for (int i = 0; i < arch->len; ++i)
        UP_CHECK(arch->gene[i] < OPERATIONS);
    int x = up_program_input(p, image_channels, size->height, size->width), index = 0;
    x = up_program_conv(p, x, false, size->channels, 3, 1, "stem.conv");
    x = up_program_norm(p, x, -1, "stem.bn");
    for (int stage = 0; stage < STAGES; ++stage) {
        if (stage)
            x = append_reduction(p, x, index++);
        for (int i = 0; i < size->depth; ++i)
            x = append_cell(p, arch, x, index++);
    }
    x = up_program_norm(p, x, -1, "head.bn");
    x = up_program_relu(p, x);
    x = up_program_mean(p, x);
    up_program_linear(p, x, size->classes, "head.fc");
    return UP_OK;
}
