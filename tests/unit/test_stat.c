/* links: up_learn up_base */
#include "stages/learn/statistics/kendall.h"
#include "stages/learn/statistics/normal.h"
#include "store/base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#define assert_near(a, b, within) assert_true(fabs((a) - (b)) <= (within))

static double sign(double a) { return (a > 0) - (a < 0); }

/* The definitions, pair by pair. w == NULL: all pairs weigh the same. */
static double naive_tau(const double *x, const double *y, const double *w, size_t n)
{
    double s = 0, xx = 0, yy = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            double weight = w ? w[i] + w[j] : 1, a = sign(x[i] - x[j]), b = sign(y[i] - y[j]);
            s += weight * a * b;
            xx += weight * a * a;
            yy += weight * b * b;
        }
    }
    return s / sqrt(xx * yy);
}

static double naive_weighted(const double *x, const double *y, size_t n)
{
    double w[64];
    for (size_t i = 0; i < n; i++) {
        size_t above = 0;
        for (size_t j = 0; j < n; j++)
            above += x[j] > x[i] || (x[j] == x[i] && (y[j] > y[i] || (y[j] == y[i] && j < i)));
        w[i] = 1.0 / (1.0 + (double)above);
    }
    return naive_tau(x, y, w, n);
}

static void test_tau_by_definition(void **state)
{
    struct up_rng r = up_rng_init(1, "tau");
    for (int round = 0; round < 400; round++) {
        double x[64], y[64];
        size_t n = 2 + up_rng_below(&r, 63);
        uint64_t levels = 2 + up_rng_below(&r, round % 2 ? 4 : 1000); /* few levels: ties */
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)up_rng_below(&r, levels);
            y[i] = (double)up_rng_below(&r, levels) + (round % 3 ? 0.5 * x[i] : 0);
        }
        double naive = naive_tau(x, y, NULL, n), tau = up_kendall_tau_b(x, y, n);
        if (isnan(naive)) {
            assert_true(isnan(tau) && isnan(up_weighted_tau(x, y, n)));
            continue;
        }
        assert_near(tau, naive, 1e-14);
        double weighted = (naive_weighted(x, y, n) + naive_weighted(y, x, n)) / 2;
        assert_near(up_weighted_tau(x, y, n), weighted, 1e-12);
    }
}

/* Values of scipy.stats 1.10: weightedtau, kendalltau, spearmanr. */
static void test_reference_values(void **state)
{
    const double x[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
    const double y[] = {2, 7, 1, 8, 2, 8, 1, 8, 2, 8, 4, 5};
    assert_near(up_weighted_tau(x, y, 12), 0.3743904681282252, 1e-14);
    assert_near(up_kendall_tau_b(x, y, 12), 0.17109647770728875, 1e-15);
    assert_near(up_spearman_rho(x, y, 12), 0.1415796863640157, 1e-15);
    const double a[] = {12, 2, 1, 12, 2, 7, 7.5, -3}, b[] = {1, 4, 7, 1, 0, 2.5, 2.5, 9};
    assert_near(up_weighted_tau(a, b, 8), -0.7433791482557064, 1e-14);
    assert_near(up_kendall_tau_b(a, b, 8), -0.653846153846154, 1e-15);
    assert_near(up_spearman_rho(a, b, 8), -0.6951219512195123, 1e-15);
}

static void test_no_order(void **state)
{
    const double x[] = {1, 2, 3}, c[] = {7, 7, 7};
    assert_true(isnan(up_kendall_tau_b(x, c, 3)) && isnan(up_kendall_tau_b(c, x, 3)));
    assert_true(isnan(up_weighted_tau(x, c, 3)) && isnan(up_weighted_tau(c, x, 3)));
    assert_true(isnan(up_spearman_rho(x, c, 3)) && isnan(up_spearman_rho(c, x, 3)));
    assert_true(isnan(up_kendall_tau_b(x, x, 1)) && isnan(up_kendall_tau_b(x, x, 0)));
    assert_true(up_kendall_tau_b(x, x, 3) == 1 && up_weighted_tau(x, x, 3) == 1);
}

static void test_mid_rank(void **state)
{
    const double x[] = {5, 1, 5, 3, 5, 1}, want[] = {5, 1.5, 5, 3, 5, 1.5};
    double rank[6];
    up_mid_rank(rank, x, 6);
    for (int i = 0; i < 6; i++)
        assert_true(rank[i] == want[i]);
}

static void test_topk_regret(void **state)
{
    const double predicted[] = {1, 9, 9, 4, 8}, truth[] = {100, 70, 90, 95, 80};
    const double want[] = {30, 10, 10, 5, 0};
    for (size_t k = 1; k <= 5; k++)
        assert_true(up_topk_regret(predicted, truth, 5, k) == want[k - 1]);
}

static void test_normal(void **state)
{
    static const double p_z[][2] = {{1e-300, -37.0470962993612},
                                    {1e-20, -9.262340089798409},
                                    {1e-05, -4.264890793922825},
                                    {0.02425, -1.972961051311885},
                                    {0.1, -1.2815515655446004},
                                    {0.3, -0.5244005127080409},
                                    {0.499999999, -2.5066283428845328e-09},
                                    {0.6, 0.2533471031357997},
                                    {0.975, 1.959963984540054},
                                    {0.9999999999, 6.361340889697422}};
    for (size_t i = 0; i < sizeof p_z / sizeof *p_z; i++) {
        double z = up_normal_quantile(p_z[i][0]);
        assert_near(z, p_z[i][1], 2e-15 * (1 + fabs(z)));
    }
    assert_true(up_normal_quantile(0) == -HUGE_VAL && up_normal_quantile(1) == HUGE_VAL);
    assert_true(up_normal_quantile(0.5) == 0 && isnan(up_normal_quantile(nan(""))));
    for (double z = -8; z < 8; z += 0.0625) {
        double p = up_normal_cdf(z), slope = exp(-0.5 * z * z) / 2.5066282746310005;
        assert_near(up_normal_quantile(p), z, 4e-16 * (1 + 1 / slope) * (1 + fabs(z)));
        assert_true(up_normal_quantile(p) == -up_normal_quantile(1 - p) || p < 0.5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tau_by_definition), cmocka_unit_test(test_reference_values),
        cmocka_unit_test(test_no_order),          cmocka_unit_test(test_mid_rank),
        cmocka_unit_test(test_topk_regret),       cmocka_unit_test(test_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
