/* Forward, loss and backward of the VGAE in training, for one floating type: the
 * macros of stages/nn/dense_body.h, whose functions must be declared. All static.
 *
 *   G graphs of the batch   n nodes   R = G n rows   K classes   H hidden   L latent
 * Encoder: x_{l+1} = norm(w2 norm(w1 ((1 + eps) x_l + A~ x_l))), norm = BatchNorm-ReLU;
 * (mu, ell) = head x; z = mu + exp(ell) noise, then dropout; operations
 * sigmoid(op z), edges sigmoid(z z^T).
 * Loss: BCE of operations, mean over R K + BCE of edges i < j, summed and divided
 * by R n + kl * mean over rows of -1/2 sum (1 + 2 ell - mu^2 - exp(2 ell)). */

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
    int G;          /* of the current batch, at most the capacity */
    uint8_t *op;    /* [R] */
    uint8_t *links; /* [R] number of neighbours */
    uint8_t *link;  /* [R][n] neighbours within the graph, ascending */
    UP_REAL *x0;    /* [R][K] */
    struct {
        UP_REAL *a;                /* [R][in] gathered input */
        UP_REAL *h1, *r1, *h2, *x; /* [R][H] before and after each norm */
        UP_REAL *used1, *used2;    /* [2][H] */
    } layer[UP_VGAE_LAYERS];
    UP_REAL *head;         /* [R][2 L] mu, ell */
    UP_REAL *noise, *keep; /* [R][L] normal draws; 0 or 1 / (1 - p) */
    UP_REAL *z;            /* [R][L] after dropout */
    UP_REAL *ops, *edges;  /* [R][K], [R][n]: logits, then their gradients */
    UP_REAL *dz, *dhead;   /* [R][L], [R][2 L] */
    UP_REAL *d, *e;        /* [R][H] gradients on their way down */
};

static void UP_REAL_(vgae_work_init)(struct UP_REAL_(vgae_work) * w,
                                     const struct up_vgae_layout *l, int capacity,
                                     struct up_arena *arena)
{
    int n = l->nodes, R = capacity * n, K = l->classes, H = l->hidden, L = l->latent;
    memset(w, 0, sizeof *w);
    w->l = l;
    w->op = UP_NEW(arena, R, uint8_t);
    w->links = UP_NEW(arena, R, uint8_t);
    w->link = UP_NEW(arena, R * n, uint8_t);
    w->x0 = UP_NEW(arena, R * K, UP_REAL);
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        w->layer[i].a = UP_NEW(arena, R * (i ? H : K), UP_REAL);
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
    w->z = UP_NEW(arena, R * L, UP_REAL);
    w->ops = UP_NEW(arena, R * K, UP_REAL);
    w->edges = UP_NEW(arena, R * n, UP_REAL);
    w->dz = UP_NEW(arena, R * L, UP_REAL);
    w->dhead = UP_NEW(arena, R * 2 * L, UP_REAL);
    w->d = UP_NEW(arena, R * (H > K ? H : K), UP_REAL);
    w->e = UP_NEW(arena, R * (H > K ? H : K), UP_REAL);
}

/* The batch: graphs all[pick[0..G-1]]. */
static void UP_REAL_(vgae_take)(struct UP_REAL_(vgae_work) * w, const struct up_cell_graph *all,
                                const uint32_t *pick, int G)
{
    int n = w->l->nodes, K = w->l->classes;
    w->G = G;
    memset(w->x0, 0, (size_t)(G * n * K) * sizeof *w->x0);
    for (int r = 0; r < G * n; r++) {
        const struct up_cell_graph *g = &all[pick[r / n]];
        int i = r % n, links = 0;
        w->op[r] = g->op[i];
        w->x0[r * K + g->op[i]] = 1;
        for (int j = 0; j < n; j++)
            if (g->adj[i * n + j] || g->adj[j * n + i])
                w->link[r * n + links++] = (uint8_t)j;
        w->links[r] = (uint8_t)links;
    }
}

static void UP_REAL_(vgae_draw)(struct UP_REAL_(vgae_work) * w,
                                const struct UP_REAL_(vgae_mode) * m, double drop,
                                struct up_rng *noise, struct up_rng *keep)
{
    int count = w->G * w->l->nodes * w->l->latent;
    for (int i = 0; m->sample && i < count; i++)
        w->noise[i] = (UP_REAL)up_rng_normal(noise);
    uint32_t bar = (uint32_t)(drop * 4294967296.0);
    for (int i = 0; m->drop && i < count; i++)
        w->keep[i] = up_rng_u32(keep) < bar ? 0 : (UP_REAL)(1 / (1 - drop));
}

/* a = (1 + eps) x + A~ x. A~ is symmetric, so this is its own backward pass. */
static UP_WIDE void UP_REAL_(vgae_gather)(UP_REAL *a, const UP_REAL *x,
                                          const struct UP_REAL_(vgae_work) * w, UP_REAL eps,
                                          int d)
{
    int n = w->l->nodes;
    for (int r = 0; r < w->G * n; r++) {
        UP_REAL *ar = a + (long)r * d;
        const UP_REAL *xr = x + (long)r * d, *graph = x + (long)(r - r % n) * d;
        for (int c = 0; c < d; c++)
            ar[c] = (1 + eps) * xr[c];
        for (int k = 0; k < w->links[r]; k++) {
            const UP_REAL *xj = graph + (long)w->link[r * n + k] * d;
            for (int c = 0; c < d; c++)
                ar[c] += xj[c];
        }
    }
}

/* v holds the layout's tensors; with m->batch its running statistics move. */
static void UP_REAL_(vgae_forward)(struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                   const struct UP_REAL_(vgae_mode) * m)
{
    const struct up_vgae_layout *l = w->l;
    int n = l->nodes, R = w->G * n, K = l->classes, H = l->hidden, L = l->latent;
    const UP_REAL *x = w->x0;
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        int in = i ? H : K;
        struct UP_REAL_(bn) p1 = {v + l->layer[i].gamma1, v + l->layer[i].beta1,
                                  v + l->layer[i].mean1, v + l->layer[i].var1};
        struct UP_REAL_(bn) p2 = {v + l->layer[i].gamma2, v + l->layer[i].beta2,
                                  v + l->layer[i].mean2, v + l->layer[i].var2};
        UP_REAL_(vgae_gather)(w->layer[i].a, x, w, v[l->layer[i].eps], in);
        UP_REAL_(dense_forward)
        (w->layer[i].h1, w->layer[i].a, v + l->layer[i].w1, v + l->layer[i].b1, R, in, H);
        (m->batch ? UP_REAL_(bnrelu_train) : UP_REAL_(bnrelu_eval))(
            w->layer[i].r1, w->layer[i].used1, w->layer[i].h1, &p1, R, H);
        UP_REAL_(dense_forward)
        (w->layer[i].h2, w->layer[i].r1, v + l->layer[i].w2, v + l->layer[i].b2, R, H, H);
        (m->batch ? UP_REAL_(bnrelu_train) : UP_REAL_(bnrelu_eval))(
            w->layer[i].x, w->layer[i].used2, w->layer[i].h2, &p2, R, H);
        x = w->layer[i].x;
    }
    UP_REAL_(dense_forward)(w->head, x, v + l->head_w, v + l->head_b, R, H, 2 * L);
    for (int r = 0; r < R; r++)
        for (int c = 0; c < L; c++) {
            UP_REAL z = w->head[r * 2 * L + c];
            if (m->sample)
                z += (UP_REAL)exp((double)w->head[r * 2 * L + L + c]) * w->noise[r * L + c];
            w->z[r * L + c] = m->drop ? z * w->keep[r * L + c] : z;
        }
    UP_REAL_(dense_forward)(w->ops, w->z, v + l->op_w, v + l->op_b, R, L, K);
    for (int r = 0; r < R; r++)
        for (int j = r % n + 1; j < n; j++) {
            const UP_REAL *a = w->z + (long)r * L, *b = w->z + (long)(r - r % n + j) * L;
            UP_REAL s = 0;
            for (int c = 0; c < L; c++)
                s += a[c] * b[c];
            w->edges[r * n + j] = s;
        }
}

/* Binary cross entropy of sigmoid(s) against t; *d = sigmoid(s) - t. */
static double UP_REAL_(vgae_bce)(double s, int t, double *d)
{
    double e = exp(-fabs(s)), p = 1 / (1 + e);
    *d = (s < 0 ? 1 - p : p) - t;
    return (s > 0 ? s : 0) - t * s + log1p(e);
}

/* Turns w->ops and w->edges into gradients; fills the KL part of w->dhead. */
static struct UP_REAL_(vgae_loss)
    UP_REAL_(vgae_loss)(struct UP_REAL_(vgae_work) * w, const struct UP_REAL_(vgae_mode) * m)
{
    int n = w->l->nodes, R = w->G * n, K = w->l->classes, L = w->l->latent;
    struct UP_REAL_(vgae_loss) loss = {0, 0, 0};
    double d;
    for (int r = 0; r < R; r++) {
        for (int k = 0; k < K; k++) {
            loss.ops += UP_REAL_(vgae_bce)((double)w->ops[r * K + k], w->op[r] == k, &d);
            w->ops[r * K + k] = (UP_REAL)(d / ((double)R * K));
        }
        uint64_t linked = 0;
        for (int k = 0; k < w->links[r]; k++)
            linked |= (uint64_t)1 << w->link[r * n + k];
        for (int j = r % n + 1; j < n; j++) {
            int t = (int)(linked >> j & 1);
            loss.edges += UP_REAL_(vgae_bce)((double)w->edges[r * n + j], t, &d);
            w->edges[r * n + j] = (UP_REAL)(d / ((double)R * n));
        }
        for (int c = 0; c < L; c++) {
            double mu = (double)w->head[r * 2 * L + c],
                   ell = (double)w->head[r * 2 * L + L + c];
            double var = exp(2 * ell);
            loss.kl -= 0.5 * (1 + 2 * ell - mu * mu - var);
            w->dhead[r * 2 * L + c] = (UP_REAL)(m->kl / R * mu);
            w->dhead[r * 2 * L + L + c] = (UP_REAL)(m->kl / R * (var - 1));
        }
    }
    loss.ops /= (double)R * K;
    loss.edges /= (double)R * n;
    loss.kl /= R;
    return loss;
}

/* From the gradients of the logits to w->dhead. */
static void UP_REAL_(vgae_backward_decoder)(UP_REAL *g, struct UP_REAL_(vgae_work) * w,
                                            const UP_REAL *v,
                                            const struct UP_REAL_(vgae_mode) * m)
{
    const struct up_vgae_layout *l = w->l;
    int n = l->nodes, R = w->G * n, K = l->classes, L = l->latent;
    UP_REAL_(dense_backward)
    (w->dz, g + l->op_w, g + l->op_b, w->ops, w->z, v + l->op_w, R, L, K);
    for (int r = 0; r < R; r++)
        for (int j = r % n + 1; j < n; j++) {
            long a = (long)r * L, b = (long)(r - r % n + j) * L;
            UP_REAL s = w->edges[r * n + j];
            for (int c = 0; c < L; c++) {
                w->dz[a + c] += s * w->z[b + c];
                w->dz[b + c] += s * w->z[a + c];
            }
        }
    for (int r = 0; r < R; r++)
        for (int c = 0; c < L; c++) {
            UP_REAL d = m->drop ? w->dz[r * L + c] * w->keep[r * L + c] : w->dz[r * L + c];
            UP_REAL *mu = &w->dhead[r * 2 * L + c], *ell = mu + L;
            *mu += d;
            if (m->sample)
                *ell +=
                    d * (UP_REAL)exp((double)w->head[r * 2 * L + L + c]) * w->noise[r * L + c];
        }
}

static UP_WIDE double UP_REAL_(vgae_dot)(const UP_REAL *a, const UP_REAL *b, long n)
{
    double s[8] = {0}, sum = 0;
    for (long i = 0; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++)
            s[k] += (double)a[i + k] * (double)b[i + k];
    for (long i = n - n % 8; i < n; i++)
        s[i % 8] += (double)a[i] * (double)b[i];
    for (int k = 0; k < 8; k++)
        sum += s[k];
    return sum;
}

/* Accumulates the gradient of the loss into g[tensors.learned]; after vgae_loss. */
static void UP_REAL_(vgae_backward)(UP_REAL *g, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                    const struct UP_REAL_(vgae_mode) * m)
{
    const struct up_vgae_layout *l = w->l;
    int R = w->G * l->nodes, K = l->classes, H = l->hidden, L = l->latent;
    UP_REAL_(vgae_backward_decoder)(g, w, v, m);
    UP_REAL_(dense_backward)
    (w->d, g + l->head_w, g + l->head_b, w->dhead, w->layer[UP_VGAE_LAYERS - 1].x,
     v + l->head_w, R, H, 2 * L);
    for (int i = UP_VGAE_LAYERS - 1; i >= 0; i--) {
        int in = i ? H : K;
        const UP_REAL *x = i ? w->layer[i - 1].x : w->x0;
        struct UP_REAL_(bn) p1 = {v + l->layer[i].gamma1, v + l->layer[i].beta1, NULL, NULL};
        struct UP_REAL_(bn) p2 = {v + l->layer[i].gamma2, v + l->layer[i].beta2, NULL, NULL};
        UP_REAL_(bnrelu_backward)
        (w->d, g + l->layer[i].gamma2, g + l->layer[i].beta2, w->d, w->layer[i].x,
         w->layer[i].used2, w->layer[i].h2, &p2, R, H, m->batch);
        UP_REAL_(dense_backward)
        (w->e, g + l->layer[i].w2, g + l->layer[i].b2, w->d, w->layer[i].r1, v + l->layer[i].w2,
         R, H, H);
        UP_REAL_(bnrelu_backward)
        (w->e, g + l->layer[i].gamma1, g + l->layer[i].beta1, w->e, w->layer[i].r1,
         w->layer[i].used1, w->layer[i].h1, &p1, R, H, m->batch);
        UP_REAL_(dense_backward)
        (w->d, g + l->layer[i].w1, g + l->layer[i].b1, w->e, w->layer[i].a, v + l->layer[i].w1,
         R, in, H);
        g[l->layer[i].eps] += (UP_REAL)UP_REAL_(vgae_dot)(w->d, x, (long)R * in);
        if (i) {
            UP_REAL_(vgae_gather)(w->e, w->d, w, v[l->layer[i].eps], in);
            UP_REAL *t = w->d;
            w->d = w->e;
            w->e = t;
        }
    }
}
