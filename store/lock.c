#include "store/lock.h"
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

static int open_file(const char *dir, const char *name, int *fd, struct up_err *err)
{
    struct up_buf path = UP_BUF_INIT;
    up_buf_printf(&path, "%s/%s", dir, name);
    *fd = open(up_buf_str(&path), O_RDWR | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT) {
        *fd = open(up_buf_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (*fd >= 0)
            up_owner_join(*fd, dir);
    }
    if (*fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
        *fd = open(up_buf_str(&path), O_RDONLY | O_CLOEXEC);
    int rc = UP_OK;
    if (*fd < 0 && errno != ENOENT && errno != EACCES && errno != EROFS)
        rc = up_fail_errno(err, "cannot open the store's lock file %s", up_buf_str(&path));
    up_buf_release(&path);
    return rc;
}

int up_lock_init(struct up_lock *l, const char *dir, struct up_err *err)
{
    *l = (struct up_lock){-1, -1, -1};
    int rc = open_file(dir, "open.lock", &l->open_fd, err);
    if (rc == UP_OK)
        rc = open_file(dir, "turn.lock", &l->turn_fd, err);
    if (rc == UP_OK)
        rc = open_file(dir, "use.lock", &l->use_fd, err);
    if (rc != UP_OK)
        up_lock_release(l);
    return rc;
}

void up_lock_release(struct up_lock *l)
{
    if (l->use_fd >= 0)
        (void)close(l->use_fd);
    if (l->open_fd >= 0)
        (void)close(l->open_fd);
    if (l->turn_fd >= 0)
        (void)close(l->turn_fd);
    *l = (struct up_lock){-1, -1, -1};
}

static int take(int fd, int how, struct up_err *err)
{
    int rc = fd < 0 ? 0 : -1;
    while (rc != 0 && (rc = flock(fd, how)) != 0 && errno == EINTR)
        ;
    return rc == 0 ? UP_OK : up_fail_errno(err, "cannot lock the store");
}

/* In the order of asking: whoever waits for open.lock holds the turn. */
static int take_open(struct up_lock *l, int how, struct up_err *err)
{
    int rc = take(l->turn_fd, LOCK_EX, err);
    if (rc == UP_OK)
        rc = take(l->open_fd, how, err);
    if (l->turn_fd >= 0)
        (void)flock(l->turn_fd, LOCK_UN);
    return rc;
}

int up_lock_open_exclusive(struct up_lock *l, struct up_err *err)
{
    return take_open(l, LOCK_EX, err);
}

int up_lock_open_shared(struct up_lock *l, struct up_err *err)
{
    return take_open(l, LOCK_SH, err);
}

void up_lock_open_drop(struct up_lock *l)
{
    if (l->open_fd >= 0)
        (void)flock(l->open_fd, LOCK_UN);
}

int up_lock_use_shared(struct up_lock *l, struct up_err *err)
{
    return take(l->use_fd, LOCK_SH, err);
}

bool up_lock_use_exclusive(struct up_lock *l, unsigned ms)
{
    const struct timespec nap = {0, 10 * 1000 * 1000};
    for (unsigned waited = 0;; waited += 10) {
        if (l->use_fd < 0 || flock(l->use_fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (waited >= ms)
            return false;
        (void)nanosleep(&nap, NULL);
    }
}

static const struct network {
    uint32_t magic;
    const char *name;
} networks[] = {
    {0x6969, "NFS"},        {0x517B, "SMB"},       {0xFF534D42, "CIFS"}, {0xFE534D42, "SMB2"},
    {0x5346414F, "AFS"},    {0x6B414653, "AFS"},   {0x73757245, "Coda"}, {0x00C36400, "Ceph"},
    {0x0BD00BD0, "Lustre"}, {0x47504653, "GPFS"},  {0x01021997, "9P"},   {0x564C, "NCP"},
    {0x19830326, "BeeGFS"}, {0xAAD7AAEA, "PanFS"},
};

static const char *network_name(uint32_t magic)
{
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (networks[i].magic == magic)
            return networks[i].name;
    return NULL;
}

bool up_fs_is_network(uint32_t magic) { return network_name(magic) != NULL; }

int up_fs_check_local(const char *dir, struct up_err *err)
{
    struct statfs fs;
    if (statfs(dir, &fs) != 0)
        return up_fail_errno(err, "cannot look at the store's folder %s", dir);
    const char *name = network_name((uint32_t)fs.f_type);
    if (!name)
        return UP_OK;
    return up_fail(
        err, UP_EUNSUPPORTED,
        "the store %s is on a network file system (%s), where its locks and maps are "
        "not reliable; put it on a local disk with --store, or allow it with "
        "--allow-network-store",
        dir, name);
}
