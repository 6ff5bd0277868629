/* Waiting for other processes, so that nobody waits for ever and without a word.
 *
 * A lock is tried for again and again, with naps between: the kernel's own waiting cannot
 * be ended by a signal that another thread receives. Whoever has waited a second says for
 * whom; whoever is interrupted gives up at once.
 *
 * Who holds a lock writes a note about itself into a lock file: process number and host. A
 * note is for people alone: nothing depends on it, and it may be missing. */
#ifndef UP_STORE_FILE_WAIT_H
#define UP_STORE_FILE_WAIT_H
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "store/base/buf.h"

struct up_err;

struct up_waiter {
    const char *dir;                               /* the store's folder, for sentences */
    const volatile sig_atomic_t *cancel;           /* not zero: interrupted; NULL: cannot be */
    void (*tell)(void *ctx, const char *sentence); /* may be NULL */
    void *ctx;
    atomic_bool gave_up; /* after an interruption nothing more is waited for */
};

enum { UP_NOTE_BYTES = 256 }; /* of one note in a lock file */

struct up_blocked {    /* what an attempt that failed fills in */
    int note_fd;       /* lock file with the holder's note; -1: none */
    long note_at;      /* offset in it */
    long pid;          /* or the process itself, where the kernel names it; 0: it does not */
    const char *doing; /* what it does, when that is not what is waited for as a rule */
};
/* 1: got it. 0: somebody else has it. Below zero: a failure, with its sentence. */
typedef int up_try_fn(void *ctx, struct up_blocked *who, struct up_err *err);

/* Tries until it is had. `doing` completes "waiting for pid 7 ..., which is ": "writing to".
 * ms: at most so long, 0: for ever. UP_OK; UP_ECANCELED with a sentence; UP_EIO with a
 * sentence when the time is over; or what the attempt said. */
int up_wait(struct up_waiter *w, const char *doing, unsigned ms, up_try_fn *attempt, void *ctx,
            struct up_err *err);
/* One flock by up_wait's rules; how as flock's. An exclusive holder's note is in the file. */
int up_wait_flock(struct up_waiter *w, int fd, int how, const char *doing, struct up_err *err);

/* The sentence that up_wait says after a second. */
void up_wait_tell(struct up_waiter *w, const char *doing, const struct up_blocked *who);

/* Writes this process's note; fd below zero or opened for reading: nothing happens. */
void up_note_put(int fd, long at);
/* "pid 7 on host (upnas run x.yaml)", or "another process" when there is no note of a living
 * one. */
void up_note_text(struct up_buf *out, int fd, long at);

#endif
