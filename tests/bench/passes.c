/* links: up_proxy */
/* Seconds of every pass of scoring one architecture, on one thread, as JSON lines.
 *
 *   passes SPACE ARCH [BATCH [ROUNDS [ISA]]]
 *
 * One line per pass: median seconds, multiply-adds executed directly or by Winograd's tiles as
 * FLOPs, and GFLOP/s; then one for the whole. The first round warms up and is not counted. */
#include "stages/proxy/proxy.h"
#include "stages/proxy/work.h"
#include "store/base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 51, PASSES = 8 };
static const char *const names[PASSES] = {"weights", "forward", "jacobian", "loss",
                                          "hessian", "synflow", "zen",      "whole"};

struct clock {
    double last, seconds[PASSES][ROUNDS];
    int round;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void passed(void *ctx, unsigned pass)
{
    struct clock *c = ctx;
    double t = now();
    c->seconds[__builtin_ctz(pass)][c->round] = t - c->last;
    c->last = t;
}

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_size);
    return v[n / 2];
}

int main(int argc, char **argv)
{
    static struct clock c;
    const struct up_space *space;
    struct up_proxy_scores s;
    struct up_err err = {""};
    int n = argc > 3 ? atoi(argv[3]) : 64, rounds = argc > 4 ? atoi(argv[4]) : 5;
    if (argc < 3 || n < 1 || rounds < 1 || rounds >= ROUNDS ||
        up_space_find(&space, argv[1], &err))
        return fprintf(stderr, "usage: passes SPACE ARCH [BATCH [ROUNDS [ISA]]] %s\n", err.msg),
               2;
    struct up_proxy_job job = {.space = space,
                               .net = space->net,
                               .seed = 1,
                               .want = (1u << UP_PROXIES) - 1,
                               .isa = up_isa_best(),
                               .passed = passed,
                               .ctx = &c};
    for (int i = 0; argc > 5 && i < UP_ISAS; ++i)
        if (!strcmp(argv[5], up_isa_name[i]))
            job.isa = (enum up_isa)i;
    if (space->parse(&job.arch, argv[2], strlen(argv[2]), &err))
        return fprintf(stderr, "%s\n", err.msg), 2;
    size_t each = (size_t)(3 * job.net.height * job.net.width);
    float *x = malloc((size_t)n * each * sizeof *x);
    int32_t *y = malloc((size_t)n * sizeof *y);
    struct up_rng rng = up_rng_init(1, "images");
    for (size_t i = 0; i < (size_t)n * each; ++i)
        x[i] = (float)up_rng_normal(&rng);
    for (int i = 0; i < n; ++i)
        y[i] = (int32_t)(i % job.net.classes);
    struct up_batch batch = {n, 3, job.net.height, job.net.width, job.net.classes, x, y};
    struct up_proxy_slab *slab = up_proxy_slab_new();
    job.batch = &batch;
    for (int r = 0; r <= rounds; ++r) {
        c.round = r ? r - 1 : 0;
        double start = c.last = now();
        if (up_proxy_score(&s, &job, slab, &err))
            return fprintf(stderr, "%s\n", err.msg), 1;
        c.seconds[PASSES - 1][c.round] = now() - start;
    }
    for (int p = 0; p < PASSES; ++p) {
        double m = median(c.seconds[p], rounds);
        printf(
            "{\"pass\": \"%s\", \"isa\": \"%s\", \"batch\": %d, \"median_s\": %.4f, \"min_s\": "
            "%.4f, \"max_s\": %.4f}\n",
            names[p], up_isa_name[job.isa], n, m, c.seconds[p][0], c.seconds[p][rounds - 1]);
    }
    up_proxy_slab_free(slab);
    free(x);
    free(y);
    return 0;
}
