/* Leases: what a process that may write relies on, said where a collector can read it.
 *
 * A handle that may write appends the name of every record it reads or writes to a file of
 * its own in the folder `leases`, before it looks whether the record is there, and holds a
 * flock on that file as long as it lives. A collector removes in steps; in each it reads
 * what is held, removes, and commits, while hold.lock is its alone; names are appended with
 * hold.lock shared. So a name is appended before a step, which then spares the record, or
 * after it, and then the record is seen to be gone and is made again.
 *
 *   hold.lock    shared around every append, exclusive around a collector's step
 *   gc.lock      exclusive as long as a collector works
 *                Where one of the two was removed meanwhile nothing is appended or removed
 *   leases/N     16 bytes a name: keys and digests as they are, runs by the digest of their id
 *
 * A lease whose process has ended still counts for the collector that was at work then: what
 * it relied on may hang on a run that was recorded after the collector had read the runs. It
 * is removed by that collector, or by its own process when none is at work; one of a process
 * that was killed by the next collector. */
#ifndef UP_STORE_LEASE_H
#define UP_STORE_LEASE_H
#include "store/base/set.h"
#include "store/file/wait.h"

#include <pthread.h>
#include <stdbool.h>

struct up_err;

struct up_lease {
    char *dir;  /* the store's folder */
    char *path; /* of the file; NULL until something is held */
    int fd, gate_fd;
    pthread_mutex_t lock;
    struct up_digest_set held;
    struct up_waiter *wait;
};
/* `wait` stays the caller's, and names the folder. */
void up_lease_init(struct up_lease *l, struct up_waiter *wait);
void up_lease_release(struct up_lease *l);
/* From any thread; UP_EIO, UP_ENOSPC. */
int up_lease_hold(struct up_lease *l, struct up_digest name, struct up_err *err);

/* ---- the collector's side ---- */
struct up_holders {
    int gc_fd, gate_fd;
    char *dir; /* "DIR/leases" */
    struct up_holder {
        char *name;
        size_t read; /* bytes of it seen so far */
        bool dead;   /* its process had ended when the collector began */
    } * file;
    size_t n;
    struct up_digest_set held;
    struct up_waiter *wait;
};
/* UP_EIO also when another collector is at work. `wait` as up_lease_init's. */
int up_holders_begin(struct up_holders *h, struct up_waiter *wait, struct up_err *err);
/* Between these two nothing new is held; `held` is complete. */
int up_holders_enter(struct up_holders *h, struct up_err *err);
void up_holders_leave(struct up_holders *h);
/* Removes the leases whose processes have ended. */
void up_holders_end(struct up_holders *h);

#endif
