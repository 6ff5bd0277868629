/* search, decode and report where the right answers are known. links: up_stages */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/format/naslib.h"
#include "stages/learn/statistics/kendall.h"
#include "tests/unit/report_world.h"
#include "tests/unit/stage_job.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct up_stage up_stage_search, up_stage_decode, up_stage_report;

static int search(struct up_buf *out, const char *const *sets, struct up_err *err)
{
    const struct up_view inputs[] = {up_buf_view(&w.space_doc), up_buf_view(&w.vgae),
                                     up_buf_view(&w.mpe), up_buf_view(&w.lambda),
                                     up_buf_view(&w.calibrate)};
    struct stage_job job = {
        .threads = 2, .stage = &up_stage_search, .sets = sets, .inputs = inputs};
    return stage_job_run(&job, out, err);
}

static int decode(struct up_buf *out, const struct up_buf *found, bool truth,
                  struct up_err *err)
{
    static const char *const none[] = {NULL};
    const struct up_view inputs[] = {
        up_buf_view(&w.space_doc), up_buf_view(&w.scores),
        up_buf_view(&w.calibrate), up_buf_view(&w.lambda),
        up_buf_view(found),        truth ? up_buf_view(&w.benchmark) : (struct up_view){0}};
    struct stage_job job = {
        .threads = 2, .stage = &up_stage_decode, .sets = none, .inputs = inputs};
    return stage_job_run(&job, out, err);
}

static int report_on(const struct up_buf *lambda, struct up_buf *out,
                     const struct up_buf *found, const struct up_buf *decoded, bool truth,
                     const char *const *sets, struct up_err *err)
{
    const struct up_view inputs[] = {up_buf_view(&w.space_doc),
                                     up_buf_view(&w.scores),
                                     up_buf_view(&w.calibrate),
                                     up_buf_view(&w.vgae),
                                     up_buf_view(&w.mpe),
                                     up_buf_view(lambda),
                                     up_buf_view(found),
                                     up_buf_view(decoded),
                                     truth ? up_buf_view(&w.benchmark) : (struct up_view){0}};
    struct stage_job job = {
        .threads = 2, .stage = &up_stage_report, .sets = sets, .inputs = inputs};
    return stage_job_run(&job, out, err);
}

static int report(struct up_buf *out, const struct up_buf *found, const struct up_buf *decoded,
                  bool truth, const char *const *sets, struct up_err *err)
{
    return report_on(&w.lambda, out, found, decoded, truth, sets, err);
}

static void assert_near(double a, double b, double within)
{
    if (!(fabs(a - b) <= within))
        fail_msg("%.17g is not %.17g", a, b);
}

static double real_at(const struct up_buf *doc, const char *path)
{
    double v;
    assert_int_equal(up_doc_real(up_buf_view(doc), path, &v, NULL), UP_OK);
    return v;
}

static int64_t int_at(const struct up_buf *doc, const char *path)
{
    int64_t v;
    assert_int_equal(up_doc_int(up_buf_view(doc), path, &v, NULL), UP_OK);
    return v;
}

static bool nil_at(const struct up_buf *doc, const char *path)
{
    struct up_cursor c;
    assert_int_equal(up_doc_at(up_buf_view(doc), path, &c, NULL), UP_OK);
    return up_cur_peek(&c) == UP_T_NIL;
}

static const void *array_at(const struct up_buf *doc, const char *path, enum up_dtype t,
                            unsigned ndim, uint64_t *dims)
{
    const void *v;
    assert_int_equal(up_doc_array(up_buf_view(doc), path, t, ndim, &w.arena, &v, dims, NULL),
                     UP_OK);
    return v;
}

static struct up_view file_at(const struct up_buf *doc, const char *name)
{
    struct up_cursor c;
    struct up_view v;
    assert_int_equal(up_doc_at(up_buf_view(doc), "files", &c, NULL), UP_OK);
    assert_int_equal(up_cur_at(c, name, &c, NULL), UP_OK);
    assert_int_equal(up_cur_bin(&c, &v, NULL), UP_OK);
    return v;
}

static const char *const quick[] = {"search.starts=64", "search.budget=400", "search.top=7",
                                    NULL};

static int models(struct up_models *m)
{
    return up_models_load(m, w.space, READ_DOC(&w.vgae, &w.arena, NULL),
                          READ_DOC(&w.mpe, &w.arena, NULL),
                          READ_DOC(&w.lambda, &w.arena, NULL));
}

static void test_search_ranks_the_reencoded(void **state)
{
    struct up_buf found = UP_BUF_INIT;
    struct up_err err;
    uint64_t d[4], dp[4];
    assert_int_equal(search(&found, quick, &err), UP_OK);
    const uint8_t *a = array_at(&found, "archs", UP_U8, 2, d);
    const double *u = array_at(&found, "unified", UP_F64, 1, dp);
    const double *y = array_at(&found, "predicted", UP_F64, 2, dp);
    assert_int_equal(d[0], 7);
    assert_int_equal(dp[1], M);
    assert_true(int_at(&found, "queries") <= 400 && int_at(&found, "queries") >= 60);
    struct up_models *m = UP_NEW(&w.arena, 1, struct up_models);
    assert_int_equal(models(m), UP_OK);
    for (size_t i = 0; i < d[0]; i++) {
        struct up_arch x = {.len = GENES}, c;
        float again[M];
        memcpy(x.gene, a + i * GENES, GENES);
        w.space->canonical(&c, &x);
        assert_int_equal(up_arch_cmp(&c, &x), 0);
        up_models_predict(&m->view, again, &x, 1);
        assert_near(up_models_unify(&m->view, m->weights, again), u[i], 0);
        for (size_t k = 0; k < M; k++)
            assert_near((double)again[k], y[i * M + k], 0);
        assert_true(i == 0 || u[i] <= u[i - 1]);
    }
    up_buf_release(&found);
}

static void test_search_keeps_limits_and_presets(void **state)
{
    static const char *const limited[] = {"search.starts=64", "search.max_flops=60",
                                          "search.max_params=0.5", NULL};
    static const char *const hopeless[] = {"search.starts=8", "search.max_flops=0.001", NULL};
    static const char *const paper[] = {"search.preset=paper", "search.budget=50", NULL};
    struct up_buf found = UP_BUF_INIT;
    struct up_err err;
    uint64_t d[4];
    assert_int_equal(search(&found, limited, &err), UP_OK);
    const double *flops = array_at(&found, "flops", UP_F64, 1, d);
    const double *params = array_at(&found, "params", UP_F64, 1, d);
    for (size_t i = 0; i < d[0]; i++)
        assert_true(flops[i] <= 60 && params[i] <= 0.5);
    up_buf_clear(&found);
    assert_int_equal(search(&found, hopeless, &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "search.max_flops"));
    up_buf_clear(&found);
    assert_int_equal(search(&found, paper, &err), UP_OK);
    array_at(&found, "archs", UP_U8, 2, d);
    assert_int_equal(d[0], 1);
    array_at(&found, "trajectories/offset", UP_U32, 1, d);
    assert_int_equal(d[0], 2);
    up_buf_release(&found);
}

static int naslib_row(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    struct up_arch a;
    size_t *n = ctx;
    assert_string_equal(row->dataset, "cifar10");
    assert_int_equal(w.space->parse(&a, row->arch, strlen(row->arch), err), UP_OK);
    for (size_t i = 0; i < N; i++)
        if (up_arch_cmp(&a, &w.arch[i]) == 0)
            for (size_t f = 0; f < row->n; f++)
                if (strcmp(row->field[f].name, "flops") == 0) {
                    assert_near(row->field[f].value, w.raw[i * M], 0);
                    ++*n;
                }
    return UP_OK;
}

static void check_xml(struct up_view svg)
{
    assert_true(svg.len > 100 && memcmp(svg.data, "<?xml", 5) == 0);
    assert_int_equal(memcmp(svg.data + svg.len - 7, "</svg>\n", 7), 0);
    if (access("/usr/bin/xmllint", X_OK) != 0) {
        print_message("xmllint is not installed: well-formedness not checked\n");
        return;
    }
    FILE *p = popen("/usr/bin/xmllint --noout -", "w");
    assert_non_null(p);
    assert_int_equal(fwrite(svg.data, 1, svg.len, p), svg.len);
    assert_int_equal(pclose(p), 0);
}

/* Every scored row as if it had been found, so that each has true values. */
static void found_scored(struct up_buf *b, size_t k)
{
    double flops[N], params[N], unified[N];
    for (size_t i = 0; i < k; i++) {
        w.space->cost(&flops[i], &params[i], &w.arch[i], &w.space->net);
        unified[i] = (double)(k - i);
    }
    up_pack_map(b, 7);
    archs(b, k);
    key(b, "flops");
    up_pack_array1(b, UP_F64, flops, k);
    text(b, "method", "gradient");
    key(b, "params");
    up_pack_array1(b, UP_F64, params, k);
    key(b, "predicted");
    up_pack_array2(b, UP_F64, w.calibrated, k, M);
    key(b, "queries");
    up_pack_uint(b, k);
    key(b, "unified");
    up_pack_array1(b, UP_F64, unified, k);
}

static void test_decode_gives_true_values_and_files(void **state)
{
    struct up_buf found = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_err err;
    size_t n = 0, lines = 0;
    found_scored(&found, 12);
    assert_int_equal(decode(&out, &found, true, &err), UP_OK);
    struct up_cursor c, at;
    assert_int_equal(up_doc_at(up_buf_view(&out), "entries", &c, NULL), UP_OK);
    assert_int_equal(up_cur_list(&c, &n, NULL), UP_OK);
    assert_int_equal(n, 12);
    for (size_t i = 0; i < n; i++) {
        double v;
        assert_int_equal(up_cur_at(c, "unified_scored", &at, NULL), UP_OK);
        assert_int_equal(up_cur_real(&at, &v, NULL), UP_OK);
        assert_near(v, w.unified[i], 1e-12);
        assert_int_equal(up_cur_at(c, "accuracy", &at, NULL), UP_OK);
        assert_int_equal(up_cur_at(at, "cifar10_test", &at, NULL), UP_OK);
        assert_int_equal(up_cur_real(&at, &v, NULL), UP_OK);
        assert_near(v, 90 + w.unified[i], 1e-12);
        assert_int_equal(up_cur_at(c, "score", &at, NULL), UP_OK);
        size_t known;
        assert_int_equal(up_cur_map(&at, &known, NULL), UP_OK);
        assert_int_equal(known, i == 7 ? M - 1 : M); /* the invalid one is left out */
        assert_int_equal(up_cur_skip(&c, NULL), UP_OK);
    }
    check_xml(file_at(&out, "cell-1.svg"));
    check_xml(file_at(&out, "cell-10.svg"));
    assert_int_equal(memcmp(file_at(&out, "cell-1.dot").data, "digraph", 7), 0);
    assert_true(file_at(&out, "net-1.py").len > 500);
    struct up_view csv = file_at(&out, "results.csv");
    for (size_t i = 0; i < csv.len; i++)
        lines += csv.data[i] == '\n';
    assert_int_equal(lines, 13);
    n = 0;
    assert_int_equal(
        up_naslib_read("naslib.json", file_at(&out, "naslib.json"), naslib_row, &n, &err),
        UP_OK);
    assert_int_equal(n, 12);
    up_buf_release(&found);
    up_buf_release(&out);
}

static bool says(const struct up_buf *doc, const char *words)
{
    struct up_cursor c;
    struct up_view t;
    assert_int_equal(up_doc_at(up_buf_view(doc), "text", &c, NULL), UP_OK);
    assert_int_equal(up_cur_str(&c, &t, NULL), UP_OK);
    return memmem(t.data, t.len, words, strlen(words)) != NULL;
}

static void test_report_leaves_out_what_was_fitted_on(void **state)
{
    static const char *const none[] = {NULL};
    struct up_buf found = UP_BUF_INIT, decoded = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_err err;
    struct up_cursor c, at;
    struct up_view t;
    size_t n;
    assert_int_equal(search(&found, quick, &err), UP_OK);
    assert_int_equal(decode(&decoded, &found, true, &err), UP_OK);
    assert_int_equal(report(&out, &found, &decoded, true, none, &err), UP_OK);
    assert_int_equal(int_at(&out, "n_unused"), N - 20 - USED);
    assert_int_equal(int_at(&out, "n_predicted"), N - 20 - TRAIN);
    assert_int_equal(int_at(&out, "n_heldout"), N - TRAIN);
    assert_near(real_at(&out, "tau_unused"), 1, 1e-12);
    assert_true(fabs(real_at(&out, "tau_predicted")) <= 1);
    uint64_t d[4];
    const double *regret = array_at(&out, "regret/unused", UP_F64, 1, d);
    assert_near(regret[0], 0, 1e-12);
    const double *m = array_at(&out, "correlation", UP_F64, 2, d);
    assert_int_equal(d[0], M + 1);
    double x[N], y[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = w.calibrated[i * M];
        y[i] = w.calibrated[i * M + 1];
    }
    assert_near(m[1], up_kendall_tau_b(x, y, N), 1e-12);
    assert_near(m[1], m[M + 1], 0);
    for (const char *const *f =
             (const char *const[]){"correlation.svg", "ranks.svg", "trajectories.svg", NULL};
         *f; f++)
        check_xml(file_at(&out, *f));
    assert_int_equal(up_doc_at(up_buf_view(&out), "best", &c, NULL), UP_OK);
    assert_int_equal(up_cur_list(&c, &n, NULL), UP_OK);
    assert_int_equal(n, 7);
    assert_int_equal(up_cur_at(c, "arch", &at, NULL), UP_OK);
    assert_int_equal(up_cur_str(&at, &t, NULL), UP_OK);
    assert_int_equal(t.data[0], '|');
    assert_true(says(&out, "cifar10_test") && says(&out, "fixed"));
    up_buf_release(&found);
    up_buf_release(&decoded);
    up_buf_release(&out);
}

/* tau of predicted against calibrated leaves invalid rows out, and counts those left. */
static void test_report_held_out_are_valid(void **state)
{
    static const char *const none[] = {NULL};
    static float y[N * M];
    struct up_err err;
    struct up_buf found = UP_BUF_INIT, decoded = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_models *m = UP_NEW(&w.arena, 1, struct up_models);
    double a[N], b[N];
    uint64_t d[4];
    size_t k = 0;
    found_scored(&found, 12);
    assert_int_equal(decode(&decoded, &found, true, &err), UP_OK);
    assert_int_equal(report(&out, &found, &decoded, true, none, &err), UP_OK);
    const uint32_t *n = array_at(&out, "proxies/n_heldout", UP_U32, 1, d);
    const uint32_t *invalid = array_at(&out, "proxies/invalid", UP_U32, 1, d);
    const double *tau = array_at(&out, "proxies/heldout", UP_F64, 1, d);
    assert_true(n[0] == N - TRAIN && n[2] == N - TRAIN - 1);
    assert_true(invalid[0] == 0 && invalid[2] == 2);
    assert_int_equal(models(m), UP_OK);
    up_models_predict(&m->view, y, w.arch, N);
    for (size_t i = TRAIN; i < N; i++)
        if (i != TRAIN + 7) {
            a[k] = (double)y[i * M + 2];
            b[k++] = w.calibrated[i * M + 2];
        }
    assert_near(tau[2], up_kendall_tau_b(a, b, k), 0);
    for (size_t i = TRAIN; i < N; i++) {
        a[i - TRAIN] = up_models_unify(&m->view, m->weights, y + i * M);
        b[i - TRAIN] = 0;
        for (size_t j = 0; j < M; j++)
            b[i - TRAIN] += m->weights[j] * w.calibrated[i * M + j];
    }
    assert_near(real_at(&out, "tau_heldout"), up_kendall_tau_b(a, b, N - TRAIN), 0);
    up_buf_release(&found);
    up_buf_release(&decoded);
    up_buf_release(&out);
}

/* With weights that were fitted on this benchmark no row is evidence, and the text says
 * so; it also says what the warnings said. */
static void test_report_with_shipped_weights(void **state)
{
    static const char *const none[] = {NULL};
    struct up_buf found = UP_BUF_INIT, decoded = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_err err;
    found_scored(&found, 12);
    assert_int_equal(decode(&decoded, &found, true, &err), UP_OK);
    assert_int_equal(report_on(&w.shipped, &out, &found, &decoded, true, none, &err), UP_OK);
    assert_true(nil_at(&out, "tau_unused") && nil_at(&out, "tau_predicted"));
    assert_true(nil_at(&out, "rho_unused") && nil_at(&out, "rho_predicted"));
    assert_int_equal(int_at(&out, "n_unused"), 0);
    assert_int_equal(int_at(&out, "n_predicted"), 0);
    assert_true(says(&out, "learned was fitted on the cifar10 accuracies of nb201"));
    assert_true(says(&out, "learned weighs zen"));
    assert_true(says(&out, "made for scores calibrated by raw"));
    up_buf_clear(&out);
    assert_int_equal(report(&out, &found, &decoded, true, none, &err), UP_OK);
    assert_false(nil_at(&out, "tau_unused"));
    assert_true(nil_at(&out, "fitted"));
    assert_false(says(&out, "was fitted on") || says(&out, "made for"));
    up_buf_release(&found);
    up_buf_release(&decoded);
    up_buf_release(&out);
}

static void test_report_without_a_benchmark(void **state)
{
    static const char *const none[] = {NULL}, *const wrong[] = {"report.target=imagenet", NULL};
    struct up_buf found = UP_BUF_INIT, decoded = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_err err;
    assert_int_equal(search(&found, quick, &err), UP_OK);
    assert_int_equal(decode(&decoded, &found, false, &err), UP_OK);
    assert_int_equal(report(&out, &found, &decoded, false, none, &err), UP_OK);
    assert_true(nil_at(&out, "tau_unused") && nil_at(&out, "tau_predicted"));
    check_xml(file_at(&out, "ranks.svg"));
    up_buf_clear(&out);
    assert_int_equal(report(&out, &found, &decoded, true, wrong, &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "imagenet"));
    up_buf_release(&found);
    up_buf_release(&decoded);
    up_buf_release(&out);
}

/* Exact spelling first, then the mean of its canonical form, then nothing. */
static void test_accuracy_of_an_architecture(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_arch dead = {.len = GENES, .gene = {0, 0, 3, 3, 0, 0}},
                   canonical; /* 12: unused */
    uint8_t rows[3 * GENES] = {0};
    const double value[3] = {50, 60, (double)NAN};
    struct up_truth t;
    double a;
    w.space->canonical(&canonical, &dead);
    assert_int_not_equal(up_arch_cmp(&canonical, &dead), 0);
    memcpy(rows, dead.gene, GENES);
    dead.gene[2] = 4;
    memcpy(rows + GENES, dead.gene, GENES);
    dead.gene[2] = 2;
    memcpy(rows + 2 * GENES, dead.gene, GENES);
    up_pack_map(&b, 2);
    key(&b, "accuracy");
    up_pack_map(&b, 2);
    key(&b, "names");
    up_pack_list(&b, 1);
    up_pack_str(&b, "acc");
    key(&b, "values");
    up_pack_array2(&b, UP_F64, value, 3, 1);
    key(&b, "archs");
    up_pack_array2(&b, UP_U8, rows, 3, GENES);
    assert_int_equal(up_truth_load(&t, w.space, READ_DOC(&b, &w.arena, NULL)), UP_OK);
    up_truth_of(&t, &a, &canonical);
    assert_near(a, 55, 1e-12);
    dead.gene[2] = 4;
    up_truth_of(&t, &a, &dead);
    assert_near(a, 60, 0);
    up_truth_of(&t, &a, &w.arch[0]);
    assert_true(a != a);
    up_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_search_ranks_the_reencoded),
        cmocka_unit_test(test_search_keeps_limits_and_presets),
        cmocka_unit_test(test_decode_gives_true_values_and_files),
        cmocka_unit_test(test_report_leaves_out_what_was_fitted_on),
        cmocka_unit_test(test_report_held_out_are_valid),
        cmocka_unit_test(test_report_with_shipped_weights),
        cmocka_unit_test(test_report_without_a_benchmark),
        cmocka_unit_test(test_accuracy_of_an_architecture),
    };
    return cmocka_run_group_tests(tests, world_make, world_end);
}
