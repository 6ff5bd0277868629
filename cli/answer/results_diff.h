/* The results of two runs beside each other, and what lies behind a difference of one node. */
#ifndef UP_CLI_ANSWER_RESULTS_DIFF_H
#define UP_CLI_ANSWER_RESULTS_DIFF_H
#include "dag/plan/diff.h"

struct up_store;

/* Visits what the reports of the runs print: "tau_unused", "best/0/unified", ..., with both
 * texts (NULL: not there), equal ones too. Nothing when neither run has a report. */
void up_results_side_by_side(struct up_store *s, const struct up_run_record *a,
                             const struct up_run_record *b, up_leaf_visit *visit, void *ctx);

/* Of a node in which a difference starts: its source files that differ, "file PARAM", with path
 * and digest; and, when equal keys gave other bytes, in what the machines differ, "by NAME". */
void up_results_behind(struct up_store *s, const struct up_run_record *a,
                       const struct up_run_record *b, const struct up_diff_node *n,
                       up_leaf_visit *visit, void *ctx);

#endif
