/* Dense layers, both networks and Adam: analytic gradients against central
 * differences in double, the text of the functions being the one that trains.
 * links: up_learn up_doubles */
#include "stages/learn/estimator/mlp_layout.h"
#include "stages/learn/autoencoder/vgae_layout.h"
#include "stages/kernels/adam.h"
#include "stages/kernels/crew.h"
#include "stages/kernels/dense.h"
#include "stages/kernels/draw.h"
#include "stages/kernels/dense/double.h"
#include "stages/kernels/dense/exp.h"
#include "stages/kernels/matmul.h"
#include "store/base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define f64_dense up_dense_f64
#define f64_bn up_bn_f64
#define f64_bn_rows up_bn_rows_f64
#define f64_bn_gradients up_bn_gradients_f64
#define UP_REAL double
#define UP_REAL_(f) f64_##f
#include "stages/learn/estimator/mlp_net_body.h"
#include "stages/learn/autoencoder/vgae_net_body.h"
#include "stages/learn/autoencoder/vgae_encoder_body.h"
#include "stages/learn/autoencoder/vgae_decoder_body.h"

static const struct up_dense_f64 *const set = &up_dense_set_portable_f64;
static const struct up_seat alone = {NULL, 0, 1};

static void fill(double *v, size_t n, struct up_rng *r, double scale)
{
    for (size_t i = 0; i < n; i++)
        v[i] = scale * up_rng_normal(r);
}

/* A loss of the values v[n], evaluated with `at` set to another value. */
static double slope(double (*loss)(void *ctx), void *ctx, double *at)
{
    const double h = 1e-6;
    double keep = *at;
    *at = keep + h;
    double up = loss(ctx);
    *at = keep - h;
    double down = loss(ctx);
    *at = keep;
    return (up - down) / (2 * h);
}

static void assert_close(double got, double want, const char *what, size_t i)
{
    if (!(fabs(got - want) <= 2e-6 + 1e-5 * fabs(want)))
        fail_msg("%s[%zu]: %.12g, by differences %.12g", what, i, got, want);
}

static void near(double got, double want, double eps)
{
    if (!(fabs(got - want) <= eps))
        fail_msg("%.12g instead of %.12g", got, want);
}

enum { B = 5, I = 4, O = 3 };
struct layer {
    double x[B * I], w[O * I], b[O], gamma[O], beta[O], mean[O], var[O], used[2 * O];
    double h[B * O], y[B * O], c[B * O]; /* loss = sum c y */
    int batch;
};

/* A batch in parts, one of them empty. */
enum { PARTS = 3 };
static const int rows_of[PARTS] = {2, 0, B - 2}, row_of[PARTS] = {0, 2, 2};

static void settle(const struct f64_bn *p, const double *h)
{
    double mean[PARTS * O], square[PARTS * O];
    memset(mean, 0xff, sizeof mean); /* of an empty part nothing is read */
    memset(square, 0xff, sizeof square);
    for (int i = 0; i < PARTS; i++)
        if (rows_of[i])
            set->bn_measure(mean + i * O, square + i * O, h + row_of[i] * O, rows_of[i], O, O);
    set->bn_settle(p, mean, square, rows_of, PARTS, O);
}

/* dx from dy = l->c; the layer has been forward. */
static void norm_back(double *dx, double *dgamma, double *dbeta, double *db,
                      const struct layer *l, const struct f64_bn *p)
{
    double s[PARTS * O], q[PARTS * O], a[O], b[O];
    for (int i = 0; i < PARTS; i++)
        set->bn_slopes(s + i * O, q + i * O, p,
                       &(struct f64_bn_rows){l->c + row_of[i] * O, O, l->h + row_of[i] * O, O,
                                             rows_of[i], O});
    set->bn_turn(a, b, &(struct f64_bn_gradients){dgamma, dbeta, db}, p,
                 &(struct up_bn_slopes){s, q, rows_of, PARTS}, O, l->batch);
    set->bn_back(dx, O, p, a, b, &(struct f64_bn_rows){l->c, O, l->h, O, B, O});
}

static double layer_loss(void *ctx)
{
    struct layer *l = ctx;
    double mean[O], var[O], s = 0;
    memcpy(mean, l->mean, sizeof mean);
    memcpy(var, l->var, sizeof var);
    struct f64_bn p = {l->gamma, l->beta, mean, var, l->used, l->used + O};
    set->fill(l->h, l->b, B, O, O);
    set->matmul(l->h, O, l->x, I, l->w, I, &(struct up_matmul){UP_N, UP_T, B, O, I, 1});
    if (l->batch)
        settle(&p, l->h);
    else
        set->bn_freeze(&p, O);
    set->bn_apply(l->y, O, l->h, O, &p, B, O);
    for (int i = 0; i < B * O; i++)
        s += l->c[i] * l->y[i];
    return s;
}

static void layer_gradients(int batch)
{
    struct layer l = {.batch = batch};
    struct up_rng r = up_rng_init(1, "layer");
    fill(l.x, B * I, &r, 1);
    fill(l.w, O * I, &r, 1);
    fill(l.b, O, &r, 1);
    fill(l.gamma, O, &r, 1);
    fill(l.beta, O, &r, 1);
    fill(l.mean, O, &r, 1);
    fill(l.c, B * O, &r, 1);
    for (int i = 0; i < O; i++)
        l.var[i] = 0.5 + i;
    double dx[B * I], dw[O * I] = {0}, db[O] = {0}, dgamma[O] = {0}, dbeta[O] = {0}, dh[B * O];
    layer_loss(&l);
    struct f64_bn p = {l.gamma, l.beta, l.mean, l.var, l.used, l.used + O};
    norm_back(dh, dgamma, dbeta, db, &l, &p);
    set->matmul(dw, I, dh, O, l.x, I, &(struct up_matmul){UP_T, UP_N, O, I, B, 0});
    set->matmul(dx, I, dh, O, l.w, I, &(struct up_matmul){UP_N, UP_N, B, I, O, 0});
    struct {
        const char *what;
        double *at, *d;
        size_t n;
    } all[] = {{"dx", l.x, dx, B * I},
               {"dw", l.w, dw, O * I},
               {"db", l.b, db, O},
               {"dgamma", l.gamma, dgamma, O},
               {"dbeta", l.beta, dbeta, O}};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        for (size_t i = 0; i < all[k].n; i++)
            assert_close(all[k].d[i], slope(layer_loss, &l, &all[k].at[i]), all[k].what, i);
}

static void test_layer_batch(void **state) { layer_gradients(1); }
static void test_layer_frozen(void **state) { layer_gradients(0); }

/* All of a norm in one go is what its steps are. */
static void test_norm_of_one_part(void **state)
{
    struct up_rng r = up_rng_init(11, "norm");
    struct layer l = {.batch = 1};
    double mean[O] = {0}, var[O] = {0}, y[B * O], d[2][B * O], g[2][3 * O];
    fill(l.h, B * O, &r, 1);
    fill(l.gamma, O, &r, 1);
    fill(l.beta, O, &r, 1);
    fill(l.c, B * O, &r, 1);
    struct f64_bn p = {l.gamma, l.beta, mean, var, l.used, l.used + O};
    set->bn_train(y, l.h, &p, B, O, O);
    set->bn_backward(d[0], &(struct f64_bn_gradients){g[0], g[0] + O, g[0] + 2 * O}, &p,
                     &(struct f64_bn_rows){l.c, O, l.h, O, B, O});
    settle(&p, l.h);
    set->bn_apply(l.y, O, l.h, O, &p, B, O);
    norm_back(d[1], g[1], g[1] + O, g[1] + 2 * O, &l, &p);
    for (int i = 0; i < B * O; i++) {
        near(y[i], l.y[i], 1e-12);
        near(d[0][i], d[1][i], 1e-12);
    }
    for (int i = 0; i < 3 * O; i++)
        near(g[0][i], g[1][i], 1e-12);
}

static void test_running_statistics(void **state)
{
    float x[4] = {1, 2, 3, 6}, y[4], used[2], gamma = 1, beta = 0, mean = 1, var = 2;
    struct up_bn p = {&gamma, &beta, &mean, &var, &used[0], &used[1]};
    up_dense_best()->bn_train(y, x, &p, 4, 1, 1);
    near((double)mean, 0.9 * 1 + 0.1 * 3, 1e-6);
    near((double)var, 0.9 * 2 + 0.1 * 14.0 / 3, 1e-6); /* unbiased */
    near((double)y[3], 3 / sqrt(3.5 + 1e-5), 1e-6);    /* biased */
    assert_true(y[0] == 0);
}

static void test_float_is_the_same_function(void **state)
{
    float x[B * I], w[O * I], b[O], y[B * O];
    double x2[B * I], w2[O * I], b2[O], y2[B * O];
    struct up_rng r = up_rng_init(2, "float");
    for (int i = 0; i < B * I; i++)
        x2[i] = (double)(x[i] = (float)up_rng_normal(&r));
    for (int i = 0; i < O * I; i++)
        w2[i] = (double)(w[i] = (float)up_rng_normal(&r));
    for (int i = 0; i < O; i++)
        b2[i] = (double)(b[i] = (float)up_rng_normal(&r));
    up_dense_forward(y, x, w, b, B, I, O);
    set->fill(y2, b2, B, O, O);
    set->matmul(y2, O, x2, I, w2, I, &(struct up_matmul){UP_N, UP_T, B, O, I, 1});
    for (int i = 0; i < B * O; i++)
        near((double)y[i], y2[i], 1e-5);
}

/* Every orientation and every rest of the tiles, against the definition; a row alone
 * has the bits it has among others. */
static void test_matmul(void **state)
{
    enum { M = 17, N = 37, K = 300 };
    static float a[M * K], b[N * K], c[M * N], d[N];
    struct up_rng r = up_rng_init(9, "matmul");
    for (int i = 0; i < M * K; i++)
        a[i] = (float)up_rng_normal(&r);
    for (int i = 0; i < N * K; i++)
        b[i] = (float)up_rng_normal(&r);
    for (int kind = 0; kind < 3; kind++)
        for (int m = 1; m <= M; m++) {
            enum up_trans ta = kind == 1 ? UP_T : UP_N, tb = kind == 2 ? UP_T : UP_N;
            int lda = ta == UP_T ? M : K, ldb = tb == UP_T ? K : N, n = N - m;
            for (int i = 0; i < M * N; i++)
                c[i] = 1;
            up_matmul(c, N, a, lda, b, ldb, &(struct up_matmul){ta, tb, m, n, K, 1});
            for (int i = 0; i < m; i++)
                for (int j = 0; j < n; j++) {
                    double s = 1;
                    for (int k = 0; k < K; k++)
                        s += (double)(ta == UP_T ? a[k * M + i] : a[i * K + k]) *
                             (double)(tb == UP_T ? b[j * K + k] : b[k * N + j]);
                    near((double)c[i * N + j], s, 1e-3);
                }
            for (int j = n; j < N; j++)
                assert_true(c[j] == 1);
            for (int j = 0; j < N; j++)
                d[j] = 1;
            const float *last = ta == UP_T ? a + m - 1 : a + (m - 1) * K;
            up_matmul(d, N, last, lda, b, ldb, &(struct up_matmul){ta, tb, 1, n, K, 1});
            assert_memory_equal(d, c + (m - 1) * N, (size_t)n * sizeof *d);
        }
}

/* ---- whole networks ---- */

struct mlp {
    struct f64_mlp_work w;
    double *v;
};
enum { ROWS = 6, IN = 4, OUT = 2 };

static double mlp_loss(void *ctx)
{
    struct mlp *m = ctx;
    f64_mlp_forward(&m->w, m->v, &alone);
    return m->w.loss;
}

static void test_mlp_gradient(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_rng r = up_rng_init(3, "mlp");
    for (int depth = 1; depth <= UP_MLP_DEPTH_MAX; depth++) {
        struct up_mlp_layout l;
        struct mlp m;
        up_mlp_layout_init(&l, IN, 5, depth, OUT);
        f64_mlp_work_init(&m.w, &l, ROWS, 1, set, &arena);
        m.w.B = ROWS;
        m.v = UP_NEW(&arena, l.tensors.total, double);
        double *g = UP_NEW(&arena, l.tensors.learned, double);
        fill(m.v, l.tensors.total, &r, 0.7);
        fill(m.w.x_rows, ROWS * IN, &r, 1);
        set->turn(m.w.x, m.w.ld, m.w.x_rows, ROWS, IN, IN);
        fill(m.w.t, ROWS * OUT, &r, 1);
        mlp_loss(&m);
        f64_mlp_backward(g, &m.w, m.v, &alone);
        for (int i = 0; i <= depth; i++)
            f64_mlp_weight_gradient(g, &m.w, i, (struct up_span){0, up_mlp_layout_to(&l, i)});
        for (size_t i = 0; i < l.tensors.learned; i++)
            assert_close(g[i], slope(mlp_loss, &m, &m.v[i]), "mlp", i);
    }
    up_arena_release(&arena);
}

struct vgae {
    struct f64_vgae_work w;
    struct f64_vgae_mode mode;
    double *v, *g;
};

static double vgae_value(void *ctx)
{
    struct vgae *m = ctx;
    f64_vgae_learn(m->g, &m->w, m->v, &m->mode, &alone);
    struct f64_vgae_loss loss = f64_vgae_loss(&m->w);
    return loss.ops + loss.edges + m->mode.kl * loss.kl;
}

static void vgae_gradient(struct f64_vgae_mode mode, bool places, int batch)
{
    enum { NODES = 5, CLASSES = 3, GRAPHS = 4 };
    struct up_arena arena = UP_ARENA_INIT;
    struct up_rng r = up_rng_init(4, "vgae"), s = up_rng_init(5, "vgae");
    struct up_cell_graph graphs[GRAPHS];
    struct up_vgae_layout l;
    struct vgae m = {.mode = mode};
    memset(graphs, 0, sizeof graphs);
    for (int g = 0; g < GRAPHS; g++)
        for (int i = 0; i < NODES; i++) {
            graphs[g].op[i] = (uint8_t)up_rng_below(&r, CLASSES);
            for (int j = i + 1; j < NODES; j++)
                graphs[g].adj[i * NODES + j] = (uint8_t)up_rng_below(&r, 2);
        }
    up_vgae_layout_init(&l, NODES, CLASSES, places, 6, 2);
    f64_vgae_work_init(&m.w, &l, GRAPHS, 1, set, &arena);
    m.v = UP_NEW(&arena, l.tensors.total, double);
    double *g = UP_NEW(&arena, l.tensors.learned, double);
    m.g = UP_NEW(&arena, l.tensors.learned, double);
    fill(m.v, l.tensors.total, &r, 0.7);
    for (size_t i = l.tensors.learned; i < l.tensors.total; i++)
        m.v[i] = fabs(m.v[i]) + 0.3;
    m.w.G = batch;
    for (int b = 0; b < batch; b++)
        f64_vgae_take(&m.w, b, &graphs[b]);
    for (int p = 0; p < f64_vgae_parts; p++)
        f64_vgae_draw(&m.w, f64_vgae_part(batch, p), 0, &mode, 0.3, &r, &s, m.w.desk);
    vgae_value(&m);
    memcpy(g, m.g, l.tensors.learned * sizeof *g);
    for (size_t i = 0; i < l.tensors.learned; i++)
        assert_close(g[i], slope(vgae_value, &m, &m.v[i]), "vgae", i);
    up_arena_release(&arena);
}

static void test_vgae_training(void **state)
{
    vgae_gradient((struct f64_vgae_mode){true, true, true, 0.05}, false, 4);
    vgae_gradient((struct f64_vgae_mode){true, true, true, 0.05}, false,
                  3); /* a part is empty */
    vgae_gradient((struct f64_vgae_mode){true, true, true, 0.05}, true, 4);
}
static void test_vgae_frozen(void **state)
{
    vgae_gradient((struct f64_vgae_mode){false, false, false, 0.05}, false, 4);
}

/* ---- Adam ---- */

static void test_adam(void **state)
{
    enum { N = 19 }; /* eights and a rest */
    struct up_adam a = UP_ADAM(0.1);
    float v[N], m1[N] = {0}, m2[N] = {0}, g[N];
    double w[N], n1[N] = {0}, n2[N] = {0};
    struct up_rng r = up_rng_init(6, "adam");
    for (int i = 0; i < N; i++)
        w[i] = (double)(v[i] = (float)up_rng_normal(&r));
    for (int t = 1; t <= 5; t++) {
        for (int i = 0; i < N; i++) {
            g[i] = (float)up_rng_normal(&r);
            n1[i] = 0.9 * n1[i] + 0.1 * (0.5 * (double)g[i]);
            n2[i] = 0.999 * n2[i] + 0.001 * (0.25 * (double)g[i] * (double)g[i]);
            w[i] -=
                0.1 * (n1[i] / (1 - pow(0.9, t))) / (sqrt(n2[i] / (1 - pow(0.999, t))) + 1e-8);
        }
        up_adam_step(&(struct up_adam_slab){v, m1, m2, g, N}, 0.5, &a, t);
    }
    for (int i = 0; i < N; i++)
        near((double)v[i], w[i], 1e-5);
}

/* The eight-wide loop and the rest of a slab give one element the same bits. */
static void test_adam_position(void **state)
{
    struct up_adam a = UP_ADAM(1e-3);
    float v[17], m1[17] = {0}, m2[17] = {0}, g[17];
    for (int i = 0; i < 17; i++)
        v[i] = 0.3f, g[i] = -0.017f;
    for (int t = 1; t <= 9; t++)
        up_adam_step(&(struct up_adam_slab){v, m1, m2, g, 17}, 1, &a, t);
    for (int i = 1; i < 17; i++)
        assert_memory_equal(&v[i], &v[0], sizeof *v);
}

static void test_clip(void **state)
{
    float g[3] = {3, 0, 4};
    near(up_grad_square(g, 3), 25, 1e-9);
    assert_true(up_grad_scale(5, 10) == 1);
    near(up_grad_scale(5, 1), 0.2, 1e-6);
}

/* Every set of functions that this machine has gives the bits of the plain one. */
static void test_sets_agree(void **state)
{
    enum { M = 45, N = 70, K = 130, LINES = 40 };
    static float a[M * K], b[N * K], c[UP_ISAS][6][M * K];
    uint8_t links[LINES], link[LINES * 8], t[LINES];
    struct up_rng r = up_rng_init(10, "sets");
    for (int i = 0; i < M * K; i++)
        a[i] = (float)up_rng_normal(&r);
    for (int i = 0; i < N * K; i++)
        b[i] = (float)up_rng_normal(&r);
    for (int i = 0; i < LINES; i++) {
        links[i] = (uint8_t)up_rng_below(&r, 8);
        t[i] = i % 3 == 0;
        for (int j = 0; j < 8; j++)
            link[i * 8 + j] = (uint8_t)up_rng_below(&r, 8);
    }
    memset(c, 0, sizeof c);
    for (enum up_isa isa = 0; isa <= up_isa_best(); isa++) {
        const struct up_dense *d = up_dense(isa);
        float(*to)[M * K] = c[isa], run[6 * K];
        for (int i = 0; i < 6 * K; i++)
            run[i] = b[i];
        struct up_bn p = {run, run + K, run + 2 * K, run + 3 * K, run + 4 * K, run + 5 * K};
        d->matmul(to[0], N, a, K, b, K, &(struct up_matmul){UP_N, UP_T, M, N, K, 0});
        d->matmul(to[1], N, a, M, b, N, &(struct up_matmul){UP_T, UP_N, M, N, K, 1});
        d->bn_train(to[2], a, &p, LINES, K, K);
        d->bn_backward(to[3], &(struct up_bn_gradients){run, run + K, to[0]}, &p,
                       &(struct up_bn_rows){b, K, a, K, LINES, K});
        d->gather(to[2], K, a, K, &(struct up_dense_graph){links, link, 8, (double)1.3f}, LINES,
                  K);
        d->turn(to[4], M, a, M, K, K);
        d->exp(to[5], a, M * K);
        to[1][0] += (float)d->bce(to[5], a, t, LINES) + (float)d->dot(a, K, b, K, LINES, K);
        memcpy(to[1] + M * N, run, sizeof run);
    }
    for (int isa = 1; isa <= (int)up_isa_best(); isa++)
        for (int i = 0; i < 6; i++)
            assert_memory_equal(c[isa][i], c[0][i], sizeof c[0][i]);
}

static void test_exp(void **state)
{
    for (float x = -100; x < 100; x += 0.01f) {
        float within = x < -87 ? -87 : x > 87 ? 87 : x;
        near((double)up_exp_f32(x) / exp((double)within), 1, 2e-7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_batch),
        cmocka_unit_test(test_layer_frozen),
        cmocka_unit_test(test_norm_of_one_part),
        cmocka_unit_test(test_running_statistics),
        cmocka_unit_test(test_float_is_the_same_function),
        cmocka_unit_test(test_matmul),
        cmocka_unit_test(test_sets_agree),
        cmocka_unit_test(test_exp),
        cmocka_unit_test(test_mlp_gradient),
        cmocka_unit_test(test_vgae_training),
        cmocka_unit_test(test_vgae_frozen),
        cmocka_unit_test(test_adam),
        cmocka_unit_test(test_adam_position),
        cmocka_unit_test(test_clip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
