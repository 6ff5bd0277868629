/* The store's own lock files, beside the one that LMDB keeps.
 *
 *   open.lock   exclusive while a process opens, checks, repairs or closes the
 *               store; shared around every write transaction, so that the file
 *               stands still while another process checks its pages
 *   turn.lock   held while waiting for open.lock: flock is not fair, and without
 *               it two busy writers would keep a third process waiting for ever
 *   use.lock    shared as long as a process has the store open; exclusive means
 *               that nobody else has, so that data.mdb may be replaced
 *
 * flock(2): a lock ends with its process, however that ends. In a folder that
 * is not writable the files are opened for reading, which flock allows; where
 * they do not exist either, there is nobody to lock out. */
#ifndef UP_STORE_FILE_LOCK_H
#define UP_STORE_FILE_LOCK_H
#include <stdbool.h>
#include <stdint.h>

struct up_err;
struct up_lock {
    int open_fd, use_fd, turn_fd; /* -1: no such file and none can be made */
};

int up_lock_init(struct up_lock *l, const char *dir, struct up_err *err);
void up_lock_release(struct up_lock *l);

int up_lock_open_exclusive(struct up_lock *l, struct up_err *err); /* waits */
int up_lock_open_shared(struct up_lock *l, struct up_err *err);    /* waits */
void up_lock_open_drop(struct up_lock *l);

int up_lock_use_shared(struct up_lock *l, struct up_err *err);
/* Tries for at most `ms` milliseconds; false when another process has the store. */
bool up_lock_use_exclusive(struct up_lock *l, unsigned ms);

/* NFS, SMB, Ceph, ...: file locks and shared maps are not to be relied on there.
 * FUSE is not refused: it may be anything, a local disk included. */
bool up_fs_is_network(uint32_t magic);
/* UP_EUNSUPPORTED when dir lies on one of them. */
int up_fs_check_local(const char *dir, struct up_err *err);

#endif
