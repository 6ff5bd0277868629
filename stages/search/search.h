/* Search methods: climb, sample, breed or list, under one budget of queries.
 *
 * A query is one evaluation of an architecture's unified score as everybody can
 * repeat it: embed the canonical form, predict its scores, weigh them. Every
 * method asks through one ledger, which knows each canonical form once, so
 * methods compare by the queries they spent. A point of the embedding space that
 * no architecture has is never ranked. */
#ifndef UP_SEARCH_SEARCH_H
#define UP_SEARCH_SEARCH_H
#include "stages/search/ledger.h"

struct up_gradient_options {
    size_t starts;
    int steps;    /* at most, per start */
    int patience; /* steps without a better decoded architecture; 0: never tired */
    double lr;    /* Adam's, as in the paper otherwise (betas 0.9, 0.999) */
    bool last;    /* paper: only the last valid architecture of a start is a result */
};

/* The climb of every start: steps of start i are [offset[i], offset[i + 1]). */
struct up_trajectories {
    size_t starts, length;
    uint32_t *offset;      /* [starts + 1] */
    float *point;          /* [length] unified score of the point z */
    float *decoded;        /* [length] unified score of the architecture it decodes to */
    uint8_t *stop;         /* [starts] enum up_search_stop */
    struct up_arch *final; /* [starts] last valid architecture */
};
enum up_search_stop { UP_STOP_STEPS, UP_STOP_INVALID, UP_STOP_PATIENCE, UP_STOP_BUDGET };

struct up_search {
    struct up_ledger ledger;
    uint64_t seed;
    struct up_gradient_options gradient;
    size_t population, tournament; /* evolution's */
    struct up_trajectories path;   /* gradient's; empty for the others */
    /* Rows of the ledger that may be results; NULL: all. */
    const uint32_t *eligible;
    size_t eligible_n;
    struct up_arena *arena;
    struct up_search_watch watch;
};

struct up_search_method {
    const char *name;
    const char *does;
    /* Fills the ledger until it is spent or the method is done. UP_ECANCELED;
     * UP_EUSAGE when the space does not allow the method. */
    int (*run)(struct up_search *s, struct up_err *err);
};
extern const struct up_search_method *const up_search_methods[]; /* NULL-terminated */
int up_search_method_find(const struct up_search_method **out, const char *name,
                          struct up_err *err);

extern const struct up_search_method up_search_gradient, up_search_random, up_search_evolution,
    up_search_exhaustive;

/* Ledger rows of the best `top` results, best first, equal scores by genes;
 * returns how many there are. */
size_t up_search_best(uint32_t *rows, size_t top, const struct up_search *s);

#endif
