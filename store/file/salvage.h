/* What can be saved from a data.mdb whose structure is broken.
 *
 * No structure is used: records say themselves where they begin, how long they
 * are and what they are called, so the bytes are searched for them and every
 * one whose checksum holds is taken. Of several versions of a record the one
 * with the highest sequence wins; versions that were deleted may come back,
 * which harms nothing in a store where a name stands for its content. */
#ifndef UP_STORE_FILE_SALVAGE_H
#define UP_STORE_FILE_SALVAGE_H
#include "store/file/record.h"

struct up_salvage {
    struct up_view *records; /* views into the bytes searched; ordered by type and name */
    size_t n;
};

/* Release with free(records). */
struct up_salvage up_salvage_scan(struct up_view bytes);

/* Builds dir/data.mdb anew from these records (none: an empty store), complete
 * and synced before it takes its place, so that a store half made is never seen.
 * When keep is not NULL an existing data.mdb stays beside it under that name.
 * The caller holds the write lock, and with `keep` is alone (lock.h). Without `keep` a data.mdb
 * that somebody else has made meanwhile stays. UP_EIO, UP_ENOSPC. */
struct up_err;
int up_salvage_build(const char *dir, const struct up_view *records, size_t n, const char *keep,
                     struct up_err *err);

/* The steps of it, which compaction takes too: tmp holds a data.mdb and perhaps its lock.mdb.
 * up_salvage_swap puts it into dir in one step, with the owner, group and mode of what was
 * there, which stays as `keep`, if not NULL; where those cannot be kept nothing is replaced. */
void up_salvage_clear(const char *tmp);
/* Sets tmp to the folder of this process for it; those that dead processes left are removed. */
void up_salvage_folder(struct up_buf *tmp, const char *dir);
int up_salvage_swap(const char *dir, const char *tmp, const char *keep, struct up_err *err);

#endif
