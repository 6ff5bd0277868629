/* Forward, loss and backward of the VGAE in training, for one floating type: the macros
 * and functions of stages/kernels/dense/dense_body.h. All static.
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
 * The encoder is a row of HALVES, h_j = w_j u_j + b_j, between which only a norm's
 * statistics join the graphs. So h_j is all that is kept: its input u_j, the norm of h_{j-1},
 * for even j gathered from the neighbours, is made again wherever it is read, while a part
 * of the batch is in cache.
 *
 * The parts are graphs, cut by the batch alone; what is summed over rows is summed in each
 * and then over them in their order. The seats of a crew have some parts each and meet once
 * per half on the way there and once on the way back. This file has the batch,
 * vgae_encoder_body.h the halves, vgae_decoder_body.h what is behind them; they are included
 * in this order. */

enum {
    UP_REAL_(vgae_parts) = 4,
    UP_REAL_(vgae_halves) = 2 * UP_VGAE_LAYERS,
    UP_REAL_(vgae_pad) = 16, /* keeps the rows of a desk out of each other's cache lines */
    UP_REAL_(vgae_unit) = 16 /* rows of weights that a seat turns are a multiple of this */
};

struct UP_REAL_(vgae_mode) {
    bool batch; /* normalise by the batch; else by frozen running statistics */
    bool sample, drop;
    double kl; /* weight of the mean KL divergence of a node */
};

struct UP_REAL_(vgae_loss) {
    double ops, edges, kl; /* kl unweighted */
};

struct UP_REAL_(vgae_desk);
struct UP_REAL_(vgae_work) {
    const struct up_vgae_layout *l;
    const struct UP_REAL_(dense) * k;
    int G;          /* of the current batch, at most the capacity */
    uint8_t *op;    /* [R][K] one-hot */
    uint8_t *edge;  /* [G][E] 0/1, row by row of the upper triangle */
    uint8_t *links; /* [R] number of neighbours */
    uint8_t *link;  /* [R][n] neighbours within the graph, ascending */
    UP_REAL *x0;    /* [R][ld0], 0 behind I numbers */
    int ld0;
    UP_REAL *h[UP_REAL_(vgae_halves)]; /* [R][H] */
    UP_REAL *dy;                       /* [R][H] gradient of the output of a norm */
    UP_REAL *head;                     /* [R][2 L] mu, ell */
    UP_REAL *noise, *keep;             /* [R][L] normal draws; 0 or 1 / (1 - p) */
    UP_REAL *sd, *z;                   /* [R][L] exp(ell); z after dropout */
    UP_REAL *ops, *edges;              /* [R][K], [G][E]: logits, then their gradients */
    UP_REAL *dz, *dhead;               /* [R][L], [R][2 L] */
    struct UP_REAL_(vgae_loss) * loss; /* [G] sums of a graph */
    double slope[UP_VGAE_LAYERS][UP_REAL_(vgae_parts)]; /* of the gradient of eps */
    /* What one step leaves for the next, which leaves its own in the other one. */
    double *sums[2];    /* [2][parts][H] a norm's, or its gradient's */
    UP_REAL *turned[2]; /* [in][H] the weights of the next half */
    UP_REAL *part[2];   /* [parts][stretch] of the gradient of one half's weights */
    size_t stretch;
    struct UP_REAL_(vgae_desk) * desk; /* [seats] */
};

/* What a seat has for itself; ld numbers from row to row. */
struct UP_REAL_(vgae_desk) {
    UP_REAL *x, *u, *dh; /* [rows of a part][ld] */
    UP_REAL *first;      /* [I][H] the first half's weights, turned */
    UP_REAL *turned;     /* [I][H] their gradient */
    UP_REAL *used;       /* [halves][2][H] centre and inverse of the norms */
    UP_REAL *a, *b;      /* [H] see bn_turn */
    UP_REAL *spare;      /* [3][H] what seat 0 alone keeps */
    float *draw;         /* [rows of a part][L] */
    int ld;
};

static void UP_REAL_(vgae_desk_init)(struct UP_REAL_(vgae_desk) * d,
                                     const struct up_vgae_layout *l, int graphs,
                                     struct up_arena *arena)
{
    int H = l->hidden, rows = graphs * l->nodes;
    d->ld = (H > l->inputs ? H : l->inputs) + UP_REAL_(vgae_pad); /* holds ld0 numbers */
    d->x = UP_NEW(arena, rows * d->ld, UP_REAL);
    d->u = UP_NEW(arena, rows * d->ld, UP_REAL);
    d->dh = UP_NEW(arena, rows * d->ld, UP_REAL);
    d->first = UP_NEW(arena, l->inputs * H, UP_REAL);
    d->turned = UP_NEW(arena, l->inputs * H, UP_REAL);
    d->used = UP_NEW(arena, UP_REAL_(vgae_halves) * 2 * H, UP_REAL);
    d->a = UP_NEW(arena, H, UP_REAL);
    d->b = UP_NEW(arena, H, UP_REAL);
    d->spare = UP_NEW(arena, 3 * H, UP_REAL);
    d->draw = UP_NEW(arena, rows * l->latent, float);
}

static void UP_REAL_(vgae_work_init)(struct UP_REAL_(vgae_work) * w,
                                     const struct up_vgae_layout *l, int capacity, int seats,
                                     const struct UP_REAL_(dense) * k, struct up_arena *arena)
{
    enum { PARTS = UP_REAL_(vgae_parts) };
    int n = l->nodes, R = capacity * n, K = l->classes, H = l->hidden, L = l->latent;
    int I = l->inputs, E = n * (n - 1) / 2;
    size_t tail = l->layer[0].eps - l->head_w, wide = (size_t)(H * (H > I ? H : I));
    memset(w, 0, sizeof *w);
    w->l = l;
    w->k = k;
    w->op = UP_NEW(arena, R * K, uint8_t);
    w->edge = UP_NEW(arena, capacity * E, uint8_t);
    w->links = UP_NEW(arena, R, uint8_t);
    w->link = UP_NEW(arena, R * n, uint8_t);
    w->ld0 = (I + UP_REAL_(vgae_unit) - 1) / UP_REAL_(vgae_unit) * UP_REAL_(vgae_unit);
    w->x0 = UP_NEW(arena, R * w->ld0, UP_REAL);
    for (int j = 0; j < UP_REAL_(vgae_halves); j++)
        w->h[j] = UP_NEW(arena, R * H, UP_REAL);
    w->dy = UP_NEW(arena, R * H, UP_REAL);
    w->head = UP_NEW(arena, R * 2 * L, UP_REAL);
    w->noise = UP_NEW(arena, R * L, UP_REAL);
    w->keep = UP_NEW(arena, R * L, UP_REAL);
    w->sd = UP_NEW(arena, R * L, UP_REAL);
    w->z = UP_NEW(arena, R * L, UP_REAL);
    w->ops = UP_NEW(arena, R * K, UP_REAL);
    w->edges = UP_NEW(arena, capacity * E, UP_REAL);
    w->dz = UP_NEW(arena, R * L, UP_REAL);
    w->dhead = UP_NEW(arena, R * 2 * L, UP_REAL);
    w->loss = UP_NEW(arena, capacity, struct UP_REAL_(vgae_loss));
    w->stretch = tail > wide ? tail : wide;
    for (int i = 0; i < 2; i++) {
        w->sums[i] = UP_NEW(arena, 2 * PARTS * H, double);
        w->turned[i] = UP_NEW(arena, H * (H > 2 * L ? H : 2 * L), UP_REAL);
        w->part[i] = UP_NEW(arena, PARTS * w->stretch, UP_REAL);
    }
    w->desk = UP_NEW(arena, seats, struct UP_REAL_(vgae_desk));
    for (int i = 0; i < seats; i++)
        UP_REAL_(vgae_desk_init)(&w->desk[i], l, capacity / PARTS + 1, arena);
}

/* The graphs of part p of a batch of G. */
static struct up_span UP_REAL_(vgae_part)(int G, int p)
{
    return up_crew_share(&(struct up_seat){NULL, p, UP_REAL_(vgae_parts)}, G, 1);
}

/* Graph b of the batch. */
static void UP_REAL_(vgae_take)(struct UP_REAL_(vgae_work) * w, int b,
                                const struct up_cell_graph *g)
{
    int n = w->l->nodes, K = w->l->classes, ld0 = w->ld0, e = b * (n * (n - 1) / 2);
    long r = (long)b * n;
    memset(w->x0 + r * ld0, 0, (size_t)(n * ld0) * sizeof *w->x0);
    memset(w->op + r * K, 0, (size_t)(n * K));
    for (int i = 0; i < n; i++, r++) {
        int links = 0;
        w->op[r * K + g->op[i]] = 1;
        w->x0[r * ld0 + g->op[i]] = 1;
        if (w->l->inputs > K)
            w->x0[r * ld0 + K + i] = 1;
        for (int j = 0; j < n; j++)
            if (g->adj[i * n + j] || g->adj[j * n + i])
                w->link[r * n + links++] = (uint8_t)j;
        for (int j = i + 1; j < n; j++)
            w->edge[e++] = g->adj[i * n + j];
        w->links[r] = (uint8_t)links;
    }
}

/* What is random about the graphs s of a part, of a batch whose first graph is number `at` of
 * the two streams. */
static void UP_REAL_(vgae_draw)(struct UP_REAL_(vgae_work) * w, struct up_span s, size_t at,
                                const struct UP_REAL_(vgae_mode) * m, double drop,
                                const struct up_rng *noise, const struct up_rng *keep,
                                const struct UP_REAL_(vgae_desk) * desk)
{
    int one = w->l->nodes * w->l->latent, first = s.from * one, many = (s.to - s.from) * one;
    uint64_t block = (at + (size_t)s.from) * (uint64_t)((one + 3) / 4);
    if (m->sample)
        up_draw_normals(desk->draw, (size_t)many, noise, block);
    for (int i = 0; m->sample && i < many; i++)
        w->noise[first + i] = (UP_REAL)desk->draw[i];
    if (m->drop)
        up_draw_uniforms(desk->draw, (size_t)many, 1, keep, block);
    float bar = (float)(2 * drop - 1); /* of U[-1, 1) */
    for (int i = 0; m->drop && i < many; i++)
        w->keep[first + i] = desk->draw[i] < bar ? 0 : (UP_REAL)(1 / (1 - drop));
}
