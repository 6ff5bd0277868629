/* Who may do what with a store's file, between processes.
 *
 * The locks that count are on data.mdb itself, the file that they protect, at places far
 * beyond its end: a lock on a file of its own is worth nothing to whoever comes after
 * somebody has removed that file.
 *
 *   write    exclusive over each write transaction, over the check of the pages by whoever
 *            will write, over compaction and repair. LMDB has such a lock of its own, which
 *            cannot be given up when interrupted; behind this one it is never waited for
 *   quiet    shared: no write transaction begins; one that has begun may end. So a reader
 *            walks the pages beside a writer that has stopped for good, for LMDB does not
 *            touch a state's pages before the second commit after it
 *   hungry   shared by whoever waits for the write lock: others let him go first
 *   use      shared as long as a process has the store open, at a place that says which
 *            lock.mdb it has open; exclusive over all places means that nobody else is in
 *
 * LMDB's lock.mdb holds the table of its readers. Two processes with two such files do not
 * know of each other and destroy pages that the other reads. So whoever opens the store beside
 * others must have the same lock.mdb: a writer waits until those with another one have ended,
 * a reader goes without (MDB_NOLOCK) and stays quiet. And before each commit lock.mdb and
 * data.mdb must still be what they were when the store was opened.
 *
 *   open.lock  exclusive while a store is made; and notes of who holds the locks (wait.h)
 *   use.lock   as `use`, for programs of format 1 that know of no locks on data.mdb
 *
 * Locks of open file descriptions, and flock: a lock ends with its process, however that ends,
 * and not with another descriptor of the same file, as POSIX's locks do. */
#ifndef UP_STORE_FILE_LOCK_H
#define UP_STORE_FILE_LOCK_H
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "store/file/wait.h"

struct up_err;

struct up_mark { /* which file it is; ino 0: none */
    dev_t dev;
    ino_t ino;
};

struct up_lock {
    struct up_waiter *wait;
    int open_fd, use_fd; /* -1: no such file and none can be made */
    int data_fd;         /* -1: not attached */
    int table_fd;        /* lock.mdb, for its identity alone */
    struct up_mark open, use, data, table;
    uint64_t place; /* of the use lock */
    bool loose;     /* a reader came in while the file was being replaced */
};

/* `wait` stays the caller's, and names the folder. */
int up_lock_init(struct up_lock *l, struct up_waiter *wait, struct up_err *err);
void up_lock_release(struct up_lock *l);

/* While a store is made: one process at a time. */
int up_lock_making(struct up_lock *l, struct up_err *err);
void up_lock_made(struct up_lock *l);

/* Opens data.mdb and remembers which file it is; a reader may lack the right to write. What
 * was held of another file is given up. UP_ENOTFOUND when there is none. */
int up_lock_attach(struct up_lock *l, bool write, struct up_err *err);
void up_lock_detach(struct up_lock *l);
/* Whether the path still leads to the file attached. */
bool up_lock_current(const struct up_lock *l);

/* A writer's way in: waits until it has the write and the use lock, and lock.mdb is the one
 * of all others that are in. UP_ENOTFOUND when data.mdb was replaced meanwhile: begin anew. */
int up_lock_enter(struct up_lock *l, struct up_err *err);
/* A reader's: true when it may use lock.mdb. Else it is quiet, and must not. */
bool up_lock_enter_reading(struct up_lock *l);

int up_lock_write(struct up_lock *l, struct up_err *err); /* waits */
bool up_lock_write_soon(struct up_lock *l);               /* for closing: a moment at most */
void up_lock_write_end(struct up_lock *l);

void up_lock_quiet(struct up_lock *l);
void up_lock_quiet_end(struct up_lock *l);

/* Nobody else has the store open; false when that is not so within two seconds. Then the lock
 * is shared as before. */
bool up_lock_alone(struct up_lock *l);
void up_lock_alone_end(struct up_lock *l);

/* UP_EIO with a sentence unless data.mdb and lock.mdb, and for one who writes the other lock
 * files, are still those that were opened. */
int up_lock_still(const struct up_lock *l, bool writes, struct up_err *err);
/* The same for one more lock file of the folder. */
int up_lock_file_still(const char *dir, const char *name, int fd, struct up_err *err);

/* NFS, SMB, Ceph, ...: file locks and shared maps are not to be relied on there.
 * FUSE is not refused: it may be anything, a local disk included. */
bool up_fs_is_network(uint32_t magic);
/* UP_EUNSUPPORTED when dir lies on one of them. */
int up_fs_check_local(const char *dir, struct up_err *err);

#endif
