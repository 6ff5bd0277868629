/* The parts of a run's page that show its result. Each writes a section, or nothing when the
 * artifact it is made of is empty: the run has no such node. */
#ifndef UP_CLI_PAGE_FOUND_H
#define UP_CLI_PAGE_FOUND_H
#include "cli/page/page.h"

/* decode: the architectures found, drawn and in numbers. */
int up_page_found(struct up_page *p, struct up_view decode, struct up_err *err);
/* report: how far they can be believed, and its pictures. */
void up_page_evidence(struct up_page *p, struct up_view report);
/* A picture of an artifact's files, as an image that nothing can run in. */
void up_page_picture(struct up_page *p, struct up_view svg, const char *alt);

#endif
