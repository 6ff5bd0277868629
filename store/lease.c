#include "store/lease.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/file/lock.h"
#include "store/file/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path_of(const char *dir, const char *name)
{
    struct up_buf b = UP_BUF_INIT;
    up_buf_printf(&b, "%s/%s", dir, name);
    char *path = up_strdup(up_buf_str(&b));
    up_buf_release(&b);
    return path;
}

static int open_lock(int *fd, const char *dir, const char *name, struct up_err *err)
{
    char *path = path_of(dir, name);
    *fd = open(path, O_RDWR | O_CLOEXEC);
    if (*fd < 0 && errno == ENOENT) {
        *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (*fd >= 0)
            up_owner_join(*fd, dir);
    }
    int rc = *fd < 0 ? up_fail_errno(err, "cannot open the store's lock file %s", path) : UP_OK;
    free(path);
    return rc;
}

/* hold.lock, when it is still the one that everybody else takes. */
static int lock_gate(struct up_waiter *w, int fd, int how, struct up_err *err)
{
    int rc = up_wait_flock(w, fd, how, how == LOCK_EX ? "using" : "collecting in", err);
    if (rc == UP_OK && (rc = up_lock_file_still(w->dir, "hold.lock", fd, err)) != UP_OK)
        (void)flock(fd, LOCK_UN);
    return rc;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* ---- holding ---- */

void up_lease_init(struct up_lease *l, struct up_waiter *wait)
{
    *l = (struct up_lease){.dir = up_strdup(wait->dir), .fd = -1, .gate_fd = -1, .wait = wait};
    UP_CHECK(pthread_mutex_init(&l->lock, NULL) == 0);
}

/* The file is locked before hold.lock is given up, so that it is never taken for a dead
 * process's. */
static int make_file(struct up_lease *l, struct up_err *err)
{
    uint32_t r = 0;
    char name[64];
    char *folder = path_of(l->dir, "leases");
    int made = mkdir(folder, 0777), at = made == 0 ? open(folder, O_RDONLY | O_CLOEXEC) : -1;
    if (at >= 0) {
        up_owner_join(at, l->dir);
        (void)close(at);
    } else if (made != 0 && errno != EEXIST) {
        int rc = up_fail_errno(err, "cannot make the folder %s", folder);
        free(folder);
        return rc;
    }
    (void)!getrandom(&r, sizeof r, GRND_NONBLOCK);
    (void)snprintf(name, sizeof name, "%ld-%08x", (long)getpid(), (unsigned)r);
    char *path = path_of(folder, name);
    free(folder);
    l->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (l->fd < 0 || flock(l->fd, LOCK_EX | LOCK_NB) != 0) {
        int rc = up_fail_errno(err, "cannot make the lease %s", path);
        close_fd(&l->fd);
        free(path);
        return rc;
    }
    up_owner_join(l->fd, l->dir);
    l->path = path;
    return UP_OK;
}

static int append(struct up_lease *l, struct up_digest name, struct up_err *err)
{
    int rc = l->gate_fd < 0 ? open_lock(&l->gate_fd, l->dir, "hold.lock", err) : UP_OK;
    if (rc == UP_OK)
        rc = lock_gate(l->wait, l->gate_fd, LOCK_SH, err);
    if (rc != UP_OK)
        return rc;
    if (l->fd < 0)
        rc = make_file(l, err);
    if (rc == UP_OK) {
        errno = ENOSPC; /* when it is written in part */
        if (write(l->fd, name.b, sizeof name.b) != (ssize_t)sizeof name.b) {
            rc = up_fail_errno(err, "cannot write the lease %s", l->path);
            close_fd(&l->fd); /* the next name goes into a new one; this one still counts */
        }
    }
    (void)flock(l->gate_fd, LOCK_UN);
    return rc;
}

int up_lease_hold(struct up_lease *l, struct up_digest name, struct up_err *err)
{
    int rc = UP_OK;
    (void)pthread_mutex_lock(&l->lock);
    if (!up_digest_set_has(&l->held, name) && !up_digest_zero(name)) {
        rc = append(l, name, err);
        if (rc == UP_OK)
            (void)up_digest_set_add(&l->held, name);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return rc;
}

void up_lease_release(struct up_lease *l)
{
    int gc = -1;
    if (l->path && open_lock(&gc, l->dir, "gc.lock", NULL) == UP_OK &&
        flock(gc, LOCK_SH | LOCK_NB) == 0)
        (void)unlink(l->path);
    close_fd(&l->fd);
    close_fd(&gc);
    close_fd(&l->gate_fd);
    up_digest_set_release(&l->held);
    (void)pthread_mutex_destroy(&l->lock);
    free(l->path);
    free(l->dir);
    *l = (struct up_lease){.fd = -1, .gate_fd = -1};
}

/* ---- the collector's side ---- */

static struct up_holder *holder_named(struct up_holders *h, const char *name)
{
    for (size_t i = 0; i < h->n; i++)
        if (!strcmp(h->file[i].name, name))
            return &h->file[i];
    h->file = up_realloc(h->file, (h->n + 1) * sizeof *h->file);
    h->file[h->n] = (struct up_holder){.name = up_strdup(name)};
    return &h->file[h->n++];
}

/* What its process has appended since the last time. */
static int read_more(struct up_holders *h, struct up_holder *f, int fd, struct up_err *err)
{
    struct up_digest d[256];
    ssize_t got;
    while ((got = pread(fd, d, sizeof d, (off_t)f->read)) > 0) {
        size_t n = (size_t)got / sizeof *d;
        for (size_t i = 0; i < n; i++)
            (void)up_digest_set_add(&h->held, d[i]);
        f->read += n * sizeof *d;
        if (n == 0)
            break; /* one that a full disk cut short */
    }
    return got < 0 ? up_fail_errno(err, "cannot read the lease %s/%s", h->dir, f->name) : UP_OK;
}

static int look_at(struct up_holders *h, const char *name, bool first, struct up_err *err)
{
    struct up_holder *f = holder_named(h, name);
    if (f->dead)
        return UP_OK;
    char *path = path_of(h->dir, name);
    int rc = UP_OK, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 && first && flock(fd, LOCK_SH | LOCK_NB) == 0)
        f->dead = true;
    else if (fd >= 0)
        rc = read_more(h, f, fd, err);
    else if (errno != ENOENT)
        rc = up_fail_errno(err, "cannot read the lease %s", path);
    close_fd(&fd);
    free(path);
    return rc;
}

static int look_at_all(struct up_holders *h, bool first, struct up_err *err)
{
    DIR *d = opendir(h->dir);
    int rc = UP_OK;
    if (!d)
        return errno == ENOENT ? UP_OK : up_fail_errno(err, "cannot read %s", h->dir);
    for (struct dirent *e; rc == UP_OK && (e = readdir(d));)
        if (e->d_name[0] != '.')
            rc = look_at(h, e->d_name, first, err);
    (void)closedir(d);
    return rc;
}

/* A process that is closing has it for a moment; another collector for long. */
static int lock_gc(const struct up_holders *h, struct up_err *err)
{
    for (int i = 0; flock(h->gc_fd, LOCK_EX | LOCK_NB) != 0; i++) {
        struct up_buf who = UP_BUF_INIT;
        if (i == 200) {
            up_note_text(&who, h->gc_fd, 0);
            int rc =
                up_fail(err, UP_EIO, "another gc is at work on the store %s (%s); let it end",
                        h->wait->dir, up_buf_str(&who));
            up_buf_release(&who);
            return rc;
        }
        (void)usleep(10000);
    }
    up_note_put(h->gc_fd, 0);
    return UP_OK;
}

int up_holders_begin(struct up_holders *h, struct up_waiter *wait, struct up_err *err)
{
    const char *dir = wait->dir;
    *h = (struct up_holders){
        .gc_fd = -1, .gate_fd = -1, .dir = path_of(dir, "leases"), .wait = wait};
    int rc = open_lock(&h->gc_fd, dir, "gc.lock", err);
    if (rc == UP_OK)
        rc = open_lock(&h->gate_fd, dir, "hold.lock", err);
    if (rc == UP_OK)
        rc = lock_gc(h, err);
    if (rc == UP_OK)
        rc = lock_gate(wait, h->gate_fd, LOCK_EX, err);
    if (rc == UP_OK) {
        rc = look_at_all(h, true, err);
        (void)flock(h->gate_fd, LOCK_UN);
    }
    return rc;
}

int up_holders_enter(struct up_holders *h, struct up_err *err)
{
    int rc = up_lock_file_still(h->wait->dir, "gc.lock", h->gc_fd, err);
    if (rc == UP_OK)
        rc = lock_gate(h->wait, h->gate_fd, LOCK_EX, err);
    if (rc == UP_OK && (rc = look_at_all(h, false, err)) != UP_OK)
        (void)flock(h->gate_fd, LOCK_UN);
    return rc;
}

void up_holders_leave(struct up_holders *h) { (void)flock(h->gate_fd, LOCK_UN); }

static void remove_dead(const struct up_holders *h)
{
    DIR *d = opendir(h->dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        char *path = path_of(h->dir, e->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) == 0)
            (void)unlink(path);
        close_fd(&fd);
        free(path);
    }
    if (d)
        (void)closedir(d);
}

void up_holders_end(struct up_holders *h)
{
    if (h->gate_fd >= 0 && h->wait && lock_gate(h->wait, h->gate_fd, LOCK_EX, NULL) == UP_OK)
        remove_dead(h);
    close_fd(&h->gate_fd);
    close_fd(&h->gc_fd);
    for (size_t i = 0; i < h->n; i++)
        free(h->file[i].name);
    free(h->file);
    free(h->dir);
    up_digest_set_release(&h->held);
    *h = (struct up_holders){.gc_fd = -1, .gate_fd = -1};
}
