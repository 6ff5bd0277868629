#include "store/file/owner.h"
#include "store/base/buf.h"
#include "store/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { LIST_MAX = 4096, MODE = 07777 };

/* The access list, where the file system knows such: its mask shows as the group's mode, so
 * that it goes first. */
static int copy_list(int fd, const char *like)
{
    static const char name[] = "system.posix_acl_access";
    char list[LIST_MAX];
    ssize_t n = getxattr(like, name, list, sizeof list);
    if (n <= 0)
        return n < 0 && errno == ERANGE ? -1 : 0;
    return fsetxattr(fd, name, list, (size_t)n, 0);
}

/* The owner first: a change of it takes bits of the mode away. */
static int copy_to(int fd, const char *like, const struct stat *want)
{
    struct stat now;
    if (fstat(fd, &now) != 0)
        return -1;
    if ((now.st_uid != want->st_uid || now.st_gid != want->st_gid) &&
        fchown(fd, now.st_uid == want->st_uid ? (uid_t)-1 : want->st_uid,
               now.st_gid == want->st_gid ? (gid_t)-1 : want->st_gid) != 0)
        return -1;
    return copy_list(fd, like) != 0 || fchmod(fd, want->st_mode & MODE) != 0 ? -1 : 0;
}

int up_owner_copy(const char *path, const char *like, struct up_err *err)
{
    struct stat want;
    if (stat(like, &want) != 0 && errno == ENOENT)
        return UP_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = UP_OK;
    if (fd < 0 || copy_to(fd, like, &want) != 0) {
        (void)up_fail_errno(
            err,
            "cannot give the new %s the owner, group and mode that it has, and "
            "left the old one in place (only its owner, user number %u, or root "
            "can: let them run this)",
            like, (unsigned)want.st_uid);
        rc = UP_EIO;
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

void up_owner_join(int fd, const char *dir)
{
    struct up_buf data = UP_BUF_INIT;
    struct stat want, now;
    up_buf_printf(&data, "%s/data.mdb", dir);
    const char *like = up_buf_str(&data);
    if (fstat(fd, &now) == 0 && S_ISDIR(now.st_mode))
        like = dir;
    if (stat(like, &want) == 0 && copy_to(fd, like, &want) != 0 && fstat(fd, &now) == 0 &&
        now.st_uid == geteuid()) {
        (void)!fchown(fd, (uid_t)-1, want.st_gid);
        (void)fchmod(fd, want.st_mode & MODE);
    }
    up_buf_release(&data);
}
