#include "cli/shared/io.h"
#include "cli/shared/cli.h"
#include "store/base/arena.h"
#include "store/base/regular.h"
#include "cli/shared/say.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

double up_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int up_cli_print_raw(struct up_buf *b, struct up_err *err)
{
    size_t done = b->len ? fwrite(b->data, 1, b->len, stdout) : 0;
    if (done != b->len || fflush(stdout))
        return up_fail_errno(err, "cannot write to standard output");
    up_buf_clear(b);
    return UP_OK;
}

int up_cli_print(struct up_buf *b, struct up_err *err)
{
    struct up_buf plain = UP_BUF_INIT;
    up_say_text(&plain, up_buf_view(b), true);
    int rc = up_cli_print_raw(&plain, err);
    up_buf_release(&plain);
    if (!rc)
        up_buf_clear(b);
    return rc;
}

static void say_to_stderr(const char *kind, const char *sentence)
{
    struct up_buf line = UP_BUF_INIT;
    up_say(&line, "upnas: %s%s\n", kind, sentence);
    (void)fwrite(line.data, 1, line.len, stderr);
    up_buf_release(&line);
}

void up_cli_warn(const char *sentence) { say_to_stderr("warning: ", sentence); }

void up_cli_error(const char *sentence) { say_to_stderr("", sentence); }

static void damaged(void *ctx, const char *sentence)
{
    (void)ctx;
    up_cli_warn(sentence);
}

static void waiting(void *ctx, const char *sentence)
{
    (void)ctx;
    say_to_stderr("", sentence);
}

static volatile sig_atomic_t store_lost;

static void lost(void *ctx, const char *sentence)
{
    (void)ctx;
    store_lost = 1;
    say_to_stderr("", sentence);
}

bool up_cli_store_lost(void) { return store_lost; }

static int open_store(struct up_store **s, const struct up_common *c, struct up_store_opts o,
                      struct up_err *err)
{
    struct up_err why = {""};
    o.allow_network_fs = c->network;
    o.on_damage = damaged;
    o.on_wait = waiting;
    o.on_gone = lost;
    o.cancel = c->cancel;
    int rc = o.create ? up_folders_above(c->store, 0777, &why) : UP_OK;
    if (rc)
        return up_fail(err, UP_EIO, "%s; --store DIR names another place", why.msg);
    rc = up_store_open(s, c->store, &o, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, rc,
                       "there is no store in %s; 'upnas run CONFIG' makes one, --store DIR "
                       "names another",
                       c->store);
    return rc;
}

int up_cli_open_store(struct up_store **s, const struct up_common *c, bool create,
                      struct up_err *err)
{
    return open_store(s, c, (struct up_store_opts){.create = create, .read_only = !create},
                      err);
}

int up_cli_open_existing(struct up_store **s, const struct up_common *c, bool write,
                         struct up_err *err)
{
    return open_store(s, c, (struct up_store_opts){.read_only = !write}, err);
}

int up_cli_open_damaged(struct up_store **s, const struct up_common *c, struct up_err *err)
{
    return open_store(s, c, (struct up_store_opts){.read_only = true, .rescue = true}, err);
}

int up_file_read(struct up_buf *out, const char *path, struct up_err *err)
{
    return up_regular_read(out, path, (uint64_t)UP_FILE_GIB << 30, err);
}

static int write_all(int fd, struct up_view v)
{
    while (v.len) {
        ssize_t n = write(fd, v.data, v.len);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            v.data += n;
            v.len -= (size_t)n;
        }
    }
    return fsync(fd);
}

const char *up_file_temp(struct up_arena *a, const char *dir, const char *name)
{
    struct timespec t; /* a killed process may have had our number */
    clock_gettime(CLOCK_REALTIME, &t);
    return up_arena_printf(a, "%s/.%s.%ld.%ld%09ld", dir, name, (long)getpid(), (long)t.tv_sec,
                           t.tv_nsec);
}

int up_file_write_new(const char *path, struct up_view bytes, struct up_err *err)
{
    int rc = UP_OK, fd;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return up_fail_errno(err, "cannot make %s", path);
    if (write_all(fd, bytes))
        rc = up_fail_errno(err, "cannot write %s", path);
    if (close(fd) && !rc)
        rc = up_fail_errno(err, "cannot write %s", path);
    if (rc)
        unlink(path);
    return rc;
}

int up_file_write(const char *dir, const char *name, struct up_view bytes, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    const char *path = up_arena_printf(&a, "%s/%s", dir, name);
    const char *temp = up_file_temp(&a, dir, name);
    int rc = up_file_write_new(temp, bytes, err);
    if (!rc && rename(temp, path)) {
        rc = up_fail_errno(err, "cannot write %s", path);
        unlink(temp);
    }
    up_arena_release(&a);
    return rc;
}

int up_file_may_replace(const char *path, const char *mark, struct up_err *err)
{
    char head[4096];
    struct stat st;
    if (lstat(path, &st))
        return UP_OK; /* nothing, or what writing will say */
    ssize_t got = -1;
    int fd = S_ISREG(st.st_mode) ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (fd >= 0) {
        got = read(fd, head, sizeof head);
        close(fd);
    }
    if (got == 0 || (got > 0 && memmem(head, (size_t)got, mark, strlen(mark))))
        return UP_OK;
    return up_fail(
        err, UP_EUSAGE,
        "%s is there and is nothing that this command writes, so it is not replaced; "
        "move it away, or choose another name",
        path);
}

int up_folders_above(const char *path, unsigned mode, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    char *above = up_arena_strndup(&a, path, strlen(path));
    int rc = UP_OK;
    for (char *p = above; *p && !rc; ++p) {
        if (p == above || *p != '/')
            continue;
        *p = '\0';
        if (mkdir(above, (mode_t)mode) && errno != EEXIST)
            rc = up_fail_errno(err, "cannot make the folder %s, for %s", above, path);
        *p = '/';
    }
    up_arena_release(&a);
    return rc;
}

int up_folder_sync(const char *dir, struct up_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return up_fail_errno(err, "cannot open the folder %s", dir);
    int rc = fsync(fd) && errno != EINVAL ? up_fail_errno(err, "cannot write %s", dir) : UP_OK;
    close(fd);
    return rc;
}
