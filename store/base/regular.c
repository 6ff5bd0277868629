/* The one way in which files named by people, and files of a store's folder, are opened. */
#include "store/base/regular.h"
#include "store/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP = 1 << 20 };

static const char *what_it_is(mode_t mode)
{
    static const struct {
        mode_t type;
        const char *why;
    } kinds[] = {
        {S_IFDIR, "it is a folder, and only regular files are read"},
        {S_IFIFO, "it is a FIFO, and only regular files are read"},
        {S_IFCHR, "it is a device, and only regular files are read"},
        {S_IFBLK, "it is a device, and only regular files are read"},
        {S_IFSOCK, "it is a socket, and only regular files are read"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if ((mode & S_IFMT) == kinds[i].type)
            return kinds[i].why;
    return "it is no regular file";
}

/* upnas rank --lambda <(...): somebody is at the other end. */
static bool handed_over(const char *path)
{
    return !strncmp(path, "/dev/fd/", 8) || !strcmp(path, "/dev/stdin");
}

int up_regular_open(const char *path, struct stat *st, const char **why)
{
    /* O_NONBLOCK: opening a FIFO does not wait; reading a regular file is not changed by it. */
    bool pipe = handed_over(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (pipe ? 0 : O_NONBLOCK));
    int failed = fd < 0 || fstat(fd, st) != 0 ? errno : 0;
    *why = NULL;
    if (!failed && (S_ISREG(st->st_mode) || (pipe && S_ISFIFO(st->st_mode))))
        return fd;
    *why = failed == ENXIO ? "it is a socket or a device, and only regular files are read"
           : failed        ? strerrordesc_np(failed)
                           : what_it_is(st->st_mode);
    if (fd >= 0)
        (void)close(fd);
    errno = failed ? failed : EINVAL;
    return -1;
}

static int too_large(const char *name, uint64_t most, struct up_err *err)
{
    return up_fail(err, UP_EINVAL, "%s is larger than %llu MiB, the most that is read of it",
                   name, (unsigned long long)(most >> 20));
}

int up_regular_read_fd(struct up_buf *out, int fd, const char *name, uint64_t most,
                       struct up_err *err)
{
    struct stat st;
    size_t before = out->len;
    if (fstat(fd, &st) != 0)
        return up_fail_errno(err, "cannot read %s", name);
    if ((uint64_t)st.st_size > most)
        return too_large(name, most, err);
    size_t step = (size_t)st.st_size + 1; /* one more byte shows the end */
    for (;;) {
        ssize_t got = read(fd, up_buf_reserve(out, step), step);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return up_fail_errno(err, "cannot read %s", name);
        if (got == 0)
            return UP_OK;
        out->len += (size_t)got;
        if (out->len - before > most)
            return too_large(name, most, err);
        step = STEP;
    }
}

int up_regular_read(struct up_buf *out, const char *path, uint64_t most, struct up_err *err)
{
    struct stat st;
    const char *why;
    int fd = up_regular_open(path, &st, &why);
    if (fd < 0)
        return up_fail(err, errno == ENOENT ? UP_ENOTFOUND : UP_EIO, "cannot open %s: %s", path,
                       why);
    int rc = up_regular_read_fd(out, fd, path, most, err);
    (void)close(fd);
    return rc;
}
