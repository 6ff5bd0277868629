/* Weights from files, and tables ranked by them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "stages/benchmark/columns.h"
#include "stages/rank/ranking.h"

static struct up_arena arena;
static struct up_err err;

static int read_weights(struct up_lambda_weights *w, const char *text)
{
    err.msg[0] = '\0';
    return up_lambda_weights_read(w, "w", up_view_str(text), &arena, &err);
}

static void test_spellings(void **state)
{
    static const struct {
        const char *text, *calibration;
    } good[] = {
        {"{\"nwot\": 1, \"snip\": -0.5}", NULL},
        {"{\"nwot\": 1, \"snip\": -0.5, \"calibration\": \"raw\"}", "raw"},
        {"{\"weights\": {\"nwot\": 1, \"snip\": -0.5}, \"queries\": 7, \"x\": [1]}", NULL},
        {"{\"version\": 3, \"value\": {\"calibration\": \"zscore\", \"history\": [[1]], "
         "\"names\": "
         "[\"nwot\", \"snip\"], \"weights\": [1, -0.5]}, \"params\": {\"a\": \"b\"}}",
         "zscore"},
        {"proxy,why,weight\nnwot,x,1\nsnip,y,-0.5\n", NULL},
        {"proxy,weight\nnwot,1\n\nsnip,-5e-1\n", NULL},
        {"nwot,snip\n1,-0.5\n", NULL},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct up_lambda_weights w;
        if (read_weights(&w, good[i].text))
            fail_msg("%s: %s", good[i].text, err.msg);
        assert_int_equal(w.n, 2);
        assert_string_equal(w.name[0], "nwot");
        assert_string_equal(w.name[1], "snip");
        assert_true(w.value[0] == 1 && w.value[1] == -0.5);
        assert_true(!good[i].calibration == !w.calibration);
        if (w.calibration)
            assert_string_equal(w.calibration, good[i].calibration);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "w: "},
        {"{}", "w holds no weights"},
        {"proxy,weight\n", "w holds no weights"},
        {"{\"nwot\": \"much\"}", "w:1:10: the weight of nwot is a string"},
        {"{\"nwot\": NaN}", "w:1:10: the weight of nwot is no finite number"},
        {"{\"nwot\": 1, \"nwot\": 2}", "nwot has a weight already"},
        {"{\"weights\": {\"nwot\": [1]}}", "w:1:22"},
        {"{\"weights\": [1, 2]}", "2 weights and 0 names"},
        {"{\"names\": [\"a\"], \"weights\": [1, 2]}", "2 weights and 1 names"},
        {"{\"weights\": {\"a\": 1}, \"weights\": {\"b\": 1}}",
         "w:1:23: weights are here twice"},
        {"{\"a\": 1, \"calibration\": \"loud\"}", "no calibration \"loud\""},
        {"{\"a\": 1} 2", "w:1:10"},
        {"proxy,weight\nnwot,much\n", "w:2:6: 'much' is no number"},
        {"proxy,weight\nnwot,1\nnwot,1\n", "w:3:6: nwot has a weight already"},
        {"proxy,weight\n,1\n", "without a proxy's name"},
        {"a,b\n1,2\n3,4\n", "w:3: a second row"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct up_lambda_weights w;
        assert_int_equal(read_weights(&w, bad[i].text), UP_EINVAL);
        if (!strstr(err.msg, bad[i].says))
            fail_msg("%s: %s", bad[i].text, err.msg);
    }
}

/* ---- ranking ---- */
#define OTHER "|none~0|+|skip_connect~0|none~1|+|none~0|none~1|skip_connect~2|"
#define UNUSED_EDGE "|nor_conv_1x1~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"
#define SAME_CELL "|none~0|+|none~0|none~1|+|nor_conv_3x3~0|none~1|avg_pool_3x3~2|"
#define ONE "|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|"
#define TWO "|none~0|+|none~0|none~1|+|avg_pool_3x3~0|none~1|none~2|"
#define THREE "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"

static const struct up_space *nb201;

static struct up_benchmark *table(const char *scores, const char *accuracy)
{
    struct up_table *t = UP_NEW(&arena, 2, struct up_table);
    struct up_benchmark *b = UP_NEW(&arena, 1, struct up_benchmark);
    static struct up_column_ignore none;
    struct up_table_wish wish = {.want = up_column_wanted, .ctx = &none};
    if (up_table_read(&t[0], "s.csv", up_view_str(scores), &wish, &arena, &err) ||
        (accuracy &&
         up_table_read(&t[1], "a.csv", up_view_str(accuracy), &wish, &arena, &err)) ||
        up_benchmark_merge(b, nb201,
                           &(struct up_benchmark_tables){&t[0], accuracy ? &t[1] : NULL, NULL},
                           &arena, &err))
        fail_msg("%s", err.msg);
    return b;
}

static int rank(struct up_ranking *r, const struct up_benchmark *b, const char *weights,
                const char *method, const char *target)
{
    struct up_lambda_weights *w = UP_NEW(&arena, 1, struct up_lambda_weights);
    if (read_weights(w, weights))
        fail_msg("%s", err.msg);
    const struct up_ranking_wish wish = {nb201, b, w, method, target};
    return up_ranking_make(r, &wish, &arena, &err);
}

static const char scores[] =
    "arch,nwot,snip\n" UNUSED_EDGE ",4,1\n" ONE ",3,nan\n" TWO ",2,3\n" THREE ",1,2\n";

static void expect_row(const struct up_ranking *r, size_t rank, const char *text)
{
    char have[UP_ARCH_TEXT];
    nb201->print(have, &r->table->arch[r->row[rank]], UP_SPELL_OFFICIAL);
    assert_string_equal(have, text);
}

static void test_order(void **state)
{
    struct up_ranking r;
    /* snip of the second is invalid: the worst, 1 */
    assert_int_equal(
        rank(&r, table(scores, NULL), "{\"nwot\": 1, \"snip\": 2, \"zen\": 3}", "raw", NULL),
        UP_OK);
    assert_int_equal(r.n, 4);
    expect_row(&r, 0, TWO);
    assert_true(r.unified[0] == 8 && r.unified[1] == 6 && r.unified[2] == 5);
    expect_row(&r, 1, UNUSED_EDGE);
    expect_row(&r, 2, THREE); /* equal scores in the table's order, that of their genes */
    expect_row(&r, 3, ONE);
    assert_true(r.unified[3] == 5);
    assert_int_equal(r.n_absent, 1);
    assert_string_equal(r.absent[0], "zen");
    assert_true(!r.target && r.n_known == 0 && isnan(r.tau) && isnan(r.alone[0]));
}

/* An accuracy under another spelling of the same cell counts, one without a score does not. */
static void test_accuracy(void **state)
{
    static const char accuracy[] = "arch,late_test,cifar10_val\n" SAME_CELL ",1,90\n" ONE
                                   ",2,80\n" TWO ",3,70\n" OTHER ",4,99\n";
    struct up_ranking r;
    const struct up_benchmark *b = table(scores, accuracy);
    assert_int_equal(rank(&r, b, "{\"nwot\": 1}", "rank-gauss", NULL), UP_OK);
    assert_string_equal(r.target, "cifar10_val");
    assert_int_equal(r.n, 4);
    assert_int_equal(r.n_known, 3);
    assert_true(fabs(r.tau - 1) < 1e-12 && fabs(r.rho - 1) < 1e-12 &&
                fabs(r.alone[0] - 1) < 1e-12);
    assert_true(r.accuracy[0] == 90 && r.accuracy[2] == 70 && isnan(r.accuracy[3]));
    /* snip there: 1, worst = 1, 3 against 90, 80, 70: one tie, two pairs the wrong way */
    assert_true(fabs(r.alone[1] + 2 / sqrt(6)) < 1e-12);
    assert_int_equal(rank(&r, b, "{\"nwot\": 1}", "rank-gauss", "late_test"), UP_OK);
    assert_true(fabs(r.tau + 1) < 1e-12);
    assert_int_equal(rank(&r, b, "{\"nwot\": 1}", "rank-gauss", "lost"), UP_EINVAL);
    assert_non_null(strstr(err.msg, "late_test, cifar10_val"));
}

static void test_nothing_to_rank(void **state)
{
    struct up_ranking r;
    assert_int_equal(rank(&r, table(scores, NULL), "{\"zen\": 1}", "raw", NULL), UP_EINVAL);
    assert_non_null(strstr(err.msg, "the table has nwot, snip"));
    assert_non_null(strstr(err.msg, "not there: zen"));
    assert_int_equal(rank(&r, table("arch,nwot,snip\n" ONE ",1e308,1e308\n" TWO ",1,2\n", NULL),
                          "{\"nwot\": 1, \"snip\": 1}", "raw", NULL),
                     UP_EINVAL);
    assert_non_null(strstr(err.msg, "--calibrate"));
}

static int setup(void **state) { return up_space_find(&nb201, "nb201", &err); }
static int teardown(void **state)
{
    up_arena_release(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),       cmocka_unit_test(test_refused),
        cmocka_unit_test(test_order),           cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_nothing_to_rank),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
