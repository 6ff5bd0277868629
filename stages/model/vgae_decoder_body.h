/* Behind the encoder of vgae_net_body.h: the head, the decoder and the loss, forward and
 * backward, a seat's graphs. */

/* (mu, ell), sigma and z of the graphs s. */
static void UP_REAL_(vgae_sample)(struct UP_REAL_(vgae_work) * w, const UP_REAL *v,
                                  struct up_span s, const struct UP_REAL_(vgae_mode) * m)
{
    const struct up_vgae_layout *l = w->l;
    int n = (s.to - s.from) * l->nodes, H = l->hidden, L = l->latent;
    long r = (long)s.from * l->nodes;
    UP_REAL *head = w->head + r * 2 * L;
    w->k->fill(head, v + l->head_b, n, 2 * L, 2 * L);
    w->k->matmul(head, 2 * L, w->layer[UP_VGAE_LAYERS - 1].x + r * H, H, UP_N, v + l->head_w, H,
                 UP_T, n, 2 * L, H, 1);
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
    w->k->matmul(w->ops + r * K, K, w->z + r * L, L, UP_N, v + l->op_w, L, UP_T, n, K, L, 1);
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
    w->k->matmul(w->dz + r * L, L, w->ops + r * K, K, UP_N, v + l->op_w, L, UP_N, n, L, K, 0);
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

/* Gradients of the head and of the decoder, and w->d[0] for the encoder: columns again. */
static void UP_REAL_(vgae_head_back)(UP_REAL *g, struct UP_REAL_(vgae_work) * w,
                                     const UP_REAL *v, const struct up_seat *seat)
{
    const struct up_vgae_layout *l = w->l;
    int R = w->G * l->nodes, K = l->classes, H = l->hidden, L = l->latent;
    struct up_span s = up_crew_share(seat, H, UP_REAL_(vgae_unit));
    int c = s.from, C = s.to - s.from;
    const UP_REAL *x = w->layer[UP_VGAE_LAYERS - 1].x;
    if (seat->id == seat->of - 1) {
        w->k->matmul(g + l->op_w, L, w->ops, K, UP_T, w->z, L, UP_N, K, L, R, 0);
        w->k->sums(g + l->op_b, w->ops, R, K, K);
    }
    if (seat->id == 0)
        w->k->sums(g + l->head_b, w->dhead, R, 2 * L, 2 * L);
    w->k->matmul(g + l->head_w + c, H, w->dhead, 2 * L, UP_T, x + c, H, UP_N, 2 * L, C, R, 0);
    w->k->matmul(w->d[0] + c, H, w->dhead, 2 * L, UP_N, v + l->head_w + c, H, UP_N, R, C, 2 * L,
                 0);
}

/* Loss (in w->loss) and gradient of the batch: g[tensors.learned], but for layer 0's eps.
 * The seats meet before, and have not met at the end. */
static void UP_REAL_(vgae_learn)(UP_REAL *g, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                 const struct UP_REAL_(vgae_mode) * m,
                                 const struct up_seat *seat)
{
    struct up_span s = up_crew_share(seat, w->G, 1);
    UP_REAL_(vgae_encode)(w, v, m, seat);
    UP_REAL_(vgae_sample)(w, v, s, m);
    UP_REAL_(vgae_ops)(w, v, s);
    for (int b = s.from; b < s.to; b++) {
        UP_REAL_(vgae_edges)(w, b);
        UP_REAL_(vgae_graph_loss)(w, b, m);
    }
    UP_REAL_(vgae_ops_back)(w, v, s);
    for (int b = s.from; b < s.to; b++)
        UP_REAL_(vgae_graph_back)(w, b, m);
    up_crew_meet(seat);
    UP_REAL_(vgae_head_back)(g, w, v, seat);
    UP_REAL_(vgae_encode_back)(g, w, v, m, seat);
}
