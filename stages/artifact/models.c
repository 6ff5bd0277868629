/* The trained models behind the search's view of them, see models.h. */
#include "stages/artifact/models.h"
#include <stdlib.h>
#include <string.h>

static void view_embed(const void *ctx, float *z, const struct up_arch *a, size_t n)
{
    const struct up_models *m = ctx;
    up_vgae_embed(z, &m->vgae, m->space, a, n);
}

static void view_predict(const void *ctx, float *y, const float *z, size_t n)
{
    const struct up_models *m = ctx;
    up_mlp_predict(y, &m->mlp, z, n);
}

static void view_count(const void *ctx, float *y, const struct up_arch *a, size_t n)
{
    const struct up_models *m = ctx;
    up_counted_put(&m->counted, y, m->proxies, a, n);
}

static void view_gradient(const void *ctx, float *dz, float *y, const float *z, size_t n,
                          const float *dy)
{
    const struct up_models *m = ctx;
    up_mlp_input_gradient(dz, y, &m->mlp, z, n, dy);
}

static bool decode_exactly(struct up_arch *a, const struct up_models *m, const float *z)
{
    size_t entries = (size_t)(m->space->nodes * m->space->nodes);
    struct up_cell_graph g[UP_GRAPHS_MAX];
    up_vgae_decode_graphs(g, &m->vgae, z);
    for (int k = 0; k < m->space->graphs; k++)
        for (size_t e = 0; e < entries; e++)
            if (m->edge[k].adj[e] != UP_EDGE_OPEN)
                g[k].adj[e] = m->edge[k].adj[e];
    return m->space->decode(a, g, NULL) == UP_OK;
}

/* In hundreds of dimensions one of many edges flips at the first steps of a climb; the
 * architecture that the point is nearest to in all of them says where it leads. */
static bool decode_likeliest(struct up_arch *a, const struct up_models *m, const float *z)
{
    float op[UP_GRAPHS_MAX * UP_NODES_MAX * UP_NODES_MAX];
    float edge[UP_GRAPHS_MAX * UP_NODES_MAX * UP_NODES_MAX];
    UP_CHECK(m->space->classes <= UP_NODES_MAX);
    up_vgae_decode_odds(op, edge, &m->vgae, z);
    m->space->likeliest(a, op, edge);
    return true;
}

static void view_decode(const void *ctx, struct up_arch *a, uint8_t *ok, const float *z,
                        size_t n)
{
    const struct up_models *m = ctx;
    bool strict = m->strict || !m->space->likeliest;
    for (size_t i = 0; i < n; i++) {
        ok[i] = (strict ? decode_exactly : decode_likeliest)(&a[i], m, z + i * m->view.dim);
        if (!ok[i])
            a[i] = (struct up_arch){0};
    }
}

/* An entry of the adjacency that is the same in every canonical architecture says nothing
 * about one, so the decoder is not asked for it; learned from samples. */
static void edges_learn(struct up_models *m)
{
    enum { SAMPLES = 4096 };
    struct up_rng rng = up_rng_init(0, "search.edges");
    size_t entries = (size_t)(m->space->nodes * m->space->nodes);
    for (int i = 0; i < SAMPLES; i++) {
        struct up_cell_graph g[UP_GRAPHS_MAX];
        struct up_arch a, c;
        m->space->sample(&a, &rng);
        m->space->canonical(&c, &a);
        m->space->encode(g, &c);
        for (int k = 0; k < m->space->graphs; k++)
            for (size_t e = 0; e < entries; e++)
                if (i == 0)
                    m->edge[k].adj[e] = g[k].adj[e];
                else if (m->edge[k].adj[e] != g[k].adj[e])
                    m->edge[k].adj[e] = UP_EDGE_OPEN;
    }
}

/* The estimator, what it need not predict, and the weights of its scores. */
static int estimator_load(struct up_models *m, struct up_reader *mpe, struct up_reader *lambda)
{
    size_t n;
    if (up_mlp_load(&m->mlp, mpe))
        return up_reader_end(mpe);
    m->names = up_reader_names(mpe, "names", &m->proxies);
    struct up_reader counted = up_reader_inside(mpe, "counted");
    if (up_counted_load(&m->counted, m->space, &counted, m->names, m->proxies))
        return up_reader_end(mpe);
    if ((size_t)m->mlp.out != m->proxies || m->mlp.in != m->vgae.dim)
        return up_reader_fail(mpe, "it maps %d numbers to %d scores, not %d to %zu", m->mlp.in,
                              m->mlp.out, m->vgae.dim, m->proxies);
    const char *const *named = up_reader_names(lambda, "names", &n);
    m->weights = up_reader_vector_of(lambda, "weights", UP_F64, m->proxies);
    bool same = n == m->proxies;
    for (size_t i = 0; same && i < n; i++)
        same = strcmp(named[i], m->names[i]) == 0;
    if (!up_reader_end(lambda) && !same)
        return up_reader_fail(lambda, "its proxies are not those of mpe");
    return up_reader_end(lambda);
}

int up_models_load(struct up_models *m, const struct up_space *space, struct up_reader *vgae,
                   struct up_reader *mpe, struct up_reader *lambda)
{
    *m = (struct up_models){.space = space};
    int rc = up_vgae_load(&m->vgae, space, vgae);
    if (!rc)
        rc = estimator_load(m, mpe, lambda);
    if (rc)
        return rc;
    edges_learn(m);
    m->view = (struct up_models_view){.dim = (size_t)m->vgae.dim,
                                      .scores = m->mlp.out,
                                      .ctx = m,
                                      .embed = view_embed,
                                      .predict = view_predict,
                                      .count = view_count,
                                      .gradient = view_gradient,
                                      .decode = view_decode};
    return UP_OK;
}

void up_models_predict(const struct up_models_view *m, float *y, const struct up_arch *a,
                       size_t n)
{
    float *z = up_alloc(n * m->dim * sizeof *z);
    m->embed(m->ctx, z, a, n);
    m->predict(m->ctx, y, z, n);
    if (m->count)
        m->count(m->ctx, y, a, n);
    free(z);
}

double up_models_unify(const struct up_models_view *m, const double *weights, const float *y)
{
    double sum = 0;
    for (int i = 0; i < m->scores; i++)
        sum += weights[i] * (double)y[i];
    return sum;
}
