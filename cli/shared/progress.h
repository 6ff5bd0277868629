/* Events of a run as a person or a program reads them.
 *
 * On a terminal: one line per node, and below them a bar that is rewritten. Into
 * a pipe or file: the same lines, and a plain progress line every few seconds.
 * With --json: one event per line. */
#ifndef UP_CLI_SHARED_PROGRESS_H
#define UP_CLI_SHARED_PROGRESS_H
#include "dag/run/run.h"

struct up_progress {
    bool json;
    bool bar;    /* stderr is a terminal that can rewrite a line */
    bool colour; /* stdout is a terminal and NO_COLOR is not set */
    bool bar_shown;
    double last;               /* clock of the last progress shown */
    struct up_buf line, notes; /* notes: said while a node runs, shown under its next line */
};
void up_progress_init(struct up_progress *p, bool json);
/* An up_event_fn; ctx is the struct. */
void up_progress_event(void *ctx, const struct up_event *e);
/* Removes the bar. */
void up_progress_end(struct up_progress *p);

#endif
