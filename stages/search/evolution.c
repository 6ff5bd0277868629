#include "stages/search/search.h"

/* Regularised evolution (Real et al., AAAI 2019): the best of a random tournament
 * is mutated, the child joins, the oldest leaves. Children are bred a brood at a
 * time from one population, so that a brood is one batch. */
enum { BROOD = 20, NEIGHBOURS_MAX = 1024, BROODS_PER_QUERY = 5 };

struct herd {
    uint32_t *row; /* ring of ledger rows, oldest at `oldest` */
    size_t n, oldest;
};

static int evolution_found(struct up_search *s, struct herd *h, struct up_rng *rng)
{
    struct up_ledger *l = &s->ledger;
    size_t draws = 0;
    while (h->n < s->population && draws++ < 100 * s->population && !up_ledger_spent(l)) {
        struct up_arch a;
        uint32_t row;
        l->task->space->sample(&a, rng);
        up_ledger_ask(l, &row, &a, 1);
        if (row != UP_LEDGER_NONE)
            h->row[h->n++] = row;
    }
    return h->n > 0 ? UP_OK : UP_ENOTFOUND;
}

static uint32_t herd_parent(const struct herd *h, const struct up_search *s, struct up_rng *rng)
{
    uint32_t best = h->row[up_rng_below(rng, h->n)];
    for (size_t i = 1; i < s->tournament; i++) {
        uint32_t other = h->row[up_rng_below(rng, h->n)];
        if (s->ledger.unified[other] > s->ledger.unified[best])
            best = other;
    }
    return best;
}

static void herd_breed(struct herd *h, struct up_search *s, struct up_arch *room,
                       struct up_rng *rng)
{
    struct up_ledger *l = &s->ledger;
    struct up_arch child[BROOD];
    uint32_t row[BROOD];
    for (size_t i = 0; i < BROOD; i++) {
        const struct up_arch parent = l->arch[herd_parent(h, s, rng)];
        size_t n = l->task->space->neighbours(&parent, room, NEIGHBOURS_MAX);
        child[i] =
            n ? room[up_rng_below(rng, n < NEIGHBOURS_MAX ? n : NEIGHBOURS_MAX)] : parent;
    }
    up_ledger_ask(l, row, child, BROOD);
    for (size_t i = 0; i < BROOD; i++)
        if (row[i] != UP_LEDGER_NONE) {
            h->row[h->oldest] = row[i];
            h->oldest = (h->oldest + 1) % h->n;
        }
}

static int evolution_run(struct up_search *s, struct up_err *err)
{
    struct up_ledger *l = &s->ledger;
    struct up_rng rng = up_rng_init(s->seed, "search.evolution");
    struct herd h = {.row = UP_NEW(s->arena, s->population, uint32_t)};
    struct up_arch *room = UP_NEW(s->arena, NEIGHBOURS_MAX, struct up_arch);
    UP_CHECK(l->budget > 0 && s->population > 0);
    if (evolution_found(s, &h, &rng))
        return UP_OK; /* nothing is allowed: the stage says so */
    for (size_t b = 0; b < BROODS_PER_QUERY * l->budget && !up_ledger_spent(l); b++) {
        if (s->watch.canceled && s->watch.canceled(s->watch.ctx))
            return up_fail(err, UP_ECANCELED, "search: interrupted");
        herd_breed(&h, s, room, &rng);
        if (s->watch.progress)
            s->watch.progress(s->watch.ctx, l->n, l->budget);
    }
    return UP_OK;
}

const struct up_search_method up_search_evolution = {
    "evolution", "tournaments and one-step mutations of a population", evolution_run};
