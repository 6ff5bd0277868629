/* The report's pictures: ranks.svg, trajectories.svg, correlation.svg. */
#ifndef UP_REPORT_PICTURES_H
#define UP_REPORT_PICTURES_H
#include "stages/report/evidence.h"
#include "store/base/writer.h"

struct up_report_pictures { /* SVG texts; up_report_release_pictures */
    struct up_buf correlation, ranks, trajectories;
};
/* Appends each picture to its buffer. What the search artifact lacks is left out of its
 * picture. */
void up_report_draw(struct up_report_pictures *p, const struct up_evidence *e,
                    const struct up_entries *x, const struct up_reader *search);
/* Writes the map "files"; *p is borrowed. */
void up_report_write_pictures(struct up_writer *w, const struct up_report_pictures *p);
void up_report_release_pictures(struct up_report_pictures *p);

#endif
