/* The remotes of a store, together: asking all of them for a result, handing them some.
 *
 * Trust. An entry is accepted from a remote when one of the keys that the remote's `trust`
 * names has signed it, and the keyring knows that key; with trust_any, also unsigned. All
 * else is a miss with a reason. Only then are the outputs fetched, into a temporary file, no
 * further than the size that the entry states, and compared with SHA-256 and XXH3-128.
 *
 * Trouble. A remote that fails (no connection, time-out, refusal) is left alone from then on:
 * one sentence through `warn`, and the questions it was spared are counted. When patience_ms
 * are spent, the same happens to all of them. */
#ifndef UP_STORE_REMOTE_REMOTES_H
#define UP_STORE_REMOTE_REMOTES_H
#include "store/base/arena.h"
#include "store/remote/voucher.h"
#include "store/remote/remote.h"

struct up_store;

struct up_remote_count {
    uint64_t asked;   /* entries asked for */
    uint64_t taken;   /* entries accepted, with all their outputs */
    uint64_t refused; /* there, but not acceptable: untrusted, damaged, dangling */
    uint64_t failed;  /* questions it did not answer */
    uint64_t spared;  /* questions not put to it after it had failed */
    uint64_t bytes;   /* of outputs fetched */
};
struct up_member {
    struct up_remote *remote; /* owned by the set; NULL: what came by file or folder */
    bool writable, trust_any;
    const char *const *trust; /* names of keys; borrowed */
    size_t ntrust;
    bool off; /* it has failed */
    struct up_remote_count count;
};
struct up_remotes { /* up_remotes_release */
    struct up_member *member;
    size_t n;
    const struct up_keyring *keyring; /* borrowed */
    const char *const *own; /* names of one's own keys, which always count; borrowed */
    size_t nown;
    const char *temp_dir; /* on the disk of the store */
    void (*warn)(void *ctx, const char *sentence);
    void *ctx;
    uint64_t patience_ms; /* how long all questions together may take; 0: without limit */
    uint64_t spent_ms;    /* how long they took so far */
    /* What has come of an object: as in remote.h; may be NULL. */
    void (*progress)(void *ctx, const struct up_remote *r, uint64_t got, uint64_t whole);
    void *progress_ctx;
};
/* Takes m->remote over. */
void up_remotes_add(struct up_remotes *rs, const struct up_member *m);
void up_remotes_release(struct up_remotes *rs);

/* The name of a key that makes the entry acceptable to the member ("" with trust_any and no
 * such key), else NULL and in err->msg why not. */
const char *up_member_accepts(const struct up_remotes *rs, const struct up_member *m,
                              const struct up_voucher *e, struct up_err *err);

/* ---- asking ---- */

struct up_found { /* up_found_release */
    struct up_voucher voucher;
    const struct up_member *member;
    const char *signer; /* "": unsigned */
    uint64_t bytes;     /* of outputs that were fetched for it */
    struct up_buf why;  /* what was there and not taken, "; " between */
    struct up_buf file; /* what voucher points into, with the arena */
    struct up_arena arena;
};
/* What an acceptable entry must be besides, in the caller's eyes: NULL, or what it is not. */
typedef const char *up_voucher_check(void *ctx, const struct up_voucher *e);

/* Asks one remote after the other for the entry under the key document. into NULL: the entry
 * alone; else its outputs are whole in that store when this returns UP_OK. UP_ENOTFOUND is a
 * miss; all else is trouble of this machine (the disk is full). */
int up_remotes_fetch(struct up_remotes *rs, struct up_view key_doc, struct up_store *into,
                     up_voucher_check *check, void *ctx, struct up_found *f,
                     struct up_err *err);
void up_found_release(struct up_found *f);

/* ---- handing over ---- */

struct up_push_opts {
    bool repair; /* read every object that is there back, and replace it when it is damaged */
    bool dry;    /* ask, and write nothing */
};
struct up_push_count {
    uint64_t entries, entries_had; /* written; there already, acceptable */
    uint64_t objects, objects_had, bytes;
    uint64_t differ; /* acceptable entries there with other outputs, which stay */
};
/* First the outputs, from the store, then the entry. An entry that is there and acceptable to
 * this store stays, any other is replaced; a missing or wrong-sized object of it is put again.
 * UP_ENOTFOUND, UP_ECORRUPT: an output is not in the store; all else as the remote's slots. */
int up_remotes_push(struct up_remotes *rs, struct up_member *to, struct up_store *from,
                    struct up_voucher e, const struct up_push_opts *opts,
                    struct up_push_count *count, struct up_err *err);

#endif
