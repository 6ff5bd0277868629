/* The VGAE's graph of one cell (arch2vec): nodes 0 and 1 the inputs, nodes 2+2i and 3+2i
 * the two operations of node i, node 10 the output. An operation that reads an input has an
 * arrow from it; one that reads node j has arrows from both operations of j; all operations
 * have one to the output. Classes: c_{k-2} 0, c_{k-1} 1, none 2 (which this space lacks),
 * operation + 3, output 10. */
#include "stages/space/darts/darts.h"
#include <string.h>

enum { FIRST = DARTS_INPUTS, OUTPUT = FIRST + DARTS_PAIRS, NODES = OUTPUT + 1 };
enum { CLASS_OP = 3, CLASS_OUTPUT = 10 };
static const char *const title[DARTS_CELLS] = {"normal", "reduction"};

static void encode_cell(struct up_cell_graph *g, const uint8_t *gene)
{
    memset(g, 0, sizeof *g);
    g->op[1] = 1;
    g->op[OUTPUT] = CLASS_OUTPUT;
    for (int i = 0; i < DARTS_PAIRS; i++) {
        int node = FIRST + i, source = gene[2 * i];
        g->op[node] = (uint8_t)(CLASS_OP + gene[2 * i + 1]);
        g->adj[node * NODES + OUTPUT] = 1;
        int from = source < DARTS_INPUTS ? source : FIRST + 2 * (source - DARTS_INPUTS);
        g->adj[from * NODES + node] = 1;
        if (source >= DARTS_INPUTS)
            g->adj[(from + 1) * NODES + node] = 1;
    }
}

void up_darts_encode(struct up_cell_graph *out, const struct up_arch *a)
{
    for (int k = 0; k < DARTS_CELLS; k++)
        encode_cell(&out[k], a->gene + k * DARTS_CELL_GENES);
}

static int wrong_node(const char *cell, int node, const char *what, struct up_err *err)
{
    return up_fail(err, UP_EINVAL, "%s cell: node %d is %s", cell, node, what);
}

static int decode_operations(uint8_t *gene, const struct up_cell_graph *g, const char *cell,
                             struct up_err *err)
{
    if (g->op[0] != 0)
        return wrong_node(cell, 0, "not the input c_{k-2}", err);
    if (g->op[1] != 1)
        return wrong_node(cell, 1, "not the input c_{k-1}", err);
    if (g->op[OUTPUT] != CLASS_OUTPUT)
        return wrong_node(cell, OUTPUT, "not the output", err);
    for (int i = 0; i < DARTS_PAIRS; i++) {
        int op = g->op[FIRST + i] - CLASS_OP;
        if (op < 0 || op >= DARTS_OPS)
            return wrong_node(cell, FIRST + i, "no operation of the space", err);
        gene[2 * i + 1] = (uint8_t)op;
    }
    return UP_OK;
}

/* The source of operation i from the arrows that end at it. */
static int decode_source(uint8_t *source, const struct up_cell_graph *g, int i,
                         const char *cell, struct up_err *err)
{
    int to = FIRST + i, sources = 0;
    for (int s = 0; s < DARTS_INPUTS + i / 2; s++) {
        bool input = s < DARTS_INPUTS;
        int from = input ? s : FIRST + 2 * (s - DARTS_INPUTS);
        bool one = g->adj[from * NODES + to], other = !input && g->adj[(from + 1) * NODES + to];
        if (!input && one != other)
            return up_fail(
                err, UP_EINVAL,
                "%s cell: node %d has an arrow from one of the operations %d and %d, "
                "which go together",
                cell, to, from, from + 1);
        if (one) {
            *source = (uint8_t)s;
            sources++;
        }
    }
    if (sources != 1)
        return up_fail(err, UP_EINVAL, "%s cell: operation %d has %d sources instead of one",
                       cell, to, sources);
    return UP_OK;
}

/* With every source found the arrows are those of the genes, or one is too much. */
static int decode_arrows(const uint8_t *gene, const struct up_cell_graph *g, const char *cell,
                         struct up_err *err)
{
    struct up_cell_graph want;
    encode_cell(&want, gene);
    for (int i = 0; i < NODES; i++)
        for (int j = 0; j < NODES; j++)
            if ((g->adj[i * NODES + j] != 0) != want.adj[i * NODES + j])
                return up_fail(err, UP_EINVAL,
                               "%s cell: the arrow from node %d to node %d is %s", cell, i, j,
                               want.adj[i * NODES + j] ? "missing" : "not of this space");
    return UP_OK;
}

static int decode_cell(uint8_t *gene, const struct up_cell_graph *g, const char *cell,
                       struct up_err *err)
{
    int rc = decode_operations(gene, g, cell, err);
    for (int i = 0; !rc && i < DARTS_PAIRS; i++)
        rc = decode_source(&gene[2 * i], g, i, cell, err);
    for (int i = 0; !rc && i < DARTS_PAIRS; i += 2)
        if (gene[2 * i] == gene[2 * i + 2])
            rc = up_fail(err, UP_EINVAL, "%s cell: operations %d and %d have the same source",
                         cell, FIRST + i, FIRST + i + 1);
    return rc ? rc : decode_arrows(gene, g, cell, err);
}

int up_darts_decode(struct up_arch *out, const struct up_cell_graph *g, struct up_err *err)
{
    int rc = UP_OK;
    *out = (struct up_arch){.len = DARTS_GENES};
    for (int k = 0; !rc && k < DARTS_CELLS; k++)
        rc = decode_cell(out->gene + k * DARTS_CELL_GENES, &g[k], title[k], err);
    return rc;
}

/* What the arrows of source s say about operation i. */
static float source_odds(const float *edge, int s, int i)
{
    int to = FIRST + i, from = s < DARTS_INPUTS ? s : FIRST + 2 * (s - DARTS_INPUTS);
    float odds = edge[from * NODES + to];
    return s < DARTS_INPUTS ? odds : odds + edge[(from + 1) * NODES + to];
}

/* Every node's two sources are its own affair, so the best of each are the best of all. */
static void likeliest_sources(uint8_t *gene, const float *edge, int node)
{
    int sources = DARTS_INPUTS + node, first = 2 * node;
    float best = 0;
    bool any = false;
    for (int s = 0; s < sources; s++)
        for (int t = 0; t < sources; t++) {
            float odds = source_odds(edge, s, first) + source_odds(edge, t, first + 1);
            if (s == t || (any && !(odds > best)))
                continue;
            any = true;
            best = odds;
            gene[2 * first] = (uint8_t)s;
            gene[2 * first + 2] = (uint8_t)t;
        }
}

void up_darts_likeliest(struct up_arch *out, const float *op, const float *edge)
{
    enum { CLASSES = CLASS_OUTPUT + 1 };
    *out = (struct up_arch){.len = DARTS_GENES};
    for (int k = 0; k < DARTS_CELLS; k++, op += NODES * CLASSES, edge += NODES * NODES) {
        uint8_t *gene = out->gene + k * DARTS_CELL_GENES;
        for (int i = 0; i < DARTS_PAIRS; i++) {
            const float *odds = op + (FIRST + i) * CLASSES + CLASS_OP;
            for (uint8_t o = 1; o < DARTS_OPS; o++)
                if (odds[o] > odds[gene[2 * i + 1]])
                    gene[2 * i + 1] = o;
        }
        for (int node = 0; node < DARTS_NODES; node++)
            likeliest_sources(gene, edge, node);
    }
}
