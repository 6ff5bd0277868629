/* Forward, loss and backward of the estimator in training, for one floating type:
 * the macros of stages/nn/dense_body.h, whose functions must be declared.
 *   B rows   I inputs   H hidden   M scores
 * Loss: squared error summed over scores, mean over the batch. */

struct UP_REAL_(mlp_work) {
    const struct up_mlp_layout *l;
    int B;
    UP_REAL *x, *y, *t; /* [B][I] inputs, [B][M] outputs, [B][M] targets */
    struct {
        UP_REAL *h, *r; /* [B][H] before and after the norm */
        UP_REAL *used;  /* [2][H] */
    } layer[UP_MLP_DEPTH_MAX];
    UP_REAL *d, *e; /* [B][max(H, M)] */
};

static void UP_REAL_(mlp_work_init)(struct UP_REAL_(mlp_work) * w,
                                    const struct up_mlp_layout *l, int capacity,
                                    struct up_arena *arena)
{
    int wide = l->hidden > l->out ? l->hidden : l->out;
    w->l = l;
    w->x = UP_NEW(arena, capacity * l->in, UP_REAL);
    w->y = UP_NEW(arena, capacity * l->out, UP_REAL);
    w->t = UP_NEW(arena, capacity * l->out, UP_REAL);
    for (int i = 0; i < l->depth; i++) {
        w->layer[i].h = UP_NEW(arena, capacity * l->hidden, UP_REAL);
        w->layer[i].r = UP_NEW(arena, capacity * l->hidden, UP_REAL);
        w->layer[i].used = UP_NEW(arena, 2 * l->hidden, UP_REAL);
    }
    w->d = UP_NEW(arena, capacity * wide, UP_REAL);
    w->e = UP_NEW(arena, capacity * wide, UP_REAL);
}

/* Of the rows in w->x and w->t; leaves d loss / d y in w->d. The running statistics
 * in v move. */
static double UP_REAL_(mlp_forward)(struct UP_REAL_(mlp_work) * w, UP_REAL *v)
{
    const struct up_mlp_layout *l = w->l;
    const UP_REAL *x = w->x;
    for (int i = 0; i < l->depth; i++) {
        struct UP_REAL_(bn) p = {v + l->layer[i].gamma, v + l->layer[i].beta,
                                 v + l->layer[i].mean, v + l->layer[i].var};
        UP_REAL_(dense_forward)
        (w->layer[i].h, x, v + l->layer[i].w, v + l->layer[i].b, w->B, up_mlp_layout_from(l, i),
         l->hidden);
        UP_REAL_(bnrelu_train)
        (w->layer[i].r, w->layer[i].used, w->layer[i].h, &p, w->B, l->hidden);
        x = w->layer[i].r;
    }
    UP_REAL_(dense_forward)
    (w->y, x, v + l->layer[l->depth].w, v + l->layer[l->depth].b, w->B, l->hidden, l->out);
    double loss = 0;
    for (int i = 0; i < w->B * l->out; i++) {
        double e = (double)w->y[i] - (double)w->t[i];
        loss += e * e;
        w->d[i] = (UP_REAL)(2 * e / w->B);
    }
    return loss / w->B;
}

/* Accumulates into g[tensors.learned]; after mlp_forward. */
static void UP_REAL_(mlp_backward)(UP_REAL *g, struct UP_REAL_(mlp_work) * w, const UP_REAL *v)
{
    const struct up_mlp_layout *l = w->l;
    for (int i = l->depth; i >= 0; i--) {
        const UP_REAL *x = i ? w->layer[i - 1].r : w->x;
        UP_REAL_(dense_backward)
        (i ? w->e : NULL, g + l->layer[i].w, g + l->layer[i].b, w->d, x, v + l->layer[i].w,
         w->B, up_mlp_layout_from(l, i), up_mlp_layout_to(l, i));
        if (!i)
            break;
        struct UP_REAL_(bn)
            p = {v + l->layer[i - 1].gamma, v + l->layer[i - 1].beta, NULL, NULL};
        UP_REAL_(bnrelu_backward)
        (w->d, g + l->layer[i - 1].gamma, g + l->layer[i - 1].beta, w->e, w->layer[i - 1].r,
         w->layer[i - 1].used, w->layer[i - 1].h, &p, w->B, l->hidden, 1);
    }
}
