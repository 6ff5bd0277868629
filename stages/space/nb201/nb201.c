/* The NAS-Bench-201 search space: its row of functions, and what it lists, samples and
 * encodes. */
#include "stages/space/nb201/nb201.h"
#include <string.h>

const char *const up_nb201_op_name[NB_OPS] = {"none", "skip_connect", "nor_conv_1x1",
                                              "nor_conv_3x3", "avg_pool_3x3"};
const struct up_nb201_edge up_nb201_edge[NB_EDGES] = {{0, 1}, {0, 2}, {1, 2},
                                                      {0, 3}, {1, 3}, {2, 3}};

unsigned up_nb201_live(const struct up_arch *a)
{
    bool in[NB_NODES] = {true}, out[NB_NODES] = {false, false, false, true};
    /* Edges are sorted by target, so one pass each way reaches everything. */
    for (int e = 0; e < NB_EDGES; e++)
        if (a->gene[e] != NB_NONE && in[up_nb201_edge[e].from])
            in[up_nb201_edge[e].to] = true;
    for (int e = NB_EDGES - 1; e >= 0; e--)
        if (a->gene[e] != NB_NONE && out[up_nb201_edge[e].to])
            out[up_nb201_edge[e].from] = true;
    unsigned live = 0;
    for (int e = 0; e < NB_EDGES; e++)
        if (a->gene[e] != NB_NONE && in[up_nb201_edge[e].from] && out[up_nb201_edge[e].to])
            live |= 1u << e;
    return live;
}

static void canonical(struct up_arch *out, const struct up_arch *a)
{
    unsigned live = up_nb201_live(a);
    struct up_arch c = {.len = NB_EDGES};
    for (int e = 0; e < NB_EDGES; e++)
        c.gene[e] = live >> e & 1 ? a->gene[e] : NB_NONE;
    *out = c;
}

static bool valid(const struct up_arch *a)
{
    for (int i = 0; i < NB_EDGES; i++)
        if (a->gene[i] >= NB_OPS)
            return false;
    return true;
}

static bool connected(const struct up_arch *a) { return up_nb201_live(a) != 0; }

static void sample(struct up_arch *out, struct up_rng *r)
{
    up_nb201_at(out, up_rng_below(r, NB_CELLS));
}

/* One operation changed. An edge is always there, so one-edge mutations are the
 * same thing: turning an operation into `none` takes the edge away. */
static size_t neighbours(const struct up_arch *a, struct up_arch *out, size_t cap)
{
    size_t n = 0;
    for (int e = 0; e < NB_EDGES; e++)
        for (int op = 0; op < NB_OPS; op++) {
            if (op == a->gene[e])
                continue;
            if (n < cap) {
                out[n] = *a;
                out[n].gene[e] = (uint8_t)op;
            }
            n++;
        }
    return n < cap ? n : cap;
}

/* ---- the VGAE's graph (spec: arch2vec): node 0 input, nodes 1..6 the edges in gene order,
 * node 7 output; an arrow where one edge ends at the node the other starts from.
 * It is the same for every cell: `none` stays a node. ---- */
enum { G_NODES = 8, G_INPUT = 0, G_OUTPUT = 6, G_CLASSES = 7 };
static const uint8_t class_of[NB_OPS] = {5, 4, 1, 2, 3};

static bool arrow(int i, int j)
{
    if (i >= j || i == 7 || j == 0)
        return false;
    if (i == 0)
        return j < 7 && up_nb201_edge[j - 1].from == 0;
    if (j == 7)
        return up_nb201_edge[i - 1].to == 3;
    return up_nb201_edge[i - 1].to == up_nb201_edge[j - 1].from;
}

static void encode(struct up_cell_graph *out, const struct up_arch *a)
{
    memset(out, 0, sizeof *out);
    out->op[0] = G_INPUT;
    for (int e = 0; e < NB_EDGES; e++)
        out->op[e + 1] = class_of[a->gene[e]];
    out->op[7] = G_OUTPUT;
    for (int i = 0; i < G_NODES; i++)
        for (int j = 0; j < G_NODES; j++)
            out->adj[i * G_NODES + j] = arrow(i, j);
}

static int decode(struct up_arch *out, const struct up_cell_graph *g, struct up_err *err)
{
    static const uint8_t gene_of[G_CLASSES] = {NB_OPS,  NB_CONV1, NB_CONV3, NB_AVG,
                                               NB_SKIP, NB_NONE,  NB_OPS};
    if (g->op[0] != G_INPUT || g->op[7] != G_OUTPUT)
        return up_fail(err, UP_EINVAL, "node %d is not the %s", g->op[0] != G_INPUT ? 0 : 7,
                       g->op[0] != G_INPUT ? "input" : "output");
    *out = (struct up_arch){.len = NB_EDGES};
    for (int e = 0; e < NB_EDGES; e++) {
        uint8_t c = g->op[e + 1];
        if (c >= G_CLASSES || gene_of[c] == NB_OPS)
            return up_fail(err, UP_EINVAL, "node %d is no operation", e + 1);
        out->gene[e] = gene_of[c];
    }
    for (int i = 0; i < G_NODES; i++)
        for (int j = 0; j < G_NODES; j++)
            if (g->adj[i * G_NODES + j] != arrow(i, j))
                return up_fail(err, UP_EINVAL, "the arrow from node %d to node %d is %s", i, j,
                               arrow(i, j) ? "missing" : "not of this space");
    return UP_OK;
}

const struct up_space up_space_nb201 = {
    .name = "nb201",
    .does = "NAS-Bench-201: a cell of 4 nodes, 6 edges and 5 operations; 15,625 cells",
    .genes = NB_EDGES,
    .count = NB_CELLS,
    .graphs = 1,
    .nodes = G_NODES,
    .classes = G_CLASSES,
    .net = {.channels = 16, .depth = 5, .classes = 10, .height = 32, .width = 32},
    .parse = up_nb201_parse,
    .print = up_nb201_print,
    .canonical = canonical,
    .valid = valid,
    .connected = connected,
    .at = up_nb201_at,
    .index = up_nb201_index,
    .sample = sample,
    .neighbours = neighbours,
    .encode = encode,
    .decode = decode,
    .cost = up_nb201_cost,
    .diagram = up_nb201_diagram,
    .torch = up_nb201_torch,
};
