/* What deciding what goes needs of a store, and the going: dag/gc/gc.c is who asks.
 *
 *   up_sweep_begin     from here on, what running processes rely on is known
 *   up_store_survey    what there is, how old, how large
 *   up_sweep_remove    removes, but for what is held or has been written anew since
 *   up_sweep_end
 *
 * Order of removal: runs, then results, then artifacts, so that nothing that is there
 * ever names something that this has removed. */
#ifndef UP_STORE_SWEEP_H
#define UP_STORE_SWEEP_H
#include "store/store.h"

/* Kinds beside those of up_store_walk: chunks of large artifacts, as digest and index. */
enum { UP_STORE_CHUNK = UP_STORE_PIN + 1 };

struct up_seen {               /* views live for the call */
    struct up_view name;       /* the record's key */
    struct up_view doc, value; /* as up_store_walk's; empty for objects and chunks */
    uint64_t written; /* microseconds since 1970; names this very version of the record */
    uint64_t order;   /* of a run: the store's counter (store/file/record.h); 0: none */
    uint64_t bytes;   /* of the record in the file, roughly: with the pages it fills */
};
typedef int up_survey_visit(void *ctx, const struct up_seen *seen);
/* As up_store_walk. kind is one of enum up_store_kind, or UP_STORE_CHUNK. */
int up_store_survey(struct up_store *s, int kind, up_survey_visit *visit, void *ctx,
                    struct up_err *err);

/* Under which name a run is held. */
struct up_digest up_store_run_name(const char *id);

struct up_sweep; /* opaque */
/* The store may write. UP_EIO also when another one is at work in any process. */
int up_sweep_begin(struct up_sweep **out, struct up_store *s, struct up_err *err);
void up_sweep_end(struct up_sweep *w); /* NULL is fine */
/* Reads what is held at this moment. */
int up_sweep_refresh(struct up_sweep *w, struct up_err *err);
/* Under a name as it stands in the file; a run by the digest of its id. */
bool up_sweep_held(const struct up_sweep *w, struct up_digest name);

struct up_doomed {
    struct up_view name;
    uint64_t written;
    bool gone; /* out */
};
/* Sets gone for what was removed; an object goes with its chunks. What is held, or is not
 * the version that was seen, stays. Many transactions: killed half way it has removed some. */
int up_sweep_remove(struct up_sweep *w, int kind, struct up_doomed *items, size_t n,
                    struct up_err *err);

/* Rewrites the file without the room that removed records left. No other thread may use the
 * store meanwhile. UP_OK, or UP_EIO when another process has the store open (within two
 * seconds), or UP_ENOSPC: the file stays as it was. */
int up_store_compact(struct up_store *s, struct up_err *err);

#endif
