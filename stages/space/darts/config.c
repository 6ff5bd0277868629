/* An architecture as a point of NAS-Bench-301's ConfigSpace, a flat JSON object (or the same
 * as Python prints it). Names begin with "NetworkSelectorDatasetInfo:darts:":
 *   edge_normal_E, edge_reduce_E: "sep_conv_3x3"   the operation of edge E. Edges count, node
 * by node, all sources a node could have: 0-1 end at node 2, 2-4 at 3, 5-8 at 4, 9-13 at 5
 *   inputs_node_normal_3, ... _5: "0_2"   the two sources of nodes 3 to 5; node 2 has 0 and 1
 * Other names are the training's and are passed over, and so are operations of edges that no
 * node chose: ConfigSpace calls them inactive. */
#include "stages/space/darts/darts.h"
#include "stages/space/arch_text.h"
#include <stdio.h>
#include <string.h>

#define PREFIX "NetworkSelectorDatasetInfo:darts:"
enum { EDGES = 14, ABSENT = 255 };
static const char *const cell_name[DARTS_CELLS] = {"normal", "reduce"};
static const uint8_t first_edge[DARTS_NODES] = {0, 2, 5, 9};

struct config {
    uint8_t op[DARTS_CELLS][EDGES];
    uint8_t source[DARTS_CELLS][DARTS_NODES][2];
};

/* The number behind "STEM_CELL_" if that is how the key goes on, else -1. */
static int numbered(struct up_view key, const char *stem, const char *cell, int count)
{
    for (int i = 0; i < count; i++) {
        char name[96];
        snprintf(name, sizeof name, PREFIX "%s_%s_%d", stem, cell, i);
        if (up_view_equal(key, up_view_str(name)))
            return i;
    }
    return -1;
}

/* "A_B" in quotes, two sources of node `node` (0 to 3). */
static int read_sources(struct up_arch_text *t, uint8_t source[2], int node, struct up_err *err)
{
    struct up_view v;
    uint64_t a, b;
    up_arch_text_blanks(t);
    size_t col = up_arch_text_column(t);
    if (!up_arch_text_quoted(t, &v))
        return up_arch_text_expected(t, err, "two sources in quotes: \"0_1\"");
    struct up_arch_text in = up_arch_text_of((const char *)v.data, v.len);
    bool ok = up_arch_text_number(&in, &a) && up_arch_text_take(&in, '_') &&
              up_arch_text_number(&in, &b) && up_arch_text_over(&in);
    uint64_t count = DARTS_INPUTS + (uint64_t)node;
    if (!ok || a >= count || b >= count || a == b)
        return up_fail(
            err, UP_EINVAL,
            "column %zu: '%.*s' is not two different sources below %d, as in \"0_1\"", col,
            v.len < 40 ? (int)v.len : 40, (const char *)v.data, (int)count);
    source[0] = (uint8_t)(a < b ? a : b);
    source[1] = (uint8_t)(a < b ? b : a);
    return UP_OK;
}

/* A value that says nothing about the architecture: text, a number or a word. */
static int pass_over(struct up_arch_text *t, struct up_err *err)
{
    struct up_view v;
    if (up_arch_text_quoted(t, &v))
        return UP_OK;
    up_arch_text_blanks(t);
    const char *from = t->p;
    while (up_arch_text_word(t).len || up_arch_text_peek(t) == '.' ||
           up_arch_text_peek(t) == '+')
        t->p += up_arch_text_peek(t) == '.' || up_arch_text_peek(t) == '+';
    return t->p > from ? UP_OK : up_arch_text_expected(t, err, "a text or a number");
}

static int read_value(struct up_arch_text *t, struct config *c, struct up_view key,
                      struct up_err *err)
{
    for (int k = 0; k < DARTS_CELLS; k++) {
        int edge = numbered(key, "edge", cell_name[k], EDGES);
        int node = numbered(key, "inputs_node", cell_name[k], DARTS_INPUTS + DARTS_NODES);
        if (edge >= 0 && c->op[k][edge] == ABSENT)
            return up_darts_operation(t, &c->op[k][edge], err);
        if (node > DARTS_INPUTS && c->source[k][node - DARTS_INPUTS][0] == ABSENT)
            return read_sources(t, c->source[k][node - DARTS_INPUTS], node - DARTS_INPUTS, err);
        if (edge >= 0 || node > DARTS_INPUTS)
            return up_fail(err, UP_EINVAL, "column %zu: %.*s again", up_arch_text_column(t),
                           (int)key.len, (const char *)key.data);
    }
    return pass_over(t, err);
}

static int read_entries(struct up_arch_text *t, struct config *c, struct up_err *err)
{
    struct up_view key;
    int rc = UP_OK;
    if (!up_arch_text_take(t, '{'))
        return up_arch_text_expected(t, err, "'{'");
    do {
        if (up_arch_text_take(t, '}'))
            return UP_OK;
        if (!up_arch_text_quoted(t, &key))
            return up_arch_text_expected(t, err, "a name in quotes");
        if (!up_arch_text_take(t, ':'))
            return up_arch_text_expected(t, err, "':'");
        rc = read_value(t, c, key, err);
    } while (!rc && up_arch_text_take(t, ','));
    if (!rc && !up_arch_text_take(t, '}'))
        rc = up_arch_text_expected(t, err, "',' or '}'");
    return rc;
}

static int cell_of(uint8_t *gene, const struct config *c, int cell,
                   const struct up_arch_text *t, struct up_err *err)
{
    for (int n = 0; n < DARTS_NODES; n++)
        for (int i = 0; i < 2; i++) {
            uint8_t source = c->source[cell][n][i];
            if (source == ABSENT)
                return up_fail(err, UP_EINVAL,
                               "column %zu: " PREFIX "inputs_node_%s_%d is missing",
                               up_arch_text_column(t), cell_name[cell], DARTS_INPUTS + n);
            int edge = first_edge[n] + source;
            if (c->op[cell][edge] == ABSENT)
                return up_fail(
                    err, UP_EINVAL,
                    "column %zu: " PREFIX "edge_%s_%d is missing, the edge from %d to "
                    "%d",
                    up_arch_text_column(t), cell_name[cell], edge, source, DARTS_INPUTS + n);
            gene[4 * n + 2 * i] = source;
            gene[4 * n + 2 * i + 1] = c->op[cell][edge];
        }
    return UP_OK;
}

int up_darts_read_config(struct up_arch_text *t, struct up_arch *a, struct up_err *err)
{
    struct config c;
    memset(&c, ABSENT, sizeof c);
    for (int k = 0; k < DARTS_CELLS; k++) {
        c.source[k][0][0] = 0;
        c.source[k][0][1] = 1;
    }
    int rc = read_entries(t, &c, err);
    for (int k = 0; !rc && k < DARTS_CELLS; k++)
        rc = cell_of(a->gene + k * DARTS_CELL_GENES, &c, k, t, err);
    return rc;
}

static size_t print_cell(char *out, size_t at, const uint8_t *gene, const char *cell)
{
    for (int i = 0; i < DARTS_PAIRS; i++)
        at +=
            (size_t)snprintf(out + at, UP_ARCH_TEXT - at, "%s\"" PREFIX "edge_%s_%d\": \"%s\"",
                             at > 1 ? ", " : "", cell, first_edge[i / 2] + gene[2 * i],
                             up_darts_op_name[gene[2 * i + 1]]);
    for (int n = 1; n < DARTS_NODES; n++) {
        int a = gene[4 * n], b = gene[4 * n + 2];
        at += (size_t)snprintf(out + at, UP_ARCH_TEXT - at,
                               ", \"" PREFIX "inputs_node_%s_%d\": \"%d_%d\"", cell,
                               DARTS_INPUTS + n, a < b ? a : b, a < b ? b : a);
    }
    return at;
}

void up_darts_print_config(char out[UP_ARCH_TEXT], const struct up_arch *a)
{
    size_t at = (size_t)snprintf(out, UP_ARCH_TEXT, "{");
    for (int k = 0; k < DARTS_CELLS; k++)
        at = print_cell(out, at, a->gene + k * DARTS_CELL_GENES, cell_name[k]);
    snprintf(out + at, UP_ARCH_TEXT - at, "}");
}
