/* An artifact's architectures as a table for people's own tools, which is also a file that
 * benchmark.scores, benchmark.accuracy and space.list read. */
#ifndef UP_CLI_ANSWER_ARCHS_CSV_H
#define UP_CLI_ANSWER_ARCHS_CSV_H
#include "store/base/buf.h"
#include "store/base/err.h"

/* Appends one line per architecture of an artifact of space, scores or benchmark: column arch
 * in the space's official spelling, then its scores and accuracies. A score that is invalid is
 * nan, one that is absent an empty field; numbers read back equal. UP_EUSAGE for an artifact
 * without architectures; stage is its name. */
int up_archs_csv(struct up_buf *out, const char *stage, struct up_view doc, struct up_err *err);

#endif
