/* What of a store is kept, and what may go.
 *
 * Roots are the runs of the store and its pins (a run, or an artifact). Kept is
 *   a result     that a kept run names, or that is needed below,
 *   an artifact  that a kept run or result made or read; with it the newest result that made
 *                it, unless another one is kept, so that its provenance stays whole,
 *   a part       (finished piece of a node's work) written while a kept run was at work, or
 *                since the start of one that has not ended well, as long as the node it may
 *                belong to has no result,
 *   anything     younger than the grace period, or held by a running process (store/lease.h).
 * A kept result keeps what it read. The rest is removed, most dependent first.
 *
 * A limit on the size takes more, until the records fit: what is kept for its youth alone,
 * least recently written first; then parts of nodes that have results, oldest first; then
 * whole runs, oldest first. Never what is pinned, and never what is held. */
#ifndef UP_DAG_GC_GC_H
#define UP_DAG_GC_GC_H
#include "store/sweep.h"

#ifdef __cplusplus
extern "C" {
#endif

enum up_gc_kind {
    UP_GC_RUN,
    UP_GC_RESULT,
    UP_GC_ARTIFACT,
    UP_GC_PART,
    UP_GC_CHUNK,
    UP_GC_KINDS
};
const char *up_gc_kind_name(enum up_gc_kind k); /* "run", "result", ... */

struct up_gc_gone {
    enum up_gc_kind kind;
    const char *name;  /* run id, or digest in hex; borrowed for the call */
    const char *stage; /* of a result or part; "" otherwise */
    uint64_t bytes;
};
struct up_gc_opts {
    bool dry;
    uint64_t grace;    /* microseconds */
    uint64_t max_size; /* bytes of records; 0: no limit */
    uint64_t keep;     /* newest runs to keep, beside pinned ones; 0: all */
    void (*gone)(void *ctx, const struct up_gc_gone *g); /* one call per record; may be NULL */
    void *ctx;
};
struct up_gc_count {
    uint64_t removed[UP_GC_KINDS], kept[UP_GC_KINDS];
    uint64_t bytes, left; /* of the records removed; of those that stay */
};
/* dry: `s` may be open for reading; what is told is what a collection at this moment removes.
 * Killed half way it has removed some, and the next one goes on. Errors are those of reading
 * and writing. */
int up_gc(struct up_store *s, const struct up_gc_opts *o, struct up_gc_count *c,
          struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
