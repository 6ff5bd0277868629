/* Limits on costs, from the settings: of the scored network search.max_flops and
 * search.max_params, of the space's other networks search.limits. */
#ifndef UP_SEARCH_LIMITS_H
#define UP_SEARCH_LIMITS_H
#include "dag/stage.h"
#include "stages/search/ledger.h"

/* Fills the limits of a task whose space, model and net are set; memory in the job's arena. */
int up_limits_read(struct up_search_task *t, struct up_job *job, const struct up_models *m,
                   struct up_err *err);

/* What is wrong with search.limits: names NETWORK_flops and NETWORK_params of a network of
 * the space, in millions. UP_EUSAGE. */
int up_limits_check(const struct up_config *c, struct up_err *err);

#endif
