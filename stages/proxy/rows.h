/* The functions of the table in proxy.c: thirteen scores, each defined in a file of its name.
 *
 * A function is called once, after the passes that its row names, and returns the score: NaN
 * where there is none, -inf where the row's `infinite` says what that means. It reads results
 * of passes (evaluation.h) and writes only what an evaluation lends to its readers. */
#ifndef UP_PROXY_ROWS_H
#define UP_PROXY_ROWS_H
#include "stages/engine/run/evaluation.h"

/* These read nothing but what is evaluated (`of`). */
double up_proxy_flops(struct up_evaluation *e);
double up_proxy_params(struct up_evaluation *e);
/* After UP_PASS_WEIGHTS. */
double up_proxy_l2_norm(struct up_evaluation *e);
/* After UP_PASS_FORWARD. */
double up_proxy_nwot(struct up_evaluation *e);
/* After UP_PASS_LOSS. */
double up_proxy_snip(struct up_evaluation *e);
double up_proxy_plain(struct up_evaluation *e);
double up_proxy_grad_norm(struct up_evaluation *e);
double up_proxy_fisher(struct up_evaluation *e);
/* After UP_PASS_HESSIAN. */
double up_proxy_grasp(struct up_evaluation *e);
/* After UP_PASS_JACOBIAN. */
double up_proxy_jacov(struct up_evaluation *e);
double up_proxy_epe_nas(struct up_evaluation *e);
/* After UP_PASS_ABSOLUTE. */
double up_proxy_synflow(struct up_evaluation *e);
/* After UP_PASS_FEATURES, which is the last: overwrites the weights. */
double up_proxy_zen(struct up_evaluation *e);

#endif
