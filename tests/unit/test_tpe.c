/* links: up_learn up_base */
#include "stages/learn/statistics/tpe.h"
#include "store/base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum { DIMS = 6, TRIALS = 150 };

/* A smooth hill with its top, 0, at (0.5, -0.4, 0.3, -0.2, 0.1, 0). */
static double hill(const double *x)
{
    double s = 0;
    for (int d = 0; d < DIMS; d++) {
        double top = (d % 2 ? -0.1 : 0.1) * (5 - d);
        s -= (x[d] - top) * (x[d] - top);
    }
    return s;
}

static double climb(uint64_t seed, double path[TRIALS][DIMS])
{
    struct up_tpe *t = up_tpe_new(DIMS, -1, 1, TRIALS, seed);
    double best[DIMS];
    for (int i = 0; i < TRIALS; i++) {
        up_tpe_ask(t, path[i]);
        up_tpe_tell(t, path[i], hill(path[i]));
    }
    double value = up_tpe_best(t, best);
    assert_true(value == hill(best));
    up_tpe_free(t);
    return value;
}

static double wander(uint64_t seed)
{
    struct up_rng r = up_rng_init(seed, "wander");
    double best = -HUGE_VAL;
    for (int i = 0; i < TRIALS; i++) {
        double x[DIMS];
        for (int d = 0; d < DIMS; d++)
            x[d] = up_rng_range(&r, -1, 1);
        best = fmax(best, hill(x));
    }
    return best;
}

static void test_beats_random(void **state)
{
    static double path[TRIALS][DIMS];
    double tpe = 0, blind = 0;
    for (uint64_t seed = 0; seed < 10; seed++) {
        tpe += climb(seed, path) / 10;
        blind += wander(seed) / 10;
    }
    assert_true(blind < -0.3);
    assert_true(tpe > blind / 3);
}

static void test_deterministic_within_box(void **state)
{
    static double a[TRIALS][DIMS], b[TRIALS][DIMS];
    climb(7, a);
    climb(7, b);
    assert_memory_equal(a, b, sizeof a);
    climb(8, b);
    assert_true(memcmp(a, b, sizeof a) != 0);
    for (int i = 0; i < TRIALS; i++)
        for (int d = 0; d < DIMS; d++)
            assert_true(a[i][d] >= -1 && a[i][d] <= 1);
}

/* Nothing but equal values, no value at all, one place: still a point of the box. */
static void test_no_information(void **state)
{
    struct up_tpe *t = up_tpe_new(1, 0, 1e-3, 400, 3);
    for (int i = 0; i < 400; i++) {
        double x;
        up_tpe_ask(t, &x);
        assert_true(x >= 0 && x <= 1e-3);
        x = i < 200 ? 1e-3 : x;
        up_tpe_tell(t, &x, i % 3 ? nan("") : 1);
    }
    double x;
    assert_true(up_tpe_best(t, &x) == 1 && x == 1e-3);
    up_tpe_free(t);
    up_tpe_free(NULL);
}

/* The optimum at an edge of the box is approached from within. */
static void test_edge(void **state)
{
    struct up_tpe *t = up_tpe_new(2, -1, 1, 200, 11);
    double x[2];
    for (int i = 0; i < 200; i++) {
        up_tpe_ask(t, x);
        up_tpe_tell(t, x, x[0] - x[1]);
    }
    assert_true(up_tpe_best(t, x) > 1.95);
    up_tpe_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beats_random),
        cmocka_unit_test(test_deterministic_within_box),
        cmocka_unit_test(test_no_information),
        cmocka_unit_test(test_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
