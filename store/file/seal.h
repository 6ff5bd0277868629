/* The seal: "the file is as the last process left it", so that its pages need not be walked.
 *
 * Whoever closes a store whose pages it has walked, or found sealed, notes in `seal` which
 * file data.mdb is, its size, its time of change to the nanosecond, and its last transaction.
 * Whoever opens the store takes the note away; when all of it still holds, the walk
 * (store/file/pages.h) is left out. A process that dies leaves no seal, so the next one walks.
 * Nothing is trusted longer than a day or beyond a restart of the machine, for a disk changes
 * bytes without changing times. That may happen in between, too: the seal holds a digest of
 * the skeleton (free list, list of trees, branch pages: store/file/pages.h), which is compared
 * at every opening; leaves and records are checked on every read (store/file/lmdb.h), sealed or
 * not. Checksums of all pages would have to be made anew by reading all of the file at every
 * close, and a whole walk at every opening takes the 50 ms in which a run that has nothing to
 * do must end (100,000 artifacts: walk 35 to 50 ms, skeleton 1 ms).
 *
 * The kernel's times come in ticks: the time of change is set to one between two of them, so
 * that a later write in the same tick shows. */
#ifndef UP_STORE_FILE_SEAL_H
#define UP_STORE_FILE_SEAL_H
#include "store/base/hash.h"

struct up_seal {
    uint64_t dev, ino, size, seconds, nanoseconds, txn;
    uint64_t walked; /* when the pages were last walked: seconds since 1970 */
    struct up_digest boot, skeleton;
};
/* Takes dir's seal away (unless `leave`); true when it fits data.mdb. */
bool up_seal_take(struct up_seal *s, const char *dir, bool leave);
/* Seals dir/data.mdb as it is now; walked as above. Nobody writes to it meanwhile.
 * `before` is the seal that it was opened under, zeroed when there was none.
 * A handle that only reads (`touch` false)
 * leaves the time of change alone, and then seals only what has not changed lately. Failing
 * is fine: there is no seal then. */
void up_seal_put(const char *dir, const struct up_seal *before, uint64_t walked, bool touch);

#endif
