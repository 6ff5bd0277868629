/* Weights by least squares on normal scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "stages/lambda/regress.h"
#include "stages/learn/statistics/normal.h"
#include "store/base/rng.h"
#include <math.h>

enum { N = 200 };

/* Weighted normal equations of two columns, written out; y[i] = i is its own rank. */
static void two_columns(double w[2], double x[N][2], double emphasis)
{
    double sum = 0, mx[2] = {0}, mt = 0, s[3] = {0}, b[2] = {0};
    double p[N], t[N];
    for (int i = 0; i < N; i++) {
        p[i] = pow((i + 1.0) / N, emphasis);
        t[i] = up_normal_quantile((i + 0.5) / N);
        sum += p[i];
    }
    for (int i = 0; i < N; i++) {
        mx[0] += p[i] / sum * x[i][0];
        mx[1] += p[i] / sum * x[i][1];
        mt += p[i] / sum * t[i];
    }
    for (int i = 0; i < N; i++) {
        double a = x[i][0] - mx[0], c = x[i][1] - mx[1];
        s[0] += p[i] * a * a;
        s[1] += p[i] * a * c;
        s[2] += p[i] * c * c;
        b[0] += p[i] * a * (t[i] - mt);
        b[1] += p[i] * c * (t[i] - mt);
    }
    double det = s[0] * s[2] - s[1] * s[1];
    w[0] = (s[2] * b[0] - s[1] * b[1]) / det;
    w[1] = (s[0] * b[1] - s[1] * b[0]) / det;
    double most = fmax(fabs(w[0]), fabs(w[1]));
    w[0] /= most;
    w[1] /= most;
}

static void test_normal_equations(void **state)
{
    double x[N][2], y[N], w[2], want[2], before = 0;
    struct up_rng r = up_rng_init(3, "regress test");
    for (int i = 0; i < N; i++) {
        double bend =
            i < N / 2 ? 0.02 : -0.01; /* the good half follows the second column less */
        x[i][0] = 0.02 * i + up_rng_normal(&r);
        x[i][1] = bend * i + up_rng_normal(&r);
        y[i] = i;
    }
    for (double emphasis = 0; emphasis <= 2; emphasis += 0.5) {
        struct up_regression f = {.n = N, .m = 2, .x = x[0], .y = y, .emphasis = emphasis};
        up_regress(w, &f);
        two_columns(want, x, emphasis);
        assert_true(fabs(w[0] - want[0]) < 1e-6 && fabs(w[1] - want[1]) < 1e-6);
        assert_true(emphasis == 0 || w[1] < before);
        before = w[1];
    }
}

/* Ranks alone count, whatever the accuracies' scale. */
static void test_ranks(void **state)
{
    double x[N][2], y[N], w[2], again[2];
    struct up_rng r = up_rng_init(4, "regress test");
    for (int i = 0; i < N; i++) {
        x[i][0] = up_rng_normal(&r);
        x[i][1] = up_rng_normal(&r);
        y[i] = x[i][0] - 0.5 * x[i][1];
    }
    struct up_regression f = {.n = N, .m = 2, .x = x[0], .y = y};
    up_regress(w, &f);
    assert_true(fabs(w[0] - 1) < 1e-12 && fabs(w[1] + 0.5) < 0.02);
    for (int i = 0; i < N; i++)
        y[i] = exp(20 * y[i]);
    up_regress(again, &f);
    assert_true(w[0] == again[0] && w[1] == again[1]);
}

static void test_awkward_columns(void **state)
{
    double x[N][5], y[N], w[5], shrunk[5];
    struct up_rng r = up_rng_init(5, "regress test");
    for (int i = 0; i < N; i++) {
        x[i][0] = 7; /* constant */
        x[i][1] = x[i][2] = up_rng_normal(&r);
        x[i][3] = 1e60 * up_rng_normal(&r);
        x[i][4] = up_rng_normal(&r);
        y[i] = 2 * x[i][1] + x[i][3] * 1e-60 - 3 * x[i][4];
    }
    struct up_regression f = {.n = N, .m = 5, .x = x[0], .y = y};
    up_regress(w, &f);
    assert_true(w[0] == 0);
    assert_true(w[4] == -1 && fabs(w[1] - 1.0 / 3) < 0.03 && fabs(w[1] - w[2]) < 1e-6);
    assert_true(fabs(w[3] * 1e60 - 1.0 / 3) < 0.03);
    f.ridge = 1; /* two columns that share a weight are shrunk less than one alone */
    up_regress(shrunk, &f);
    assert_true(shrunk[4] == -1 && shrunk[1] > w[1] + 0.02);
    double flat[N], one;
    for (int i = 0; i < N; i++)
        flat[i] = 3;
    f.m = 1;
    f.x = flat;
    up_regress(&one, &f);
    assert_true(one == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal_equations),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_awkward_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
