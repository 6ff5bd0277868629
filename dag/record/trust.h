/* Whom a result is to be believed from: what verify, push, key sign and show --why ask.
 *
 *   own       computed by a run of this store
 *   vouched   from elsewhere, and signed by a key that is trusted today for that way
 *   admitted  from elsewhere, unsigned, where "any" is trusted
 *   doubted   from elsewhere, and nobody trusted has signed it; of unknown origin; or made
 *             here with parts that are
 * Trusted today for a remote are those that its list names now, or when it is gone every key
 * known; for a file or a folder those that import or merge was told of. One's own keys always.
 *
 * An own result may yet have been computed from a doubted one. It is clean when each of its
 * inputs is: when some clean result of this store has just those bytes, since then they are
 * what this store would have computed. What is vouched is clean, whatever it was made of.
 *
 * Records of unknown origin. Until origins were kept, import left no trace in a record, but
 * time did: each is stamped by the store that wrote it, whatever it says of itself. A result
 * that a run here computed was written between the moment it was finished and the end of the
 * run, and the run's last record after that; import writes what was finished and over before.
 * So a record counts as own when its run's record is here, names it as executed, and the
 * stamps lie so. To pass, a forgery would have to foresee the moment of its import by some
 * thousandths of a second. Host and user names are no evidence: who forges copies them. All
 * other records without an origin are doubted; `verify --rebuild` makes them own. */
#ifndef UP_DAG_RECORD_TRUST_H
#define UP_DAG_RECORD_TRUST_H
#include "dag/record/lineage.h"
#include "dag/record/origin.h"

enum up_verdict { UP_V_OWN, UP_V_VOUCHED, UP_V_ADMITTED, UP_V_DOUBTED };

struct up_judged { /* strings and arrays: the judge's */
    struct up_digest key, output;
    enum up_verdict verdict;
    const char *stage;
    const char *why; /* completes "result ... of ... ", unless own or vouched */
    const char *run; /* own by the stamps of this run's record; else NULL */
    const struct up_digest *inputs;
    size_t ninputs;
    enum { UP_J_OPEN, UP_J_CLEAN, UP_J_NOT } clean; /* up_judge_clean */
    const struct up_judged *root;                   /* why it is not; NULL: an input is gone */
};
struct up_judge { /* up_judge_free */
    struct up_arena arena;
    struct up_judged *result; /* by key */
    size_t n;
    size_t *by_output;
};
/* Reads all results of the store once. */
int up_judge_make(struct up_judge **out, struct up_store *s, const struct up_remotes *keys,
                  struct up_err *err);
void up_judge_free(struct up_judge *j);
struct up_judged *up_judge_of(const struct up_judge *j, struct up_digest key); /* or NULL */
bool up_judge_clean(const struct up_judge *j, struct up_judged *r);
/* "result 01ab of mpe was computed from scores 23cd, which came from file x.bundle, but it is
 * not signed": of what is not clean, or not believed. */
const char *up_judge_why(const struct up_judge *j, struct up_judged *r, struct up_arena *arena);
/* A run of this store, by its record as it is kept. */
bool up_judge_own_run(const struct up_judge *j, const struct up_run_record *run,
                      struct up_view doc);
/* The first node's result of a run that is not clean, or NULL. */
struct up_judged *up_judge_run(const struct up_judge *j, const struct up_run_record *run);
/* Says of every ancestor what there is to doubt. */
void up_judge_lineage(const struct up_judge *j, struct up_lineage *l);

#endif
