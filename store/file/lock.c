#include "store/file/lock.h"
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/file/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Places beyond the end of any file. */
#define FAR ((off_t)1 << 62)
enum { WRITE, QUIET, HUNGRY };
#define USE (FAR + ((off_t)1 << 41))
#define USE_LEN ((off_t)1 << 40)
enum { HUNGRY_AFTER = 50, READER_MS = 900, ALONE_MS = 2000 };
enum { AT_WRITER = 0, AT_READER = UP_NOTE_BYTES }; /* notes in open.lock */

/* ---- places ---- */

static bool place(int fd, short how, off_t at, off_t len)
{
    struct flock f = {.l_type = how, .l_whence = SEEK_SET, .l_start = at, .l_len = len};
    int rc;
    while ((rc = fcntl(fd, F_OFD_SETLK, &f)) != 0 && errno == EINTR)
        ;
    return rc == 0;
}

/* Whether anybody else holds a lock there that `how` would not go with. */
static bool taken(int fd, short how, off_t at, off_t len)
{
    struct flock f = {.l_type = how, .l_whence = SEEK_SET, .l_start = at, .l_len = len};
    return len > 0 && fcntl(fd, F_OFD_GETLK, &f) == 0 && f.l_type != F_UNLCK;
}

/* ---- files ---- */

static struct up_mark mark_of(int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 ? (struct up_mark){st.st_dev, st.st_ino}
                                          : (struct up_mark){0, 0};
}

static bool same(const char *dir, const char *name, struct up_mark m)
{
    struct up_buf path = UP_BUF_INIT;
    struct stat st;
    up_buf_printf(&path, "%s/%s", dir, name);
    bool yes = stat(up_buf_str(&path), &st) == 0 && st.st_dev == m.dev && st.st_ino == m.ino;
    up_buf_release(&path);
    return yes;
}

static int open_in(const char *dir, const char *name, int how)
{
    struct up_buf path = UP_BUF_INIT;
    up_buf_printf(&path, "%s/%s", dir, name);
    int fd = open(up_buf_str(&path), how | O_CLOEXEC, 0666), why = errno;
    up_buf_release(&path);
    errno = why;
    return fd;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Made when it is not there, and then as accessible as data.mdb is. */
static int open_or_make(const char *dir, const char *name)
{
    int fd = open_in(dir, name, O_RDWR);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open_in(dir, name, O_RDWR | O_CREAT);
    if (fd >= 0)
        up_owner_join(fd, dir);
    return fd;
}

static int open_file(const char *dir, const char *name, int *fd, struct up_err *err)
{
    *fd = open_or_make(dir, name);
    if (*fd < 0 && (errno == EACCES || errno == EROFS || errno == EPERM))
        *fd = open_in(dir, name, O_RDONLY);
    if (*fd < 0 && errno != ENOENT && errno != EACCES && errno != EROFS)
        return up_fail_errno(err, "cannot open the store's lock file %s/%s", dir, name);
    return UP_OK;
}

int up_lock_init(struct up_lock *l, struct up_waiter *wait, struct up_err *err)
{
    *l = (struct up_lock){
        .wait = wait, .open_fd = -1, .use_fd = -1, .data_fd = -1, .table_fd = -1};
    int rc = open_file(wait->dir, "open.lock", &l->open_fd, err);
    if (rc == UP_OK)
        rc = open_file(wait->dir, "use.lock", &l->use_fd, err);
    l->open = mark_of(l->open_fd);
    l->use = mark_of(l->use_fd);
    if (rc != UP_OK)
        up_lock_release(l);
    return rc;
}

void up_lock_release(struct up_lock *l)
{
    up_lock_detach(l);
    close_fd(&l->use_fd);
    close_fd(&l->open_fd);
}

int up_lock_making(struct up_lock *l, struct up_err *err)
{
    return l->open_fd < 0 ? UP_OK : up_wait_flock(l->wait, l->open_fd, LOCK_EX, "making", err);
}

void up_lock_made(struct up_lock *l)
{
    if (l->open_fd >= 0)
        (void)flock(l->open_fd, LOCK_UN);
}

int up_lock_attach(struct up_lock *l, bool write, struct up_err *err)
{
    up_lock_detach(l);
    l->data_fd = open_in(l->wait->dir, "data.mdb", O_RDWR);
    if (l->data_fd < 0 && !write)
        l->data_fd = open_in(l->wait->dir, "data.mdb", O_RDONLY);
    l->data = mark_of(l->data_fd);
    return l->data_fd >= 0
               ? UP_OK
               : up_fail_errno(err, "cannot open the store's file %s/data.mdb", l->wait->dir);
}

void up_lock_detach(struct up_lock *l)
{
    close_fd(&l->data_fd);
    close_fd(&l->table_fd);
    l->data = l->table = (struct up_mark){0, 0};
}

bool up_lock_current(const struct up_lock *l)
{
    return same(l->wait->dir, "data.mdb", l->data);
}

/* ---- the write lock ---- */

static int try_write(void *ctx, struct up_blocked *who, struct up_err *err)
{
    struct up_lock *l = ctx;
    (void)err;
    *who = (struct up_blocked){.note_fd = l->open_fd, .note_at = AT_WRITER};
    if (!place(l->data_fd, F_WRLCK, FAR + WRITE, 1))
        return 0;
    if (!taken(l->data_fd, F_WRLCK, FAR + QUIET, 1))
        return 1;
    (void)place(l->data_fd, F_UNLCK, FAR + WRITE, 1);
    who->note_at = AT_READER;
    who->doing = "reading";
    return 0;
}

struct queue { /* an attempt by one who may have waited long */
    struct up_lock *l;
    up_try_fn *attempt;
    unsigned tries;
    bool hungry;
};

static int try_in_turn(void *ctx, struct up_blocked *who, struct up_err *err)
{
    struct queue *q = ctx;
    const struct timespec nap = {0, 2000000};
    if (q->tries++ == 0 && taken(q->l->data_fd, F_WRLCK, FAR + HUNGRY, 1))
        (void)nanosleep(&nap, NULL);
    int rc = q->attempt(q->l, who, err);
    if (rc == 0 && q->tries == HUNGRY_AFTER)
        q->hungry = place(q->l->data_fd, F_RDLCK, FAR + HUNGRY, 1);
    return rc;
}

static int in_turn(struct up_lock *l, up_try_fn *attempt, struct up_err *err)
{
    struct queue q = {l, attempt, 0, false};
    int rc = up_wait(l->wait, "writing to", 0, try_in_turn, &q, err);
    if (q.hungry)
        (void)place(l->data_fd, F_UNLCK, FAR + HUNGRY, 1);
    if (rc == UP_OK)
        up_note_put(l->open_fd, AT_WRITER);
    return rc;
}

int up_lock_write(struct up_lock *l, struct up_err *err) { return in_turn(l, try_write, err); }

bool up_lock_write_soon(struct up_lock *l)
{
    struct up_blocked who;
    const struct timespec nap = {0, 2000000};
    for (int i = 0; i < 50; i++) {
        if (try_write(l, &who, NULL) == 1)
            return true;
        (void)nanosleep(&nap, NULL);
    }
    return false;
}

void up_lock_write_end(struct up_lock *l)
{
    if (l->data_fd >= 0)
        (void)place(l->data_fd, F_UNLCK, FAR + WRITE, 1);
}

void up_lock_quiet(struct up_lock *l)
{
    const struct timespec nap = {0, 2000000};
    for (int i = 0; i < 5 && taken(l->data_fd, F_WRLCK, FAR + HUNGRY, 1); i++)
        (void)nanosleep(&nap, NULL);
    up_note_put(l->open_fd, AT_READER);
    (void)place(l->data_fd, F_RDLCK, FAR + QUIET, 1);
}

void up_lock_quiet_end(struct up_lock *l) { (void)place(l->data_fd, F_UNLCK, FAR + QUIET, 1); }

/* ---- the use lock ---- */

/* A process that has use.lock, of those that the kernel tells of; 0: none. */
static long user_of(int fd)
{
    struct up_mark m = mark_of(fd);
    FILE *f = fopen("/proc/locks", "re");
    char line[256];
    long pid = 0, found = 0;
    uintmax_t ino;
    while (f && !found && fgets(line, sizeof line, f))
        if (sscanf(line, "%*d: FLOCK %*s %*s %ld %*x:%*x:%ju", &pid, &ino) == 2 &&
            ino == (uintmax_t)m.ino && pid > 0 && pid != (long)getpid())
            found = pid;
    if (f)
        (void)fclose(f);
    return found;
}

/* Makes lock.mdb when it is not there, and remembers which it is. A descriptor of this kind
 * ends no POSIX lock of LMDB's when it is closed. */
static int find_table(struct up_lock *l, struct up_err *err)
{
    int fd = open_or_make(l->wait->dir, "lock.mdb");
    close_fd(&l->table_fd);
    if (fd >= 0)
        l->table_fd = open_in(l->wait->dir, "lock.mdb", O_PATH);
    l->table = mark_of(l->table_fd);
    bool good = fd >= 0 && l->table.ino && mark_of(fd).ino == l->table.ino;
    int rc = good ? UP_OK
                  : up_fail_errno(err, "cannot open the lock file %s/lock.mdb", l->wait->dir);
    close_fd(&fd);
    l->place = (l->table.ino * 0x9E3779B97F4A7C15u >> 24) % (uint64_t)(USE_LEN - 1) + 1;
    return rc;
}

/* LMDB's first opener holds a POSIX lock while it prepares the file; others then wait in it. */
static bool prepared(const struct up_lock *l, struct up_blocked *who)
{
    struct flock f = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_len = 1};
    int fd = open_in(l->wait->dir, "lock.mdb", O_RDONLY);
    bool yes = fd < 0 || fcntl(fd, F_GETLK, &f) != 0 || f.l_type == F_UNLCK;
    close_fd(&fd);
    if (!yes) {
        who->pid = f.l_pid > 0 ? f.l_pid : 0;
        who->doing = "opening";
    }
    return yes;
}

static void leave(struct up_lock *l) { (void)place(l->data_fd, F_UNLCK, USE, USE_LEN); }

/* Says first which lock.mdb it has and then looks what the others have, so that of two who
 * come at once at least one sees the other. The lowest place is for those without any. */
static int join(struct up_lock *l, struct up_blocked *who, struct up_err *err)
{
    int rc = find_table(l, err);
    if (rc != UP_OK)
        return rc;
    off_t at = USE + (off_t)l->place;
    if (!place(l->data_fd, F_RDLCK, at, 1)) {
        who->doing = "replacing the file of";
        return 0;
    }
    if (!taken(l->data_fd, F_WRLCK, USE + 1, at - USE - 1) &&
        !taken(l->data_fd, F_WRLCK, at + 1, USE + USE_LEN - at - 1)) {
        if (prepared(l, who))
            return 1;
    } else {
        who->note_fd = -1;
        who->pid = user_of(l->use_fd);
        who->doing = "still using a lock file lock.mdb that was removed from";
    }
    leave(l);
    return 0;
}

/* For older programs; whoever has it alone is replacing the file and holds other locks too. */
static void share_use(const struct up_lock *l)
{
    if (l->use_fd >= 0)
        (void)flock(l->use_fd, LOCK_SH | LOCK_NB);
}

static int try_enter(void *ctx, struct up_blocked *who, struct up_err *err)
{
    struct up_lock *l = ctx;
    int rc = try_write(l, who, err);
    if (rc != 1)
        return rc;
    rc = up_lock_current(l) ? join(l, who, err) : UP_ENOTFOUND;
    if (rc != 1)
        up_lock_write_end(l);
    return rc;
}

int up_lock_enter(struct up_lock *l, struct up_err *err)
{
    int rc = in_turn(l, try_enter, err);
    if (rc == UP_OK)
        share_use(l);
    return rc;
}

static int try_join(void *ctx, struct up_blocked *who, struct up_err *err)
{
    return join(ctx, who, err);
}

bool up_lock_enter_reading(struct up_lock *l)
{
    struct up_waiter quietly = {.dir = l->wait->dir};
    if (up_wait(&quietly, "using", READER_MS, try_join, l, NULL) == UP_OK) {
        share_use(l);
        return true;
    }
    close_fd(&l->table_fd);
    l->table = (struct up_mark){0, 0};
    up_lock_quiet(l);
    l->loose = !place(l->data_fd, F_RDLCK, USE, 1);
    return false;
}

bool up_lock_alone(struct up_lock *l)
{
    const struct timespec nap = {0, 10 * 1000 * 1000};
    for (unsigned waited = 0;; waited += 10) {
        bool all = place(l->data_fd, F_WRLCK, USE, USE_LEN);
        if (all && (l->use_fd < 0 || flock(l->use_fd, LOCK_EX | LOCK_NB) == 0))
            return true;
        up_lock_alone_end(l);
        if (waited >= ALONE_MS)
            return false;
        (void)nanosleep(&nap, NULL);
    }
}

void up_lock_alone_end(struct up_lock *l)
{
    off_t at = USE + (off_t)l->place;
    (void)place(l->data_fd, F_RDLCK, at, 1);
    (void)place(l->data_fd, F_UNLCK, USE, at - USE);
    (void)place(l->data_fd, F_UNLCK, at + 1, USE + USE_LEN - at - 1);
    share_use(l);
}

/* ---- whether all is as it was ---- */

static int gone(const char *dir, const char *name, struct up_err *err)
{
    return up_fail(err, UP_EIO,
                   "the lock file %s/%s was removed or replaced while the store was open, and "
                   "nothing more was written: leave the store's files alone, and run again",
                   dir, name);
}

int up_lock_file_still(const char *dir, const char *name, int fd, struct up_err *err)
{
    return fd < 0 || same(dir, name, mark_of(fd)) ? UP_OK : gone(dir, name, err);
}

int up_lock_still(const struct up_lock *l, bool writes, struct up_err *err)
{
    const struct {
        const char *name;
        struct up_mark mark;
    } file[] = {{"lock.mdb", l->table}, {"open.lock", l->open}, {"use.lock", l->use}};
    const char *dir = l->wait->dir;
    if (!up_lock_current(l))
        return up_fail(
            err, UP_EIO,
            "the store %s was removed or replaced while it was open (its data.mdb is "
            "another file now, or none): what was stored since then is lost; put the "
            "store back, or run again",
            dir);
    for (size_t i = 0; i < (writes ? sizeof file / sizeof *file : 1); i++)
        if (file[i].mark.ino && !same(dir, file[i].name, file[i].mark))
            return gone(dir, file[i].name, err);
    return UP_OK;
}
