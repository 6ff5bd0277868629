/* links: up_dag */
/* The rate of progress and what follows from it. */
#include "dag/run/rate.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static void about(double have, double want)
{
    if (!(fabs(have - want) < 1e-9 * want))
        fail_msg("%g, not %g", have, want);
}

static void nothing_done_is_no_rate(void **state)
{
    struct up_rate r = {0};
    assert_true(up_rate_add(&r, 1000, 5) == 0);
    assert_true(up_rate_add(&r, 1000, 6) == 0);
    assert_true(up_rate_add(&r, 2000, 5) == 0);
}

/* 900 of 1000 were there: the rate is that of the ten done since. */
static void parts_from_before_do_not_count(void **state)
{
    struct up_rate r = {0};
    up_rate_add(&r, 7000, 900);
    about(up_rate_add(&r, 12000, 910), 2);
}

static void a_slow_beginning_is_forgotten(void **state)
{
    struct up_rate r = {0};
    uint64_t ms = 1, done = 0;
    up_rate_add(&r, ms, done);
    for (int i = 0; i < 30; i++) /* one every ten seconds */
        about(up_rate_add(&r, ms += 10000, ++done), 0.1);
    double rate = 0;
    for (int i = 0; i < 1000; i++) /* ten a second for 100 s */
        rate = up_rate_add(&r, ms += 100, ++done);
    about(rate, 10);
}

/* Units that take minutes: the window holds twenty of them, not half of one. */
static void slow_units_have_a_rate(void **state)
{
    struct up_rate r = {0};
    uint64_t ms = 1, done = 0;
    up_rate_add(&r, ms, done);
    for (int i = 0; i < 200; i++) { /* two threads that end at nearly the same time */
        up_rate_add(&r, ms += 119000, ++done);
        double rate = up_rate_add(&r, ms += 1000, ++done);
        if (!(fabs(rate - 1.0 / 60) < 0.1 / 60))
            fail_msg("after %d: %g", i, rate);
    }
}

/* A rate of before does not outlive a standstill. */
static void a_standstill_shows(void **state)
{
    struct up_rate r = {0};
    uint64_t ms = 1, done = 0;
    up_rate_add(&r, ms, done);
    for (int i = 0; i < 100; i++)
        up_rate_add(&r, ms += 500, done += 5);
    double before = up_rate_add(&r, ms, done);
    about(before, 10);
    assert_true(up_rate_add(&r, ms + 300000, done + 1) < 1.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_done_is_no_rate),
        cmocka_unit_test(parts_from_before_do_not_count),
        cmocka_unit_test(a_slow_beginning_is_forgotten),
        cmocka_unit_test(slow_units_have_a_rate),
        cmocka_unit_test(a_standstill_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
