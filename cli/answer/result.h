/* What a finished run hands to people: the result event and the files. */
#ifndef UP_CLI_ANSWER_RESULT_H
#define UP_CLI_ANSWER_RESULT_H
#include "dag/record/record.h"

struct up_store;

/* Appends {"event":"result","run":...,"best":[...]}, one line. A run without a
 * report has null taus and an empty list. */
int up_result_event(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                    struct up_err *err);
/* Appends the report's text. */
int up_result_text(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                   struct up_err *err);
/* Whether the run has a node whose artifact carries files. */
bool up_result_has_files(const struct up_run_record *r);
/* Writes every file that the nodes' artifacts carry (field "files") into dir;
 * appends their names to `names`, one a line. */
int up_result_files(const char *dir, struct up_buf *names, struct up_store *s,
                    const struct up_run_record *r, struct up_err *err);

#endif
