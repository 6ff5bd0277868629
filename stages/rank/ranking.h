/* The unified score of every architecture of a table, and how well it and each proxy
 * order them as their accuracies do. */
#ifndef UP_RANK_RANKING_H
#define UP_RANK_RANKING_H
#include "stages/benchmark/merge.h"
#include "stages/lambda/weights.h"

struct up_ranking { /* everything lives in the arena given */
    const struct up_benchmark *table;
    size_t n;               /* rows with at least one score */
    const uint32_t *row;    /* [n] of the table, the best first; equal scores in its order */
    const double *unified;  /* [n] beside row */
    const double *accuracy; /* [n] beside row, NaN = none: of exactly this spelling, else the
                               mean over the spellings of its canonical form */
    const char *target;     /* whose accuracy, or NULL: the table has none */
    const char *calibration;
    const double *weight; /* [table->proxies] */
    size_t n_absent, n_known;
    const char *const *absent; /* [n_absent] weighed, and not in the table */
    /* Of the n_known rows with an accuracy; NaN where there is no order to follow. An invalid
     * score counts as its column's worst. */
    double tau, rho;     /* Kendall's tau-b, Spearman's rho of the unified score */
    const double *alone; /* [table->proxies] tau-b of each proxy's own score */
};

struct up_ranking_wish {
    const struct up_space *space;
    const struct up_benchmark *table;
    const struct up_lambda_weights *weights;
    const char *method; /* of up_calibration_names */
    const char
        *target; /* NULL: the first column of the table that ends in _val, else the first */
};
/* The calibration is fitted on the rows ranked, which needs no accuracies.
 * UP_EINVAL: no weighed proxy is there or has a number, no such target, a unified score that is
 * not finite. */
int up_ranking_make(struct up_ranking *r, const struct up_ranking_wish *wish,
                    struct up_arena *arena, struct up_err *err);

#endif
