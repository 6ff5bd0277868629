/* links: up_proxy up_format */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden.h"

#include <glob.h>
#include <time.h>

/* What the published code stores for NaN and infinity. */
static const double invalid = -1e8;

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Largest difference allowed from the published value v. */
static double tolerance(const struct golden *g, int proxy, double v)
{
    switch (proxy) {
    case UP_GRASP:
        return 1e-3 * fabs(v);
    case UP_PLAIN:
        return 1e-4 * fabs(g->value[UP_SNIP]);
    case UP_NWOT:
        return 1e-7 * fabs(v); /* a few signs of 48 million fall the other way in float32 */
    case UP_FLOPS:
    case UP_PARAMS:
        return 5e-7; /* six decimals */
    default:
        return 1e-4 * fabs(v);
    }
}

static void compare(const struct golden *g, const char *name, const struct up_proxy_scores *s)
{
    int bad = 0;
    for (int i = 0; i < UP_PROXIES; ++i) {
        double want = g->value[i], got = s->value[i];
        if (isnan(want))
            continue;
        bool ok = want == invalid ? s->state[i] != UP_SCORE_OK && isnan(got)
                                  : fabs(got - want) <= tolerance(g, i, want);
        print_message("%-16s %-9s %18.10g %18.10g  %.1e%s\n", name, up_proxies[i].name, want,
                      got, want != 0 ? fabs(got / want - 1) : fabs(got), ok ? "" : "  WRONG");
        bad += !ok;
    }
    assert_true(fabs(s->loss - g->loss) < 1e-5);
    assert_int_equal(bad, 0);
}

static void every_case_is_reproduced(void **state)
{
    (void)state;
    char pattern[1024];
    glob_t found;
    struct up_err err = {""};
    if (!getenv("UPNAS_SHARED")) {
        print_message("UPNAS_SHARED is not set: no golden cases\n");
        skip();
    }
    snprintf(pattern, sizeof pattern, "%s/golden/nb201_*.json", getenv("UPNAS_SHARED"));
    if (glob(pattern, 0, NULL, &found)) {
        print_message("no golden cases match %s\n", pattern);
        skip();
    }
    struct up_proxy_slab *slab = up_proxy_slab_new();
    for (size_t i = 0; i < found.gl_pathc; ++i) {
        char *name = strrchr(found.gl_pathv[i], '/') + 1;
        struct golden g;
        struct up_proxy_scores s;
        name[strlen(name) - strlen(".json")] = '\0';
        golden_open(&g, name);
        double start = seconds();
        assert_int_equal(up_proxy_score(&s, &g.job, slab, &err), UP_OK);
        print_message("%s: %.2f s\n", name, seconds() - start);
        compare(&g, name, &s);
        golden_close(&g);
    }
    up_proxy_slab_free(slab);
    globfree(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_is_reproduced)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
