/* NumPy's .npz: a ZIP file of .npy members, stored or deflated.
 *
 * Read through libzip on a memory source. Bounded: at most UP_NPZ_ENTRIES
 * members, all that are read together have at most UP_NPZ_GIB, and a member may not claim more
 * than deflate can reach from its compressed bytes; CRCs are checked. */
#ifndef UP_FORMAT_NPZ_H
#define UP_FORMAT_NPZ_H
#include "store/base/arena.h"
#include "stages/format/npy.h"

/* Members of a file, and GiB of numbers that are read from one file in all. */
enum { UP_NPZ_ENTRIES = 4096, UP_NPZ_GIB = 4 };

struct up_npz_entry {
    char *name;  /* without ".npy" */
    uint64_t at; /* libzip's index */
};
struct up_npz {
    const char *name;           /* of the file, for sentences; borrowed */
    void *zip;                  /* libzip's handle */
    size_t count;               /* members that end in .npy */
    size_t bytes;               /* of the whole file */
    uint64_t taken;             /* bytes of the members read so far */
    struct up_npz_entry *entry; /* [count], in the file's order */
};

/* name and bytes are borrowed until release. UP_EINVAL: not a ZIP, truncated, ... */
int up_npz_open(struct up_npz *z, const char *name, struct up_view bytes, struct up_err *err);
void up_npz_release(struct up_npz *z);
/* Member i (i < count), its bytes in the arena. */
int up_npz_get(struct up_npz *z, size_t i, struct up_arena *arena, struct up_npy *out,
               struct up_err *err);

#endif
