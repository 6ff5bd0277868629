/* Weights that make one score of many, ordered as the truth orders. */
#ifndef UP_LAMBDA_FIT_H
#define UP_LAMBDA_FIT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum up_objective {
    UP_KENDALL,  /* tau-b */
    UP_WEIGHTED, /* Vigna's weighted tau */
    UP_BALANCED  /* the mean of the two */
};

struct up_lambda_fit {
    size_t n, m;
    const double *x; /* [n][m] calibrated scores */
    const double *y; /* [n] accuracies, finite */
    enum up_objective objective;
    size_t trials, runs;
    size_t refine; /* < trials: how many of them, the last, climb from the best point */
    uint64_t seed;
    int threads; /* share the runs; changes no bit */
    /* Called after each trial, from any thread; false stops everything. May be NULL. */
    bool (*go_on)(void *ctx);
    void *ctx;
};

/* TPE over [-1, 1]^m and a climb, `runs` times with seeds of their own. w[m]: the best point
 * of each run scaled to length 1, their mean scaled so that the largest weight is
 * +-1 (ranks do not see scale). history[runs][trials]: the objective, NaN where all
 * unified scores were equal. False when stopped. */
bool up_lambda_fit(double *w, double *history, const struct up_lambda_fit *f);

/* u[i] = sum_j w[j] x[i][j], in order of j. */
void up_lambda_unified(double *u, const double *x, const double *w, size_t n, size_t m);

#endif
