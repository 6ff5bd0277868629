/* How well cells come back from their embedding, see vgae_quality.h. */
#include "stages/learn/autoencoder/vgae_quality.h"
#include "stages/learn/autoencoder/graph_hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* arch2vec's validity, as its code tests it: of nb201 node 1 and the edges are not looked at,
 * of darts an operation needs an arrow from an earlier node, however many. */
static bool nb201_valid(const struct up_cell_graph *g)
{
    bool ok = g->op[0] == 0 && g->op[7] == 6;
    for (int i = 2; i < 7; i++)
        ok = ok && g->op[i] >= 1 && g->op[i] <= 5;
    return ok;
}

static bool darts_valid(const struct up_cell_graph *g)
{
    enum { NODES = 11, BLOCKS = 4 };
    bool ok = g->op[0] == 0 && g->op[1] == 1 && g->op[NODES - 1] == 10;
    for (int i = 2; i < NODES - 1; i++)
        ok = ok && g->op[i] >= 2 && g->op[i] <= 9;
    for (int b = 0; b < BLOCKS; b++)
        for (int c = 2 + 2 * b; c < 4 + 2 * b; c++) {
            int in = 0;
            for (int r = 0; r < 2 + 2 * b; r++)
                in += g->adj[r * NODES + c];
            ok = ok && in > 0;
        }
    return ok;
}

/* How to add one: a rule per space whose published quality is to be compared. */
static const struct rule {
    const char *space;
    bool (*valid)(const struct up_cell_graph *g);
} rules[] = {{"nb201", nb201_valid}, {"darts", darts_valid}};

static const struct rule *rule_of(const struct up_space *space)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].space, space->name) == 0)
            return &rules[i];
    return NULL;
}

struct tally {
    double nodes, graphs, exact, entries, edges, gaps; /* counted */
    double edge_p, gap_p;                              /* summed probabilities */
    double n, all_nodes, all_entries;
};

static void compare(struct tally *t, const struct up_vgae *m, const float *z,
                    const struct up_cell_graph *want)
{
    int n = m->nodes, L = m->latent, wrong_ops = 0, wrong_edges = 0;
    struct up_cell_graph got;
    up_vgae_decode_graph(&got, m, z);
    for (int i = 0; i < n; i++) {
        wrong_ops += want->op[i] != got.op[i];
        for (int j = i + 1; j < n; j++) {
            double s = 0;
            for (int c = 0; c < L; c++)
                s += (double)z[i * L + c] * (double)z[j * L + c];
            double p = 1 / (1 + exp(-s));
            bool edge = want->adj[i * n + j];
            wrong_edges += edge != (got.adj[i * n + j] != 0);
            *(edge ? &t->edge_p : &t->gap_p) += p;
            *(edge ? &t->edges : &t->gaps) += 1;
        }
    }
    int entries = n * (n - 1) / 2;
    t->nodes += n - wrong_ops;
    t->entries += entries - wrong_edges;
    t->graphs += wrong_ops == 0;
    t->exact += wrong_ops == 0 && wrong_edges == 0;
    t->all_nodes += n;
    t->all_entries += entries;
    t->n += 1;
}

void up_vgae_held_out(struct up_vgae_quality *q, const struct up_vgae *m,
                      const struct up_vgae_source *graphs)
{
    enum { BLOCK = 256 };
    struct tally t = {0};
    size_t one = (size_t)(m->nodes * m->latent);
    float *z = up_alloc(BLOCK * one * sizeof *z);
    struct up_cell_graph *want = up_alloc(BLOCK * sizeof *want);
    for (size_t at = 0; at < graphs->n; at += BLOCK) {
        size_t k = graphs->n - at < BLOCK ? graphs->n - at : BLOCK;
        for (size_t i = 0; i < k; i++)
            graphs->graph(&want[i], graphs->ctx, at + i);
        up_vgae_embed_graphs(z, m, want, k);
        for (size_t i = 0; i < k; i++)
            compare(&t, m, z + i * one, &want[i]);
    }
    free(want);
    free(z);
    q->acc_ops = t.nodes / t.all_nodes;
    q->acc_graphs = t.graphs / t.n;
    q->acc_exact = t.exact / t.n;
    q->acc_adj = t.entries / t.all_entries;
    q->mean_corr_adj = t.edge_p / t.edges;
    q->mean_fal_pos_adj = t.gap_p / t.gaps;
}

static int by_digest(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct up_digest));
}

static double distinct(struct up_digest *d, size_t n)
{
    size_t kinds = n > 0;
    qsort(d, n, sizeof *d, by_digest);
    for (size_t i = 1; i < n; i++)
        kinds += by_digest(&d[i], &d[i - 1]) != 0;
    return (double)kinds / (double)n;
}

void up_vgae_prior(struct up_vgae_quality *q, const struct up_vgae *m,
                   const struct up_space *space, const double *prior, size_t draws,
                   uint64_t seed)
{
    const struct rule *rule = rule_of(space);
    size_t valid = 0, strict = 0, graph = (size_t)(m->nodes * m->latent);
    struct up_digest *hash = up_alloc(draws * sizeof *hash),
                     *arch = up_alloc(draws * sizeof *arch);
    float *z = up_alloc(graph * sizeof *z);
    struct up_rng r = up_rng_init(seed, "prior");
    for (size_t k = 0; k < draws; k++) {
        struct up_cell_graph g[UP_GRAPHS_MAX];
        struct up_arch a;
        for (size_t i = 0; i < graph; i++)
            z[i] = (float)(prior[i] + prior[graph + i] * up_rng_normal(&r));
        for (int i = 0; i < m->graphs; i++)
            up_vgae_decode_graph(&g[i], m, z);
        if (rule && rule->valid(g))
            hash[valid++] = up_vgae_graph_hash(g, m->nodes);
        if (space->decode(&a, g, NULL) == UP_OK)
            arch[strict++] = up_digest_of(a.gene, sizeof a.gene);
    }
    q->validity = rule ? (double)valid / (double)draws : (double)NAN;
    q->uniqueness = rule ? distinct(hash, valid) : (double)NAN;
    q->validity_strict = (double)strict / (double)draws;
    q->uniqueness_strict = distinct(arch, strict);
    free(z);
    free(hash);
    free(arch);
}
