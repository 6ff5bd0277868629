/* The layers of vgae_net_body.h, forward and backward: a seat's columns. */

/* Normalisation 1 or 2 of layer i, from column c on. */
static struct UP_REAL_(bn) UP_REAL_(vgae_norm)(const struct UP_REAL_(vgae_work) * w, int i,
                                               int which, UP_REAL *v, int c)
{
    const struct up_vgae_layout *l = w->l;
    UP_REAL *used = which == 1 ? w->layer[i].used1 : w->layer[i].used2;
    struct UP_REAL_(bn) p = {.centre = used + c, .inverse = used + l->hidden + c};
    if (which == 1) {
        p.gamma = v + l->layer[i].gamma1 + c;
        p.beta = v + l->layer[i].beta1 + c;
        p.mean = v + l->layer[i].mean1 + c;
        p.var = v + l->layer[i].var1 + c;
    } else {
        p.gamma = v + l->layer[i].gamma2 + c;
        p.beta = v + l->layer[i].beta2 + c;
        p.mean = v + l->layer[i].mean2 + c;
        p.var = v + l->layer[i].var2 + c;
    }
    return p;
}

/* y = norm(w x + b), columns [s.from, s.to) of H; x[R][in]; h keeps w x + b. */
static void UP_REAL_(vgae_half)(UP_REAL *y, UP_REAL *h, const UP_REAL *x, int in,
                                const struct UP_REAL_(vgae_work) * w, int i, int which,
                                UP_REAL *v, bool batch, struct up_span s)
{
    const struct up_vgae_layout *l = w->l;
    int R = w->G * l->nodes, H = l->hidden, c = s.from, C = s.to - s.from;
    const UP_REAL *weight = v + (which == 1 ? l->layer[i].w1 : l->layer[i].w2);
    const UP_REAL *bias = v + (which == 1 ? l->layer[i].b1 : l->layer[i].b2);
    struct UP_REAL_(bn) p = UP_REAL_(vgae_norm)(w, i, which, v, c);
    w->k->fill(h + c, bias + c, R, C, H);
    w->k->matmul(h + c, H, x, in, UP_N, weight + (long)c * in, in, UP_T, R, C, in, 1);
    (batch ? w->k->bn_train : w->k->bn_eval)(y + c, h + c, &p, R, C, H);
}

/* Up to the x of the last layer; v holds the layout's tensors; with m->batch its running
 * statistics move. The seats have met before, and meet at the end. */
static void UP_REAL_(vgae_encode)(struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                  const struct UP_REAL_(vgae_mode) * m,
                                  const struct up_seat *seat)
{
    const struct up_vgae_layout *l = w->l;
    int n = l->nodes, R = w->G * n, I = l->inputs, H = l->hidden;
    struct up_span s = up_crew_share(seat, H, UP_REAL_(vgae_unit));
    struct up_span g = up_crew_share(seat, w->G, 1);
    long first = (long)g.from * n;
    w->k->gather(w->layer[0].a + first * I, w->x0 + first * I, w->links + first,
                 w->link + first * n, n, 1 + v[l->layer[0].eps], (g.to - g.from) * n, I, I);
    up_crew_meet(seat);
    for (int i = 0; i < UP_VGAE_LAYERS; i++) {
        UP_REAL *x = w->layer[i].x;
        UP_REAL_(vgae_half)
        (w->layer[i].r1, w->layer[i].h1, w->layer[i].a, i ? H : I, w, i, 1, v, m->batch, s);
        up_crew_meet(seat);
        UP_REAL_(vgae_half)(x, w->layer[i].h2, w->layer[i].r1, H, w, i, 2, v, m->batch, s);
        if (i + 1 < UP_VGAE_LAYERS)
            w->k->gather(w->layer[i + 1].a + s.from, x + s.from, w->links, w->link, n,
                         1 + v[l->layer[i + 1].eps], R, s.to - s.from, H);
        up_crew_meet(seat);
    }
}

/* Through y = norm(w x + b): the seat's columns of dy are turned into those of d(w x + b),
 * in place; the gradients of its rows of w and of its columns are left in g. x[R][in]. The
 * seats meet in between: then all columns of dy are ready for who wants dx. */
static void UP_REAL_(vgae_half_back)(UP_REAL *dy, UP_REAL *g, const UP_REAL *y,
                                     const UP_REAL *h, const UP_REAL *x, int in,
                                     const struct UP_REAL_(vgae_work) * w, int i, int which,
                                     UP_REAL *v, bool batch, struct up_span s,
                                     const struct up_seat *seat)
{
    const struct up_vgae_layout *l = w->l;
    int R = w->G * l->nodes, H = l->hidden, c = s.from, C = s.to - s.from;
    struct UP_REAL_(bn) p = UP_REAL_(vgae_norm)(w, i, which, v, c);
    UP_REAL *gamma = g + (which == 1 ? l->layer[i].gamma1 : l->layer[i].gamma2) + c;
    UP_REAL *beta = g + (which == 1 ? l->layer[i].beta1 : l->layer[i].beta2) + c;
    UP_REAL *bias = g + (which == 1 ? l->layer[i].b1 : l->layer[i].b2) + c;
    UP_REAL *weight = g + (which == 1 ? l->layer[i].w1 : l->layer[i].w2);
    w->k->bn_backward(dy + c, gamma, beta, bias, dy + c, y + c, h + c, &p, R, C, H, batch);
    up_crew_meet(seat);
    w->k->matmul(weight + (long)c * in, in, dy + c, H, UP_T, x, in, UP_N, C, in, R, 0);
}

/* The gradient of layer i's eps, of its parts. */
static void UP_REAL_(vgae_slopes)(struct UP_REAL_(vgae_work) * w, UP_REAL *g, int i, int parts)
{
    double sum = 0;
    for (int k = 0; k < parts; k++)
        sum += w->slope[k];
    g[w->l->layer[i].eps] = (UP_REAL)sum;
}

/* From w->d[0], columns of d loss / d x of the last layer, down to the input; the gradient
 * is left in g[tensors.learned], but for eps of layer 0 (vgae_slopes). The seats have not met
 * since w->d[0] was written, and do not meet at the end. */
static void UP_REAL_(vgae_encode_back)(UP_REAL *g, struct UP_REAL_(vgae_work) * w, UP_REAL *v,
                                       const struct UP_REAL_(vgae_mode) * m,
                                       const struct up_seat *seat)
{
    enum { UNIT = UP_REAL_(vgae_unit) };
    const struct up_vgae_layout *l = w->l;
    int n = l->nodes, R = w->G * n, I = l->inputs, H = l->hidden;
    struct up_span s = up_crew_share(seat, H, UNIT), b = up_crew_share(seat, w->G, 1);
    int c = s.from, C = s.to - s.from;
    UP_REAL *d = w->d[0], *e = w->d[1], *f = w->d[2];
    for (int i = UP_VGAE_LAYERS - 1; i >= 0; i--) {
        const UP_REAL *w1 = v + l->layer[i].w1, *w2 = v + l->layer[i].w2;
        UP_REAL_(vgae_half_back)
        (d, g, w->layer[i].x, w->layer[i].h2, w->layer[i].r1, H, w, i, 2, v, m->batch, s, seat);
        if (seat->id == 0 && i + 1 < UP_VGAE_LAYERS)
            UP_REAL_(vgae_slopes)(w, g, i + 1, (H + UNIT - 1) / UNIT);
        w->k->matmul(e + c, H, d, H, UP_N, w2 + c, H, UP_N, R, C, H, 0);
        UP_REAL_(vgae_half_back)
        (e, g, w->layer[i].r1, w->layer[i].h1, w->layer[i].a, i ? H : I, w, i, 1, v, m->batch,
         s, seat);
        if (i == 0)
            break;
        /* d has been read by all; f has not been touched since the layer above. */
        w->k->matmul(d + c, H, e, H, UP_N, w1 + c, H, UP_N, R, C, H, 0);
        for (int k = c; k < s.to; k += UNIT)
            w->slope[k / UNIT] = w->k->dot(d + k, w->layer[i - 1].x + k, R,
                                           s.to - k < UNIT ? s.to - k : UNIT, H);
        w->k->gather(f + c, d + c, w->links, w->link, n, 1 + v[l->layer[i].eps], R, C, H);
        UP_REAL *t = d;
        d = f;
        f = t;
    }
    for (int k = b.from; k < b.to; k++) { /* only eps asks for the gradient of the input */
        UP_REAL *at = d + (long)k * n * I;
        w->k->matmul(at, I, e + (long)k * n * H, H, UP_N, v + l->layer[0].w1, I, UP_N, n, I, H,
                     0);
        w->slope[k] = w->k->dot(at, w->x0 + (long)k * n * I, n, I, I);
    }
}
