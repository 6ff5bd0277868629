/* A remote that is a folder: DIR/ac/HEX and DIR/cas/HEX, as a web server would show it. */
#include "store/base/arena.h"
#include "store/remote/remote.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    struct up_remote base;
    char *dir;
};
enum { PIECE = 1 << 16 };

static const char *path_of(const struct up_remote *r, struct up_object_name name,
                           struct up_arena *a)
{
    char path[UP_OBJECT_PATH];
    return up_arena_printf(a, "%s/%s", ((const struct folder *)r)->dir,
                           up_object_path(name, path));
}

/* What errno says, as a remote's status: what a person must put right does not pass. */
static int failed(const struct up_remote *r, struct up_err *err, const char *what,
                  const char *path)
{
    int why = errno;
    int rc = up_fail_errno(err, "remote %s: cannot %s %s", r->name, what, path);
    return why == EACCES || why == EPERM || why == EROFS || why == ELOOP || why == ENOTDIR
               ? UP_EUNSUPPORTED
               : rc;
}

/* A plain file, opened without waiting: a pipe or device in its place is refused. */
static int open_object(const struct up_remote *r, const char *path, uint64_t *size, int *fd,
                       struct up_err *err)
{
    struct stat st;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*fd < 0)
        return failed(r, err, "open", path);
    if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)close(*fd);
        return up_fail(err, UP_EINVAL, "remote %s: %s is no plain file; remove it", r->name,
                       path);
    }
    *size = (uint64_t)st.st_size;
    return UP_OK;
}

static int head(struct up_remote *r, struct up_object_name name, uint64_t *size,
                struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    int fd, rc = open_object(r, path_of(r, name, &a), size, &fd, err);
    if (rc == UP_OK)
        (void)close(fd);
    up_arena_release(&a);
    return rc;
}

static int pass_on(struct up_remote *r, int fd, const char *path, uint64_t limit,
                   const struct up_sink *sink, struct up_err *err)
{
    uint8_t piece[PIECE];
    uint64_t left = limit;
    int rc = sink->begin(sink->ctx, err);
    while (rc == UP_OK) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(r, err, "read", path);
        if (n == 0)
            return UP_OK;
        if ((uint64_t)n > left)
            return up_fail(err, UP_EINVAL, "remote %s: %s is larger than it may be", r->name,
                           path);
        left -= (uint64_t)n;
        rc = sink->take(sink->ctx, piece, (size_t)n, err);
    }
    return rc;
}

static int get(struct up_remote *r, struct up_object_name name, uint64_t limit,
               const struct up_sink *sink, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    const char *path = path_of(r, name, &a);
    uint64_t size = 0;
    int fd, rc = open_object(r, path, &size, &fd, err);
    if (rc == UP_OK) {
        rc = size > limit ? up_fail(err, UP_EINVAL, "remote %s: %s is larger than it may be",
                                    r->name, path)
                          : pass_on(r, fd, path, limit, sink, err);
        (void)close(fd);
    }
    up_arena_release(&a);
    return rc;
}

static bool write_whole(int fd, struct up_view v)
{
    while (v.len) {
        ssize_t n = write(fd, v.data, v.len);
        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            v.data += n;
            v.len -= (size_t)n;
        }
    }
    return fsync(fd) == 0;
}

/* The name is on the disk, too. */
static bool sync_folder(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

static int put(struct up_remote *r, struct up_object_name name, struct up_view bytes,
               struct up_sha256 sha, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    const char *path = path_of(r, name, &a);
    const char *dir = up_arena_printf(&a, "%s/%s", ((struct folder *)r)->dir,
                                      name.area == UP_AREA_AC ? "ac" : "cas");
    const char *temp = up_arena_printf(&a, "%s/.new-%08x%08x", dir, randombytes_random(),
                                       randombytes_random());
    int rc = UP_OK, fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    (void)sha;
    if (fd < 0) {
        rc = failed(r, err, "write into", dir);
        up_arena_release(&a);
        return rc == UP_ENOTFOUND ? UP_EUNSUPPORTED : rc;
    }
    if (!write_whole(fd, bytes))
        rc = failed(r, err, "write", temp);
    if (close(fd) != 0 && rc == UP_OK)
        rc = failed(r, err, "write", temp);
    if (rc == UP_OK && (rename(temp, path) != 0 || !sync_folder(dir)))
        rc = failed(r, err, "write", path);
    if (rc != UP_OK)
        (void)unlink(temp);
    up_arena_release(&a);
    return rc;
}

static void close_folder(struct up_remote *r)
{
    free(((struct folder *)r)->dir);
    free(r);
}

static int make(const char *name, const char *path, struct up_err *err)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST
               ? UP_OK
               : up_fail_errno(err, "remote %s: cannot make the folder %s", name, path);
}

int up_remote_folder(struct up_remote **out, const char *name, const char *dir, bool writable,
                     struct up_err *err)
{
    static const struct up_remote_ops ops = {head, get, put, close_folder};
    struct up_arena a = UP_ARENA_INIT;
    struct stat st;
    int rc = UP_OK;
    *out = NULL;
    if (writable && stat(dir, &st) == 0 &&
        ((rc = make(name, up_arena_printf(&a, "%s/ac", dir), err)) ||
         (rc = make(name, up_arena_printf(&a, "%s/cas", dir), err))))
        goto out;
    if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode)) { /* a disk that is not mounted */
        rc = up_fail(err, UP_EIO, "remote %s: there is no folder %s", name, dir);
        goto out;
    }
    struct folder *f = up_alloc(sizeof *f);
    f->base = (struct up_remote){.ops = &ops, .name = name};
    f->dir = up_strdup(dir);
    *out = &f->base;
out:
    up_arena_release(&a);
    return rc;
}
