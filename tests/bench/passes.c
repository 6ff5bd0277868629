/* Seconds of every pass of scoring one architecture, with the scores it completes, on one
 * thread, as JSON lines.
 *
 *   passes SPACE ARCH [BATCH [ROUNDS [ISA]]]
 *
 * One line per pass that was made, then one for the whole: median seconds, GFLOP of its
 * convolutions as they are defined and as they are executed (Winograd's tiles multiply less),
 * bytes of activations, and GFLOP/s beside that of OpenBLAS's sgemm 1024^3. The first round
 * warms up and does not count. */
#include "stages/engine/net/build.h"
#include "stages/engine/plan/layout.h"
#include "stages/proxy/proxy.h"
#include "store/base/rng.h"
#include "tests/bench/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 51, PASSES = 8 };
static const char *const names[PASSES] = {"weights", "forward", "jacobian", "loss",
                                          "hessian", "synflow", "zen",      "whole"};

struct clock {
    double last, seconds[PASSES][ROUNDS];
    int round;
    bool ran[PASSES];
};

static void passed(void *ctx, unsigned pass)
{
    struct clock *c = ctx;
    double t = now();
    c->ran[__builtin_ctz(pass)] = true;
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

/* Convolutions' GFLOP of one forward pass over n images, and bytes of all activations. */
struct cost {
    double defined, executed, bytes;
};

static struct cost forward_cost(const struct up_proxy_job *job)
{
    struct up_program p = UP_PROGRAM_INIT;
    struct up_layout l;
    struct cost c = {0, 0, 0};
    if (up_program_build(&p, job->space, &job->arch, &job->net, job->batch->c, NULL))
        return c;
    up_layout_init(&l, &p);
    for (int i = 0; i < p.ops; ++i) {
        const struct up_op *op = &p.op[i];
        const struct up_program_slot *in = &p.slot[op->src], *out = &p.slot[op->dst];
        int kernel = op->kind == UP_OP_LINEAR ? 1 : op->kernel;
        if (op->kind != UP_OP_CONV && op->kind != UP_OP_LINEAR)
            continue;
        double flop = 2e-9 * job->batch->n * out->c * (op->depthwise ? 1 : in->c) * kernel *
                      kernel * out->h * out->w;
        c.defined += flop;
        c.executed += l.op[i].side == 4 ? flop / 4 : l.op[i].side == 2 ? flop / 2.25 : flop;
    }
    for (int i = 0; i < p.slots; ++i)
        c.bytes += p.slot[i].of < 0 ? 4.0 * job->batch->n * (double)l.slot[i].image : 0;
    up_layout_release(&l);
    up_program_release(&p);
    return c;
}

/* Forward passes' worth of convolutions in each pass; the whole is the sum of those made. */
static const double forwards[PASSES] = {0, 1, 1, 2, 4, 0, 2, 0};

static double forwards_of(const struct clock *c, int pass)
{
    double sum = forwards[pass];
    for (int p = 0; pass == PASSES - 1 && p < PASSES; ++p)
        sum += c->ran[p] ? forwards[p] : 0;
    return sum;
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
    size_t each = 3 * (size_t)job.net.height * (size_t)job.net.width;
    float *x = malloc((size_t)n * each * sizeof *x);
    int32_t *y = malloc((size_t)n * sizeof *y);
    struct up_rng rng = up_rng_init(1, "images");
    for (size_t i = 0; i < (size_t)n * each; ++i)
        x[i] = (float)up_rng_normal(&rng);
    for (int i = 0; i < n; ++i)
        y[i] = (int32_t)(i % job.net.classes);
    struct up_batch batch = {n, 3, job.net.height, job.net.width, job.net.classes, x, y};
    struct up_slab *slab = up_slab_new(0);
    job.batch = &batch;
    for (int r = 0; r <= rounds; ++r) {
        c.round = r ? r - 1 : 0;
        double start = c.last = now();
        if (up_proxy_score(&s, &job, slab, &err))
            return fprintf(stderr, "%s\n", err.msg), 1;
        c.seconds[PASSES - 1][c.round] = now() - start;
        c.ran[PASSES - 1] = true;
    }
    struct cost cost = forward_cost(&job);
    double sgemm = sgemm_speed();
    for (int p = 0; p < PASSES; ++p) {
        if (!c.ran[p])
            continue;
        double m = median(c.seconds[p], rounds), worth = forwards_of(&c, p);
        double executed = worth * cost.executed, defined = worth * cost.defined;
        printf("{\"pass\": \"%s\", \"isa\": \"%s\", \"batch\": %d, \"median_s\": %.4f, "
               "\"min_s\": %.4f, \"max_s\": %.4f, \"gflop_defined\": %.2f, "
               "\"gflop_executed\": %.2f, \"activation_mb\": %.0f, \"gflops\": %.1f, "
               "\"gflops_defined\": %.1f, \"sgemm_gflops\": %.1f}\n",
               names[p], up_isa_name[job.isa], n, m, c.seconds[p][0], c.seconds[p][rounds - 1],
               defined, executed, worth * cost.bytes * 1e-6, executed / m, defined / m, sgemm);
    }
    up_slab_free(slab);
    free(x);
    free(y);
    return 0;
}
