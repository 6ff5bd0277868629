/* Opening files that somebody named, for reading.
 *
 * Only regular files are read. A FIFO would make the reader wait for a writer that may never
 * come, a device such as /dev/zero has no end, and a folder has no bytes. Whatever else
 * stands under a name is refused at once, without waiting. A pipe that a shell has opened
 * for the program, and names as /dev/fd/N or /dev/stdin, is read to its end. */
#ifndef UP_STORE_BASE_REGULAR_H
#define UP_STORE_BASE_REGULAR_H
#include "store/base/buf.h"

struct stat;
struct up_err;

/* Opens a regular file for reading and fills *st in. Returns the descriptor, which is the
 * caller's to close, or -1; then *why is the end of a sentence, such as "No such file or
 * directory" or "it is a FIFO, and only regular files are read", and errno is set. */
int up_regular_open(const char *path, struct stat *st, const char **why);

/* Appends the whole of a regular file of at most `most` bytes. The sentence names the path.
 * UP_ENOTFOUND when there is none, UP_EIO, UP_EINVAL when it is larger. */
int up_regular_read(struct up_buf *out, const char *path, uint64_t most, struct up_err *err);

/* The same from a descriptor; `name` is for the sentence. */
int up_regular_read_fd(struct up_buf *out, int fd, const char *name, uint64_t most,
                       struct up_err *err);

#endif
