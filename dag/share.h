/* Results and runs on their way to and from remotes (store/remote).
 *
 * What is shared of a result: the key document, the record, and the artifact; of a run its
 * record, under the key document {"run": id}. A record that came from a remote says so in one
 * more field, "from": {"remote": name, "signatures": {key: bin 64}}, so that its signatures
 * stay with it wherever it is copied. What is signed is the record without that field. */
#ifndef UP_DAG_SHARE_H
#define UP_DAG_SHARE_H
#include "dag/record.h"
#include "store/remote/remotes.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_reach { /* what lies beyond this store */
    struct up_remotes *remotes;
    bool fetch; /* false: only ask */
};

/* A result as a remote keeps it: value without "from", signatures from there. UP_EINVAL: no
 * result record. Everything is the arena's, but the key document. */
int up_share_result_voucher(struct up_voucher *e, struct up_arena *arena,
                            struct up_view key_doc, struct up_view record, struct up_err *err);
/* The same of a run. */
int up_share_run_voucher(struct up_voucher *e, struct up_arena *arena, const char *id,
                         struct up_view doc, struct up_err *err);
/* The name of the remote that a record came from, or NULL. */
const char *up_share_origin(struct up_view record, struct up_arena *arena);

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

/* ---- afterwards ---- */

/* Whether a result that came from a remote is still trusted: by the remote of that name, or,
 * when there is none, by any key of the ring. Of what was computed here: yes. Else in err->msg
 * why not. */
bool up_share_trusted(const struct up_remotes *remotes, struct up_view key_doc,
                      struct up_view record, struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
