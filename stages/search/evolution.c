/* Regularised evolution as a search method. */
#include "stages/search/search.h"

/* Regularised evolution (Real et al., AAAI 2019): the best of a random tournament
 * is mutated, the child joins, the oldest leaves. Children are bred a brood at a
 * time from one population, so that a brood is one batch.
 *
 * A child is one that is allowed and was never asked for: known ones would fill the
 * population and end the search where it first converged. A parent whose mutant is
 * neither is mutated further; when that fails the child is drawn at random, and when
 * broods stay empty nothing is left to find. */
enum {
    BROOD = 20,
    NEIGHBOURS_MAX = 1024,
    PARENTS = 4,   /* tried for a child */
    MUTATIONS = 5, /* of each, one after another */
    DRAWS = 200,   /* at random, after them */
    EMPTY_MAX = 50 /* broods without a child */
};

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

struct brood {
    struct up_arch child[BROOD];
    size_t n;
    struct up_arch *room; /* [NEIGHBOURS_MAX] */
};

/* Takes the child in unless it is known or forbidden. */
static bool brood_take(struct brood *b, const struct up_search *s, const struct up_arch *a)
{
    struct up_arch c;
    s->ledger.task->space->canonical(&c, a);
    if (!up_search_allows(s->ledger.task, &c) || up_ledger_knows(&s->ledger, &c))
        return false;
    for (size_t i = 0; i < b->n; i++)
        if (up_arch_cmp(&b->child[i], &c) == 0)
            return false;
    b->child[b->n++] = c;
    return true;
}

static bool brood_mutant(struct brood *b, const struct herd *h, const struct up_search *s,
                         struct up_rng *rng)
{
    const struct up_space *space = s->ledger.task->space;
    for (int p = 0; p < PARENTS; p++) {
        struct up_arch a = s->ledger.arch[herd_parent(h, s, rng)];
        for (int m = 0; m < MUTATIONS; m++) {
            size_t n = space->neighbours(&a, b->room, NEIGHBOURS_MAX);
            if (n == 0)
                break;
            a = b->room[up_rng_below(rng, n < NEIGHBOURS_MAX ? n : NEIGHBOURS_MAX)];
            if (brood_take(b, s, &a))
                return true;
        }
    }
    return false;
}

static bool brood_stranger(struct brood *b, const struct up_search *s, struct up_rng *rng)
{
    for (int d = 0; d < DRAWS; d++) {
        struct up_arch a;
        s->ledger.task->space->sample(&a, rng);
        if (brood_take(b, s, &a))
            return true;
    }
    return false;
}

/* One brood; the number of children that joined. */
static size_t herd_breed(struct herd *h, struct up_search *s, struct brood *b,
                         struct up_rng *rng)
{
    uint32_t row[BROOD];
    size_t joined = 0;
    b->n = 0;
    for (size_t i = 0; i < BROOD; i++)
        if (!brood_mutant(b, h, s, rng) && !brood_stranger(b, s, rng))
            break;
    up_ledger_ask(&s->ledger, row, b->child, b->n);
    for (size_t i = 0; i < b->n; i++)
        if (row[i] != UP_LEDGER_NONE) {
            h->row[h->oldest] = row[i];
            h->oldest = (h->oldest + 1) % h->n;
            joined++;
        }
    return joined;
}

static int evolution_run(struct up_search *s, struct up_err *err)
{
    struct up_ledger *l = &s->ledger;
    struct up_rng rng = up_rng_init(s->seed, "search.evolution");
    struct herd h = {.row = UP_NEW(s->arena, s->population, uint32_t)};
    struct brood *brood = UP_NEW(s->arena, 1, struct brood);
    int empty = 0;
    brood->room = UP_NEW(s->arena, NEIGHBOURS_MAX, struct up_arch);
    UP_CHECK(l->budget > 0 && s->population > 0);
    if (evolution_found(s, &h, &rng))
        return UP_OK; /* nothing is allowed: the stage says so */
    while (empty < EMPTY_MAX && !up_ledger_spent(l)) {
        if (s->watch.canceled && s->watch.canceled(s->watch.ctx))
            return up_fail(err, UP_ECANCELED, "interrupted");
        empty = herd_breed(&h, s, brood, &rng) ? 0 : empty + 1;
        if (s->watch.progress)
            s->watch.progress(s->watch.ctx, l->n, l->budget);
    }
    return UP_OK;
}

const struct up_search_method up_search_evolution = {
    "evolution", "tournaments and one-step mutations of a population", evolution_run};
