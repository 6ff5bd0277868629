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

static int busy(const struct up_store *s, struct up_err *err)
{
    return up_fail(err, UP_EIO,
                   "the store %s is in use by another process and was not made smaller: "
                   "run gc again when it has ended",
                   s->dir);
}

/* To the file that is there now, whichever it is. */
static int come_back(struct up_store *s, struct up_err *err)
{
    int rc;
    do {
        rc = up_lock_attach(&s->lock, true, err);
        if (rc == UP_OK)
            rc = up_lock_enter(&s->lock, err);
    } while (rc == UP_ENOTFOUND && access(s->dir, W_OK) == 0);
    return rc == UP_OK ? up_lmdb_open(&s->lmdb, s->dir, UP_LMDB_WRITE, 0, err) : rc;
}

static int swap(struct up_store *s, struct up_err *err)
{
    struct up_buf tmp = UP_BUF_INIT;
    up_salvage_folder(&tmp, s->dir);
    int rc = copy_to(s, up_buf_str(&tmp), err);
    if (rc == UP_OK && !up_lock_alone(&s->lock))
        rc = busy(s, err);
    else if (rc == UP_OK) {
        up_lmdb_close(s->lmdb);
        s->lmdb = NULL;
        rc = up_salvage_swap(s->dir, up_buf_str(&tmp), NULL, err);
        int back = come_back(s, rc == UP_OK ? err : NULL);
        rc = rc == UP_OK ? back : rc;
    }
    up_salvage_clear(up_buf_str(&tmp));
    up_buf_release(&tmp);
    return rc;
}

/* Others may read while the copy is made, and must be out when it takes the file's place:
 * looked at before, too, so that no copy is made in vain. */
int up_store_compact(struct up_store *s, struct up_err *err)
{
    if (s->read_only)
        return up_fail(err, UP_EIO, "the store %s is open for reading only", s->dir);
    (void)pthread_mutex_lock(&s->write);
    int rc = up_lock_write(&s->lock, err);
    if (rc == UP_OK)
        rc = up_lock_still(&s->lock, true, err);
    if (rc == UP_OK && !up_lock_alone(&s->lock))
        rc = busy(s, err);
    else if (rc == UP_OK) {
        up_lock_alone_end(&s->lock);
        rc = swap(s, err);
    }
    up_lock_write_end(&s->lock);
    (void)pthread_mutex_unlock(&s->write);
    return rc;
}
