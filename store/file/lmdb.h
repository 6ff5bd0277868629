/* The LMDB environment of a store: transactions over seven databases.
 *
 * Durable, no nested use: a function given to up_lmdb_read or up_lmdb_write must
 * not start another transaction. Views from a transaction die with it. Any
 * thread may call; writers go one at a time. The map doubles when it is full and
 * follows when another process has enlarged it. The same folder must not be open
 * twice in one process, and an environment must not be used after fork.
 *
 * LMDB believes every number in the file. Whoever opens the store has walked all pages
 * (store/file/pages.h), or found that the parts which only a walk can judge are as they were
 * when it was walked (the seal's digest: free list, branch pages). A leaf may have rotted
 * since, on a disk that keeps times. So no page is followed unchecked: reading   is done by our
 * own reader (store/file/tree.h), in a transaction of LMDB's that keeps the pages; LMDB's
 * cursors are not used putting   the way to the key is checked first, then LMDB's own goes the
 * same way removing, replacing a value on an overflow run, and the compact copy: all pages are
 *             walked first, once after opening, for LMDB then reads and gives back others
 * A page that is refused is UP_ECORRUPT; no seal is left, and the next to open the store
 * repairs it. */
#ifndef UP_STORE_FILE_LMDB_H
#define UP_STORE_FILE_LMDB_H
#include "store/base/buf.h"
#include "store/file/tree.h"

struct up_err;

enum up_db {
    UP_DB_META,
    UP_DB_RESULTS,
    UP_DB_OBJECTS,
    UP_DB_CHUNKS,
    UP_DB_MEMO,
    UP_DB_RUNS,
    UP_DB_DAMAGED,
    UP_DB_COUNT
};
/* "meta", "results", ... */
const char *up_db_name(enum up_db db);

enum up_lmdb_mode {
    UP_LMDB_WRITE,   /* makes databases that are not there */
    UP_LMDB_READ,    /* read-only, with LMDB's reader table */
    UP_LMDB_UNLOCKED /* read-only, nothing written at all: the caller keeps writers out */
};

enum { UP_LMDB_KEY_MAX = 511 };

struct up_lmdb;
struct up_txn;

/* map_bytes 0: the default of 256 MiB. UP_EIO, UP_ENOSPC, UP_ENOTFOUND. */
int up_lmdb_open(struct up_lmdb **out, const char *dir, enum up_lmdb_mode mode,
                 size_t map_bytes, struct up_err *err);
void up_lmdb_close(struct up_lmdb *e); /* NULL is fine */
/* Whether LMDB has met pages that make no sense, or a commit has failed. */
bool up_lmdb_suspect(struct up_lmdb *e);
size_t up_lmdb_map_bytes(struct up_lmdb *e);
/* All pages have been walked: the check before removals may be left out. */
void up_lmdb_walked(struct up_lmdb *e);
/* Walks all pages, unless that was done. Waits for writers. UP_ECORRUPT. */
int up_lmdb_check(struct up_lmdb *e, struct up_err *err);
/* Reads go to what is sound in the file (store/file/rescue.h) from now on, and writes fail with
 * UP_ECORRUPT. e may be NULL: then LMDB has not opened it. Takes the mapped file over. */
struct up_lmdb *up_lmdb_rescued(struct up_lmdb *e, const char *dir, struct up_view file);
bool up_lmdb_is_rescued(const struct up_lmdb *e);
/* A compact copy as dir/data.mdb, of what is committed now; not synced. */
int up_lmdb_copy(struct up_lmdb *e, const char *dir, struct up_err *err);

struct up_lmdb_size {
    uint64_t entries[UP_DB_COUNT];
    uint64_t used, file; /* bytes: of the pages that hold records, and up to the last page */
    uint64_t txn;        /* number of the last transaction */
};
/* Read off the trees' descriptors: nothing is walked. */
int up_lmdb_size(struct up_lmdb *e, struct up_lmdb_size *out, struct up_err *err);

typedef int up_txn_fn(struct up_txn *t, void *ctx, struct up_err *err);
/* Returns what fn returned. */
int up_lmdb_read(struct up_lmdb *e, up_txn_fn *fn, void *ctx, struct up_err *err);
/* Commits, durably, when fn returned UP_OK; otherwise nothing has changed. fn is
 * called again after the map has grown, so it must be able to start over. */
int up_lmdb_write(struct up_lmdb *e, up_txn_fn *fn, void *ctx, struct up_err *err);

/* UP_ENOTFOUND without a sentence. */
int up_txn_get(struct up_txn *t, enum up_db db, struct up_view key, struct up_view *value,
               struct up_err *err);
int up_txn_put(struct up_txn *t, enum up_db db, struct up_view key, struct up_view value,
               struct up_err *err);
/* Deleting what is not there is fine. */
int up_txn_del(struct up_txn *t, enum up_db db, struct up_view key, struct up_err *err);

/* The entry first, last, or next after or before *key; UP_ENOTFOUND without a
 * sentence when there is none. */
int up_txn_seek(struct up_txn *t, enum up_db db, enum up_seek how, struct up_view *key,
                struct up_view *value, struct up_err *err);

#endif
