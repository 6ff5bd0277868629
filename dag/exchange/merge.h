/* Joining stores: what another one has and this one lacks is copied, verified on the way.
 *
 * Taken are results with their artifacts, and the kept parts of stages; runs stay where
 * they were. Each is marked as come from that store, with the signatures it has
 * (dag/record/origin.h); with m->admit.strict only what a trusted key has signed is taken. No
 * bytes here are ever replaced: under a key that both know, with different bytes, this store's
 * stay, and the difference is said. What is here with equal bytes and without a signature that
 * counts takes over the other's. An artifact is whole in this store before a result names it
 * and records come in transactions, so that a merge that is killed leaves a sound store, and
 * the next one copies the rest. */
#ifndef UP_DAG_EXCHANGE_MERGE_H
#define UP_DAG_EXCHANGE_MERGE_H
#include "dag/record/origin.h"
#include "store/base/set.h"
#include "store/store.h"

enum up_merge_kind { UP_MERGE_RESULT, UP_MERGE_ARTIFACT, UP_MERGE_PART, UP_MERGE_KINDS };
struct up_merge_count {
    uint64_t copied[UP_MERGE_KINDS], had[UP_MERGE_KINDS]; /* of what the other store has */
    uint64_t bytes;                                       /* of the artifacts copied */
    uint64_t differ; /* other bytes under one key; told through say */
};

struct up_merge {        /* up_merge_release */
    struct up_store *to; /* NULL with dry: an empty store */
    bool dry;            /* count what would be copied, write nothing */
    /* One sentence for each record that is not taken, and for each difference. Damage of
     * records is told by the stores themselves (up_store_opts.on_damage). */
    void (*say)(void *ctx, const char *sentence);
    void (*progress)(void *ctx, uint64_t records); /* looked at so far, of all stores */
    void *ctx;
    uint64_t records;
    struct up_digest_set here;  /* artifacts known to be in `to`, or to come there */
    struct up_digest_set taken; /* dry: keys of results and parts to come there */
    struct up_admit admit;      /* whose signatures count; its name is that of the store read */
};
/* Adds to *c. The other store is only read, and may be in use. Errors are those of reading
 * and writing; what was copied until then stays. */
int up_merge_from(struct up_merge *m, struct up_store *from, struct up_merge_count *c,
                  struct up_err *err);
void up_merge_release(struct up_merge *m);

#endif
