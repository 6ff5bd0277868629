/* Scores every golden case of a space and compares. For test files; include after cmocka's
 * headers. */
#ifndef UP_TESTS_GOLDEN_CASES_H
#define UP_TESTS_GOLDEN_CASES_H
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
    case UP_GRASP: /* a difference of sums as large as the gradient squared */
        return 1e-3 * fabs(v) + 1e-7 * g->value[UP_GRAD_NORM] * g->value[UP_GRAD_NORM];
    case UP_PLAIN:
        return 1e-4 * fabs(g->value[UP_SNIP]);
    case UP_NWOT:
        return 1e-12 * fabs(v);
    case UP_FLOPS:
    case UP_PARAMS:
        return 5e-7; /* six decimals */
    default:
        return 1e-4 * fabs(v);
    }
}

/* How many scores are wrong. */
static int compare(const struct golden *g, const char *name, const struct up_proxy_scores *s)
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
    return bad + (fabs(s->loss - g->loss) >= 1e-5);
}

/* One case on every instruction set: all give the same bits. The portable variant takes minutes
 * for a large one. */
static int golden_case(const char *name, struct up_slab *slab)
{
    struct golden g;
    struct up_proxy_scores s, first;
    struct up_err err = {""};
    golden_open(&g, name);
    g.job.isa = up_isa_best();
    double start = seconds();
    assert_int_equal(up_proxy_score(&first, &g.job, slab, &err), UP_OK);
    print_message("%s: %.2f s\n", name, seconds() - start);
    int bad = compare(&g, name, &first);
    for (int isa = 0; isa < (int)up_isa_best(); ++isa) {
        if (isa == UP_ISA_PORTABLE && g.job.batch->n > 16)
            continue;
        g.job.isa = (enum up_isa)isa;
        assert_int_equal(up_proxy_score(&s, &g.job, slab, &err), UP_OK);
        assert_memory_equal(s.value, first.value, sizeof s.value);
        assert_memory_equal(s.state, first.state, sizeof s.state);
    }
    golden_close(&g);
    return bad;
}

/* Every case of the space that *state names. */
static void golden_cases(void **state)
{
    char pattern[1024];
    glob_t found;
    if (!getenv("UPNAS_SHARED")) {
        print_message("UPNAS_SHARED is not set: no golden cases\n");
        skip();
    }
    snprintf(pattern, sizeof pattern, "%s/golden/%s_*.json", getenv("UPNAS_SHARED"),
             (const char *)*state);
    if (glob(pattern, 0, NULL, &found)) {
        print_message("no golden cases match %s\n", pattern);
        skip();
    }
    struct up_slab *slab = up_slab_new(0);
    int bad = 0;
    for (size_t i = 0; i < found.gl_pathc; ++i) {
        char *name = strrchr(found.gl_pathv[i], '/') + 1;
        name[strlen(name) - strlen(".json")] = '\0';
        bad += golden_case(name, slab);
    }
    up_slab_free(slab);
    globfree(&found);
    assert_int_equal(bad, 0);
}

#endif
