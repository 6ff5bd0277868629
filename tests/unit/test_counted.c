/* links: up_learn
 * Scores that are counted: found where all rows agree, come back from the artifact, and are
 * the calibrated costs of any architecture. */
#include "stages/learn/counted.h"
#include "store/base/pack.h"
#include "store/base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { N = 60, TRAIN = 40, M = 3 };
static const char *const names[M] = {"odd", "params", "flops"};

static struct world {
    struct up_arena arena;
    const struct up_space *space;
    struct up_net_size net; /* not the published one */
    struct up_arch arch[N];
    double raw[N * M];
    struct up_calibration fit;
} w;

static int setup(void **state)
{
    struct up_rng r = up_rng_init(3, "counted");
    uint32_t train[TRAIN];
    w.arena = (struct up_arena)UP_ARENA_INIT;
    assert_int_equal(up_space_find(&w.space, *state, NULL), UP_OK);
    w.net = w.space->net;
    w.net.channels += 4;
    w.net.classes = 100;
    for (int i = 0; i < N; i++) {
        w.space->sample(&w.arch[i], &r);
        w.raw[i * M] = up_rng_normal(&r);
        w.space->cost(&w.raw[i * M + 2], &w.raw[i * M + 1], &w.arch[i], &w.net);
    }
    for (uint32_t i = 0; i < TRAIN; i++)
        train[i] = i;
    up_calibration_fit(&w.fit, "rank-gauss",
                       &(struct up_calibration_rows){names, M, w.raw, train, TRAIN}, &w.arena);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    up_arena_release(&w.arena);
    return 0;
}

static void find(struct up_counted *k, size_t n)
{
    const struct up_counted_rows rows = {w.space, w.net, w.arch, w.raw, n};
    up_counted_find(k, &rows, &w.fit, &w.arena);
}

static void pack(struct up_buf *b, const struct up_counted *k)
{
    struct up_writer doc = up_writer_of(b);
    up_counted_write(&doc, "counted", k);
    up_writer_end(&doc);
}

static int load(struct up_counted *k, const struct up_buf *b, size_t columns,
                struct up_err *err)
{
    struct up_reader doc = up_reader_of("mpe", up_buf_view(b), &w.arena, err);
    struct up_reader inside = up_reader_inside(&doc, "counted");
    return up_counted_load(k, w.space, &inside, names, columns);
}

static void test_put(void **state)
{
    (void)state;
    struct up_counted found, k;
    struct up_buf b = UP_BUF_INIT;
    float y[N * M];
    find(&found, N);
    assert_int_equal(found.fit.columns, 2);
    pack(&b, &found);
    assert_int_equal(up_pack_check(up_buf_view(&b), NULL), UP_OK);
    assert_int_equal(load(&k, &b, M, NULL), UP_OK);
    for (int i = 0; i < N * M; i++)
        y[i] = 42;
    up_counted_put(&k, y, M, w.arch, N);
    for (int i = 0; i < N; i++) {
        double want[M];
        up_calibration_apply(&w.fit, want, w.raw + i * M);
        assert_true(y[i * M] == 42);
        assert_true(y[i * M + 1] == (float)want[1] && y[i * M + 2] == (float)want[2]);
    }
    up_buf_release(&b);
}

static void test_other_numbers_are_predicted(void **state)
{
    (void)state;
    struct up_counted k;
    double was = w.raw[17 * M + 2];
    const double others[] = {was * 1.001, (double)NAN, 0};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        w.raw[17 * M + 2] = others[i];
        find(&k, N);
        assert_int_equal(k.fit.columns, 1);
        assert_string_equal(k.fit.name[0], "params");
    }
    w.raw[17 * M + 2] = was * (1 + 1e-8); /* as a table rounds it */
    find(&k, N);
    assert_int_equal(k.fit.columns, 2);
    w.raw[17 * M + 2] = was;
}

static void test_none(void **state)
{
    (void)state;
    struct up_counted k;
    struct up_err err = {""};
    struct up_buf b = UP_BUF_INIT;
    float y[M] = {1, 2, 3};
    find(&k, 0);
    pack(&b, &k);
    assert_int_equal(load(&k, &b, M, NULL), UP_OK);
    up_counted_put(&k, y, M, w.arch, 1);
    assert_true(y[0] == 1 && y[1] == 2 && y[2] == 3);
    up_buf_clear(&b);
    find(&k, N);
    pack(&b, &k);
    assert_int_equal(load(&k, &b, 2, &err), UP_ECORRUPT);
    assert_non_null(strstr(err.msg, "flops"));
    up_buf_release(&b);
}

int main(void)
{
    static char nb201[] = "nb201", darts[] = "darts";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put),
        cmocka_unit_test(test_other_numbers_are_predicted),
        cmocka_unit_test(test_none),
    };
    struct CMUnitTest all[6];
    for (int i = 0; i < 6; i++) {
        all[i] = tests[i % 3];
        all[i].setup_func = setup;
        all[i].teardown_func = teardown;
        all[i].initial_state = i < 3 ? nb201 : darts;
    }
    return cmocka_run_group_tests(all, NULL, NULL);
}
