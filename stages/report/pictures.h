/* The report's pictures: ranks.svg, trajectories.svg, correlation.svg. */
#ifndef UP_REPORT_PICTURES_H
#define UP_REPORT_PICTURES_H
#include "stages/report/evidence.h"

/* Appends the key "files" and its map, names ascending. `search` is the search
 * artifact; what it lacks is left out of the picture. */
void up_report_pictures(struct up_buf *out, const struct up_evidence *e,
                        const struct up_entries *x, struct up_view search,
                        struct up_arena *arena);

#endif
