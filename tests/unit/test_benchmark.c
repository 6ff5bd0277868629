/* Merging a scores file and an accuracy file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "stages/benchmark/columns.h"
#include "stages/benchmark/merge.h"

static const struct up_space *nb201;
static struct up_arena arena;
static struct up_err err;

static struct up_table *table(const char *name, const char *text)
{
    static const char *const ignored[] = {"mine"};
    static struct up_column_ignore ignore = {1, ignored};
    struct up_table *t = UP_NEW(&arena, 1, struct up_table);
    struct up_table_wish wish = {
        .want = up_column_wanted, .ctx = &ignore, .number = up_column_is_proxy};
    if (up_table_read(t, name, up_view_str(text), &wish, &arena, &err))
        fail_msg("%s", err.msg);
    return t;
}

static int merge(struct up_benchmark *b, const char *scores, const char *accuracy)
{
    err.msg[0] = '\0';
    const struct up_benchmark_tables t = {scores ? table("s.csv", scores) : NULL,
                                          accuracy ? table("a.csv", accuracy) : NULL, NULL};
    return up_benchmark_merge(b, nb201, &t, &arena, &err);
}

static void names_decide(void **state)
{
    static const char *const score[] = {"snip", "my_proxy", "epe_nas", "params"};
    static const char *const accuracy[] = {"cifar10_val", "cifar100_test",
                                           "imagenet16_120_test", "val_accuracy", "acc"};
    static const char *const neither[] = {"",          "idx",        "index",   "Unnamed: 0",
                                          "snip_time", "train_loss", "time_all"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(up_column_use(score[i]), UP_USE_NUMBER);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(up_column_use(accuracy[i]), UP_USE_ACCURACY);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(up_column_use(neither[i]), UP_USE_NEITHER);
}

static void two_files_become_one(void **state)
{
    struct up_benchmark b;
    const char *scores = "idx,net,snip,my_idea,snip_time,mine,cifar10_val\n"
                         "9,\"(4, 0, 3, 1, 4, 3)\",1.5,-100000000.0,3,1,77\n"
                         "8,\"(0, 0, 0, 0, 0, 0)\",,-3e9,3,1,78\n"
                         "7,\"(1, 1, 1, 1, 1, 1)\",nan,inf,3,1,79\n";
    const char *accuracy = "index,arch,cifar10_val,cifar10_test\n"
                           "3,2631,91.5,92\n"
                           "4,0,10,\n";
    if (merge(&b, scores, accuracy))
        fail_msg("%s", err.msg);
    assert_int_equal(b.n, 4);
    assert_int_equal(b.proxies, 2);
    assert_int_equal(b.accuracies, 2);
    assert_string_equal(b.proxy[1], "my_idea");
    assert_string_equal(b.accuracy_name[0], "cifar10_val");
    for (size_t i = 1; i < b.n; i++)
        assert_true(up_arch_cmp(&b.arch[i - 1], &b.arch[i]) < 0);
    struct up_arch a;
    for (size_t i = 0; i < b.n; i++) {
        char text[UP_ARCH_TEXT];
        nb201->print(text, &b.arch[i], UP_SPELL_NASLIB);
        const uint8_t *s = &b.state[2 * i];
        if (!strcmp(text, "(4, 0, 3, 1, 4, 3)")) {
            assert_true(s[0] == UP_BENCH_OK && s[1] == UP_BENCH_INVALID);
            assert_true(b.score[2 * i] == 1.5 && isnan(b.score[2 * i + 1]));
            assert_true(b.accuracy[2 * i] == 91.5 && b.accuracy[2 * i + 1] == 92);
        } else if (!strcmp(text, "(0, 0, 0, 0, 0, 0)")) {
            assert_true(s[0] == UP_BENCH_ABSENT && s[1] == UP_BENCH_OK);
            assert_true(b.score[2 * i + 1] == -3e9);
            assert_true(isnan(b.accuracy[2 * i])); /* the accuracy file has that column */
        } else if (!strcmp(text, "(1, 1, 1, 1, 1, 1)")) {
            assert_true(s[0] == UP_BENCH_INVALID && s[1] == UP_BENCH_INVALID);
        } else {
            nb201->at(&a, 0);
            assert_int_equal(up_arch_cmp(&a, &b.arch[i]), 0);
            assert_true(s[0] == UP_BENCH_ABSENT && s[1] == UP_BENCH_ABSENT);
            assert_true(b.accuracy[2 * i] == 10 && isnan(b.accuracy[2 * i + 1]));
        }
    }
}

static void one_file_is_enough(void **state)
{
    struct up_benchmark b;
    assert_int_equal(merge(&b, "arch,snip,cifar10_val\n0,1,2\n", NULL), UP_OK);
    assert_true(b.proxies == 1 && b.accuracies == 1 && b.accuracy[0] == 2);
    assert_int_equal(merge(&b, NULL, "arch,top1\n0,1\n"), UP_OK);
    assert_true(b.proxies == 0 && b.accuracies == 1);
    assert_string_equal(b.accuracy_name[0], "top1");
    assert_int_equal(merge(&b, "arch,snip\n0,1\n0,1\n", NULL), UP_OK); /* the same row twice */
    assert_int_equal(b.n, 1);
}

static void json_brings_its_data_set(void **state)
{
    struct up_benchmark b;
    const char *text =
        "{\"cifar10\": {\"(4, 0, 3, 1, 4, 3)\": {\"idx\": \"3\", \"val_accuracy\": 90.5, "
        "\"snip\": {\"score\": Infinity, \"time\": 1}, \"nwot\": {\"score\": 2, \"time\": "
        "1}}}, "
        "\"ImageNet16-120\": {\"(4, 0, 3, 1, 4, 3)\": {\"val_accuracy\": 40, \"snip\": "
        "{\"score\": 7, "
        "\"time\": 1}}}}";
    struct up_table *t = table("s.json", text);
    assert_string_equal(t->note,
                        "s.json: scores of cifar10; it also has cifar10, ImageNet16-120");
    assert_int_equal(up_benchmark_merge(&b, nb201, &(struct up_benchmark_tables){t, NULL, NULL},
                                        &arena, &err),
                     UP_OK);
    assert_int_equal(b.n, 1);
    assert_int_equal(b.proxies, 2);
    assert_int_equal(b.state[0], UP_BENCH_INVALID);
    assert_true(b.score[1] == 2);
    assert_string_equal(b.accuracy_name[0], "cifar10_val");
    assert_string_equal(b.accuracy_name[1], "imagenet16_120_val");
    assert_true(b.accuracy[0] == 90.5 && b.accuracy[1] == 40);
    struct up_table other;
    struct up_table_wish wish = {.dataset = "svhn"};
    assert_int_equal(up_table_read(&other, "s.json", up_view_str(text), &wish, &arena, &err),
                     UP_EINVAL);
    assert_string_equal(
        err.msg,
        "s.json has no data set svhn; set benchmark.dataset to one of cifar10, ImageNet16-120");
}

static void sentences(void **state)
{
    struct up_benchmark b;
    assert_int_equal(merge(&b, "arch,snip\n0,1\n|none~0|+|nore~0|,2\n", NULL), UP_EINVAL);
    assert_string_equal(err.msg, "s.csv:3: '|none~0|+|nore~0|' is no architecture of nb201: "
                                 "column 11: unknown operation 'nore', "
                                 "did you mean none?; the operations are none, skip_connect, "
                                 "nor_conv_1x1, nor_conv_3x3, "
                                 "avg_pool_3x3");
    assert_int_equal(merge(&b, "arch,snip\n0,1\n0,1.5\n", NULL), UP_EINVAL);
    assert_string_equal(
        err.msg, "s.csv:3: snip of 0 is 1.5 here and 1 in another row; keep one of them");
    assert_int_equal(merge(&b, "arch,cifar10_val\n0,1\n", NULL), UP_EINVAL);
    assert_string_equal(err.msg, "s.csv has no column of scores; each proxy must be a column "
                                 "such as snip (columns of numbers found: cifar10_val)");
    assert_int_equal(merge(&b, NULL, "arch,index\n0,1\n"), UP_EINVAL);
    assert_string_equal(err.msg, "a.csv has no accuracy column such as cifar10_val or "
                                 "cifar10_test (columns of numbers found: none)");
    assert_int_equal(merge(&b, "net,net_str,snip\n0,0,1\n0,\"(2, 3, 3, 0, 0, 0)\",2\n", NULL),
                     UP_EINVAL);
    assert_non_null(strstr(err.msg, "s.csv:3: column net_str says '(2, 3, 3, 0, 0, 0)', which "
                                    "is not '0'; remove the column that is wrong"));
    assert_int_equal(merge(&b, "net,net_str,snip\n0,,1\n1,|nore~0|,2\n", NULL), UP_EINVAL);
    assert_non_null(strstr(err.msg, "s.csv:3: '|nore~0|' is no architecture of nb201"));
    assert_int_equal(merge(&b, "arch,snip\n", NULL), UP_EINVAL);
    assert_string_equal(err.msg, "s.csv holds no architectures, only its header");
}

static int release(void **state)
{
    up_arena_release(&arena);
    return 0;
}

int main(void)
{
    if (up_space_find(&nb201, "nb201", NULL))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_decide),       cmocka_unit_test(two_files_become_one),
        cmocka_unit_test(one_file_is_enough), cmocka_unit_test(json_brings_its_data_set),
        cmocka_unit_test(sentences),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
