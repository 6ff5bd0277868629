/* Models with random weights and a benchmark made up so that the right answers are known:
 * what search, decode and report read. For one test file, after
 * cmocka.h. */
#ifndef UP_TEST_REPORT_WORLD_H
#define UP_TEST_REPORT_WORLD_H
#include "stages/artifact/models.h"
#include "stages/artifact/scored.h"
#include "stages/learn/calibration.h"
#include "stages/learn/estimator/mlp_train.h"
#include "stages/learn/autoencoder/vgae_train.h"
#include "stages/space/net_size.h"
#include "store/base/pack.h"
#include "tests/unit/read_doc.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 300, M = 3, USED = 60, TRAIN = 150, GENES = 6 };
static const char *const proxy[M] = {"flops", "params", "odd"};
static const double weight[M] = {0.7, -0.2, 0.5};

static struct world {
    struct up_arena arena;
    const struct up_space *space;
    struct up_arch *arch; /* [N] */
    double raw[N * M], calibrated[N * M], unified[N];
    struct up_buf space_doc, scores, calibrate, vgae, mpe, lambda, shipped, benchmark;
} w;

static void key(struct up_buf *b, const char *k) { up_pack_str(b, k); }

static void names(struct up_buf *b)
{
    key(b, "names");
    up_pack_list(b, M);
    for (int m = 0; m < M; m++)
        up_pack_str(b, proxy[m]);
}

static void text(struct up_buf *b, const char *k, const char *v)
{
    up_pack_str(b, k);
    up_pack_str(b, v);
}

static void archs(struct up_buf *b, size_t n)
{
    uint8_t v[N * GENES];
    for (size_t i = 0; i < n; i++)
        memcpy(v + i * GENES, w.arch[i].gene, GENES);
    key(b, "archs");
    up_pack_array2(b, UP_U8, v, n, GENES);
}

static void make_scores(void)
{
    uint32_t train[TRAIN];
    struct up_calibration c;
    struct up_buf net = UP_BUF_INIT;
    struct up_rng r = up_rng_init(5, "odd");
    for (size_t i = 0; i < N; i++) {
        w.space->cost(&w.raw[i * M], &w.raw[i * M + 1], &w.arch[i], &w.space->net);
        w.raw[i * M + 2] = i == 7 || i == TRAIN + 7 ? (double)NAN : up_rng_normal(&r);
    }
    for (uint32_t i = 0; i < TRAIN; i++)
        train[i] = i;
    up_calibration_fit(&c, "rank-gauss",
                       &(struct up_calibration_rows){proxy, M, w.raw, train, TRAIN}, &w.arena);
    for (size_t i = 0; i < N; i++) {
        up_calibration_apply(&c, w.calibrated + i * M, w.raw + i * M);
        for (int m = 0; m < M; m++)
            w.unified[i] += weight[m] * w.calibrated[i * M + (size_t)m];
    }
    up_net_size_pack(&net, &w.space->net);
    up_pack_map(&w.scores, 5);
    archs(&w.scores, N);
    names(&w.scores);
    key(&w.scores, "net");
    up_pack_raw(&w.scores, up_buf_view(&net));
    up_buf_release(&net);
    key(&w.scores, "scores");
    up_pack_array2(&w.scores, UP_F64, w.raw, N, M);
    text(&w.scores, "space", "nb201");
    struct up_writer doc = up_writer_of(&w.calibrate);
    up_calibration_write(&doc, "fit", &c);
    up_writer_str(&doc, "method", "rank-gauss");
    up_writer_names(&doc, "names", proxy, M);
    up_writer_vector(&doc, "train", UP_U32, train, TRAIN);
    up_writer_matrix(&doc, "values", UP_F64, w.calibrated, N, M);
    up_writer_end(&doc);
}

/* A short training, so that some starts can climb. */
static void make_models(void)
{
    struct up_cell_graph *g = UP_NEW(&w.arena, N, struct up_cell_graph);
    struct up_vgae_recipe r = {.batch = 16,
                               .epochs = 3,
                               .lr = 3e-3,
                               .lr_end = 3e-3,
                               .kl = 1e-5,
                               .dropout = 0,
                               .clip = 5,
                               .fix_mode = true,
                               .shuffle = true,
                               .seed = 1};
    struct up_vgae_source source = up_vgae_listed(g, N);
    struct up_vgae_trainer t;
    struct up_vgae v;
    uint32_t rows[TRAIN];
    for (size_t i = 0; i < N; i++)
        w.space->encode(&g[i], &w.arch[i]);
    up_vgae_trainer_init(&t, &r, &source, w.space->nodes, w.space->classes, &w.arena);
    for (int e = 0; e < r.epochs; e++)
        assert_int_equal(up_training_epoch(&t.training, 1, NULL, &w.arena, NULL), UP_OK);
    struct up_writer doc = up_writer_of(&w.vgae);
    up_tensors_write(&doc, "model", &t.layout.tensors, t.training.value);
    up_writer_str(&doc, "space", "nb201");
    up_writer_end(&doc);
    assert_int_equal(up_vgae_load(&v, w.space, READ_DOC(&w.vgae, &w.arena, NULL)), UP_OK);

    struct up_mlp_recipe q = {.hidden = 32,
                              .depth = 1,
                              .batch = 16,
                              .epochs = 3,
                              .lr = 1e-3,
                              .lr_end = 1e-3,
                              .standardise = true,
                              .seed = 1};
    struct up_mlp_trainer m;
    float *z = UP_NEW(&w.arena, (size_t)(N * v.dim), float);
    up_vgae_embed(z, &v, w.space, w.arch, N);
    for (uint32_t i = 0; i < TRAIN; i++)
        rows[i] = i;
    up_mlp_trainer_init(&m, &q, &(struct up_mlp_rows){z, w.calibrated, v.dim, M, rows, TRAIN},
                        &w.arena);
    for (int e = 0; e < q.epochs; e++)
        assert_int_equal(up_training_epoch(&m.training, 1, NULL, &w.arena, NULL), UP_OK);
    float *value = UP_NEW(&w.arena, m.layout.tensors.total, float);
    up_mlp_trainer_export(&m, value);
    struct up_calibration c;
    struct up_counted counted;
    assert_int_equal(up_calibration_load(&c, READ_DOC(&w.calibrate, &w.arena, NULL)), UP_OK);
    up_counted_find(&counted,
                    &(struct up_counted_rows){w.space, w.space->net, w.arch, w.raw, N}, &c,
                    &w.arena);
    doc = up_writer_of(&w.mpe);
    up_counted_write(&doc, "counted", &counted);
    up_tensors_write(&doc, "model", &m.layout.tensors, value);
    up_writer_names(&doc, "names", proxy, M);
    up_writer_vector(&doc, "rows_train", UP_U32, rows, TRAIN);
    up_writer_end(&doc);
}

/* Fixed weights that used some rows, or a preset fitted on this space in another life. */
static void lambda_doc(struct up_buf *b, const uint32_t *used, bool shipped)
{
    up_pack_map(b, shipped ? 7 : 6);
    key(b, "absent");
    up_pack_list(b, shipped);
    if (shipped)
        up_pack_str(b, "zen");
    text(b, "calibration", shipped ? "raw" : "rank-gauss");
    if (shipped) {
        key(b, "fitted");
        up_pack_map(b, 2);
        text(b, "data", "cifar10");
        text(b, "space", "nb201");
    }
    names(b);
    text(b, "preset", shipped ? "learned" : "fixed");
    key(b, "used");
    up_pack_array1(b, UP_U32, used, used ? USED : 0);
    key(b, "weights");
    up_pack_array1(b, UP_F64, weight, M);
}

/* Accuracy is the unified score itself, turned round on the rows lambda used:
 * only who leaves them out finds tau 1. The last 20 rows have none. */
static void make_benchmark(void)
{
    double value[N * 2];
    uint32_t used[USED];
    for (size_t i = 0; i < N; i++) {
        value[i * 2] = i < N - 20 ? (i < USED ? -w.unified[i] : w.unified[i]) : (double)NAN;
        value[i * 2 + 1] = i < N - 20 ? 90 + w.unified[i] : (double)NAN;
    }
    for (uint32_t i = 0; i < USED; i++)
        used[i] = i;
    up_pack_map(&w.benchmark, 2);
    key(&w.benchmark, "accuracy");
    up_pack_map(&w.benchmark, 2);
    key(&w.benchmark, "names");
    up_pack_list(&w.benchmark, 2);
    up_pack_str(&w.benchmark, "cifar10_val");
    up_pack_str(&w.benchmark, "cifar10_test");
    key(&w.benchmark, "values");
    up_pack_array2(&w.benchmark, UP_F64, value, N, 2);
    archs(&w.benchmark, N);
    lambda_doc(&w.lambda, used, false);
    lambda_doc(&w.shipped, NULL, true);
}

static int world_make(void **state)
{
    size_t n;
    assert_int_equal(up_space_find(&w.space, "nb201", NULL), UP_OK);
    assert_int_equal(up_space_pool(&w.arch, &n, w.space, N, 11, NULL), UP_OK);
    assert_int_equal(n, N);
    up_pack_map(&w.space_doc, 2);
    archs(&w.space_doc, N);
    text(&w.space_doc, "space", "nb201");
    make_scores();
    make_models();
    make_benchmark();
    return 0;
}

static int world_end(void **state)
{
    struct up_buf *docs[] = {&w.space_doc, &w.scores, &w.calibrate, &w.vgae,
                             &w.mpe,       &w.lambda, &w.shipped,   &w.benchmark};
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        up_buf_release(docs[i]);
    up_arena_release(&w.arena);
    free(w.arch);
    return 0;
}

#endif
