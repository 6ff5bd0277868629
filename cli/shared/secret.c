#include "cli/shared/secret.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST = 64 << 10 };

static int check(int fd, const char *path, struct up_err *err)
{
    struct stat st;
    if (fstat(fd, &st))
        return up_fail_errno(err, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode) || st.st_size > LARGEST)
        return up_fail(err, UP_EINVAL, "%s is no plain file of at most %d bytes", path,
                       LARGEST);
    if (st.st_mode & 077)
        return up_fail(
            err, UP_EINVAL,
            "others could have read %s (mode %04o), so it is not used: chmod 600 it, "
            "and change what is in it if others may know it",
            path, (unsigned)st.st_mode & 07777);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return up_fail(err, UP_EINVAL, "%s belongs to another user, so it is not used", path);
    return UP_OK;
}

int up_secret_read(struct up_buf *out, const char *path, struct up_err *err)
{
    int rc, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = 0;
    if (fd < 0)
        return up_fail_errno(err, "cannot open %s", path);
    if (!(rc = check(fd, path, err))) {
        size_t room = LARGEST;
        up_buf_reserve(out, room + 1); /* once: no copy of it is left behind */
        while (room && (got = read(fd, out->data + out->len, room)) > 0) {
            out->len += (size_t)got;
            room -= (size_t)got;
        }
        if (got < 0)
            rc = up_fail_errno(err, "cannot read %s", path);
    }
    close(fd);
    return rc;
}

int up_secret_write(const char *path, struct up_view bytes, struct up_err *err)
{
    int rc = UP_OK, fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno == EEXIST)
        return up_fail(err, UP_EINVAL, "there is a %s already; it is not replaced", path);
    if (fd < 0)
        return up_fail_errno(err, "cannot make %s", path);
    if (write(fd, bytes.data, bytes.len) != (ssize_t)bytes.len || fsync(fd))
        rc = up_fail_errno(err, "cannot write %s", path);
    if (close(fd) && !rc)
        rc = up_fail_errno(err, "cannot write %s", path);
    if (rc)
        unlink(path);
    return rc;
}

void up_secret_release(struct up_buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->cap);
    up_buf_release(b);
}
