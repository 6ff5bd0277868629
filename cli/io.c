#include "cli/io.h"
#include "cli/cli.h"
#include "store/base/arena.h"
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

int up_cli_print(struct up_buf *b, struct up_err *err)
{
    size_t done = b->len ? fwrite(b->data, 1, b->len, stdout) : 0;
    if (done != b->len || fflush(stdout))
        return up_fail_errno(err, "cannot write to standard output");
    up_buf_clear(b);
    return UP_OK;
}

void up_cli_warn(const char *sentence) { fprintf(stderr, "upnas: warning: %s\n", sentence); }

static void damaged(void *ctx, const char *sentence)
{
    (void)ctx;
    up_cli_warn(sentence);
}

static int open_store(struct up_store **s, const struct up_common *c, struct up_store_opts o,
                      struct up_err *err)
{
    o.allow_network_fs = c->network;
    o.on_damage = damaged;
    int rc = up_store_open(s, c->store, &o, err);
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
    int rc = UP_OK, fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    ssize_t got;

    if (fd < 0)
        return up_fail_errno(err, "cannot open %s", path);
    if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0)
        up_buf_reserve(out, (size_t)st.st_size + 1);
    while ((got = read(fd, up_buf_reserve(out, 1 << 16), 1 << 16)) > 0)
        out->len += (size_t)got;
    if (got < 0)
        rc = up_fail_errno(err, "cannot read %s", path);
    close(fd);
    return rc;
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

int up_file_write_new(const char *path, struct up_view bytes, struct up_err *err)
{
    int rc = UP_OK, fd;
    (void)unlink(path); /* of a killed process that had our number */
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
    const char *temp = up_arena_printf(&a, "%s/.%s.%ld", dir, name, (long)getpid());
    int rc = up_file_write_new(temp, bytes, err);
    if (!rc && rename(temp, path)) {
        rc = up_fail_errno(err, "cannot write %s", path);
        unlink(temp);
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
