/* The halves of vgae_net_body.h, forward and backward: a seat's parts. */

/* Where half j's tensors lie; its input has `in` numbers. */
struct UP_REAL_(vgae_half) {
    size_t w, b, gamma, beta, mean, var;
    int in;
};
static struct UP_REAL_(vgae_half) UP_REAL_(vgae_half)(const struct up_vgae_layout *l, int j)
{
    int i = j / 2;
    if (j % 2)
        return (struct UP_REAL_(vgae_half)){
            l->layer[i].w2,    l->layer[i].b2,   l->layer[i].gamma2, l->layer[i].beta2,
            l->layer[i].mean2, l->layer[i].var2, l->hidden};
    return (struct UP_REAL_(vgae_half)){
        l->layer[i].w1,    l->layer[i].b1,   l->layer[i].gamma1,       l->layer[i].beta1,
        l->layer[i].mean1, l->layer[i].var1, j ? l->hidden : l->inputs};
}

/* Half j's norm as a seat uses it; seat 0 keeps the running statistics. */
static struct UP_REAL_(bn)
    UP_REAL_(vgae_norm)(const struct UP_REAL_(vgae_work) * w, UP_REAL *v, int j, bool keep,
                        const struct UP_REAL_(vgae_desk) * desk)
{
    struct UP_REAL_(vgae_half) at = UP_REAL_(vgae_half)(w->l, j);
    UP_REAL *used = desk->used + 2 * j * w->l->hidden;
    return (struct UP_REAL_(bn)){
        v + at.gamma, v + at.beta,        keep ? v + at.mean : NULL, keep ? v + at.var : NULL,
        used,         used + w->l->hidden};
}

static void UP_REAL_(vgae_rows)(int *rows, const struct UP_REAL_(vgae_work) * w)
{
    for (int p = 0; p < UP_REAL_(vgae_parts); p++) {
        struct up_span s = UP_REAL_(vgae_part)(w->G, p);
        rows[p] = (s.to - s.from) * w->l->nodes;
    }
}

/* When all parts of h_j have been measured. */
static void UP_REAL_(vgae_settle)(const struct UP_REAL_(vgae_work) * w, UP_REAL *v, int j,
                                  const struct UP_REAL_(vgae_mode) * m,
                                  const struct up_seat *seat)
{
    enum { PARTS = UP_REAL_(vgae_parts) };
    int H = w->l->hidden, rows[PARTS];
    const double *sums = w->sums[j % 2];
    struct UP_REAL_(bn) p =
        UP_REAL_(vgae_norm)(w, v, j, !m->batch || seat->id == 0, &w->desk[seat->id]);
    UP_REAL_(vgae_rows)(rows, w);
    if (m->batch)
        w->k->bn_settle(&p, sums, sums + PARTS * H, rows, PARTS, H);
    else
        w->k->bn_freeze(&p, H);
}

/* The output of norm j for the graphs s: x[rows][desk->ld]. */
static void UP_REAL_(vgae_output)(UP_REAL *x, const struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                  int j, struct up_span s,
                                  const struct UP_REAL_(vgae_desk) * desk)
{
    int n = w->l->nodes, H = w->l->hidden;
    struct UP_REAL_(bn) p = UP_REAL_(vgae_norm)(w, v, j, false, desk);
    w->k->bn_apply(x, desk->ld, w->h[j] + (long)s.from * n * H, H, &p, (s.to - s.from) * n, H);
}

/* a = (1 + eps) x + A~ x for the graphs s. */
static void UP_REAL_(vgae_gather)(UP_REAL *a, int lda, const UP_REAL *x, int ldx, int C,
                                  const struct UP_REAL_(vgae_work) * w, const UP_REAL *v,
                                  int layer, struct up_span s)
{
    int n = w->l->nodes;
    long r = (long)s.from * n;
    w->k->gather(a, lda, x, ldx,
                 &(struct up_dense_graph){w->links + r, w->link + r * n, n,
                                          (double)(1 + v[w->l->layer[layer].eps])},
                 (s.to - s.from) * n, C);
}

/* Half j's input for the graphs s, in desk->u; the nodes themselves, for even j, in
 * desk->x. */
static void UP_REAL_(vgae_input)(struct UP_REAL_(vgae_work) * w, UP_REAL *v, int j,
                                 struct up_span s, const struct UP_REAL_(vgae_desk) * desk)
{
    int H = w->l->hidden, ld = desk->ld;
    if (j == 0) {
        const UP_REAL *x0 = w->x0 + (long)s.from * w->l->nodes * w->ld0;
        UP_REAL_(vgae_gather)(desk->u, ld, x0, w->ld0, w->ld0, w, v, 0, s);
    } else if (j % 2) {
        UP_REAL_(vgae_output)(desk->u, w, v, j - 1, s, desk);
    } else {
        UP_REAL_(vgae_output)(desk->x, w, v, j - 1, s, desk);
        UP_REAL_(vgae_gather)(desk->u, ld, desk->x, ld, H, w, v, j / 2, s);
    }
}

/* h_j = w u + b for the graphs s of part p, measured; `turned`: w. */
static void UP_REAL_(vgae_forward)(struct UP_REAL_(vgae_work) * w, UP_REAL *v, int j, int p,
                                   const UP_REAL *turned, const struct UP_REAL_(vgae_mode) * m,
                                   const struct UP_REAL_(vgae_desk) * desk)
{
    struct UP_REAL_(vgae_half) at = UP_REAL_(vgae_half)(w->l, j);
    struct up_span s = UP_REAL_(vgae_part)(w->G, p);
    int H = w->l->hidden, rows = (s.to - s.from) * w->l->nodes;
    UP_REAL *h = w->h[j] + (long)s.from * w->l->nodes * H;
    double *sums = w->sums[j % 2] + p * H;
    UP_REAL_(vgae_input)(w, v, j, s, desk);
    w->k->fill(h, v + at.b, rows, H, H);
    w->k->matmul(h, H, desk->u, desk->ld, turned, H,
                 &(struct up_matmul){UP_N, UP_N, rows, H, at.in, 1});
    if (m->batch && rows)
        w->k->bn_measure(sums, sums + UP_REAL_(vgae_parts) * H, h, rows, H, H);
}

/* A seat's rows of weight[to][from] become columns of w->turned[which]. */
static void UP_REAL_(vgae_turn)(struct UP_REAL_(vgae_work) * w, int which,
                                const UP_REAL *weight, int to, int from,
                                const struct up_seat *seat)
{
    struct up_span s = up_crew_share(seat, to, UP_REAL_(vgae_unit));
    w->k->turn(w->turned[which] + s.from, to, weight + (long)s.from * from, s.to - s.from, from,
               from);
}

/* Up to h of the last half, measured; v holds the layout's tensors; with m->batch its running
 * statistics move. The seats have met before, and meet at the end. */
static void UP_REAL_(vgae_encode)(struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                  const struct UP_REAL_(vgae_mode) * m,
                                  const struct up_seat *seat)
{
    enum { HALVES = UP_REAL_(vgae_halves) };
    const struct up_vgae_layout *l = w->l;
    const struct UP_REAL_(vgae_desk) *desk = &w->desk[seat->id];
    struct up_span mine = up_crew_share(seat, UP_REAL_(vgae_parts), 1);
    int H = l->hidden, I = l->inputs;
    w->k->turn(desk->first, H, v + l->layer[0].w1, H, I, I);
    for (int j = 0; j < HALVES; j++) {
        if (j > 0)
            UP_REAL_(vgae_settle)(w, v, j - 1, m, seat);
        for (int p = mine.from; p < mine.to; p++)
            UP_REAL_(vgae_forward)(w, v, j, p, j ? w->turned[j % 2] : desk->first, m, desk);
        if (j + 1 < HALVES)
            UP_REAL_(vgae_turn)
        (w, (j + 1) % 2, v + UP_REAL_(vgae_half)(l, j + 1).w, H, H, seat);
        else UP_REAL_(vgae_turn)(w, 0, v + l->head_w, 2 * l->latent, H, seat);
        up_crew_meet(seat);
    }
}

/* The sums behind the gradients of norm j, from w->dy, of part p. */
static void UP_REAL_(vgae_slopes)(struct UP_REAL_(vgae_work) * w, UP_REAL *v, int j, int p,
                                  const struct UP_REAL_(vgae_desk) * desk)
{
    struct up_span s = UP_REAL_(vgae_part)(w->G, p);
    struct UP_REAL_(bn) norm = UP_REAL_(vgae_norm)(w, v, j, false, desk);
    int n = w->l->nodes, H = w->l->hidden;
    long first = (long)s.from * n * H;
    double *sums = w->sums[(j + 1) % 2] + p * H;
    w->k->bn_slopes(sums, sums + UP_REAL_(vgae_parts) * H, &norm,
                    &(struct UP_REAL_(bn_rows)){w->dy + first, H, w->h[j] + first, H,
                                                (s.to - s.from) * n, H});
}

/* When all parts have them: a and b of the desk; the gradients of the norm and of the bias
 * are left in g. */
static void UP_REAL_(vgae_norm_back)(UP_REAL *g, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                     int j, const struct UP_REAL_(vgae_mode) * m,
                                     const struct up_seat *seat)
{
    enum { PARTS = UP_REAL_(vgae_parts) };
    const struct UP_REAL_(vgae_desk) *desk = &w->desk[seat->id];
    struct UP_REAL_(vgae_half) at = UP_REAL_(vgae_half)(w->l, j);
    struct UP_REAL_(bn) norm = UP_REAL_(vgae_norm)(w, v, j, false, desk);
    int H = w->l->hidden, rows[PARTS];
    bool keep = seat->id == 0;
    const double *sums = w->sums[(j + 1) % 2];
    UP_REAL_(vgae_rows)(rows, w);
    w->k->bn_turn(desk->a, desk->b,
                  &(struct UP_REAL_(bn_gradients)){keep ? g + at.gamma : desk->spare,
                                                   keep ? g + at.beta : desk->spare + H,
                                                   keep ? g + at.b : desk->spare + 2 * H},
                  &norm, &(struct up_bn_slopes){sums, sums + PARTS * H, rows, PARTS}, H,
                  m->batch);
}

/* g[n] of a seat, from what the parts have left in w->part[which]. */
static void UP_REAL_(vgae_add_up)(UP_REAL *g, const struct UP_REAL_(vgae_work) * w, int which,
                                  size_t n, const struct up_seat *seat)
{
    struct up_span s = up_crew_share(seat, (int)n, UP_REAL_(vgae_unit));
    w->k->sums(g + s.from, w->part[which] + s.from, UP_REAL_(vgae_parts), s.to - s.from,
               (int)w->stretch);
}

/* Through the first half, whose inputs are few: part[H][I] = dh^T u, turned on the way because
 * few are better rows of a product than columns. Nobody asks for the gradient of x0 but eps,
 * for its product with x0: that is w1's product with dh^T x0. */
static void UP_REAL_(vgae_first_back)(UP_REAL *part, struct UP_REAL_(vgae_work) * w, int p,
                                      struct up_span s, const struct UP_REAL_(vgae_desk) * desk)
{
    int n = w->l->nodes, I = w->l->inputs, H = w->l->hidden, ld = desk->ld, ld0 = w->ld0;
    int rows = (s.to - s.from) * n;
    const UP_REAL *x0 = w->x0 + (long)s.from * n * ld0;
    UP_REAL *turned = desk->turned;
    w->k->matmul(turned, H, x0, ld0, desk->dh, ld,
                 &(struct up_matmul){UP_T, UP_N, I, H, rows, 0});
    w->slope[0][p] = w->k->dot(turned, H, desk->first, H, I, H);
    w->k->matmul(turned, H, desk->u, ld, desk->dh, ld,
                 &(struct up_matmul){UP_T, UP_N, I, H, rows, 0});
    w->k->turn(part, I, turned, I, H, H);
}

/* Through half j > 0: part[H][H] of the gradient of its weights; from desk->dh, the gradient
 * of h_j, to that of norm j - 1's output and to part p of eps's. */
static void UP_REAL_(vgae_half_back)(UP_REAL *part, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                     int j, int p, struct up_span s,
                                     const struct UP_REAL_(vgae_desk) * desk)
{
    const UP_REAL *weight = v + UP_REAL_(vgae_half)(w->l, j).w;
    int n = w->l->nodes, H = w->l->hidden, ld = desk->ld, rows = (s.to - s.from) * n;
    UP_REAL *dy = w->dy + (long)s.from * n * H, *du = desk->u;
    w->k->matmul(part, H, desk->dh, ld, desk->u, ld,
                 &(struct up_matmul){UP_T, UP_N, H, H, rows, 0});
    if (j % 2) {
        w->k->matmul(dy, H, desk->dh, ld, weight, H,
                     &(struct up_matmul){UP_N, UP_N, rows, H, H, 0});
    } else {
        w->k->matmul(du, ld, desk->dh, ld, weight, H,
                     &(struct up_matmul){UP_N, UP_N, rows, H, H, 0});
        w->slope[j / 2][p] = w->k->dot(du, ld, desk->x, ld, rows, H);
        UP_REAL_(vgae_gather)(dy, H, du, ld, H, w, v, j / 2, s);
    }
    UP_REAL_(vgae_slopes)(w, v, j - 1, p, desk);
}

/* From w->dy to the gradients of half j's weights and to w->dy of the half before it; part
 * p. */
static void UP_REAL_(vgae_backward)(struct UP_REAL_(vgae_work) * w, UP_REAL *v, int j, int p,
                                    const struct UP_REAL_(vgae_desk) * desk)
{
    struct UP_REAL_(bn) norm = UP_REAL_(vgae_norm)(w, v, j, false, desk);
    struct up_span s = UP_REAL_(vgae_part)(w->G, p);
    int H = w->l->hidden, rows = (s.to - s.from) * w->l->nodes;
    long first = (long)s.from * w->l->nodes * H;
    UP_REAL *part = w->part[j % 2] + (size_t)p * w->stretch;
    if (rows == 0) { /* nothing, and no slopes that anybody reads */
        memset(part, 0, w->stretch * sizeof *part);
        w->slope[j / 2][p] = 0;
        return;
    }
    w->k->bn_back(desk->dh, desk->ld, &norm, desk->a, desk->b,
                  &(struct UP_REAL_(bn_rows)){w->dy + first, H, w->h[j] + first, H, rows, H});
    UP_REAL_(vgae_input)(w, v, j, s, desk);
    if (j == 0)
        UP_REAL_(vgae_first_back)(part, w, p, s, desk);
    else
        UP_REAL_(vgae_half_back)(part, w, v, j, p, s, desk);
}

/* From w->dy, the gradient of the last norm's output, whose sums and the tail's part of the
 * gradient all seats have left when they met, down to the input. The gradient is in
 * g[tensors.learned] when the seats meet next. */
static void UP_REAL_(vgae_encode_back)(UP_REAL *g, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                       const struct UP_REAL_(vgae_mode) * m,
                                       const struct up_seat *seat)
{
    const struct up_vgae_layout *l = w->l;
    struct up_span mine = up_crew_share(seat, UP_REAL_(vgae_parts), 1);
    size_t last = l->head_w, many = l->layer[0].eps - l->head_w;
    for (int j = UP_REAL_(vgae_halves) - 1; j >= 0; j--) {
        struct UP_REAL_(vgae_half) at = UP_REAL_(vgae_half)(l, j);
        UP_REAL_(vgae_norm_back)(g, w, v, j, m, seat);
        UP_REAL_(vgae_add_up)(g + last, w, (j + 1) % 2, many, seat);
        for (int p = mine.from; p < mine.to; p++)
            UP_REAL_(vgae_backward)(w, v, j, p, &w->desk[seat->id]);
        last = at.w;
        many = (size_t)(l->hidden * at.in);
        up_crew_meet(seat);
    }
    UP_REAL_(vgae_add_up)(g + last, w, 0, many, seat);
    for (int i = 0; seat->id == 0 && i < UP_VGAE_LAYERS; i++) {
        double sum = 0;
        for (int p = 0; p < UP_REAL_(vgae_parts); p++)
            sum += w->slope[i][p];
        g[l->layer[i].eps] = (UP_REAL)sum;
    }
}
