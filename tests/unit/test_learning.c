/* The stages vgae and mpe on a store: their artifacts, and that an interrupted training
 * goes on where it was. */
#include "stages/artifact/checkpoint.h"
#include "stages/learn/calibration.h"
#include "stages/learn/estimator/mlp.h"
#include "stages/space/net_size.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "dag/config/config.h"
#include "dag/run/job.h"
#include "dag/plan/source.h"
#include <math.h>
#include "tests/unit/read_doc.h"
#include "tests/unit/store_folder.h"

extern const struct up_stage up_stage_vgae, up_stage_mpe;
static struct up_arena arena = UP_ARENA_INIT;
static struct up_buf embedding; /* the vgae artifact */

struct stage_run {
    const struct up_stage *stage;
    const char *const *sets;
    const struct up_view *inputs;
    uint64_t first; /* units done at the first progress */
    bool told;
};

static void on_event(void *ctx, struct up_event *e)
{
    struct stage_run *s = ctx;
    if (e->kind == UP_EV_PROGRESS && !s->told) {
        s->first = e->done;
        s->told = true;
    }
}

static struct up_buf run_stage(struct stage_run *s, struct up_store *store)
{
    const struct up_stage *stages[] = {s->stage, NULL};
    static const uint8_t portable[] = {0xc0};
    struct up_config *config = NULL;
    struct up_arena a = UP_ARENA_INIT;
    struct up_sources sources = {0};
    struct up_node node = {.stage = s->stage};
    struct up_job job = {.node = &node,
                         .inputs = s->inputs,
                         .sources = &sources,
                         .store = store,
                         .float_doc = {portable, 1},
                         .threads = 1,
                         .emit = on_event,
                         .ctx = s};
    struct up_err err = {""};
    struct up_buf out = UP_BUF_INIT;
    size_t sets = 0;
    while (s->sets[sets])
        sets++;
    while (s->stage->inputs[node.ninputs].stage)
        node.ninputs++;
    int rc = up_config_load(&config, stages, NULL, s->sets, sets, &err);
    job.config = config;
    s->told = false;
    s->first = 0;
    if (!rc)
        rc = s->stage->run(&job, &err);
    if (!rc)
        rc = up_pack_check(up_buf_view(&job.out), &err);
    if (rc)
        fail_msg("%s", err.msg);
    up_buf_append(&out, job.out.data, job.out.len);
    up_job_release(&job);
    up_config_free(config);
    up_arena_release(&a);
    return out;
}

/* Artifacts of scores and calibrate for n cells of nb201 and two proxies. */
static void make_inputs(struct up_buf doc[2], size_t n)
{
    uint8_t *genes = UP_NEW(&arena, n * 6, uint8_t);
    double *values = UP_NEW(&arena, n * 2, double), *raw = UP_NEW(&arena, n * 2, double);
    uint32_t *train = UP_NEW(&arena, n / 2, uint32_t);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0, rest = 97 * i + 5; k < 6; k++, rest /= 5) {
            genes[i * 6 + k] = (uint8_t)(rest % 5);
            values[2 * i] += rest % 5 == 3;
        }
        values[2 * i + 1] = -values[2 * i];
        if (i < n / 2)
            train[i] = (uint32_t)i;
    }
    memcpy(raw, values, n * 2 * sizeof *raw);
    raw[2 * n - 1] = (double)NAN;
    const struct up_space *space;
    assert_int_equal(up_space_find(&space, "nb201", NULL), UP_OK);
    up_pack_map(&doc[0], 4);
    up_pack_str(&doc[0], "archs");
    up_pack_array2(&doc[0], UP_U8, genes, n, 6);
    up_pack_str(&doc[0], "net");
    up_net_size_pack(&doc[0], &space->net);
    up_pack_str(&doc[0], "scores");
    up_pack_array2(&doc[0], UP_F64, raw, n, 2);
    up_pack_str(&doc[0], "space");
    up_pack_str(&doc[0], "nb201");
    static const char *const names[] = {"zen", "flops"};
    struct up_calibration c;
    up_calibration_fit(&c, "raw", &(struct up_calibration_rows){names, 2, raw, train, n / 2},
                       &arena);
    struct up_writer w = up_writer_of(&doc[1]);
    up_calibration_write(&w, "fit", &c);
    up_writer_str(&w, "method", "raw");
    up_writer_names(&w, "names", names, 2);
    up_writer_vector(&w, "train", UP_U32, train, n / 2);
    up_writer_matrix(&w, "values", UP_F64, values, n, 2);
    up_writer_end(&w);
}

/* One epoch, then two: the second run trains the second epoch alone. */
static void test_vgae(void **state)
{
    static const char *const once[] = {"vgae.preset=arch2vec", "vgae.epochs=1",
                                       "vgae.draws=100", NULL};
    static const char *const twice[] = {"vgae.preset=arch2vec", "vgae.epochs=2",
                                        "vgae.draws=100", NULL};
    struct up_buf space = UP_BUF_INIT;
    up_pack_map(&space, 1);
    up_pack_str(&space, "space");
    up_pack_str(&space, "nb201");
    struct up_view input = up_buf_view(&space);
    struct folder f = folder_make();
    struct up_store *store = folder_open(&f);
    struct stage_run s = {&up_stage_vgae, once, &input, 0, false};
    struct up_buf a = run_stage(&s, store);
    s.sets = twice;
    struct up_buf b = run_stage(&s, store);
    assert_true(s.first > 14062);
    static const char *const fields[] = {"quality/acc_ops", "quality/acc_graphs",
                                         "quality/validity", "quality/acc_adj",
                                         "quality/validity_strict"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        double v;
        struct up_err err = {""};
        if (up_doc_real(up_buf_view(&b), fields[i], &v, &err))
            fail_msg("%s", err.msg);
        assert_true(v >= 0 && v <= 1);
    }
    up_buf_release(&a);
    embedding = b;
    up_buf_release(&space);
    up_store_close(store);
    folder_remove(&f);
}

/* Interrupted and resumed, the estimator has the bytes of one that was not. */
static void test_mpe(void **state)
{
    static const char *const shorter[] = {"mpe.preset=paper", "mpe.hidden=8", "mpe.epochs=1900",
                                          NULL};
    static const char *const longer[] = {"mpe.preset=paper", "mpe.hidden=8", "mpe.epochs=2000",
                                         NULL};
    struct up_buf doc[2] = {UP_BUF_INIT, UP_BUF_INIT};
    struct folder f = folder_make(), g = folder_make();
    struct up_store *one = folder_open(&f), *two = folder_open(&g);
    make_inputs(doc, 44);
    struct up_view inputs[] = {up_buf_view(&doc[0]), up_buf_view(&doc[1]),
                               up_buf_view(&embedding)};
    struct stage_run s = {&up_stage_mpe, shorter, inputs, 0, false};
    struct up_buf first = run_stage(&s, one);
    assert_true(s.first < 100);
    s.sets = longer;
    struct up_buf resumed = run_stage(&s, one);
    assert_true(s.first > 1000 * 22); /* went on from a checkpoint */
    struct up_buf fresh = run_stage(&s, two);
    assert_true(s.first < 100);
    assert_true(up_view_equal(up_buf_view(&resumed), up_buf_view(&fresh)));

    double tau;
    struct up_err err = {""};
    struct up_mlp m;
    assert_int_equal(up_doc_real(up_buf_view(&fresh), "quality/zen", &tau, &err), UP_OK);
    assert_true(tau >= -1 && tau <= 1);
    assert_int_equal(up_mlp_load(&m, READ_DOC(&fresh, &arena, &err)), UP_OK);
    assert_int_equal(m.out, 2);
    const void *held;
    uint64_t dims[4];
    assert_int_equal(
        up_doc_array(up_buf_view(&fresh), "rows_heldout", UP_U32, 1, &arena, &held, dims, &err),
        UP_OK);
    assert_int_equal(dims[0], 22);
    assert_int_equal(((const uint32_t *)held)[0], 22);
    up_buf_release(&first);
    up_buf_release(&resumed);
    up_buf_release(&fresh);
    for (int i = 0; i < 2; i++)
        up_buf_release(&doc[i]);
    up_store_close(one);
    up_store_close(two);
    folder_remove(&f);
    folder_remove(&g);
}

static void huge_key(struct up_buf *out, const void *training, int epoch)
{
    up_pack_int(out, epoch);
}

static void huge_save(struct up_buf *out, const void *training)
{
    static const uint8_t mib[1 << 20];
    size_t n = *(const size_t *)training;
    for (size_t i = 0; i < n; i++)
        up_buf_append(out, mib, sizeof mib);
}

static void count_notes(void *ctx, struct up_event *e) { *(int *)ctx += e->kind == UP_EV_NOTE; }

/* A state larger than the store takes is skipped and said once; a smaller one is kept. */
static void test_checkpoint_too_large(void **state)
{
    static const struct up_checkpoint huge = {huge_key, huge_save, NULL};
    struct folder f = folder_make();
    struct up_store *store = folder_open(&f);
    static const uint8_t portable[] = {0xc0};
    struct up_node node = {.stage = &up_stage_mpe};
    int notes = 0;
    struct up_job job = {.node = &node,
                         .store = store,
                         .float_doc = {portable, 1},
                         .emit = count_notes,
                         .ctx = &notes};
    struct up_err err = {""};
    bool fits = true;
    size_t mib = 1;
    assert_int_equal(up_checkpoint_keep(&job, &huge, &mib, 1, &fits, &err), UP_OK);
    assert_true(fits && notes == 0);
    mib = 257;
    for (int epoch = 2; epoch < 5; epoch++) {
        assert_int_equal(up_checkpoint_keep(&job, &huge, &mib, epoch, &fits, &err), UP_OK);
        assert_true(!fits && notes == 1);
    }
    up_job_release(&job);
    up_store_close(store);
    folder_remove(&f);
}

static int teardown(void **state)
{
    up_arena_release(&arena);
    up_buf_release(&embedding);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vgae),
        cmocka_unit_test(test_mpe), /* on the embedding of test_vgae */
        cmocka_unit_test(test_checkpoint_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
