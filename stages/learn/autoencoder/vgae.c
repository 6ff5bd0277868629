/* The trained autoencoder in evaluation mode: embedding and decoding, see vgae.h. */
#include "stages/learn/autoencoder/vgae.h"
#include "stages/learn/autoencoder/vgae_layout.h"
#include "stages/kernels/dense.h"

#include <stdlib.h>
#include <string.h>

/* Graphs that go through the layers together. */
enum { BLOCK = 32 };

int up_vgae_load(struct up_vgae *m, const struct up_space *space, struct up_reader *r)
{
    enum { WIDEST = 4096 };
    size_t latent, hidden, classes, width, rows, inputs;
    const char *name = up_reader_str(r, "space");
    if (!up_reader_end(r) && strcmp(name, space->name))
        return up_reader_fail(r, "it was trained for space %s, not %s", name, space->name);
    (void)up_reader_matrix(r, "model/mu.weight", UP_F32, &latent, &hidden);
    (void)up_reader_matrix(r, "model/ops.weight", UP_F32, &classes, &width);
    (void)up_reader_matrix(r, "model/layer0.linear1.weight", UP_F32, &rows, &inputs);
    if (!up_reader_end(r) && (classes != (size_t)space->classes || width != latent || !latent ||
                              !hidden || latent > WIDEST || hidden > WIDEST))
        return up_reader_fail(r, "its tensors do not fit space %s", space->name);
    if (up_reader_end(r))
        return up_reader_end(r);
    struct up_vgae_layout *l = UP_NEW(r->arena, 1, struct up_vgae_layout);
    up_vgae_layout_init(l, space->nodes, space->classes, inputs != (size_t)space->classes,
                        (int)hidden, (int)latent);
    float *v = UP_NEW(r->arena, l->tensors.total, float);
    up_tensors_read(v, &l->tensors, r);
    if (!up_reader_end(r))
        up_vgae_fold(m, l, v, space, r->arena);
    return up_reader_end(r);
}

/* a[nodes][d] = (1 + eps) x + A~ x, for each graph of the block. */
static void gather(float *a, const float *x, const struct up_cell_graph *g, float eps,
                   int nodes, int d)
{
    for (int b = 0; b < BLOCK; b++)
        for (int i = 0; i < nodes; i++) {
            float *ai = a + (long)(b * nodes + i) * d;
            const float *xi = x + (long)(b * nodes + i) * d;
            for (int c = 0; c < d; c++)
                ai[c] = (1 + eps) * xi[c];
            for (int j = 0; j < nodes; j++) {
                if (!g[b].adj[i * nodes + j] && !g[b].adj[j * nodes + i])
                    continue;
                const float *xj = x + (long)(b * nodes + j) * d;
                for (int c = 0; c < d; c++)
                    ai[c] += xj[c];
            }
        }
}

/* mu[BLOCK * nodes][latent] of the block's graphs; x, a: [BLOCK * nodes][widest]. */
static void encode_block(float *mu, float *x, float *a, const struct up_vgae *m,
                         const struct up_cell_graph *g)
{
    int rows = BLOCK * m->nodes, h = m->hidden;
    memset(x, 0, (size_t)(rows * m->inputs) * sizeof *x);
    for (int r = 0; r < rows; r++) {
        x[r * m->inputs + g[r / m->nodes].op[r % m->nodes]] = 1;
        if (m->inputs > m->classes)
            x[r * m->inputs + m->classes + r % m->nodes] = 1;
    }
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        const struct up_vgae_layer *l = &m->layer[i];
        gather(a, x, g, l->eps, m->nodes, l->in);
        up_dense_forward(x, a, l->w1, l->b1, rows, l->in, h);
        up_dense_best()->relu(x, rows * h);
        up_dense_forward(a, x, l->w2, l->b2, rows, h, h);
        up_dense_best()->relu(a, rows * h);
        float *t = x;
        x = a;
        a = t;
    }
    up_dense_forward(mu, x, m->mu_w, m->mu_b, rows, h, m->latent);
}

void up_vgae_embed_graphs(float *z_out, const struct up_vgae *m,
                          const struct up_cell_graph *graphs, size_t n)
{
    size_t rows = (size_t)(BLOCK * m->nodes);
    size_t wide = (size_t)(m->hidden > m->inputs ? m->hidden : m->inputs);
    size_t one = (size_t)(m->nodes * m->latent);
    float *x = up_alloc(rows * (2 * wide + (size_t)m->latent) * sizeof *x);
    float *a = x + rows * wide, *mu = a + rows * wide;
    struct up_cell_graph *g = up_alloc(BLOCK * sizeof *g);
    for (size_t done = 0; done < n; done += BLOCK) {
        size_t k = n - done < BLOCK ? n - done : BLOCK;
        memset(g, 0, BLOCK * sizeof *g);
        memcpy(g, graphs + done, k * sizeof *g);
        encode_block(mu, x, a, m, g);
        memcpy(z_out + done * one, mu, k * one * sizeof *mu);
    }
    free(g);
    free(x);
}

void up_vgae_embed(float *z_out, const struct up_vgae *m, const struct up_space *space,
                   const struct up_arch *archs, size_t n)
{
    size_t parts = (size_t)m->graphs;
    struct up_cell_graph g[BLOCK * UP_GRAPHS_MAX];
    for (size_t done = 0; done < n; done += BLOCK) {
        size_t k = n - done < BLOCK ? n - done : BLOCK;
        for (size_t i = 0; i < k; i++)
            space->encode(g + i * parts, &archs[done + i]);
        up_vgae_embed_graphs(z_out + done * (size_t)m->dim, m, g, k * parts);
    }
}

/* op[classes] of one node. */
static void op_odds(float *op, const struct up_vgae *m, const float *z)
{
    for (int k = 0; k < m->classes; k++) {
        op[k] = m->op_b[k];
        for (int c = 0; c < m->latent; c++)
            op[k] += z[c] * m->op_w[k * m->latent + c];
    }
}

static float edge_odds(const struct up_vgae *m, const float *zi, const float *zj)
{
    float s = 0;
    for (int c = 0; c < m->latent; c++)
        s += zi[c] * zj[c];
    return s;
}

void up_vgae_decode_odds(float *op, float *edge, const struct up_vgae *m, const float *z)
{
    int n = m->nodes, L = m->latent;
    memset(edge, 0, (size_t)(m->graphs * n * n) * sizeof *edge);
    for (int g = 0; g < m->graphs; g++, z += n * L, edge += n * n)
        for (int i = 0; i < n; i++, op += m->classes) {
            op_odds(op, m, z + i * L);
            for (int j = i + 1; j < n; j++)
                edge[i * n + j] = edge_odds(m, z + i * L, z + j * L);
        }
}

void up_vgae_decode_graph(struct up_cell_graph *out, const struct up_vgae *m, const float *z)
{
    int n = m->nodes, L = m->latent;
    float odds[UP_NODES_MAX];
    UP_CHECK(m->classes <= UP_NODES_MAX);
    memset(out, 0, sizeof *out);
    for (int i = 0; i < n; i++) {
        op_odds(odds, m, z + i * L);
        for (int k = 1; k < m->classes; k++)
            if (odds[k] > odds[out->op[i]])
                out->op[i] = (uint8_t)k;
        for (int j = i + 1; j < n; j++)
            out->adj[i * n + j] = edge_odds(m, z + i * L, z + j * L) > 0;
    }
}

void up_vgae_decode_graphs(struct up_cell_graph *out, const struct up_vgae *m, const float *z)
{
    for (int g = 0; g < m->graphs; g++)
        up_vgae_decode_graph(&out[g], m, z + g * m->nodes * m->latent);
}
