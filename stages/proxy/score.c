/* Scoring one architecture: which passes the wanted proxies need, and their values, read when
 * the passes have been made. */
#include "stages/proxy/proxy.h"

#include "stages/engine/run/evaluation.h"

#include <math.h>

static bool is_wanted(const struct up_proxy_job *job, int proxy)
{
    return job->want >> proxy & 1;
}

static struct up_subject subject_of(const struct up_proxy_job *job)
{
    return (struct up_subject){.space = job->space,
                               .arch = &job->arch,
                               .size = &job->net,
                               .batch = job->batch,
                               .given = job->given,
                               .seed = job->seed,
                               .threads = job->threads,
                               .isa = job->isa};
}

static void write_score(struct up_proxy_scores *out, int proxy, double v)
{
    enum up_score_state infinite = up_proxies[proxy].infinite;
    enum up_score_state bad = isinf(v) && infinite ? infinite : UP_SCORE_NAN;
    out->state[proxy] = (uint8_t)(isfinite(v) ? UP_SCORE_OK : bad);
    out->value[proxy] = isfinite(v) ? v : (double)NAN;
}

/* Those that need no pass and hence no network. */
static void write_costs(struct up_proxy_scores *out, const struct up_proxy_job *job)
{
    struct up_evaluation e = {.of = subject_of(job)};
    for (int i = 0; i < UP_PROXIES; ++i)
        if (is_wanted(job, i) && !up_proxies[i].passes)
            write_score(out, i, up_proxies[i].score(&e));
}

struct scoring {
    struct up_proxy_scores *out;
    const struct up_proxy_job *job;
    struct up_evaluation *e;
};

/* The scores that this pass completes. */
static void write_completed(void *ctx, enum up_pass pass)
{
    const struct scoring *s = ctx;
    unsigned made = s->e->passes;
    for (int i = 0; i < UP_PROXIES; ++i) {
        unsigned needed = up_proxies[i].passes;
        if (is_wanted(s->job, i) && (needed & pass) && !(needed & ~made))
            write_score(s->out, i, up_proxies[i].score(s->e));
    }
    if (s->job->passed)
        s->job->passed(s->job->ctx, pass);
}

static unsigned passes_of(unsigned proxies)
{
    unsigned passes = 0;
    for (int i = 0; i < UP_PROXIES; ++i)
        if (proxies >> i & 1)
            passes |= up_proxies[i].passes;
    return passes;
}

/* The wanted proxies that are not worth their pass: those that read the Jacobian, where nothing
 * but rounding would be left of it. With given weights the published rounding is met. */
static unsigned refused_of(const struct up_proxy_job *job, const struct up_evaluation *e)
{
    unsigned refused = 0;
    if (job->given || !up_program_sum_is_fixed(&e->net.program))
        return 0;
    for (int i = 0; i < UP_PROXIES; ++i)
        if (is_wanted(job, i) && (up_proxies[i].passes & UP_PASS_JACOBIAN))
            refused |= 1u << i;
    return refused;
}

size_t up_proxy_memory(const struct up_proxy_job *job)
{
    struct up_evaluation e;
    struct up_subject of = subject_of(job);
    if (!passes_of(job->want) || up_evaluation_init(&e, &of, NULL))
        return 0;
    unsigned passes = passes_of(job->want & ~refused_of(job, &e));
    size_t size = passes ? up_evaluation_size(&e, passes) : 0;
    up_evaluation_release(&e);
    return size;
}

static int score_by_passes(struct up_proxy_scores *out, const struct up_proxy_job *job,
                           struct up_slab *slab, struct up_err *err)
{
    struct up_evaluation e;
    struct up_subject of = subject_of(job);
    int rc = up_evaluation_init(&e, &of, err);
    if (rc)
        return rc;
    unsigned refused = refused_of(job, &e), passes = passes_of(job->want & ~refused);
    for (int i = 0; i < UP_PROXIES; ++i)
        if (refused >> i & 1)
            out->state[i] = UP_SCORE_ROUNDING;
    if (passes && (rc = up_evaluation_begin(&e, passes, slab, err)) == UP_OK) {
        struct scoring s = {out, job, &e};
        up_evaluation_run(&e, write_completed, &s);
        if (passes & UP_PASS_FORWARD)
            out->loss = e.loss;
    }
    up_evaluation_release(&e);
    return rc;
}

int up_proxy_score(struct up_proxy_scores *out, const struct up_proxy_job *job,
                   struct up_slab *slab, struct up_err *err)
{
    for (int i = 0; i < UP_PROXIES; ++i) {
        out->value[i] = (double)NAN;
        out->state[i] = UP_SCORE_OK;
    }
    out->loss = (double)NAN;
    out->seconds = 0;
    write_costs(out, job);
    return passes_of(job->want) ? score_by_passes(out, job, slab, err) : UP_OK;
}
