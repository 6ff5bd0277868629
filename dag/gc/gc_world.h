/* What a collection knows of a store, shared by the files of dag/gc*.c. */
#ifndef UP_DAG_GC_GC_WORLD_H
#define UP_DAG_GC_GC_WORLD_H
#include "dag/gc/gc.h"
#include "store/base/arena.h"
#include "store/base/set.h"

struct up_gc_rec {
    struct up_digest name; /* key or digest; of a run that under which it is held */
    uint8_t key[20];       /* the record's own key, but for runs */
    uint8_t key_len;
    bool kept;
    uint64_t written, bytes; /* of an artifact with its chunks */
    const char *stage;       /* results and parts */
    /* results */
    struct up_digest artifact;
    const struct up_digest *inputs;
    size_t ninputs;
    /* runs */
    const char *id;
    uint64_t order;
    const struct up_gc_node *nodes;
    size_t nnodes;
    uint64_t from, to; /* when it was at work; to 0: nobody knows */
    bool well, pinned; /* well: it ended as it should */
};
struct up_gc_node { /* of a run */
    struct up_digest key, artifact;
    const char *stage;
};
struct up_gc_world {
    struct up_sweep *sweep; /* who holds what; NULL: nobody is asked */
    struct up_arena arena;
    struct up_gc_rec *of[UP_GC_KINDS]; /* runs oldest first; others by name */
    size_t n[UP_GC_KINDS], cap[UP_GC_KINDS];
    struct up_digest *pinned; /* artifacts */
    size_t npinned;
    uint32_t *by_artifact; /* results in order of artifact, then newest first */
    uint32_t *pending;     /* results whose inputs are still to be marked */
    size_t npending;
};
struct up_gc_rule {
    uint64_t young; /* what was written at this time or later stays */
    uint64_t parts; /* parts of nodes that have results stay from this time on */
    uint64_t drop;  /* so many of the oldest runs go */
    uint64_t keep;  /* and all but so many of the newest; 0: none */
};
int up_gc_load(struct up_gc_world *w, struct up_store *s, struct up_err *err);
void up_gc_world_release(struct up_gc_world *w);

/* Sets `kept` of every record. */
void up_gc_mark(struct up_gc_world *w, const struct up_gc_rule *r);
/* Goes on from results that were marked since: what they made and read. */
void up_gc_mark_more(struct up_gc_world *w);
uint64_t up_gc_bytes(const struct up_gc_world *w); /* of what is kept */

#endif
