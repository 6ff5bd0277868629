/* Forward, loss and backward of the VGAE in training, for one floating type: the macros
 * and functions of stages/nn/dense/dense_body.h. All static.
 *
 *   G graphs of the batch   n nodes   R = G n rows   E = n (n - 1) / 2 possible edges
 *   K classes   I inputs   H hidden   L latent
 * A node's input is its class and, where the layout says so, its place: one-hot both.
 * Encoder: x_{l+1} = norm(w2 norm(w1 ((1 + eps) x_l + A~ x_l))), norm = BatchNorm-ReLU;
 * (mu, ell) = head x; z = mu + exp(ell) noise, then dropout; operations
 * sigmoid(op z), edges sigmoid(z z^T).
 * Loss: BCE of operations, mean over R K + BCE of edges i < j, summed and divided
 * by R n + kl * mean over rows of -1/2 sum (1 + 2 ell - mu^2 - exp(2 ell)).
 *
 * Every function is walked through by all seats of a crew. In the encoder a seat has a
 * span of columns, whose statistics are then its own; before and behind it, where graphs
 * do not know of each other, a span of graphs. This file has the batch, vgae_encoder_body.h
 * the layers, vgae_decoder_body.h what is behind them; they are included in this order. */

struct UP_REAL_(vgae_mode) {
    bool batch; /* normalise by the batch; else by frozen running statistics */
    bool sample, drop;
    double kl; /* weight of the mean KL divergence of a node */
};

struct UP_REAL_(vgae_loss) {
    double ops, edges, kl; /* kl unweighted */
};

struct UP_REAL_(vgae_work) {
    const struct up_vgae_layout *l;
    const struct UP_REAL_(dense) * k;
    int G;          /* of the current batch, at most the capacity */
    uint8_t *op;    /* [R][K] one-hot */
    uint8_t *edge;  /* [G][E] 0/1, row by row of the upper triangle */
    uint8_t *links; /* [R] number of neighbours */
    uint8_t *link;  /* [R][n] neighbours within the graph, ascending */
    UP_REAL *x0;    /* [R][I] */
    struct {
        UP_REAL *a;                /* [R][in] gathered input */
        UP_REAL *h1, *r1, *h2, *x; /* [R][H] before and after each norm */
        UP_REAL *used1, *used2;    /* [2][H] */
    } layer[UP_VGAE_LAYERS];
    UP_REAL *head;                     /* [R][2 L] mu, ell */
    UP_REAL *noise, *keep;             /* [R][L] normal draws; 0 or 1 / (1 - p) */
    UP_REAL *sd, *z;                   /* [R][L] exp(ell); z after dropout */
    UP_REAL *ops, *edges;              /* [R][K], [G][E]: logits, then their gradients */
    UP_REAL *dz, *dhead;               /* [R][L], [R][2 L] */
    UP_REAL *d[3];                     /* [R][H] gradients on their way down */
    struct UP_REAL_(vgae_loss) * loss; /* [G] sums of a graph */
    double *slope;                     /* [max(G, H / UNIT)] parts of an eps's gradient */
};
enum { UP_REAL_(vgae_unit) = 16 }; /* columns of a seat are a multiple of this */

static void UP_REAL_(vgae_work_init)(struct UP_REAL_(vgae_work) * w,
                                     const struct up_vgae_layout *l, int capacity,
                                     const struct UP_REAL_(dense) * k, struct up_arena *arena)
{
    int n = l->nodes, R = capacity * n, K = l->classes, H = l->hidden, L = l->latent;
    int I = l->inputs;
    int E = n * (n - 1) / 2;
    memset(w, 0, sizeof *w);
    w->l = l;
    w->k = k;
    w->op = UP_NEW(arena, R * K, uint8_t);
    w->edge = UP_NEW(arena, capacity * E, uint8_t);
    w->links = UP_NEW(arena, R, uint8_t);
    w->link = UP_NEW(arena, R * n, uint8_t);
    w->x0 = UP_NEW(arena, R * I, UP_REAL);
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        w->layer[i].a = UP_NEW(arena, R * (i ? H : I), UP_REAL);
        w->layer[i].h1 = UP_NEW(arena, R * H, UP_REAL);
        w->layer[i].r1 = UP_NEW(arena, R * H, UP_REAL);
        w->layer[i].h2 = UP_NEW(arena, R * H, UP_REAL);
        w->layer[i].x = UP_NEW(arena, R * H, UP_REAL);
        w->layer[i].used1 = UP_NEW(arena, 2 * H, UP_REAL);
        w->layer[i].used2 = UP_NEW(arena, 2 * H, UP_REAL);
    }
    w->head = UP_NEW(arena, R * 2 * L, UP_REAL);
    w->noise = UP_NEW(arena, R * L, UP_REAL);
    w->keep = UP_NEW(arena, R * L, UP_REAL);
    w->sd = UP_NEW(arena, R * L, UP_REAL);
    w->z = UP_NEW(arena, R * L, UP_REAL);
    w->ops = UP_NEW(arena, R * K, UP_REAL);
    w->edges = UP_NEW(arena, capacity * E, UP_REAL);
    w->dz = UP_NEW(arena, R * L, UP_REAL);
    w->dhead = UP_NEW(arena, R * 2 * L, UP_REAL);
    for (int i = 0; i < 3; i++)
        w->d[i] = UP_NEW(arena, R * (H > I ? H : I), UP_REAL);
    w->loss = UP_NEW(arena, capacity, struct UP_REAL_(vgae_loss));
    w->slope = UP_NEW(arena, capacity + H, double);
}

/* Graph b of the batch. */
static void UP_REAL_(vgae_take)(struct UP_REAL_(vgae_work) * w, int b,
                                const struct up_cell_graph *g)
{
    int n = w->l->nodes, K = w->l->classes, I = w->l->inputs, e = b * (n * (n - 1) / 2);
    long r = (long)b * n;
    memset(w->x0 + r * I, 0, (size_t)(n * I) * sizeof *w->x0);
    memset(w->op + r * K, 0, (size_t)(n * K));
    for (int i = 0; i < n; i++, r++) {
        int links = 0;
        w->op[r * K + g->op[i]] = 1;
        w->x0[r * I + g->op[i]] = 1;
        if (I > K)
            w->x0[r * I + K + i] = 1;
        for (int j = 0; j < n; j++)
            if (g->adj[i * n + j] || g->adj[j * n + i])
                w->link[r * n + links++] = (uint8_t)j;
        for (int j = i + 1; j < n; j++)
            w->edge[e++] = g->adj[i * n + j];
        w->links[r] = (uint8_t)links;
    }
}

/* What is random about graph b, which is graph number `at` of the two streams. */
static void UP_REAL_(vgae_draw)(struct UP_REAL_(vgae_work) * w, int b, size_t at,
                                const struct UP_REAL_(vgae_mode) * m, double drop,
                                const struct up_rng *noise, const struct up_rng *keep)
{
    int count = w->l->nodes * w->l->latent, i0 = b * count;
    struct up_rng r = up_rng_at(noise, at * (uint64_t)((count + 1) / 2));
    for (int i = 0; m->sample && i < count; i++)
        w->noise[i0 + i] = (UP_REAL)up_rng_normal(&r);
    uint32_t bar = (uint32_t)(drop * 4294967296.0);
    r = up_rng_at(keep, at * (uint64_t)((count + 3) / 4));
    for (int i = 0; m->drop && i < count; i++)
        w->keep[i0 + i] = up_rng_u32(&r) < bar ? 0 : (UP_REAL)(1 / (1 - drop));
}
