/* Results and runs on their way to and from remotes (store/remote).
 *
 * What is shared of a result: the key document, the record, and the artifact; of a run its
 * record, under the key document {"run": id}. What is signed is the record without what this
 * store notes of its origin (dag/record/origin.h); signatures stay with it wherever it is
 * copied.
 *
 * Whose results go out signed. A result is signed when this store computed it from nothing but
 * what it computed itself or a trusted key has signed (dag/record/trust.h); what a trusted key
 * has signed goes on with the signatures it has, byte for byte. All else is left out, with a
 * sentence that names the result at the root of it; a run that rests on such a result too. */
#ifndef UP_DAG_EXCHANGE_SHARE_H
#define UP_DAG_EXCHANGE_SHARE_H
#include "dag/record/record.h"
#include "store/remote/remotes.h"

struct up_reach { /* what lies beyond this store */
    struct up_remotes *remotes;
    bool fetch; /* false: only ask */
};

struct up_shared { /* text: the arena's */
    struct up_result result;
    const char *from; /* "remote team, signed by alice-1" */
    const char *why;  /* what was there and not taken, or NULL */
    uint64_t bytes;   /* fetched */
};
/* Asks the remotes for the result under a key. With reach->fetch the artifact and the record
 * are in the store when this returns UP_OK; else nothing is written. only: not NULL, the
 * artifact wanted, for a result that the store has: its record then stays. UP_ENOTFOUND is a
 * miss; all else is trouble of this machine. */
int up_share_fetch(struct up_shared *out, const struct up_reach *reach, struct up_store *store,
                   struct up_view key_doc, const struct up_digest *only, struct up_arena *arena,
                   struct up_err *err);

/* The record of a run, into the store; one that is there stays. */
int up_share_fetch_run(struct up_remotes *remotes, struct up_store *store, const char *id,
                       struct up_shared *out, struct up_arena *arena, struct up_err *err);

/* ---- handing over ---- */

struct up_share_push {
    struct up_remotes *remotes;
    struct up_member *to;
    struct up_store *from;
    const struct up_secret_key *key; /* signs what was computed here; NULL: nothing is signed */
    struct up_push_opts opts;
    struct up_push_count count;
    uint64_t runs, records; /* handed over or there; looked at so far */
    uint64_t left_out;      /* told through say */
    void (*say)(void *ctx, const char *sentence);
    void (*progress)(void *ctx, uint64_t records);
    void *ctx;
    const volatile sig_atomic_t *cancel; /* may be NULL */
};
/* Every result of the store, then every run. A result whose artifact is damaged or missing is
 * left out. */
int up_share_push_all(struct up_share_push *p, struct up_err *err);
/* The results that a run names, then the run. */
int up_share_push_run(struct up_share_push *p, const struct up_run_record *run,
                      struct up_err *err);

#endif
