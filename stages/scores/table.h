/* The scored architectures, whichever way they came. */
#ifndef UP_SCORES_TABLE_H
#define UP_SCORES_TABLE_H
#include "dag/stage.h"
#include "stages/proxy/proxy.h"
#include "stages/scores/shard.h"

enum up_row_state { /* after those of up_score_state */
                    UP_ROW_INVALID =
                        UP_SCORE_STATES, /* the table says there is no valid score */
                    UP_ROW_ABSENT,       /* the table has an empty field */
                    UP_ROW_STATES
};
const char *up_scores_reason(int state);

struct up_scores_table {
    const struct up_space *space;
    struct up_net_size net; /* the scored network's; of a table the published one's */
    size_t n, m;
    const uint8_t *archs;     /* [n][genes] canonical, pool order */
    const char *const *names; /* [m] */
    double *value;            /* [n][m], NaN where state is not 0 */
    uint8_t *state;           /* [n][m] enum up_score_state or up_row_state */
    size_t missing;           /* pool architectures the benchmark does not have */
};

/* Columns `names` (m = 0: all the benchmark has) of the first portion->n architectures of
 * the pool that the job's input benchmark has, matched by their exact spelling, else by the
 * first row of the same canonical form. t holds space. Memory in the job's arena. */
int up_scores_import(struct up_scores_table *t, const struct up_portion *portion,
                     struct up_job *job, struct up_err *err);

struct up_scores_plan {  /* of a computation */
    int channels, depth; /* <= 0: the space's published network */
    struct up_portion portion;
    size_t repeats; /* independent draws of weights and batch, averaged */
    bool by_rank;   /* each draw as normal scores of its ranks, else its values as they are */
    uint64_t seed;
};
/* Scores the portion by t->names[m] (up_proxies) on the batches of the job's input data; t
 * holds space, its net, names and m. The mean goes over the draws with a valid score; without
 * one the state is the first draw's. */
int up_scores_compute(struct up_scores_table *t, const struct up_scores_plan *plan,
                      struct up_job *job, struct up_err *err);

/* value[n][m], column by column: what is valid (state 0) becomes the normal score of its
 * rank among the valid rows, normal quantile of (mid-rank - 1/2) / rows, as calibrate's
 * rank-gauss does. */
void up_scores_rank(double *value, const uint8_t *state, size_t n, size_t m);

#endif
