/* The provenance of an artifact or a number, for people and as JSON. */
#ifndef UP_CLI_ANSWER_PROVENANCE_TEXT_H
#define UP_CLI_ANSWER_PROVENANCE_TEXT_H
#include "cli/answer/find_number.h"
#include "dag/record/lineage.h"

struct up_provenance_asked {
    const char *what;                     /* as typed: "5.2843", "search unified/0", "last" */
    const char *run;                      /* id of the run that was looked at, or NULL */
    const char *node;                     /* of the artifact asked about; NULL: a whole run */
    const char *path;                     /* into it; or NULL */
    const char *value;                    /* JSON text of what stands there; or NULL */
    const struct up_number_found *number; /* where a literal number was found; or NULL */
};
void up_provenance_text(struct up_buf *out, const struct up_provenance_asked *a,
                        const struct up_lineage *l);
/* One line; the format is written down in cli/answer/why.schema.json. */
void up_provenance_json(struct up_buf *out, const struct up_provenance_asked *a,
                        const struct up_lineage *l);

/* "blas" -> "OpenBLAS ..."; "" when it was not recorded. */
const char *up_provenance_by(const struct up_result *r, const char *name);
/* Source file k of all that any ancestor read, each once; NULL: there are no more. */
const struct up_file_ref *up_provenance_source(const struct up_lineage *l, size_t k,
                                               const char **stage);

#endif
