/* What has been asked: every canonical architecture once, with its unified score.
 *
 * Rows are in the order of the queries, which depends on the requests alone. */
#ifndef UP_SEARCH_LEDGER_H
#define UP_SEARCH_LEDGER_H
#include "stages/artifact/models.h"
#include "stages/kernels/parallel.h"
#include "stages/space/space.h"
#include "store/base/arena.h"

/* A limit on an exact cost, and its shadow on the predicted scores. */
struct up_limit {
    double max;   /* millions; INFINITY: no limit */
    int column;   /* the proxy that predicts it, or -1 */
    double level; /* `max` on that proxy's calibrated scale */
};

struct up_net_limit { /* of a network that is not scored */
    struct up_net_size net;
    struct up_limit flops, params;
};

struct up_search_task { /* what is being maximised, and within what */
    const struct up_space *space;
    const struct up_search_model *model;
    const double *weights; /* [M] */
    struct up_net_size net;
    struct up_limit flops, params;    /* of net */
    const struct up_net_limit *other; /* [others] */
    size_t others;
};

struct up_search_watch { /* all may be NULL */
    void *ctx;
    bool (*canceled)(void *ctx);
    void (*progress)(void *ctx, size_t done, size_t total);
};

struct up_ledger {
    const struct up_search_task *task;
    size_t budget; /* queries allowed; 0: no limit */
    int threads;
    size_t n, cap;
    struct up_arch *arch; /* [n] canonical */
    double *unified;      /* [n] */
    uint32_t *slot;       /* hash table of row + 1 */
    size_t slots;
};
#define UP_LEDGER_NONE UINT32_MAX

void up_ledger_init(struct up_ledger *l, const struct up_search_task *task, size_t budget,
                    int threads);
void up_ledger_release(struct up_ledger *l);
bool up_ledger_spent(const struct up_ledger *l);

/* It has been asked for; a is canonical. */
bool up_ledger_knows(const struct up_ledger *l, const struct up_arch *a);

/* Asks for n architectures in any spelling; row[i] is where each one is, or
 * UP_LEDGER_NONE: disconnected, over a limit, or beyond the budget. Known ones
 * cost nothing. */
void up_ledger_ask(struct up_ledger *l, uint32_t *row, const struct up_arch *a, size_t n);

/* Connected and within the exact limits; a is canonical. */
bool up_task_allows(const struct up_search_task *t, const struct up_arch *a);

#endif
