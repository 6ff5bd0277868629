#include "stages/space/darts.h"

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
        uint64_t sources = 2 + (uint64_t)(pair % DARTS_PAIRS / 2);
        uint8_t *gene = out->gene + 2 * pair;
        gene[0] = (uint8_t)up_rng_below(r, sources);
        gene[2] = (uint8_t)((gene[0] + 1 + up_rng_below(r, sources - 1)) % sources);
        gene[1] = (uint8_t)up_rng_below(r, DARTS_OPS);
        gene[3] = (uint8_t)up_rng_below(r, DARTS_OPS);
    }
}

/* The order of a node's two pairs means nothing: sorted by source. */
static void canonical(struct up_arch *out, const struct up_arch *a)
{
    *out = *a;
    for (int pair = 0; pair < DARTS_CELLS * DARTS_PAIRS; pair += 2) {
        uint8_t *gene = out->gene + 2 * pair;
        const uint8_t *from = a->gene + 2 * pair;
        bool turn = from[0] > from[2] || (from[0] == from[2] && from[1] > from[3]);
        for (int i = 0; i < 4; ++i)
            gene[i] = from[turn ? (i + 2) % 4 : i];
    }
}

/* What scoring one architecture needs. */
const struct up_space up_space_darts = {
    .name = "darts",
    .does = "DARTS, NAS-Bench-301: a normal and a reduction cell of 4 nodes, 7 operations",
    .genes = DARTS_GENES,
    .net = {.channels = 32, .depth = 8, .classes = 10, .height = 32, .width = 32},
    .parse = up_darts_parse,
    .print = up_darts_print,
    .canonical = canonical,
    .connected = connected,
    .sample = sample,
    .cost = up_darts_cost,
};
