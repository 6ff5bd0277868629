#include "stages/learn/calibration.h"
#include "stages/learn/statistics/normal.h"
#include "store/base/pack.h"
#include "store/base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/read_doc.h"

#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static const char *const names[] = {"a", "b"};

static void fit(struct up_calibration *c, struct up_arena *arena, const char *method,
                const double *column, size_t n)
{
    double *raw = UP_NEW(arena, 2 * n, double);
    uint32_t *train = UP_NEW(arena, n, uint32_t);
    for (size_t i = 0; i < n; i++) {
        raw[2 * i] = column[i];
        raw[2 * i + 1] = 42;
        train[i] = (uint32_t)i;
    }
    up_calibration_fit(c, method, &(struct up_calibration_rows){names, 2, raw, train, n},
                       arena);
}

static void test_rank_gauss(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_calibration c;
    const double x[] = {10, nan(""), 30, 20, 30};
    fit(&c, &arena, "rank-gauss", x, 5);
    /* ascending: 10 (and the invalid one), 20, 30, 30: mid-ranks 1.5, 3, 4.5 of 5 */
    assert_near(up_calibration_value(&c, 0, 10), up_normal_quantile(0.2), 1e-15);
    assert_near(up_calibration_value(&c, 0, nan("")), up_normal_quantile(0.2), 1e-15);
    assert_near(up_calibration_value(&c, 0, 20), 0, 1e-15);
    assert_near(up_calibration_value(&c, 0, 30), up_normal_quantile(0.8), 1e-15);
    assert_near(up_calibration_value(&c, 0, 25), up_normal_quantile(0.8) / 2, 1e-15);
    assert_true(up_calibration_value(&c, 0, 1e300) == up_calibration_value(&c, 0, 30));
    assert_true(up_calibration_value(&c, 0, -1e300) == up_calibration_value(&c, 0, 10));
    up_arena_release(&arena);
}

static void test_minmax_raw(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_calibration c;
    const double x[] = {-2, 6, 0, nan("")};
    fit(&c, &arena, "minmax", x, 4);
    assert_true(up_calibration_value(&c, 0, 0) == 0.25);
    assert_true(up_calibration_value(&c, 0, nan("")) == 0);
    assert_true(up_calibration_value(&c, 0, 7) == 1);
    fit(&c, &arena, "raw", x, 4);
    assert_true(up_calibration_value(&c, 0, 1e9) == 1e9);
    assert_true(up_calibration_value(&c, 0, HUGE_VAL) == -2);
    assert_true(up_calibration_value(&c, 1, nan("")) == 42);
    up_arena_release(&arena);
}

/* Two values and one far out, which the cut brings back. 0.5 % of 201 values from
 * either end is the second: the column is cut to -1 .. 1. */
static void test_cut(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_calibration c;
    double x[201];
    for (int i = 0; i < 200; i++)
        x[i] = i % 2 ? 1 : -1;
    x[200] = 1e12;
    fit(&c, &arena, "zscore", x, 201);
    double mean = 1.0 / 201, deviation = sqrt(1 - mean * mean);
    assert_near(up_calibration_value(&c, 0, 1), (1 - mean) / deviation, 1e-13);
    assert_true(up_calibration_value(&c, 0, 1e12) == up_calibration_value(&c, 0, 1));
    fit(&c, &arena, "signed-log", x, 201); /* median of |x| is 1: x -> +-log 2 */
    assert_near(up_calibration_value(&c, 0, 1), (1 - mean) / deviation, 1e-13);
    assert_near(up_calibration_value(&c, 0, 0), -mean / deviation, 1e-13);
    up_arena_release(&arena);
}

static void test_monotone(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_rng r = up_rng_init(5, "monotone");
    double x[300];
    for (int i = 0; i < 300; i++)
        x[i] = i % 7 ? pow(10, up_rng_range(&r, -30, 30)) * (i % 3 ? 1 : -1) : 0;
    for (int m = 0; up_calibration_names[m]; m++) {
        struct up_calibration c;
        fit(&c, &arena, up_calibration_names[m], x, 300);
        double last = -HUGE_VAL;
        for (double e = -32; e <= 32; e += 0.01) {
            double v = up_calibration_value(&c, 0, e < 0 ? -pow(10, -e) : pow(10, e - 32));
            assert_true(isfinite(v) && v >= last);
            last = v;
        }
        bool raw = strcmp(up_calibration_names[m], "raw") == 0;
        assert_true(up_calibration_value(&c, 1, 41) == (raw ? 41 : 0)); /* constant column */
    }
    up_arena_release(&arena);
}

static void test_no_valid_value(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_calibration c;
    const double x[] = {nan(""), -HUGE_VAL, nan("")};
    for (int m = 0; up_calibration_names[m]; m++) {
        fit(&c, &arena, up_calibration_names[m], x, 3);
        assert_true(up_calibration_value(&c, 0, nan("")) == 0);
    }
    up_arena_release(&arena);
}

static void pack_artifact(struct up_buf *b, const struct up_calibration *c, const char *method)
{
    static const char *const two[] = {"a", "b"};
    struct up_writer w = up_writer_of(b);
    up_calibration_write(&w, "fit", c);
    up_writer_str(&w, "method", method);
    up_writer_names(&w, "names", two, 2);
    up_writer_end(&w);
}

static void test_round_trip(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    const double x[] = {3, -1, 4, 1, -5, 9, 2, 6, nan("")};
    for (int m = 0; up_calibration_names[m]; m++) {
        struct up_calibration c, d;
        struct up_buf b = UP_BUF_INIT;
        struct up_err err;
        fit(&c, &arena, up_calibration_names[m], x, 9);
        pack_artifact(&b, &c, up_calibration_names[m]);
        assert_int_equal(up_calibration_load(&d, READ_DOC(&b, &arena, &err)), UP_OK);
        assert_string_equal(up_calibration_method_name(&d), up_calibration_names[m]);
        assert_string_equal(d.name[1], "b");
        for (int i = 0; i < 9; i++) {
            double raw[2] = {x[i], 42}, out[2];
            up_calibration_apply(&d, out, raw);
            assert_true(out[0] == up_calibration_value(&c, 0, x[i]));
            assert_true(out[1] == up_calibration_value(&c, 1, 42));
        }
        up_buf_release(&b);
    }
    up_arena_release(&arena);
}

static void test_refuses(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    const double x[] = {1, 2, 3};
    struct up_calibration c, d;
    struct up_err err;
    struct up_buf b = UP_BUF_INIT;
    fit(&c, &arena, "minmax", x, 3);
    pack_artifact(&b, &c, "zscore");
    assert_int_equal(up_calibration_load(&d, READ_DOC(&b, &arena, &err)), UP_ECORRUPT);
    up_buf_clear(&b);
    pack_artifact(&b, &c, "cubic");
    assert_int_equal(up_calibration_load(&d, READ_DOC(&b, &arena, &err)), UP_ECORRUPT);
    assert_non_null(strstr(err.msg, "cubic"));
    struct up_reader empty = up_reader_of("nothing", up_view_str("\x80"), &arena, &err);
    assert_int_equal(up_calibration_load(&d, &empty), UP_ECORRUPT);
    assert_string_equal(err.msg, "nothing cannot be read: field \"names\": no field \"names\"");
    up_buf_release(&b);
    up_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank_gauss),
        cmocka_unit_test(test_minmax_raw),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_monotone),
        cmocka_unit_test(test_no_valid_value),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
