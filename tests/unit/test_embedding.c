/* The autoencoder: it learns, comes back from its artifact and from a checkpoint with
 * the same bits, and judges itself as arch2vec does. links: up_learn */
#include "stages/learn/autoencoder/graph_hash.h"
#include "stages/learn/autoencoder/graph_source.h"
#include "stages/learn/autoencoder/vgae_quality.h"
#include "stages/learn/autoencoder/vgae_train.h"
#include "store/base/pack.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/read_doc.h"

enum { N = 48, SPREAD = 311 };
static const struct up_space *space;
static struct up_arch archs[N];
static struct up_cell_graph graphs[N];
static struct up_vgae_source source;
static struct up_arena arena = UP_ARENA_INIT;

static int setup(void **state)
{
    if (up_space_find(&space, "nb201", NULL))
        return -1;
    for (size_t i = 0; i < N; i++) {
        space->at(&archs[i], i * SPREAD);
        space->encode(&graphs[i], &archs[i]);
    }
    source = up_vgae_listed(graphs, N);
    return 0;
}

static int teardown(void **state)
{
    up_arena_release(&arena);
    return 0;
}

static struct up_vgae_trainer trained(struct up_vgae_recipe r, int epochs)
{
    struct up_vgae_trainer t;
    struct up_err err = {""};
    up_vgae_trainer_init(&t, &r, &source, space->nodes, space->classes, &arena);
    for (int e = 0; e < epochs; e++)
        if (up_training_epoch(&t.training, 1, NULL, &arena, &err))
            fail_msg("%s", err.msg);
    return t;
}

static void artifact(struct up_buf *doc, const struct up_tensors *s, const float *v,
                     const char *of)
{
    struct up_writer w = up_writer_of(doc);
    up_tensors_write(&w, "model", s, v);
    up_writer_str(&w, "space", of);
    up_writer_end(&w);
}

static struct up_buf saved(const struct up_vgae_trainer *t)
{
    struct up_buf b = UP_BUF_INIT;
    up_training_save(&t->training, &b);
    return b;
}

static const struct up_vgae_recipe quick = {.batch = 12,
                                            .epochs = 160,
                                            .lr = 3e-3,
                                            .lr_end = 1e-4,
                                            .kl = 1e-4,
                                            .clip = 5,
                                            .fix_mode = true,
                                            .shuffle = true,
                                            .seed = 7};
static const struct up_vgae_recipe published = {.batch = 10,
                                                .epochs = 3,
                                                .lr = 1e-3,
                                                .lr_end = 1e-3,
                                                .kl = -1,
                                                .dropout = 0.3,
                                                .clip = 5,
                                                .seed = 7};

static struct up_vgae folded(const struct up_vgae_trainer *t)
{
    struct up_vgae m;
    up_vgae_fold(&m, &t->layout, t->training.value, space, &arena);
    return m;
}

/* a[n] (zeroed where not ok), ok[n]: the decoded graphs are exactly an architecture's. */
static void decode(struct up_arch *a, uint8_t *ok, const struct up_vgae *m, const float *z,
                   size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct up_cell_graph g[UP_GRAPHS_MAX];
        up_vgae_decode_graphs(g, m, z + i * (size_t)m->dim);
        ok[i] = space->decode(&a[i], g, NULL) == UP_OK;
        if (!ok[i])
            a[i] = (struct up_arch){0};
    }
}

static void test_learns(void **state)
{
    struct up_vgae_trainer t = trained(quick, quick.epochs);
    struct up_vgae m = folded(&t);
    assert_int_equal(m.dim, 128);
    float *z = UP_NEW(&arena, N * m.dim, float);
    struct up_arch back[N];
    uint8_t ok[N];
    size_t same = 0;
    struct up_vgae_quality q;
    up_vgae_held_out(&q, &m, &source);
    up_vgae_embed(z, &m, space, archs, N);
    decode(back, ok, &m, z, N);
    for (size_t i = 0; i < N; i++) {
        same += up_arch_cmp(&back[i], &archs[i]) == 0;
        assert_true(ok[i] || back[i].len == 0);
    }
    if (!(q.acc_exact >= 0.95 && q.acc_graphs >= 0.95 && q.acc_ops > 0.99 && q.acc_adj > 0.99))
        fail_msg("%g of the cells come back, %g of the nodes, %g of the edges", q.acc_exact,
                 q.acc_ops, q.acc_adj);
    assert_true(q.acc_exact * N == (double)same);
    assert_true(q.mean_corr_adj > 0.8 && q.mean_fal_pos_adj < 0.2);
    up_vgae_prior(&q, &m, space, t.prior, 200, 1);
    assert_true(q.validity > 0 && q.validity >= q.validity_strict && q.uniqueness <= 1);
    assert_true(t.training.history[159 * UP_VGAE_LOSSES] < 0.1 * t.training.history[0]);

    /* A point that says "no edge" is not an architecture, whatever its operations. */
    memset(z, 0, (size_t)m.dim * sizeof *z);
    decode(back, ok, &m, z, 1);
    assert_false(ok[0]);
    assert_int_equal(back[0].len, 0);
}

/* One by one, in company, first or last: the same bits. */
static void test_company(void **state)
{
    struct up_vgae_trainer t = trained(published, 1);
    struct up_vgae m = folded(&t);
    float *all = UP_NEW(&arena, N * m.dim, float), *one = UP_NEW(&arena, N * m.dim, float);
    size_t dim = (size_t)m.dim;
    up_vgae_embed(all, &m, space, archs, N);
    for (size_t i = 0; i < N; i++)
        up_vgae_embed(one + i * dim, &m, space, &archs[i], 1);
    assert_memory_equal(all, one, N * dim * sizeof *all);
    up_vgae_embed(one, &m, space, archs + 5, N - 5);
    assert_memory_equal(all + 5 * dim, one, (N - 5) * dim * sizeof *all);
}

/* The evaluation model is the training network with frozen statistics. */
static void test_fold(void **state)
{
    struct up_vgae_trainer t = trained(published, 3);
    struct up_vgae m = folded(&t);
    float z[128];
    double x[8][128], a[8][128], h[128];
    up_vgae_embed(z, &m, space, &archs[3], 1);
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 7; k++)
            x[i][k] = graphs[3].op[i] == k;
    const float *v = t.training.value;
    for (int l = 0, in = 7; l < UP_VGAE_LAYERS; l++, in = 128) {
        const struct up_vgae_layout *o = &t.layout;
        for (int i = 0; i < 8; i++)
            for (int c = 0; c < in; c++) {
                a[i][c] = (1 + (double)v[o->layer[l].eps]) * x[i][c];
                for (int j = 0; j < 8; j++)
                    if (graphs[3].adj[i * 8 + j] || graphs[3].adj[j * 8 + i])
                        a[i][c] += x[j][c];
            }
        size_t w[2] = {o->layer[l].w1, o->layer[l].w2}, b[2] = {o->layer[l].b1, o->layer[l].b2};
        size_t ga[2] = {o->layer[l].gamma1, o->layer[l].gamma2};
        size_t be[2] = {o->layer[l].beta1, o->layer[l].beta2};
        size_t me[2] = {o->layer[l].mean1, o->layer[l].mean2};
        size_t va[2] = {o->layer[l].var1, o->layer[l].var2};
        for (int i = 0; i < 8; i++)
            for (int half = 0; half < 2; half++) {
                int from = half ? 128 : in;
                const double *src = half ? x[i] : a[i];
                for (int c = 0; c < 128; c++) {
                    double s = (double)v[b[half] + (size_t)c];
                    for (int k = 0; k < from; k++)
                        s += (double)v[w[half] + (size_t)(c * from + k)] * src[k];
                    s = (s - (double)v[me[half] + (size_t)c]) /
                            sqrt((double)v[va[half] + (size_t)c] + 1e-5) *
                            (double)v[ga[half] + (size_t)c] +
                        (double)v[be[half] + (size_t)c];
                    h[c] = s > 0 ? s : 0;
                }
                memcpy(x[i], h, sizeof h);
            }
    }
    for (int i = 0; i < 8; i++)
        for (int c = 0; c < 16; c++) {
            double s = (double)v[t.layout.head_b + (size_t)c];
            for (int k = 0; k < 128; k++)
                s += (double)v[t.layout.head_w + (size_t)(c * 128 + k)] * x[i][k];
            if (fabs(s - (double)z[i * 16 + c]) > 1e-4)
                fail_msg("node %d, %d: %g instead of %g", i, c, (double)z[i * 16 + c], s);
        }
}

static void test_artifact(void **state)
{
    struct up_vgae_trainer t = trained(published, 1);
    struct up_vgae m = folded(&t), back;
    struct up_buf doc = UP_BUF_INIT;
    struct up_err err = {""};
    artifact(&doc, &t.layout.tensors, t.training.value, "nb201");
    assert_int_equal(up_pack_check(up_buf_view(&doc), &err), UP_OK);
    if (up_vgae_load(&back, space, READ_DOC(&doc, &arena, &err)))
        fail_msg("%s", err.msg);
    float *a = UP_NEW(&arena, N * m.dim, float), *b = UP_NEW(&arena, N * m.dim, float);
    up_vgae_embed(a, &m, space, archs, N);
    up_vgae_embed(b, &back, space, archs, N);
    assert_memory_equal(a, b, (size_t)(N * m.dim) * sizeof *a);

    /* Another space's artifact, a lost tensor, and a wrong shape are told apart. */
    struct up_space other = *space;
    other.name = "other";
    assert_int_equal(up_vgae_load(&back, &other, READ_DOC(&doc, &arena, &err)), UP_ECORRUPT);
    assert_non_null(strstr(err.msg, "other"));
    struct up_vgae_layout l;
    up_vgae_layout_init(&l, 8, 7, false, 128, 16);
    for (int i = 0; i < l.tensors.n; i++)
        if (strcmp(l.tensors.t[i].name, "layer0.norm1.weight") == 0)
            strcpy(l.tensors.t[i].name, "layer0.norm9.weight");
    up_buf_clear(&doc);
    artifact(&doc, &l.tensors, t.training.value, "nb201");
    assert_int_equal(up_vgae_load(&back, space, READ_DOC(&doc, &arena, &err)), UP_ECORRUPT);
    assert_non_null(strstr(err.msg, "layer0.norm1.weight"));
    up_buf_release(&doc);
}

static void test_resume(void **state)
{
    struct up_vgae_trainer whole = trained(published, 3), half = trained(published, 1), rest;
    struct up_err err = {""};
    struct up_buf state1 = saved(&half), want = saved(&whole);
    up_vgae_trainer_init(&rest, &published, &source, space->nodes, space->classes, &arena);
    if (up_training_restore(&rest.training, up_buf_view(&state1), &err))
        fail_msg("%s", err.msg);
    for (int e = 1; e < 3; e++)
        assert_int_equal(up_training_epoch(&rest.training, 1, NULL, &arena, &err), UP_OK);
    struct up_buf got = saved(&rest);
    assert_true(up_view_equal(up_buf_view(&got), up_buf_view(&want)));

    /* A checkpoint of more epochs than the recipe has, or cut short, is refused. */
    struct up_vgae_recipe shorter = published;
    shorter.epochs = 2;
    up_vgae_trainer_init(&rest, &shorter, &source, space->nodes, space->classes, &arena);
    assert_int_equal(up_training_restore(&rest.training, up_buf_view(&want), &err),
                     UP_ECORRUPT);
    struct up_view cut = {state1.data, state1.len / 2};
    assert_int_not_equal(up_training_restore(&rest.training, cut, &err), UP_OK);
    up_buf_release(&state1);
    up_buf_release(&want);
    up_buf_release(&got);
}

static void test_seed(void **state)
{
    struct up_vgae_recipe other = published;
    other.seed = 8;
    struct up_vgae_trainer a = trained(published, 2), b = trained(published, 2);
    struct up_vgae_trainer c = trained(other, 2);
    struct up_buf x = saved(&a), y = saved(&b), z = saved(&c);
    assert_true(up_view_equal(up_buf_view(&x), up_buf_view(&y)));
    assert_false(up_view_equal(up_buf_view(&x), up_buf_view(&z)));
    up_buf_release(&x);
    up_buf_release(&y);
    up_buf_release(&z);
}

/* Any number of threads, and graphs made when they are asked for: the same bits. */
static void make_graph(struct up_cell_graph *out, void *ctx, size_t i)
{
    space->encode(out, &((const struct up_arch *)ctx)[i]);
}

static void test_threads(void **state)
{
    struct up_vgae_source made = {N, make_graph, archs};
    struct up_vgae_trainer one = trained(quick, 2);
    struct up_buf want = saved(&one);
    for (int threads = 2; threads <= 12; threads += threads < 3 ? 1 : 9) {
        struct up_vgae_trainer t;
        up_vgae_trainer_init(&t, &quick, &made, space->nodes, space->classes, &arena);
        for (int e = 0; e < 2; e++)
            assert_int_equal(up_training_epoch(&t.training, threads, NULL, &arena, NULL),
                             UP_OK);
        struct up_buf got = saved(&t);
        assert_true(up_view_equal(up_buf_view(&got), up_buf_view(&want)));
        up_buf_release(&got);
    }
    up_buf_release(&want);
}

/* As published, epochs after the first leave the running statistics alone. */
static void test_mode(void **state)
{
    struct up_vgae_trainer one = trained(published, 1), three = trained(published, 3);
    struct up_vgae_recipe mended = published;
    mended.fix_mode = true;
    struct up_vgae_trainer other = trained(mended, 3);
    size_t from = one.layout.tensors.learned, n = one.layout.tensors.total - from;
    assert_memory_equal(one.training.value + from, three.training.value + from,
                        n * sizeof *one.training.value);
    assert_memory_not_equal(one.training.value + from, other.training.value + from,
                            n * sizeof *one.training.value);
}

static int stop_at_20(void *ctx, size_t done)
{
    *(size_t *)ctx = done;
    return done >= 20 ? UP_ECANCELED : UP_OK;
}

static void test_stops(void **state)
{
    struct up_vgae_trainer t;
    struct up_err err = {""};
    size_t done = 0;
    up_vgae_trainer_init(&t, &published, &source, space->nodes, space->classes, &arena);
    assert_int_equal(up_training_epoch(&t.training, 1,
                                       &(struct up_training_watch){stop_at_20, &done}, &arena,
                                       &err),
                     UP_ECANCELED);
    assert_int_equal(done, 20);
}

/* Drawn graphs depend on the seed and their number alone, those of the two sides have none in
 * common, and with places told the encoder tells apart what has equal neighbours. */
static void test_drawn(void **state)
{
    enum { DRAWN = 2000, HELD = 500 };
    const struct up_space *darts;
    static struct up_cell_graph g[DRAWN + HELD];
    assert_int_equal(up_space_find(&darts, "darts", NULL), UP_OK);
    const struct up_vgae_draws draws[] = {{darts, 5, false}, {darts, 5, true}},
                               other = {darts, 6, false};
    struct up_vgae_source train = up_vgae_drawn(&draws[0], DRAWN),
                          held = up_vgae_drawn(&draws[1], HELD),
                          another = up_vgae_drawn(&other, DRAWN);
    for (size_t i = 0; i < DRAWN; i++)
        train.graph(&g[i], train.ctx, i);
    for (size_t i = 0; i < HELD; i++)
        held.graph(&g[DRAWN + i], held.ctx, i);
    for (size_t i = DRAWN; i-- > 0;) {
        struct up_cell_graph again, pair[2];
        struct up_arch a, c;
        train.graph(&again, train.ctx, i);
        assert_memory_equal(&again, &g[i], sizeof again);
        pair[0] = pair[1] = again;
        assert_int_equal(darts->decode(&a, pair, NULL), UP_OK);
        darts->canonical(&c, &a);
        assert_int_equal(up_arch_cmp(&a, &c), 0);
        for (size_t k = 0; k < HELD; k++)
            assert_memory_not_equal(&g[i], &g[DRAWN + k], sizeof again);
    }
    another.graph(&g[1], another.ctx, 0);
    assert_memory_not_equal(&g[0], &g[1], sizeof g[0]);
}

static void test_places(void **state)
{
    const struct up_space *darts;
    struct up_err err = {""};
    struct up_vgae_recipe r = published;
    /* nodes 1 and 2 have the same sources and operations, and nobody reads them */
    static const char text[] = "[[(0,3),(1,3),(0,4),(1,5),(0,4),(1,5),(0,1),(1,2)],"
                               "[(0,3),(1,3),(0,4),(1,5),(0,4),(1,5),(0,1),(1,2)]]";
    struct up_arch a;
    struct up_cell_graph g[UP_GRAPHS_MAX];
    float z[11 * 16];
    assert_int_equal(up_space_find(&darts, "darts", NULL), UP_OK);
    assert_int_equal(darts->parse(&a, text, strlen(text), &err), UP_OK);
    darts->encode(g, &a);
    for (int told = 0; told < 2; told++) {
        struct up_vgae_trainer t;
        struct up_vgae m, back;
        struct up_buf doc = UP_BUF_INIT;
        r.places = told;
        up_vgae_trainer_init(&t, &r, &source, darts->nodes, darts->classes, &arena);
        up_vgae_fold(&m, &t.layout, t.training.value, darts, &arena);
        up_vgae_embed_graphs(z, &m, g, 1);
        assert_true((memcmp(z + 4 * 16, z + 6 * 16, 16 * sizeof *z) != 0) == told);
        artifact(&doc, &t.layout.tensors, t.training.value, "darts");
        if (up_vgae_load(&back, darts, READ_DOC(&doc, &arena, &err)))
            fail_msg("%s", err.msg);
        float both[352], alone[2][176];
        assert_int_equal(back.dim, 352);
        assert_int_equal(back.inputs, told ? 22 : 11);
        up_vgae_embed(both, &back, darts, &a, 1);
        for (int k = 0; k < 2; k++)
            up_vgae_embed_graphs(alone[k], &m, &g[k], 1);
        assert_memory_equal(both, alone, sizeof both);
        up_buf_release(&doc);
    }
}

static void test_hash(void **state)
{
    /* 0 -> 1 -> 3, 0 -> 2 -> 3 with nodes 1 and 2 exchanged, then with other labels. */
    struct up_cell_graph a = {{0, 1, 2, 6}, {0}}, b = {{0, 2, 1, 6}, {0}},
                         c = {{0, 1, 1, 6}, {0}};
    a.adj[0 * 4 + 1] = a.adj[1 * 4 + 3] = 1;
    a.adj[0 * 4 + 2] = a.adj[2 * 4 + 3] = 1;
    memcpy(b.adj, a.adj, sizeof a.adj);
    memcpy(c.adj, a.adj, sizeof a.adj);
    assert_true(up_digest_equal(up_vgae_graph_hash(&a, 4), up_vgae_graph_hash(&b, 4)));
    assert_false(up_digest_equal(up_vgae_graph_hash(&a, 4), up_vgae_graph_hash(&c, 4)));
    b.adj[0 * 4 + 3] = 1;
    assert_false(up_digest_equal(up_vgae_graph_hash(&a, 4), up_vgae_graph_hash(&b, 4)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learns),  cmocka_unit_test(test_company),
        cmocka_unit_test(test_fold),    cmocka_unit_test(test_artifact),
        cmocka_unit_test(test_resume),  cmocka_unit_test(test_seed),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_mode),
        cmocka_unit_test(test_stops),   cmocka_unit_test(test_drawn),
        cmocka_unit_test(test_places),  cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
