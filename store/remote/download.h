/* One object of a remote on its way in: into a temporary file, checked as it comes. */
#ifndef UP_STORE_REMOTE_DOWNLOAD_H
#define UP_STORE_REMOTE_DOWNLOAD_H
#include "store/remote/remote.h"

struct up_download { /* up_download_release */
    int fd;
    void *map;
    size_t len;
};
/* The object of `cas` with this SHA-256, of exactly `size` bytes. dir: where the file, which
 * has no name, takes up room. UP_ECORRUPT: other bytes came; UP_EINVAL: more, or fewer; what
 * the file cannot take (UP_ENOSPC, UP_EIO) sets *local; all else as up_remote_get. */
int up_download(struct up_download *d, struct up_remote *r, struct up_sha256 sha, uint64_t size,
                const char *dir, bool *local, struct up_err *err);
struct up_view up_download_view(const struct up_download *d);
void up_download_release(struct up_download *d);

/* An object into memory, of at most `limit` bytes. */
int up_remote_read(struct up_remote *r, struct up_object_name name, uint64_t limit,
                   struct up_buf *out, struct up_err *err);
/* Reads an object of `cas` and throws it away: UP_OK when it has this digest and size. */
int up_remote_check(struct up_remote *r, struct up_sha256 sha, uint64_t size,
                    struct up_err *err);

#endif
