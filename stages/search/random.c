/* Architectures drawn at random, as a search method. */
#include "stages/search/search.h"

enum { ROUND = 256, DRAWS_PER_QUERY = 50 };

/* Uniform draws; a repeated or forbidden one costs a draw, not a query. */
static int random_run(struct up_search *s, struct up_err *err)
{
    struct up_ledger *l = &s->ledger;
    const struct up_space *space = l->task->space;
    struct up_rng rng = up_rng_init(s->seed, "search.random");
    struct up_arch drawn[ROUND];
    uint32_t row[ROUND];
    UP_CHECK(l->budget > 0);
    uint64_t rounds = (uint64_t)l->budget * DRAWS_PER_QUERY / ROUND + 1;
    for (uint64_t r = 0; r < rounds && !up_ledger_spent(l); r++) {
        if (s->watch.canceled && s->watch.canceled(s->watch.ctx))
            return up_fail(err, UP_ECANCELED, "interrupted");
        for (size_t i = 0; i < ROUND; i++)
            space->sample(&drawn[i], &rng);
        up_ledger_ask(l, row, drawn, ROUND);
        if (s->watch.progress)
            s->watch.progress(s->watch.ctx, l->n, l->budget);
    }
    return UP_OK;
}

const struct up_search_method up_search_random = {
    "random", "uniform samples until the budget is spent", random_run};
