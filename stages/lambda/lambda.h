/* The lambda stage's parts: what it reads, how it learns, what it writes. */
#ifndef UP_LAMBDA_LAMBDA_H
#define UP_LAMBDA_LAMBDA_H
#include "dag/stage.h"
#include "stages/lambda/presets.h"

struct up_lambda {
    const char *preset, *method; /* method: the calibration in use */
    const char *calibration;     /* the weights' own */
    struct up_preset_fitted fitted;
    const char **absent; /* [n_absent] of the preset */
    size_t n_absent;
    size_t n, m, n_train;
    const char *const *names; /* [m] */
    const double *values;     /* [n][m] calibrated */
    const uint32_t *train;    /* [n_train] */
    double *weights;          /* [m] */
    /* learned from a benchmark; else empty */
    size_t n_used, runs, trials;
    uint32_t *used;  /* [n_used] */
    double *x, *y;   /* [n_used][m], [n_used] */
    double *history; /* [runs][trials] */
    double tau_used;
};

/* Names of enum up_objective (fit.h), NULL-terminated. */
extern const char *const up_objective_names[];

/* Draws rows of the scores that have an accuracy and finds weights that order them as it
 * does. Fills weights and what is under "learned"; memory in the job's arena. */
int up_lambda_learn(struct up_lambda *l, struct up_job *job, struct up_err *err);
/* Writes the artifact; its form is at the head of lambda.c. */
void up_lambda_write(struct up_job *job, const struct up_lambda *l);
/* "a, b, c", or "none". */
const char *up_lambda_join(const char *const *names, size_t n, struct up_arena *arena);

#endif
