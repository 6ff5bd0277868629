#include "stages/engine/net/build.h"
#include "stages/proxy/work.h"

#include <math.h>

static double (*const score_of[UP_PROXIES])(const struct up_work *) = {
    [UP_SNIP] = up_score_snip,       [UP_L2_NORM] = up_score_l2_norm,
    [UP_GRASP] = up_score_grasp,     [UP_GRAD_NORM] = up_score_grad_norm,
    [UP_SYNFLOW] = up_score_synflow, [UP_JACOV] = up_score_jacov,
    [UP_EPE_NAS] = up_score_epe_nas, [UP_ZEN] = up_score_zen,
    [UP_FISHER] = up_score_fisher,   [UP_PLAIN] = up_score_plain,
    [UP_NWOT] = up_score_nwot,
};

static bool wanted(const struct up_proxy_job *job, int proxy) { return job->want >> proxy & 1; }

static void put(struct up_proxy_scores *out, int proxy, double v)
{
    enum up_score_state bad = proxy == UP_NWOT && isinf(v)  ? UP_SCORE_SINGULAR
                              : proxy == UP_ZEN && isinf(v) ? UP_SCORE_DEGENERATE
                                                            : UP_SCORE_NAN;
    out->state[proxy] = (uint8_t)(isfinite(v) ? UP_SCORE_OK : bad);
    out->value[proxy] = isfinite(v) ? v : (double)NAN;
}

static void put_cost(struct up_proxy_scores *out, const struct up_proxy_job *job)
{
    double flops = 0, params = 0;
    if (!wanted(job, UP_FLOPS) && !wanted(job, UP_PARAMS))
        return;
    job->space->cost(&flops, &params, &job->arch, &job->net);
    if (wanted(job, UP_FLOPS))
        put(out, UP_FLOPS, flops);
    if (wanted(job, UP_PARAMS))
        put(out, UP_PARAMS, params);
}

/* Scores whose passes have all run. The pass that overwrites the weights comes last. */
static void put_after(struct up_proxy_scores *out, const struct up_work *w, unsigned done)
{
    for (int i = 0; i < UP_PROXIES; ++i) {
        unsigned passes = up_proxies[i].passes;
        if (score_of[i] && wanted(w->job, i) && (passes & done) && !(passes & ~w->passes))
            put(out, i, score_of[i](w));
    }
}

/* Runs every pass that is needed and, after each, the scores that need no later one. */
static void run_passes(struct up_proxy_scores *out, struct up_work *w)
{
    static const struct {
        enum up_pass pass;
        void (*run)(struct up_work *);
    } order[] = {
        {UP_PASS_WEIGHTS, NULL},
        {UP_PASS_FORWARD, up_work_forward},
        {UP_PASS_JACOBIAN, up_work_jacobian},
        {UP_PASS_LOSS, up_work_loss},
        {UP_PASS_HESSIAN, up_work_hessian},
        {UP_PASS_SYNFLOW, up_work_synflow},
        {UP_PASS_ZEN, up_work_zen},
    };
    unsigned need = w->passes;
    w->passes = 0; /* from here on: those that ran */
    for (size_t i = 0; i < sizeof order / sizeof *order; ++i) {
        if (!(need & order[i].pass))
            continue;
        if (order[i].run)
            order[i].run(w);
        w->passes |= order[i].pass;
        if (w->job->passed)
            w->job->passed(w->job->ctx, order[i].pass);
        put_after(out, w, order[i].pass);
    }
    if (need & UP_PASS_FORWARD)
        out->loss = w->loss;
}

/* Whether nothing but rounding would be left of the Jacobian. */
static bool jacobian_is_zero(const struct up_proxy_job *job)
{
    struct up_program p = UP_PROGRAM_INIT;
    if (job->given ||
        up_network_build(&p, job->space, &job->arch, &job->net, job->batch->c, NULL))
        return false;
    bool zero = up_program_sum_is_fixed(&p);
    up_program_release(&p);
    return zero;
}

/* `refused`: the proxies that are not worth their pass. */
static unsigned passes_of(const struct up_proxy_job *job, unsigned *refused)
{
    unsigned passes = 0;
    bool zero = (job->want & (1u << UP_JACOV | 1u << UP_EPE_NAS)) && jacobian_is_zero(job);
    *refused = 0;
    for (int i = 0; i < UP_PROXIES; ++i)
        if (wanted(job, i) && zero && (up_proxies[i].passes & UP_PASS_JACOBIAN))
            *refused |= 1u << i;
        else if (wanted(job, i))
            passes |= up_proxies[i].passes;
    return passes;
}

size_t up_proxy_memory(const struct up_proxy_job *job)
{
    unsigned refused, passes = passes_of(job, &refused);
    return passes ? up_work_size(job, passes) : 0;
}

int up_proxy_score(struct up_proxy_scores *out, const struct up_proxy_job *job,
                   struct up_slab *slab, struct up_err *err)
{
    unsigned refused, passes = passes_of(job, &refused);
    struct up_work work;
    for (int i = 0; i < UP_PROXIES; ++i) {
        out->value[i] = (double)NAN;
        out->state[i] = refused >> i & 1 ? UP_SCORE_ROUNDING : UP_SCORE_OK;
    }
    out->loss = (double)NAN;
    out->seconds = 0;
    put_cost(out, job);
    if (!passes)
        return UP_OK;
    int rc = up_work_init(&work, job, passes, slab, err);
    if (rc)
        return rc;
    run_passes(out, &work);
    up_work_release(&work);
    return UP_OK;
}
