/* What the files of the store share; nobody outside store/ includes this, but
 * for tests that need a hook. */
#ifndef UP_STORE_STATE_H
#define UP_STORE_STATE_H
#include "store/lease.h"
#include "store/file/lmdb.h"
#include "store/file/lock.h"
#include "store/file/record.h"
#include "store/file/seal.h"
#include "store/store.h"

#include <pthread.h>
#include <sys/types.h>

enum { UP_STORE_FORMAT = 1 };

struct up_store {
    struct up_lmdb *lmdb;
    struct up_waiter waiter;
    struct up_lock lock;
    struct up_lease lease;
    struct up_seal seal;   /* which it was opened under */
    struct up_err refused; /* why the pages were, when the store was opened all the same */
    uint64_t walked;       /* when the pages were found sound, seconds since 1970; 0: not */
    int claim_fd;          /* claim.lock; -1 until it is needed */
    char *dir;
    bool read_only, unlocked; /* unlocked: without lock.mdb, and quiet (lock.h) */
    bool rescue;              /* what is sound in a damaged file is shown */
    bool no_seal;             /* a page has rotted under the seal */
    atomic_bool told_gone;    /* somebody has been told that the store is no longer there */
    dev_t dev;
    ino_t ino;
    void (*on_damage)(void *ctx, const char *sentence);
    void (*on_gone)(void *ctx, const char *sentence);
    void *damage_ctx;
    pthread_mutex_t write;  /* held around every use of lock, but while opening and closing */
    pthread_mutex_t report; /* one sentence at a time */
    /* How key documents become keys; a test puts a poor one here. */
    struct up_digest (*key_digest)(const void *p, size_t n);
};

static inline struct up_view up_digest_view(const struct up_digest *d)
{
    return (struct up_view){d->b, sizeof d->b};
}

#define UP_PIN_PREFIX "pin/"

/* Runs are held under the digest of their id, marked so that it is no artifact's. */
struct up_digest up_run_name(struct up_view id);
/* Nothing of this name is removed by a collector until the store is closed. To be called
 * before looking whether it is there. A handle that only reads holds nothing. */
int up_store_hold(struct up_store *s, struct up_digest name, struct up_err *err);

/* Once in a process: UP_EINVAL. Ends with up_store_close. */
int up_folder_register(struct up_store *s, struct up_err *err);
/* Puts the format record where it is missing. */
int up_format_there(struct up_txn *t, void *ctx, struct up_err *err);
/* The way in (open.c): locks, the check of the pages, LMDB. */
int up_store_enter(struct up_store *s, const struct up_store_opts *o, struct up_err *err);

/* A write transaction of this store: read-only handles refuse, others that write are waited
 * for, and it is committed only to the file that was opened. fn as up_lmdb_write's. */
int up_store_update(struct up_store *s, up_txn_fn *fn, void *ctx, struct up_err *err);

/* Which database a record of this type lives in; UP_DB_COUNT for no type. */
enum up_db up_record_db(enum up_record_type type);
/* Which database this record may stand in under its own name; UP_DB_COUNT when there
 * is no such type, or its names have another length. */
enum up_db up_record_home(const struct up_record *r);
/* Takes a record apart that was found in db under key. NULL when it is sound and
 * belongs there, else what is wrong with it. */
const char *up_record_expect(struct up_view bytes, enum up_db db, struct up_view key,
                             struct up_record *r);
/* The same from the header alone, without reading the value. */
const char *up_record_expect_head(struct up_view bytes, enum up_db db, struct up_view key);

/* The order that a run's record names; 0: none. */
uint64_t up_run_order(const struct up_record *r);

/* Seals a record and puts it under its own name, inside a transaction. */
int up_store_put_record(struct up_txn *t, enum up_db db, struct up_view key, uint8_t *rec,
                        size_t n, struct up_err *err);

void up_claims_release(struct up_store *s);
/* UP_EIO when claim.lock was removed while this handle had it open. */
int up_claims_still(const struct up_store *s, struct up_err *err);

/* ---- damage ---- */
/* One sentence to whoever opened the store. */
void up_damage_report(struct up_store *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Moves the record under key out of db, if it is (still) bad, and reports it:
 * one sentence of kind, name and reason. `why` is used for records that are
 * sound in themselves (a wrong digest of the whole); such ones are moved too.
 * A record that is only misplaced goes back to where its own name says, if there
 * is such a place.
 * Returns whether it was bad. */
bool up_damage_aside(struct up_store *s, enum up_db db, struct up_view key, const char *why);

/* ---- format record ---- */
void up_format_encode(struct up_buf *out);
/* The version a format record names, or 0 when it names none. */
int64_t up_format_version(const struct up_record *r);

#endif
