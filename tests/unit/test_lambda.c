/* calibrate and lambda: presets, fixed weights, weights learned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "tests/unit/stage_job.h"
#include "stages/lambda/presets.h"
#include "store/base/rng.h"
#include <math.h>

extern const struct up_stage up_stage_calibrate, up_stage_lambda;

enum { N = 300, M = 4 };
static const char *const names[M] = {"jacov", "mine", "nwot", "snip"};
static double raw[N][M], truth[N];
static uint8_t archs[N][6];
static struct up_buf scores, calibrate, benchmark;
static struct up_arena arena;
static struct up_err err;

static void pack_names(struct up_buf *b, size_t n, const char *const *name)
{
    up_pack_str(b, "names");
    up_pack_list(b, n);
    for (size_t i = 0; i < n; i++)
        up_pack_str(b, name[i]);
}

static void pack_scores(void)
{
    up_pack_map(&scores, 4);
    up_pack_str(&scores, "archs");
    up_pack_array2(&scores, UP_U8, archs, N, 6);
    pack_names(&scores, M, names);
    up_pack_str(&scores, "scores");
    up_pack_array2(&scores, UP_F64, raw, N, M);
    up_pack_str(&scores, "space");
    up_pack_str(&scores, "nb201");
}

static void pack_benchmark(void)
{
    static const char *const columns[] = {"cifar10_val", "flat", "late"};
    double values[N][3];
    for (int i = 0; i < N; i++) {
        values[i][0] = i % 10 ? truth[i] : (double)NAN;
        values[i][1] = 1;
        values[i][2] = i < N / 2 ? (double)NAN : truth[i]; /* no training row has it */
    }
    up_pack_map(&benchmark, 2);
    up_pack_str(&benchmark, "accuracy");
    up_pack_map(&benchmark, 2);
    pack_names(&benchmark, 3, columns);
    up_pack_str(&benchmark, "values");
    up_pack_array2(&benchmark, UP_F64, values, N, 3);
    up_pack_str(&benchmark, "archs");
    up_pack_array2(&benchmark, UP_U8, archs, N, 6);
}

/* Cells of which none is unused anywhere, so that each is its own canonical form;
 * the truth is jacov - 2 snip and a little noise, the rest is noise. */
static int setup(void **state)
{
    struct up_rng r = up_rng_init(1, "lambda test");
    for (int i = 0; i < N; i++) {
        for (int g = 0, v = i; g < 6; g++, v /= 3)
            archs[i][g] = (uint8_t)(1 + v % 3);
        for (int m = 0; m < M; m++)
            raw[i][m] = up_rng_normal(&r);
        truth[i] = raw[i][0] - 2 * raw[i][3] + 0.3 * up_rng_normal(&r);
    }
    pack_scores();
    pack_benchmark();
    const char *sets[] = {NULL};
    struct up_view in[] = {up_buf_view(&scores)};
    struct stage_job s = {.stage = &up_stage_calibrate, .sets = sets, .inputs = in};
    if (stage_job_run(&s, &calibrate, &err))
        fail_msg("%s", err.msg);
    return 0;
}

static int teardown(void **state)
{
    up_buf_release(&scores);
    up_buf_release(&calibrate);
    up_buf_release(&benchmark);
    up_arena_release(&arena);
    return 0;
}

static struct stage_job job;
static struct up_buf lambda(const char *const *sets, bool with_benchmark, int threads, int want)
{
    struct up_view in[] = {up_buf_view(&calibrate), up_buf_view(&scores),
                           with_benchmark ? up_buf_view(&benchmark) : (struct up_view){0}};
    struct up_buf out = UP_BUF_INIT;
    job = (struct stage_job){
        .stage = &up_stage_lambda, .sets = sets, .inputs = in, .threads = threads};
    int rc = stage_job_run(&job, &out, &err);
    if (rc != want)
        fail_msg("status %d: %s", rc, err.msg);
    return out;
}

static const double *weights_of(const struct up_buf *out)
{
    const void *w;
    uint64_t n;
    assert_int_equal(up_doc_array(up_buf_view(out), "weights", UP_F64, 1, &arena, &w, &n, &err),
                     UP_OK);
    assert_int_equal(n, M);
    return w;
}

/* The paper's Table 1, and ours. */
static void test_table(void **state)
{
    static const char *const proxy[] = {"snip",      "flops",   "params", "l2_norm", "grasp",
                                        "grad_norm", "synflow", "jacov",  "epe_nas", "zen",
                                        "fisher",    "plain",   "nwot"};
    static const struct {
        const char *name, *calibration;
        double w[13];
    } want[] = {
        {"sum", "raw", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
        {"sum-", "raw", {1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1}},
        {"weighted",
         "raw",
         {-0.164, 0.609, -0.587, -0.100, 0.441, 0.089, 0.840, 1.000, 0.094, 0.416, -0.342,
          0.275, 0.138}},
        {"selected", "rank-gauss", {0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1}},
    };
    for (size_t p = 0; p < 4; p++) {
        const struct up_preset *have = up_preset_find(want[p].name);
        assert_non_null(have);
        assert_string_equal(have->calibration, want[p].calibration);
        for (size_t i = 0; i < 13; i++) {
            int known;
            assert_true(up_preset_weight_of(have, proxy[i], &known) == want[p].w[i] && known);
        }
    }
    static const char *const ours[] = {"learned", "carried"};
    for (int k = 0; k < 2; k++) {
        const struct up_preset *p = up_preset_find(ours[k]);
        assert_string_equal(p->calibration, "rank-gauss");
        assert_string_equal(p->fitted.space, "nb201");
        assert_string_equal(p->fitted.data, "cifar10");
        for (size_t i = 0; i < 13; i++) { /* carried: without jacov and epe_nas */
            int known;
            assert_true(up_preset_weight_of(p, proxy[i], &known) != 0 ||
                        (k && (i == 7 || i == 8)));
        }
    }
    assert_null(up_preset_find("sum")->fitted.space);
    assert_null(up_preset_find("tpe"));
}

static void test_preset(void **state)
{
    const char *sets[] = {"lambda.preset=weighted", NULL, NULL};
    struct up_buf out = lambda(sets, false, 1, UP_EINVAL);
    assert_non_null(strstr(err.msg, "the scores have no flops, params"));
    assert_non_null(strstr(err.msg, "lambda.absent"));
    up_buf_release(&out);
    sets[1] = "lambda.absent=ignore";
    out = lambda(sets, false, 1, UP_OK);
    const double *w = weights_of(&out);
    assert_true(w[0] == 1 && w[1] == 0 && w[2] == 0.138 && w[3] == -0.164);
    assert_non_null(strstr(job.notes, "no weight for mine"));
    assert_non_null(strstr(job.notes, "made for calibrate.method raw"));
    assert_non_null(strstr(job.notes, "weighs zen"));
    const char *const *absent;
    size_t n;
    assert_int_equal(up_doc_names(up_buf_view(&out), "absent", &arena, &absent, &n, &err),
                     UP_OK);
    assert_int_equal(n, 10); /* the preset's thirteen without jacov, nwot and snip */
    assert_string_equal(absent[0], "flops");
    up_buf_release(&out);
}

/* The artifact says what a preset was fitted on, and nil for one written by hand. */
static void test_fitted(void **state)
{
    const char *sets[] = {"lambda.preset=learned", "lambda.absent=ignore", NULL}, *text;
    struct up_buf out = lambda(sets, false, 1, UP_OK);
    assert_int_equal(up_doc_str(up_buf_view(&out), "fitted/space", &arena, &text, &err), UP_OK);
    assert_string_equal(text, "nb201");
    assert_int_equal(up_doc_str(up_buf_view(&out), "fitted/data", &arena, &text, &err), UP_OK);
    assert_string_equal(text, "cifar10");
    up_buf_release(&out);
    struct up_cursor c;
    sets[0] = "lambda.preset=sum";
    out = lambda(sets, false, 1, UP_OK);
    assert_int_equal(up_doc_at(up_buf_view(&out), "fitted", &c, &err), UP_OK);
    assert_int_equal(up_cur_peek(&c), UP_T_NIL);
    up_buf_release(&out);
}

static void test_fixed(void **state)
{
    const char *sets[] = {"lambda.preset=fixed", "lambda.weights={snip: -2, mine: 0.5}", NULL};
    struct up_buf out = lambda(sets, false, 1, UP_OK);
    const double *w = weights_of(&out);
    assert_true(w[0] == 0 && w[1] == 0.5 && w[2] == 0 && w[3] == -2);
    up_buf_release(&out);
    sets[1] = "lambda.weights={snap: 1}";
    out = lambda(sets, false, 1, UP_EINVAL);
    assert_non_null(strstr(err.msg, "snap"));
    up_buf_release(&out);
    sets[1] = "lambda.weights={}";
    out = lambda(sets, false, 1, UP_EUSAGE);
    up_buf_release(&out);
}

static void test_learned(void **state)
{
    const char *sets[] = {"lambda.preset=tpe", "lambda.samples=100", "lambda.trials=120",
                          "lambda.runs=3", NULL};
    struct up_buf out = lambda(sets, true, 1, UP_OK), two = lambda(sets, true, 2, UP_OK);
    const double *w = weights_of(&out);
    const void *used;
    uint64_t n;
    double tau;
    assert_true(up_view_equal(up_buf_view(&out), up_buf_view(&two)));
    assert_true(w[3] == -1 && w[0] > 0.3 && w[0] < 0.7);
    assert_true(fabs(w[1]) < 0.2 && fabs(w[2]) < 0.2);
    assert_int_equal(up_doc_real(up_buf_view(&out), "tau_used", &tau, &err), UP_OK);
    assert_true(tau > 0.8);
    assert_int_equal(
        up_doc_array(up_buf_view(&out), "used", UP_U32, 1, &arena, &used, &n, &err), UP_OK);
    assert_int_equal(n, 100);
    const uint32_t *row = used;
    for (size_t i = 0; i < n; i++)
        assert_true(row[i] < N / 2 && row[i] % 10 != 0 && (i == 0 || row[i] > row[i - 1]));
    up_buf_release(&out);
    up_buf_release(&two);
}

static void test_regression(void **state)
{
    const char *sets[] = {"lambda.preset=regression", "lambda.samples=100", NULL, NULL};
    struct up_buf out = lambda(sets, true, 1, UP_OK);
    const double *w = weights_of(&out);
    struct up_cursor c;
    double tau;
    assert_true(w[3] == -1 && w[0] > 0.4 && w[0] < 0.6);
    assert_true(fabs(w[1]) < 0.1 && fabs(w[2]) < 0.1);
    assert_int_equal(up_doc_real(up_buf_view(&out), "tau_used", &tau, &err), UP_OK);
    assert_true(tau > 0.85);
    assert_int_equal(up_doc_at(up_buf_view(&out), "objective", &c, &err), UP_OK);
    assert_int_equal(up_cur_peek(&c), UP_T_NIL);
    up_buf_release(&out);
    sets[2] = "lambda.target=flat";
    out = lambda(sets, true, 1, UP_EINVAL);
    assert_non_null(strstr(err.msg, "another lambda.target"));
    up_buf_release(&out);
    sets[2] = NULL;
    out = lambda(sets, false, 1, UP_EUSAGE);
    assert_non_null(strstr(err.msg, "lambda.preset regression learns"));
    up_buf_release(&out);
}

static void test_interrupted(void **state)
{
    const char *sets[] = {"lambda.preset=tpe", NULL};
    struct up_view in[] = {up_buf_view(&calibrate), up_buf_view(&scores),
                           up_buf_view(&benchmark)};
    volatile sig_atomic_t cancel = 1;
    struct up_buf out = UP_BUF_INIT;
    for (int threads = 1; threads <= 2; threads++) {
        job = (struct stage_job){.stage = &up_stage_lambda,
                                 .sets = sets,
                                 .inputs = in,
                                 .threads = threads,
                                 .cancel = &cancel};
        assert_int_equal(stage_job_run(&job, &out, &err), UP_ECANCELED);
        assert_int_equal(out.len, 0);
    }
    up_buf_release(&out);
}

static void test_refuses(void **state)
{
    const char *sets[] = {"lambda.preset=tpe", "lambda.trials=20", NULL, NULL};
    struct up_buf out = lambda(sets, false, 1, UP_EUSAGE);
    assert_non_null(strstr(err.msg, "benchmark.accuracy"));
    up_buf_release(&out);
    sets[2] = "lambda.target=cifar100_val";
    out = lambda(sets, true, 1, UP_EINVAL);
    assert_non_null(strstr(err.msg, "cifar10_val, flat, late"));
    up_buf_release(&out);
    sets[2] = "lambda.target=flat";
    out = lambda(sets, true, 1, UP_EINVAL);
    assert_non_null(strstr(err.msg, "flat is 1 in all 150 rows"));
    assert_non_null(strstr(err.msg, "another lambda.target"));
    up_buf_release(&out);
    sets[2] = "lambda.target=late";
    out = lambda(sets, true, 1, UP_EINVAL);
    assert_non_null(strstr(err.msg, "none of the 150 training rows has late"));
    up_buf_release(&out);
}

/* Fewer rows than asked for: for want of accuracies, or because there are no more. */
static void test_says_how_many_rows(void **state)
{
    struct up_buf full = UP_BUF_INIT, keep = benchmark;
    const char *sets[] = {"lambda.preset=tpe", "lambda.trials=20", NULL};
    struct up_buf out = lambda(sets, true, 1, UP_OK);
    assert_non_null(strstr(job.notes, "only 135 of the 150 training rows have cifar10_val"));
    up_buf_release(&out);
    static const char *const columns[] = {"cifar10_val"};
    up_pack_map(&full, 2);
    up_pack_str(&full, "accuracy");
    up_pack_map(&full, 2);
    pack_names(&full, 1, columns);
    up_pack_str(&full, "values");
    up_pack_array2(&full, UP_F64, truth, N, 1);
    up_pack_str(&full, "archs");
    up_pack_array2(&full, UP_U8, archs, N, 6);
    benchmark = full;
    out = lambda(sets, true, 1, UP_OK);
    assert_non_null(strstr(job.notes, "all 150 training rows are used"));
    assert_null(strstr(job.notes, "only"));
    benchmark = keep;
    up_buf_release(&out);
    up_buf_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_preset),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_learned),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_fitted),
        cmocka_unit_test(test_regression),
        cmocka_unit_test(test_says_how_many_rows),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
