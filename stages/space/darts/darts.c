/* The DARTS search space: its row of functions, and what it lists, samples and encodes. */
#include "stages/space/darts/darts.h"
#include <string.h>

const char *const up_darts_op_name[DARTS_OPS] = {"max_pool_3x3", "avg_pool_3x3", "skip_connect",
                                                 "sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3",
                                                 "dil_conv_5x5"};

/* Pairs of source and operation, two of each node, which have two sources. */
static bool valid(const struct up_arch *a)
{
    for (int pair = 0; pair < DARTS_CELLS * DARTS_PAIRS; pair++) {
        const uint8_t *g = a->gene + 2 * pair;
        if (g[0] >= DARTS_INPUTS + pair % DARTS_PAIRS / 2 || g[1] >= DARTS_OPS ||
            (pair % 2 && g[0] == g[-2]))
            return false;
    }
    return true;
}

static bool connected(const struct up_arch *a)
{
    (void)a; /* there is no `none`, and every node is part of the output */
    return true;
}

/* Of each node two distinct sources and any two operations, all equally likely. */
static void sample(struct up_arch *out, struct up_rng *r)
{
    *out = (struct up_arch){.len = DARTS_GENES};
    for (int pair = 0; pair < DARTS_CELLS * DARTS_PAIRS; pair += 2) {
        uint64_t sources = DARTS_INPUTS + (uint64_t)(pair % DARTS_PAIRS / 2);
        uint8_t *gene = out->gene + 2 * pair;
        gene[0] = (uint8_t)up_rng_below(r, sources);
        gene[2] = (uint8_t)((gene[0] + 1 + up_rng_below(r, sources - 1)) % sources);
        gene[1] = (uint8_t)up_rng_below(r, DARTS_OPS);
        gene[3] = (uint8_t)up_rng_below(r, DARTS_OPS);
    }
}

/* ---- canonical form: neither the order of a node's two pairs nor the names of the nodes
 * mean anything. Of all spellings of a cell the one whose genes come first. ---- */
struct renaming {
    const uint8_t *from;             /* the cell, genes as given */
    uint8_t name[DARTS_NODES];       /* new names of the nodes placed so far */
    unsigned placed;                 /* bit j: node j */
    uint8_t to[DARTS_CELL_GENES];    /* the cell as far as it is renamed */
    uint8_t least[DARTS_CELL_GENES]; /* the first spelling so far */
};

/* The genes of node j under the new names; false when a source has none yet. */
static bool renamed(uint8_t out[4], const struct renaming *r, int j)
{
    uint8_t pair[2][2];
    for (int i = 0; i < 2; i++) {
        uint8_t source = r->from[4 * j + 2 * i];
        if (source >= DARTS_INPUTS && !(r->placed >> (source - DARTS_INPUTS) & 1))
            return false;
        pair[i][0] = source < DARTS_INPUTS
                         ? source
                         : (uint8_t)(DARTS_INPUTS + r->name[source - DARTS_INPUTS]);
        pair[i][1] = r->from[4 * j + 2 * i + 1];
    }
    int first = pair[0][0] > pair[1][0];
    memcpy(out, pair[first], 2);
    memcpy(out + 2, pair[!first], 2);
    return true;
}

/* Every way to go on from here; one that is behind the best already is given up. */
static void place(struct renaming *r, int at)
{
    if (at == DARTS_NODES) {
        memcpy(r->least, r->to, sizeof r->least);
        return;
    }
    for (int j = 0; j < DARTS_NODES; j++) {
        if (r->placed >> j & 1 || !renamed(r->to + 4 * at, r, j) ||
            memcmp(r->to, r->least, 4 * ((size_t)at + 1)) > 0)
            continue;
        r->name[j] = (uint8_t)at;
        r->placed |= 1u << j;
        place(r, at + 1);
        r->placed &= ~(1u << j);
    }
}

/* False when the nodes read each other in a circle, so that no order of them is a cell. */
static bool rename_cells(struct up_arch *out, const struct up_arch *a)
{
    struct up_arch c = {.len = DARTS_GENES};
    for (int k = 0; k < DARTS_CELLS; k++) {
        struct renaming r = {.from = a->gene + k * DARTS_CELL_GENES};
        memset(r.least, UINT8_MAX, sizeof r.least);
        place(&r, 0);
        if (r.least[0] == UINT8_MAX)
            return false;
        memcpy(c.gene + k * DARTS_CELL_GENES, r.least, sizeof r.least);
    }
    *out = c;
    return true;
}

static void canonical(struct up_arch *out, const struct up_arch *a)
{
    bool ordered = rename_cells(out, a);
    UP_CHECK(ordered);
}

/* One operation, or one source, changed: 96, and 48 or fewer. A node may come to read any
 * other, whatever their names, as long as none reads itself in the end; so what the
 * neighbours are does not depend on the spelling. */
enum { MUTANTS = DARTS_CELLS * DARTS_PAIRS * (DARTS_OPS - 1 + DARTS_INPUTS + DARTS_NODES - 3) };

static size_t mutants(struct up_arch out[MUTANTS], const struct up_arch *a)
{
    size_t n = 0;
    for (int pair = 0; pair < DARTS_CELLS * DARTS_PAIRS; pair++) {
        int self = DARTS_INPUTS + pair % DARTS_PAIRS / 2;
        uint8_t other = a->gene[2 * (pair ^ 1)];
        struct up_arch m = *a;
        for (int op = 0; op < DARTS_OPS; op++) {
            m.gene[2 * pair + 1] = (uint8_t)op;
            if (op != a->gene[2 * pair + 1])
                out[n++] = m;
        }
        m = *a;
        for (int s = 0; s < DARTS_INPUTS + DARTS_NODES; s++) {
            m.gene[2 * pair] = (uint8_t)s;
            if (s != a->gene[2 * pair] && s != other && s != self && rename_cells(&out[n], &m))
                n++;
        }
    }
    return n;
}

static size_t neighbours(const struct up_arch *a, struct up_arch *out, size_t cap)
{
    struct up_arch all[MUTANTS + 1], self;
    size_t n = up_space_distinct(all, mutants(all, a), &up_space_darts), kept = 0;
    canonical(&self, a); /* a mutant may be the cell itself under other names */
    for (size_t i = 0; i < n && kept < cap; i++)
        if (up_arch_cmp(&all[i], &self) != 0)
            out[kept++] = all[i];
    return kept;
}

static const struct up_other_net others[] = {{"imagenet",
                                              {.channels = 48,
                                               .depth = 14,
                                               .classes = 1000,
                                               .height = 224,
                                               .width = 224,
                                               .imagenet = true}},
                                             {0}};
static const struct up_spelled spelled[] = {
    {"naslib_tuples", UP_SPELL_TUPLES}, {"nasbench301", UP_SPELL_CONFIG}, {0}};

const struct up_space up_space_darts = {
    .name = "darts",
    .does = "DARTS, NAS-Bench-301: a normal and a reduction cell of 4 nodes, 7 operations",
    .genes = DARTS_GENES,
    .graphs = DARTS_CELLS,
    .nodes = 11,
    .classes = 11,
    .alike = true, /* 16 % of cells have nodes of one operation and equal neighbours */
    .net = {.channels = 32, .depth = 8, .classes = 10, .height = 32, .width = 32},
    .others = others,
    .spelled = spelled,
    .parse = up_darts_parse,
    .print = up_darts_print,
    .canonical = canonical,
    .valid = valid,
    .connected = connected,
    .sample = sample,
    .neighbours = neighbours,
    .encode = up_darts_encode,
    .decode = up_darts_decode,
    .likeliest = up_darts_likeliest,
    .cost = up_darts_cost,
    .diagram = up_darts_diagram,
    .torch = up_darts_torch,
};
