/* Where an artifact came from: its result record, and those of everything it was made of.
 *
 * A result names its inputs by the digests of their bytes. Which of several results with
 * those bytes was meant is told by the run record of whoever computed the reader, or of the
 * run that is asked about; when neither is in the store, the newest such result stands in. */
#ifndef UP_DAG_RECORD_LINEAGE_H
#define UP_DAG_RECORD_LINEAGE_H
#include "dag/record/record.h"

struct up_ancestor {
    const char *stage;
    struct up_digest digest; /* of its bytes */
    bool found;              /* the rest is known: its result record is in the store */
    struct up_digest key;    /* zero: the key document is not known */
    const char *mode;        /* the key's float mode as text; "" when the key is not known */
    struct up_result result;
    const char *doubt;               /* why it is not to be believed, or NULL: up_judge_lineage
                                        (dag/record/trust.h) */
    const struct up_run_record *run; /* that computed it; NULL when its record is gone */
    size_t *inputs;                  /* [result.ninputs] places in the list; or UP_ABSENT */
};
#define UP_ABSENT ((size_t)-1)

struct up_lineage {
    struct up_arena arena; /* owns everything but the runs */
    struct up_ancestor *node;
    size_t n;
    struct up_run_record **runs;
    size_t nruns;
};
/* The result r of run (which may be NULL), first in the list, and all it was made of, each
 * once, readers before their inputs' inputs. Missing records are entries that are not found. */
int up_lineage_of_result(struct up_lineage **out, struct up_store *s,
                         const struct up_run_record *run, const struct up_result *r,
                         struct up_err *err);
/* Every node of the run that has an output, in the run's order, then what else they need. */
int up_lineage_of_run(struct up_lineage **out, struct up_store *s,
                      const struct up_run_record *run, struct up_err *err);
void up_lineage_free(struct up_lineage *l);
/* The place of a stage's first entry, or UP_ABSENT. */
size_t up_lineage_find(const struct up_lineage *l, const char *stage);
/* Where a parameter of an ancestor was set ("a.yaml:3:5", "default"), or "" when not known. */
const char *up_ancestor_origin(const struct up_ancestor *a, const char *param);

#endif
