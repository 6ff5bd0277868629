/* The published files read as what they are said to hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "tests/unit/shared_file.h"
#include "stages/benchmark/columns.h"
#include "stages/benchmark/merge.h"
#include "stages/format/cifar.h"
#include "stages/format/csv.h"
#include "stages/format/naslib.h"
#include "stages/format/npz.h"

static const struct up_space *nb201;

static void order_of_the_benchmark(void **state)
{
    struct up_buf b = shared_file("data/nb201_accuracy_cifar10.csv");
    struct up_csv c;
    struct up_err err;
    uint64_t n = 0;
    assert_int_equal(up_csv_open(&c, "csv", up_buf_view(&b), &err), UP_OK);
    while (!up_csv_next(&c, &err)) {
        struct up_view index = up_csv_field(&c, 0), arch = up_csv_field(&c, 1);
        struct up_arch a, at;
        char text[UP_ARCH_TEXT];
        assert_int_equal(nb201->parse(&a, (const char *)arch.data, arch.len, &err), UP_OK);
        nb201->at(&at, n);
        assert_int_equal(up_arch_cmp(&a, &at), 0);
        assert_int_equal(nb201->index(&a), strtoull((const char *)index.data, NULL, 10));
        nb201->print(text, &a, UP_SPELL_OFFICIAL);
        assert_string_equal(text, (const char *)arch.data);
        assert_int_equal(nb201->parse(&at, (const char *)index.data, index.len, &err), UP_OK);
        assert_int_equal(up_arch_cmp(&a, &at), 0);
        n++;
    }
    assert_int_equal(n, 15625);
    up_csv_release(&c);
    up_buf_release(&b);
}

static void proxy_table_is_canonical(void **state)
{
    struct up_buf b = shared_file("data/nb201_zc_proxies.csv");
    struct up_arena arena = UP_ARENA_INIT;
    struct up_column_ignore ignore = {0};
    struct up_table_wish wish = {.want = up_column_wanted, .ctx = &ignore};
    struct up_table t;
    struct up_benchmark m;
    struct up_err err;
    if (up_table_read(&t, "csv", up_buf_view(&b), &wish, &arena, &err) ||
        up_benchmark_merge(&m, nb201, &(struct up_benchmark_tables){&t, NULL, NULL}, &arena,
                           &err))
        fail_msg("%s", err.msg);
    assert_int_equal(m.n, 4722);
    assert_int_equal(m.proxies, 13);
    assert_int_equal(m.accuracies, 0);
    size_t flops = 0, params = 0;
    for (size_t j = 0; j < m.proxies; j++) {
        flops = strcmp(m.proxy[j], "flops") ? flops : j;
        params = strcmp(m.proxy[j], "params") ? params : j;
    }
    for (size_t i = 0; i < m.n; i++) {
        struct up_arch c;
        double f, p;
        nb201->canonical(&c, &m.arch[i]);
        assert_int_equal(up_arch_cmp(&c, &m.arch[i]), 0);
        nb201->cost(&f, &p, &c, &nb201->net);
        assert_true(f == m.score[i * 13 + flops]);
        assert_true(p == m.score[i * 13 + params]);
    }
    up_arena_release(&arena);
    up_buf_release(&b);
}

static void both_columns_of_the_proxy_table_agree(void **state)
{
    struct up_buf b = shared_file("data/nb201_zc_proxies.csv");
    struct up_csv c;
    struct up_err err;
    assert_int_equal(up_csv_open(&c, "csv", up_buf_view(&b), &err), UP_OK);
    while (!up_csv_next(&c, &err)) {
        struct up_view tuple = up_csv_field(&c, 0), string = up_csv_field(&c, 1);
        struct up_arch x, y;
        assert_int_equal(nb201->parse(&x, (const char *)tuple.data, tuple.len, &err), UP_OK);
        assert_int_equal(nb201->parse(&y, (const char *)string.data, string.len, &err), UP_OK);
        assert_int_equal(up_arch_cmp(&x, &y), 0);
    }
    up_csv_release(&c);
    up_buf_release(&b);
}

struct tally {
    int cifar10, cifar100, imagenet, proxies, infinite, costs;
};

static int count(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    struct tally *t = ctx;
    struct up_arch a;
    struct up_net_size n = nb201->net;
    double flops, params;
    t->cifar10 += !strcmp(row->dataset, "cifar10");
    t->cifar100 += !strcmp(row->dataset, "cifar100");
    t->imagenet += !strcmp(row->dataset, "ImageNet16-120");
    n.classes = !strcmp(row->dataset, "cifar10")    ? 10
                : !strcmp(row->dataset, "cifar100") ? 100
                                                    : 120;
    n.height = n.width = n.classes == 120 ? 16 : 32;
    if (nb201->parse(&a, row->arch, strlen(row->arch), err))
        return UP_EINVAL;
    nb201->cost(&flops, &params, &a, &n);
    for (size_t i = 0; i < row->n; i++) {
        const struct up_naslib_field *f = &row->field[i];
        t->proxies += f->proxy;
        t->infinite += isinf(f->value) != 0;
        t->costs += f->value == (strcmp(f->name, "flops") ? params : flops) &&
                    (!strcmp(f->name, "flops") || !strcmp(f->name, "params"));
    }
    return UP_OK;
}

static void naslib_nb201(void **state)
{
    struct up_buf b = shared_file("data/zc_nasbench201.json");
    struct tally t = {0};
    struct up_err err;
    if (up_naslib_read("json", up_buf_view(&b), count, &t, &err))
        fail_msg("%s", err.msg);
    int all = t.cifar10 + t.cifar100 + t.imagenet;
    assert_int_equal(t.cifar10, 724);
    assert_int_equal(t.cifar100, 725);
    assert_int_equal(t.imagenet, 724);
    assert_int_equal(t.proxies, all * 12);
    assert_int_equal(t.costs, all * 2);
    assert_int_equal(t.infinite, 3);
    up_buf_release(&b);
}

/* Every published key is an architecture, and is written as it was read. */
static int count_darts(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    struct tally *t = ctx;
    const struct up_space *darts;
    struct up_arch a;
    char text[UP_ARCH_TEXT];
    double flops, params;
    if (up_space_find(&darts, "darts", err) ||
        darts->parse(&a, row->arch, strlen(row->arch), err))
        return UP_EINVAL;
    darts->print(text, &a, UP_SPELL_NASLIB);
    assert_string_equal(text, row->arch);
    darts->cost(&flops, &params, &a, &darts->net);
    t->cifar10 += !strcmp(row->dataset, "cifar10");
    for (size_t i = 0; i < row->n; i++) {
        t->proxies += row->field[i].proxy;
        if (!strcmp(row->field[i].name, "flops"))
            t->costs += row->field[i].value == flops;
        if (!strcmp(row->field[i].name, "params"))
            t->costs += row->field[i].value == params;
    }
    return UP_OK;
}

static void naslib_nb301(void **state)
{
    struct up_buf b = shared_file("data/zc_nasbench301.json");
    struct tally t = {0};
    struct up_err err;
    if (up_naslib_read("json", up_buf_view(&b), count_darts, &t, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(t.cifar10, 425);
    assert_int_equal(t.proxies, 425 * 12);
    assert_int_equal(t.costs, 425 * 2);
    up_buf_release(&b);
}

static void arrays_numpy_wrote(void **state)
{
    struct up_buf b = shared_file("golden/nb201_none.weights.npz");
    struct up_arena arena = UP_ARENA_INIT;
    struct up_npz z;
    struct up_npy a;
    struct up_err err;
    char text[160];
    if (up_npz_open(&z, "npz", up_buf_view(&b), &err))
        fail_msg("%s", err.msg);
    size_t values = 0;
    for (size_t i = 0; i < z.count; i++) {
        assert_int_equal(up_npz_get(&z, i, &arena, &a, &err), UP_OK);
        if (!strcmp(z.entry[i].name, "stem.conv.weight"))
            assert_string_equal(up_npy_describe(&a, text), "float32 [16, 3, 3, 3]");
        values += a.count;
    }
    assert_int_equal(values, 73306); /* every parameter of the network */
    up_npz_release(&z);
    up_buf_release(&b);
    b = shared_file("data/imagenet16-120/images.npy");
    assert_int_equal(up_npy_open(&a, "npy", up_buf_view(&b), &err), UP_OK);
    assert_string_equal(up_npy_describe(&a, text), "uint8 [106, 3, 16, 16]");
    up_buf_release(&b);
    up_arena_release(&arena);
}

static void cifar_files(void **state)
{
    struct up_buf b = shared_file("data/cifar-10-batches-bin/data_batch_1.bin");
    struct up_cifar c;
    struct up_err err;
    const struct up_cifar_file ten = {"data_batch_1.bin", "data_batch_1.bin", up_buf_view(&b)};
    int seen[10] = {0};
    int32_t label;
    assert_int_equal(up_cifar_open(&c, 10, &ten, 1, &err), UP_OK);
    assert_int_equal(c.count, 1000);
    for (size_t i = 0; i < c.count; i++) {
        up_cifar_image(&c, i, &label);
        seen[label]++;
    }
    for (int i = 0; i < 10; i++)
        assert_true(seen[i] > 50);
    up_buf_release(&b);
    b = shared_file("data/cifar-100-binary/train.bin");
    const struct up_cifar_file hundred = {"train.bin", "train.bin", up_buf_view(&b)};
    assert_int_equal(up_cifar_open(&c, 100, &hundred, 1, &err), UP_OK);
    assert_int_equal(c.count, 640);
    up_buf_release(&b);
}

int main(void)
{
    if (up_space_find(&nb201, "nb201", NULL))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_the_benchmark),
        cmocka_unit_test(proxy_table_is_canonical),
        cmocka_unit_test(both_columns_of_the_proxy_table_agree),
        cmocka_unit_test(naslib_nb201),
        cmocka_unit_test(naslib_nb301),
        cmocka_unit_test(arrays_numpy_wrote),
        cmocka_unit_test(cifar_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
