/* A store's file, rewritten without the room that removed records left. */
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/inspect.h"
#include "store/file/salvage.h"
#include "store/sweep.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int sync_file(const char *path, struct up_err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? up_fail_errno(err, "cannot write %s", path) : UP_OK;
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* A whole copy, on the disk, whose pages are sound. */
static int copy_to(struct up_store *s, const char *tmp, struct up_err *err)
{
    struct up_inspection in = {.format = 0};
    struct up_buf path = UP_BUF_INIT;
    up_buf_printf(&path, "%s/data.mdb", tmp);
    int rc = mkdir(tmp, 0777) == 0 ? UP_OK : up_fail_errno(err, "cannot make %s", tmp);
    if (rc == UP_OK)
        rc = up_lmdb_copy(s->lmdb, tmp, err);
    if (rc == UP_OK)
        rc = sync_file(up_buf_str(&path), err);
    if (rc == UP_OK)
        rc = up_inspect(&in, tmp, err);
    up_inspect_release(&in);
    up_buf_release(&path);
    return rc;
}

static int swap(struct up_store *s, struct up_err *err)
{
    struct up_buf tmp = UP_BUF_INIT;
    up_buf_printf(&tmp, "%s/build.tmp", s->dir);
    up_salvage_clear(up_buf_str(&tmp));
    int rc = copy_to(s, up_buf_str(&tmp), err);
    if (rc == UP_OK) {
        up_lmdb_close(s->lmdb);
        s->lmdb = NULL;
        rc = up_salvage_swap(s->dir, up_buf_str(&tmp), NULL, err);
        int back = up_lmdb_open(&s->lmdb, s->dir, UP_LMDB_WRITE, 0, rc == UP_OK ? err : NULL);
        rc = rc == UP_OK ? back : rc;
    }
    up_salvage_clear(up_buf_str(&tmp));
    up_buf_release(&tmp);
    return rc;
}

/* With open.lock exclusive nobody comes in; with use.lock exclusive nobody is. flock gives
 * the shared lock up before it tries for the exclusive one, so it is taken again. */
int up_store_compact(struct up_store *s, struct up_err *err)
{
    if (s->read_only)
        return up_fail(err, UP_EIO, "the store %s is open for reading only", s->dir);
    (void)pthread_mutex_lock(&s->write);
    int rc = up_lock_open_exclusive(&s->lock, err);
    if (rc == UP_OK) {
        if (!up_lock_use_exclusive(&s->lock, 2000))
            rc = up_fail(err, UP_EIO,
                         "the store %s is in use by another process and was not made smaller: "
                         "run gc again when it has ended",
                         s->dir);
        else
            rc = swap(s, err);
        int again = up_lock_use_shared(&s->lock, rc == UP_OK ? err : NULL);
        rc = rc == UP_OK ? again : rc;
        up_lock_open_drop(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->write);
    return rc;
}
