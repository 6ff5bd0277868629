/* Forward, loss and backward of the estimator in training, for one floating type: the
 * macros and functions of stages/kernels/dense/dense_body.h.
 *   B rows   I inputs   H hidden   M scores   ld = numbers from a column to the next
 * Loss: squared error summed over scores, mean over the batch.
 *
 * A batch is small and the weights are many, so what is multiplied with them lies turned, a
 * column of the batch in one row of memory: then every product reads the weights as they
 * are. The norms and the gradients of the weights want rows of the batch, and have them.
 *
 * Every function is walked through by all seats of a crew; a seat has a span of columns. */

enum { UP_REAL_(mlp_unit) = 16 }; /* columns of a seat are a multiple of this */

struct UP_REAL_(mlp_work) {
    const struct up_mlp_layout *l;
    const struct UP_REAL_(dense) * k;
    int B, ld;
    UP_REAL *x_rows, *x; /* [B][I], [I][ld] inputs */
    UP_REAL *t;          /* [B][M] targets */
    struct {
        UP_REAL *h_rows, *r_rows; /* [B][H] before and after the norm */
        UP_REAL *r, *dh;          /* [H][ld] */
        UP_REAL *used;            /* [2][H] */
    } layer[UP_MLP_DEPTH_MAX];
    UP_REAL *turned;            /* [H][ld] on the way */
    UP_REAL *dr_rows, *dh_rows; /* [B][H] */
    UP_REAL *y, *dy;            /* [seats][M][ld] */
    double loss;
};

static void UP_REAL_(mlp_work_init)(struct UP_REAL_(mlp_work) * w,
                                    const struct up_mlp_layout *l, int capacity, int seats,
                                    const struct UP_REAL_(dense) * k, struct up_arena *arena)
{
    int ld = (capacity + 15) / 16 * 16;
    memset(w, 0, sizeof *w);
    w->l = l;
    w->k = k;
    w->ld = ld;
    w->x_rows = UP_NEW(arena, capacity * l->in, UP_REAL);
    w->x = UP_NEW(arena, l->in * ld, UP_REAL);
    w->t = UP_NEW(arena, capacity * l->out, UP_REAL);
    for (int i = 0; i < l->depth; i++) {
        w->layer[i].h_rows = UP_NEW(arena, capacity * l->hidden, UP_REAL);
        w->layer[i].r = UP_NEW(arena, l->hidden * ld, UP_REAL);
        w->layer[i].r_rows = UP_NEW(arena, capacity * l->hidden, UP_REAL);
        w->layer[i].dh = UP_NEW(arena, l->hidden * ld, UP_REAL);
        w->layer[i].used = UP_NEW(arena, 2 * l->hidden, UP_REAL);
    }
    w->turned = UP_NEW(arena, l->hidden * ld, UP_REAL);
    w->dr_rows = UP_NEW(arena, capacity * l->hidden, UP_REAL);
    w->dh_rows = UP_NEW(arena, capacity * l->hidden, UP_REAL);
    w->y = UP_NEW(arena, seats * l->out * ld, UP_REAL);
    w->dy = UP_NEW(arena, seats * l->out * ld, UP_REAL);
}

static struct up_span UP_REAL_(mlp_span)(const struct up_mlp_layout *l,
                                         const struct up_seat *seat)
{
    return up_crew_share(seat, l->hidden, UP_REAL_(mlp_unit));
}

static struct UP_REAL_(bn)
    UP_REAL_(mlp_norm)(const struct UP_REAL_(mlp_work) * w, int i, UP_REAL *v, int c)
{
    const struct up_mlp_layout *l = w->l;
    return (struct UP_REAL_(bn)){.gamma = v + l->layer[i].gamma + c,
                                 .beta = v + l->layer[i].beta + c,
                                 .mean = v + l->layer[i].mean + c,
                                 .var = v + l->layer[i].var + c,
                                 .centre = w->layer[i].used + c,
                                 .inverse = w->layer[i].used + l->hidden + c};
}

/* y[rows s of w] = w x + b. */
static void UP_REAL_(mlp_linear)(UP_REAL *y, const UP_REAL *x,
                                 const struct UP_REAL_(mlp_work) * w, const UP_REAL *v, int i,
                                 struct up_span s)
{
    int from = up_mlp_layout_from(w->l, i), ld = w->ld, B = w->B;
    for (int c = s.from; c < s.to; c++)
        for (int r = 0; r < B; r++)
            y[(long)c * ld + r] = v[w->l->layer[i].b + (size_t)c];
    w->k->matmul(y + (long)s.from * ld, ld, v + w->l->layer[i].w + (long)s.from * from, from, x,
                 ld, &(struct up_matmul){UP_N, UP_N, s.to - s.from, B, from, 1});
}

/* Of the rows in w->x_rows, w->x and w->t, after the seats have met. The running
 * statistics in v move. Each seat has d loss / d y for itself; seat 0 sets w->loss. */
static void UP_REAL_(mlp_forward)(struct UP_REAL_(mlp_work) * w, UP_REAL *v,
                                  const struct up_seat *seat)
{
    const struct up_mlp_layout *l = w->l;
    const UP_REAL *x = w->x;
    int B = w->B, H = l->hidden, M = l->out, ld = w->ld;
    struct up_span s = UP_REAL_(mlp_span)(l, seat);
    int c = s.from, C = s.to - s.from;
    for (int i = 0; i < l->depth; i++) {
        struct UP_REAL_(bn) p = UP_REAL_(mlp_norm)(w, i, v, c);
        UP_REAL *h = w->layer[i].h_rows + c, *r = w->layer[i].r_rows + c;
        UP_REAL_(mlp_linear)(w->turned, x, w, v, i, s);
        w->k->turn(h, H, w->turned + (long)c * ld, C, B, ld);
        w->k->bn_train(r, h, &p, B, C, H);
        w->k->turn(w->layer[i].r + (long)c * ld, ld, r, B, C, H);
        up_crew_meet(seat);
        x = w->layer[i].r;
    }
    UP_REAL *y = w->y + (long)seat->id * M * ld, *dy = w->dy + (long)seat->id * M * ld;
    UP_REAL_(mlp_linear)(y, x, w, v, l->depth, (struct up_span){0, M});
    double loss = 0;
    for (int r = 0; r < B; r++)
        for (int m = 0; m < M; m++) {
            double e = (double)y[(long)m * ld + r] - (double)w->t[(long)r * M + m];
            loss += e * e;
            dy[(long)m * ld + r] = (UP_REAL)(2 * e / B);
        }
    if (seat->id == 0)
        w->loss = loss / B;
}

/* After mlp_forward: the gradients of activations in w->layer[].dh, and those of everything
 * but the weights in g[tensors.learned]. The seats meet at the end: then nobody reads the
 * weights any more. */
static void UP_REAL_(mlp_backward)(UP_REAL *g, struct UP_REAL_(mlp_work) * w, UP_REAL *v,
                                   const struct up_seat *seat)
{
    const struct up_mlp_layout *l = w->l;
    struct up_span s = UP_REAL_(mlp_span)(l, seat);
    int B = w->B, H = l->hidden, M = l->out, ld = w->ld, c = s.from, C = s.to - s.from;
    const UP_REAL *d = w->dy + (long)seat->id * M * ld;
    if (seat->id == 0)
        for (int m = 0; m < M; m++) {
            double sum = 0;
            for (int r = 0; r < B; r++)
                sum += (double)d[(long)m * ld + r];
            g[l->layer[l->depth].b + (size_t)m] = (UP_REAL)sum;
        }
    for (int i = l->depth - 1; i >= 0; i--) {
        struct UP_REAL_(bn) p = UP_REAL_(mlp_norm)(w, i, v, c);
        UP_REAL *dr = w->turned + (long)c * ld, *rows = w->dh_rows + c;
        w->k->matmul(dr, ld, v + l->layer[i + 1].w + c, H, d, ld,
                     &(struct up_matmul){UP_T, UP_N, C, B, up_mlp_layout_to(l, i + 1), 0});
        w->k->turn(w->dr_rows + c, H, dr, C, B, ld);
        w->k->bn_backward(
            rows,
            &(struct UP_REAL_(bn_gradients)){g + l->layer[i].gamma + c,
                                             g + l->layer[i].beta + c, g + l->layer[i].b + c},
            &p,
            &(struct UP_REAL_(bn_rows)){w->dr_rows + c, H, w->layer[i].h_rows + c, H, B, C});
        w->k->turn(w->layer[i].dh + (long)c * ld, ld, rows, B, C, H);
        up_crew_meet(seat);
        d = w->layer[i].dh;
    }
}

/* After mlp_backward: the gradient of rows [s.from, s.to) of layer i's weights, in g. */
static void UP_REAL_(mlp_weight_gradient)(UP_REAL *g, const struct UP_REAL_(mlp_work) * w,
                                          int i, struct up_span s)
{
    const struct up_mlp_layout *l = w->l;
    int from = up_mlp_layout_from(l, i), ld = w->ld;
    const UP_REAL *d = i < l->depth ? w->layer[i].dh : w->dy;
    w->k->matmul(g + l->layer[i].w + (long)s.from * from, from, d + (long)s.from * ld, ld,
                 i ? w->layer[i - 1].r_rows : w->x_rows, from,
                 &(struct up_matmul){UP_N, UP_N, s.to - s.from, from, w->B, 0});
}
