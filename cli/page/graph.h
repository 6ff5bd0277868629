/* The graph of a run, drawn: what reads what, and what was cached and what was executed. */
#ifndef UP_CLI_PAGE_GRAPH_H
#define UP_CLI_PAGE_GRAPH_H
#include "cli/page/html.h"
#include "dag/record/record.h"

/* An inline SVG, from left to right, every node a link to "#node-NAME". An edge that follows
 * from others (a reads b and c, b reads c: a to c) is left out. False, and nothing written,
 * when there are no nodes or more than a picture can hold. */
bool up_page_graph(struct up_html *h, const struct up_run_record *r, struct up_arena *arena);

#endif
