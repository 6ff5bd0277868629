/* Behind the encoder of vgae_net_body.h: the head, the decoder and the loss, forward and
 * backward, a part's graphs. */

/* (mu, ell), sigma and z of the graphs s, x[rows][ld] being the last norm's output. */
static void UP_REAL_(vgae_sample)(struct UP_REAL_(vgae_work) * w, const UP_REAL *v,
                                  const UP_REAL *x, int ld, struct up_span s,
                                  const struct UP_REAL_(vgae_mode) * m)
{
    const struct up_vgae_layout *l = w->l;
    int n = (s.to - s.from) * l->nodes, H = l->hidden, L = l->latent;
    long r = (long)s.from * l->nodes;
    UP_REAL *head = w->head + r * 2 * L;
    w->k->fill(head, v + l->head_b, n, 2 * L, 2 * L);
    w->k->matmul(head, 2 * L, x, ld, w->turned[0], 2 * L,
                 &(struct up_matmul){UP_N, UP_N, n, 2 * L, H, 1});
    for (int i = 0; i < n; i++, r++, head += 2 * L) {
        UP_REAL *sd = w->sd + r * L, *z = w->z + r * L;
        w->k->exp(sd, head + L, L);
        for (int c = 0; c < L; c++) {
            z[c] = m->sample ? head[c] + sd[c] * w->noise[r * L + c] : head[c];
            if (m->drop)
                z[c] *= w->keep[r * L + c];
        }
    }
}

/* The logits of their operations. */
static void UP_REAL_(vgae_ops)(struct UP_REAL_(vgae_work) * w, const UP_REAL *v,
                               struct up_span s)
{
    const struct up_vgae_layout *l = w->l;
    int n = (s.to - s.from) * l->nodes, K = l->classes, L = l->latent;
    long r = (long)s.from * l->nodes;
    w->k->fill(w->ops + r * K, v + l->op_b, n, K, K);
    w->k->matmul(w->ops + r * K, K, w->z + r * L, L, v + l->op_w, L,
                 &(struct up_matmul){UP_N, UP_T, n, K, L, 1});
}

/* And of graph b's edges. */
static void UP_REAL_(vgae_edges)(struct UP_REAL_(vgae_work) * w, int b)
{
    int n = w->l->nodes, L = w->l->latent;
    const UP_REAL *z = w->z + (long)b * n * L;
    UP_REAL *s = w->edges + (long)b * (n * (n - 1) / 2);
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++, s++) {
            *s = 0;
            for (int c = 0; c < L; c++)
                *s += z[i * L + c] * z[j * L + c];
        }
}

/* Turns graph b's logits into gradients, fills the KL part of its w->dhead, and sums. */
static void UP_REAL_(vgae_graph_loss)(struct UP_REAL_(vgae_work) * w, int b,
                                      const struct UP_REAL_(vgae_mode) * m)
{
    const struct up_vgae_layout *l = w->l;
    int n = l->nodes, R = w->G * n, K = l->classes, L = l->latent, E = n * (n - 1) / 2;
    struct UP_REAL_(vgae_loss) *loss = &w->loss[b];
    UP_REAL *ops = w->ops + (long)b * n * K, *edges = w->edges + (long)b * E;
    UP_REAL by_op = (UP_REAL)(1 / ((double)R * K)), by_edge = (UP_REAL)(1 / ((double)R * n));
    UP_REAL by_kl = (UP_REAL)(m->kl / R);
    loss->ops = w->k->bce(ops, ops, w->op + (long)b * n * K, n * K);
    loss->edges = w->k->bce(edges, edges, w->edge + (long)b * E, E);
    loss->kl = 0;
    for (int i = 0; i < n * K; i++)
        ops[i] *= by_op;
    for (int i = 0; i < E; i++)
        edges[i] *= by_edge;
    for (int r = b * n; r < (b + 1) * n; r++) {
        const UP_REAL *mu = w->head + (long)r * 2 * L, *sd = w->sd + (long)r * L;
        UP_REAL *d = w->dhead + (long)r * 2 * L;
        for (int c = 0; c < L; c++) {
            UP_REAL var = sd[c] * sd[c];
            loss->kl -= 0.5 * (double)(1 + 2 * mu[L + c] - mu[c] * mu[c] - var);
            d[c] = by_kl * mu[c];
            d[L + c] = by_kl * (var - 1);
        }
    }
}

/* From the gradients of the operations' logits to w->dz. */
static void UP_REAL_(vgae_ops_back)(struct UP_REAL_(vgae_work) * w, const UP_REAL *v,
                                    struct up_span s)
{
    const struct up_vgae_layout *l = w->l;
    int n = (s.to - s.from) * l->nodes, K = l->classes, L = l->latent;
    long r = (long)s.from * l->nodes;
    w->k->matmul(w->dz + r * L, L, w->ops + r * K, K, v + l->op_w, L,
                 &(struct up_matmul){UP_N, UP_N, n, L, K, 0});
}

/* Adds those of graph b's edges; then to its w->dhead. */
static void UP_REAL_(vgae_graph_back)(struct UP_REAL_(vgae_work) * w, int b,
                                      const struct UP_REAL_(vgae_mode) * m)
{
    int n = w->l->nodes, L = w->l->latent;
    long first = (long)b * n * L;
    const UP_REAL *z = w->z + first, *s = w->edges + (long)b * (n * (n - 1) / 2);
    UP_REAL *dz = w->dz + first, *d = w->dhead + 2 * first;
    for (int i = 0; i < n; i++)
        for (int j = i + 1; j < n; j++, s++)
            for (int c = 0; c < L; c++) {
                dz[i * L + c] += *s * z[j * L + c];
                dz[j * L + c] += *s * z[i * L + c];
            }
    for (int i = 0; i < n; i++, d += 2 * L)
        for (int c = 0; c < L; c++) {
            long at = first + i * L + c;
            UP_REAL t = m->drop ? dz[i * L + c] * w->keep[at] : dz[i * L + c];
            d[c] += t;
            if (m->sample)
                d[L + c] += t * w->sd[at] * w->noise[at];
        }
}

/* The loss of the batch, as summed in the order of its graphs. */
static struct UP_REAL_(vgae_loss) UP_REAL_(vgae_loss)(const struct UP_REAL_(vgae_work) * w)
{
    int n = w->l->nodes, R = w->G * n, K = w->l->classes;
    struct UP_REAL_(vgae_loss) sum = {0, 0, 0};
    for (int b = 0; b < w->G; b++) {
        sum.ops += w->loss[b].ops;
        sum.edges += w->loss[b].edges;
        sum.kl += w->loss[b].kl;
    }
    return (struct UP_REAL_(vgae_loss)){sum.ops / ((double)R * K), sum.edges / ((double)R * n),
                                        sum.kl / R};
}

/* Part p of the gradients of the head and of the decoder, and w->dy. */
static void UP_REAL_(vgae_head_back)(struct UP_REAL_(vgae_work) * w, const UP_REAL *v, int p,
                                     const UP_REAL *x, int ld)
{
    const struct up_vgae_layout *l = w->l;
    struct up_span s = UP_REAL_(vgae_part)(w->G, p);
    int n = (s.to - s.from) * l->nodes, K = l->classes, H = l->hidden, L = l->latent;
    long r = (long)s.from * l->nodes;
    const UP_REAL *dhead = w->dhead + r * 2 * L, *ops = w->ops + r * K;
    UP_REAL *part = w->part[0] + (size_t)p * w->stretch;
    if (n == 0)
        memset(part, 0, w->stretch * sizeof *part);
    w->k->sums(part + (l->head_b - l->head_w), dhead, n, 2 * L, 2 * L);
    w->k->sums(part + (l->op_b - l->head_w), ops, n, K, K);
    if (n == 0)
        return;
    w->k->matmul(part, H, dhead, 2 * L, x, ld, &(struct up_matmul){UP_T, UP_N, 2 * L, H, n, 0});
    w->k->matmul(part + (l->op_w - l->head_w), L, ops, K, w->z + r * L, L,
                 &(struct up_matmul){UP_T, UP_N, K, L, n, 0});
    w->k->matmul(w->dy + r * H, H, dhead, 2 * L, v + l->head_w, H,
                 &(struct up_matmul){UP_N, UP_N, n, H, 2 * L, 0});
}

/* Part p from the last half on and back to it. */
static void UP_REAL_(vgae_decode)(struct UP_REAL_(vgae_work) * w, UP_REAL *v, int p,
                                  const struct UP_REAL_(vgae_mode) * m,
                                  const struct UP_REAL_(vgae_desk) * desk)
{
    enum { LAST = UP_REAL_(vgae_halves) - 1 };
    struct up_span s = UP_REAL_(vgae_part)(w->G, p);
    UP_REAL_(vgae_output)(desk->x, w, v, LAST, s, desk);
    UP_REAL_(vgae_sample)(w, v, desk->x, desk->ld, s, m);
    UP_REAL_(vgae_ops)(w, v, s);
    for (int b = s.from; b < s.to; b++) {
        UP_REAL_(vgae_edges)(w, b);
        UP_REAL_(vgae_graph_loss)(w, b, m);
    }
    UP_REAL_(vgae_ops_back)(w, v, s);
    for (int b = s.from; b < s.to; b++)
        UP_REAL_(vgae_graph_back)(w, b, m);
    UP_REAL_(vgae_head_back)(w, v, p, desk->x, desk->ld);
    UP_REAL_(vgae_slopes)(w, v, LAST, p, desk);
}

/* Loss (in w->loss) and gradient of the batch, g[tensors.learned], the latter when the seats
 * have met again. They meet before. */
static void UP_REAL_(vgae_learn)(UP_REAL *g, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                 const struct UP_REAL_(vgae_mode) * m,
                                 const struct up_seat *seat)
{
    struct up_span mine = up_crew_share(seat, UP_REAL_(vgae_parts), 1);
    UP_REAL_(vgae_encode)(w, v, m, seat);
    UP_REAL_(vgae_settle)(w, v, UP_REAL_(vgae_halves) - 1, m, seat);
    for (int p = mine.from; p < mine.to; p++)
        UP_REAL_(vgae_decode)(w, v, p, m, &w->desk[seat->id]);
    up_crew_meet(seat);
    UP_REAL_(vgae_encode_back)(g, w, v, m, seat);
}
