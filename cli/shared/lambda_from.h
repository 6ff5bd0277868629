/* Where a command's --lambda points to: a preset, a file, or a run of the store. */
#ifndef UP_CLI_SHARED_LAMBDA_FROM_H
#define UP_CLI_SHARED_LAMBDA_FROM_H
#include "cli/shared/cli.h"
#include "stages/lambda/weights.h"

/* In this order: the name of a preset; an existing file; a run (an id, part of one, last,
 * last~1) whose lambda is meant; lambda, RUN:lambda or a digest, as for `upnas show`. UP_EUSAGE
 * when word is none of them. */
int up_weighing_from(struct up_lambda_weights *w, const char *word,
                     const struct up_common *common, struct up_arena *arena,
                     struct up_err *err);

#endif
