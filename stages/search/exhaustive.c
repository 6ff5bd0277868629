/* Every architecture of a space that can be listed, as a search method. */
#include "stages/search/search.h"

enum { ROUND = 1024 };

static int exhaustive_run(struct up_search *s, struct up_err *err)
{
    struct up_ledger *l = &s->ledger;
    const struct up_space *space = l->task->space;
    struct up_arch listed[ROUND];
    uint32_t row[ROUND];
    if (!space->count)
        return up_fail(
            err, UP_EUSAGE,
            "search.method: %s cannot be listed, so exhaustive does not apply; choose "
            "gradient, random or evolution",
            space->name);
    for (uint64_t at = 0; at < space->count; at += ROUND) {
        size_t n = 0;
        if (s->watch.canceled && s->watch.canceled(s->watch.ctx))
            return up_fail(err, UP_ECANCELED, "interrupted");
        for (; n < ROUND && at + n < space->count; n++)
            space->at(&listed[n], at + n);
        up_ledger_ask(l, row, listed, n);
        if (s->watch.progress)
            s->watch.progress(s->watch.ctx, (size_t)at + n, (size_t)space->count);
    }
    return UP_OK;
}

const struct up_search_method up_search_exhaustive = {
    "exhaustive", "every architecture of a space that can be listed", exhaustive_run};
