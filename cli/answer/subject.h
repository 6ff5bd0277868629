/* From what people type to what it was made of. */
#ifndef UP_CLI_ANSWER_SUBJECT_H
#define UP_CLI_ANSWER_SUBJECT_H
#include "cli/answer/provenance_text.h"

struct up_answer {
    struct up_arena arena;
    struct up_provenance_asked asked; /* points into the rest */
    struct up_number_found number;
    struct up_run_record *run;
    struct up_lineage *lineage;
};
/* name: a run, an artifact (as up_result_find takes it), "NODE/PATH", or a number, which is
 * looked for in the last run ("RUN:NUMBER": in that one). A number with a point or a sign is
 * nothing else; a whole one is a name if there is one. path: into the artifact, or NULL.
 * UP_EUSAGE. up_answer_release in any case. */
int up_answer_find(struct up_answer *a, struct up_store *s, const char *name, const char *path,
                   struct up_err *err);
void up_answer_release(struct up_answer *a);

#endif
