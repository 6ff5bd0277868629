/* Files that only their owner may read: secret keys and credentials. */
#ifndef UP_CLI_SHARED_SECRET_H
#define UP_CLI_SHARED_SECRET_H
#include "store/base/buf.h"
#include "store/base/err.h"

/* Appends the file. UP_EINVAL when anyone but its owner could have read it (mode 0600 or
 * stricter, and it is ours or root's); the sentence never quotes it. */
int up_secret_read(struct up_buf *out, const char *path, struct up_err *err);
/* A new file of mode 0600. UP_EINVAL when there is one already. */
int up_secret_write(const char *path, struct up_view bytes, struct up_err *err);
/* Overwrites and frees. */
void up_secret_release(struct up_buf *b);

#endif
