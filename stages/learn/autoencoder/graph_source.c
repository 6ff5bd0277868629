/* Graphs drawn when their batch is due, from a space that cannot be listed. */
#include "stages/learn/autoencoder/graph_source.h"
#include "store/base/hash.h"

#include <stdio.h>

static bool held_out(const struct up_cell_graph *g)
{
    enum { ONE_IN = 10 };
    struct up_digest d = up_digest_of(g, sizeof *g);
    return ((unsigned)d.b[0] << 8 | d.b[1]) % ONE_IN == 0;
}

static void drawn(struct up_cell_graph *out, void *ctx, size_t i)
{
    const struct up_vgae_draws *d = ctx;
    char stream[48];
    snprintf(stream, sizeof stream, "graphs.%s.%zu", d->held_out ? "held" : "train", i);
    struct up_rng r = up_rng_init(d->seed, stream);
    do {
        struct up_cell_graph g[UP_GRAPHS_MAX];
        struct up_arch a, c;
        d->space->sample(&a, &r);
        d->space->canonical(&c, &a);
        d->space->encode(g, &c);
        *out = g[i % (size_t)d->space->graphs];
    } while (held_out(out) != d->held_out);
}

struct up_vgae_source up_vgae_drawn(const struct up_vgae_draws *d, size_t n)
{
    return (struct up_vgae_source){n, drawn, (void *)(uintptr_t)d};
}
