#include "store/file/salvage.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- searching ---- */

static int by_name(const void *a, const void *b)
{
    struct up_record x, y;
    (void)up_record_peek(*(const struct up_view *)a, &x);
    (void)up_record_peek(*(const struct up_view *)b, &y);
    int c = (int)up_record_db(x.type) - (int)up_record_db(y.type);
    if (c == 0)
        c = memcmp(x.name.data, y.name.data, x.name.len < y.name.len ? x.name.len : y.name.len);
    if (c == 0)
        c = (x.name.len > y.name.len) - (x.name.len < y.name.len);
    return c ? c : (x.seq < y.seq) - (x.seq > y.seq); /* newest first */
}

static bool same_name(struct up_view a, struct up_view b)
{
    struct up_record x, y;
    (void)up_record_peek(a, &x);
    (void)up_record_peek(b, &y);
    return up_record_db(x.type) == up_record_db(y.type) && up_view_equal(x.name, y.name);
}

/* Length of the sound record at the front of bytes, 0 when there is none. */
static size_t sound(struct up_view bytes)
{
    struct up_record r;
    struct up_view rec = {bytes.data, up_record_length(bytes)};
    bool whole = rec.len && up_record_decode(rec, &r) == NULL;
    return whole && up_record_home(&r) != UP_DB_COUNT ? rec.len : 0;
}

struct up_salvage up_salvage_scan(struct up_view bytes)
{
    struct up_salvage out = {NULL, 0};
    size_t cap = 0, kept = 0;
    if (bytes.len == 0)
        return out;
    const uint8_t *p = bytes.data, *end = bytes.data + bytes.len;
    while ((size_t)(end - p) >= 4 && (p = memmem(p, (size_t)(end - p), "\x93UPR", 4))) {
        size_t len = sound((struct up_view){p, (size_t)(end - p)});
        if (len && out.n == cap) {
            cap = cap ? cap * 2 : 1024;
            out.records = up_realloc(out.records, cap * sizeof *out.records);
        }
        if (len)
            out.records[out.n++] = (struct up_view){p, len};
        p += len ? len : 4;
    }
    if (out.n)
        qsort(out.records, out.n, sizeof *out.records, by_name);
    for (size_t i = 0; i < out.n; i++)
        if (i == 0 || !same_name(out.records[kept - 1], out.records[i]))
            out.records[kept++] = out.records[i];
    out.n = kept;
    return out;
}

/* ---- building ---- */

enum { BATCH_BYTES = 32 << 20 };

struct batch {
    const struct up_view *records;
    size_t n;
};

static int put_batch(struct up_txn *t, void *ctx, struct up_err *err)
{
    const struct batch *b = ctx;
    struct up_record r;
    int rc = UP_OK;
    for (size_t i = 0; rc == UP_OK && i < b->n; i++) {
        UP_CHECK(up_record_peek(b->records[i], &r) == NULL);
        rc = up_txn_put(t, up_record_db(r.type), r.name, b->records[i], err);
    }
    return rc;
}

static int put_format(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct up_buf rec = UP_BUF_INIT;
    (void)ctx;
    up_format_encode(&rec);
    int rc = up_store_put_record(t, UP_DB_META, up_view_str("format"), rec.data, rec.len, err);
    up_buf_release(&rec);
    return rc;
}

static int fill(const char *dir, const struct up_view *records, size_t n, struct up_err *err)
{
    struct up_lmdb *e = NULL;
    int rc = up_lmdb_open(&e, dir, UP_LMDB_WRITE, 0, err);
    for (size_t i = 0; rc == UP_OK && i < n;) {
        struct batch b = {records + i, 0};
        for (size_t bytes = 0; i < n && bytes < BATCH_BYTES; i++, b.n++)
            bytes += records[i].len;
        rc = up_lmdb_write(e, put_batch, &b, err);
    }
    if (rc == UP_OK)
        rc = up_lmdb_write(e, put_format, NULL, err);
    up_lmdb_close(e);
    return rc;
}

void up_salvage_folder(struct up_buf *tmp, const char *dir)
{
    static const char begin[] = "build-";
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        long pid = strncmp(e->d_name, begin, sizeof begin - 1)
                       ? 0
                       : strtol(e->d_name + sizeof begin - 1, NULL, 10);
        bool dead =
            pid > 0 && (pid == (long)getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH));
        if (!dead && strcmp(e->d_name, "build.tmp") != 0) /* as older versions call it */
            continue;
        up_buf_clear(tmp);
        up_buf_printf(tmp, "%s/%s", dir, e->d_name);
        up_salvage_clear(up_buf_str(tmp));
    }
    if (d)
        (void)closedir(d);
    up_buf_clear(tmp);
    up_buf_printf(tmp, "%s/%s%ld.tmp", dir, begin, (long)getpid());
}

void up_salvage_clear(const char *tmp)
{
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    struct up_buf path = UP_BUF_INIT;
    for (size_t i = 0; i < 2; i++) {
        up_buf_clear(&path);
        up_buf_printf(&path, "%s/%s", tmp, names[i]);
        (void)unlink(up_buf_str(&path));
    }
    up_buf_release(&path);
    (void)rmdir(tmp);
}

static int sync_folder(const char *dir, struct up_err *err)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc =
        fd < 0 || fsync(fd) != 0 ? up_fail_errno(err, "cannot sync the folder %s", dir) : UP_OK;
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

/* From here to there in one step; what was there stays as `keep`, and its owner and mode go
 * over. */
int up_salvage_swap(const char *dir, const char *tmp, const char *keep, struct up_err *err)
{
    struct up_buf from = UP_BUF_INIT, to = UP_BUF_INIT, aside = UP_BUF_INIT;
    int rc = UP_OK;
    up_buf_printf(&from, "%s/data.mdb", tmp);
    up_buf_printf(&to, "%s/data.mdb", dir);
    rc = up_owner_copy(up_buf_str(&from), up_buf_str(&to), err);
    if (rc == UP_OK && keep) {
        up_buf_printf(&aside, "%s/%s", dir, keep);
        /* a file system without links: a moment without data.mdb, then */
        if (link(up_buf_str(&to), up_buf_str(&aside)) != 0 &&
            rename(up_buf_str(&to), up_buf_str(&aside)) != 0)
            rc = up_fail_errno(err, "cannot move the damaged %s aside", up_buf_str(&to));
    }
    if (rc == UP_OK && rename(up_buf_str(&from), up_buf_str(&to)) != 0)
        rc = up_fail_errno(err, "cannot put the new store file %s in place", up_buf_str(&to));
    if (rc == UP_OK)
        rc = sync_folder(dir, err);
    up_buf_release(&from);
    up_buf_release(&to);
    up_buf_release(&aside);
    return rc;
}

/* Of two processes that make a store one is first; the other takes what that has made. */
static int put_new(const char *dir, const char *tmp, struct up_err *err)
{
    struct up_buf from = UP_BUF_INIT, to = UP_BUF_INIT;
    up_buf_printf(&from, "%s/data.mdb", tmp);
    up_buf_printf(&to, "%s/data.mdb", dir);
    int rc = UP_OK;
    if (link(up_buf_str(&from), up_buf_str(&to)) != 0 && errno != EEXIST &&
        renameat2(AT_FDCWD, up_buf_str(&from), AT_FDCWD, up_buf_str(&to), RENAME_NOREPLACE) !=
            0 &&
        errno != EEXIST)
        rc = up_fail_errno(err, "cannot put the new store file %s in place", up_buf_str(&to));
    if (rc == UP_OK)
        rc = sync_folder(dir, err);
    up_buf_release(&from);
    up_buf_release(&to);
    return rc;
}

int up_salvage_build(const char *dir, const struct up_view *records, size_t n, const char *keep,
                     struct up_err *err)
{
    struct up_buf tmp = UP_BUF_INIT;
    int rc = UP_OK;
    up_salvage_folder(&tmp, dir);
    if (mkdir(up_buf_str(&tmp), 0777) != 0)
        rc = up_fail_errno(err, "cannot make the folder %s", up_buf_str(&tmp));
    if (rc == UP_OK)
        rc = fill(up_buf_str(&tmp), records, n, err);
    if (rc == UP_OK && !keep)
        rc = put_new(dir, up_buf_str(&tmp), err);
    else if (rc == UP_OK)
        rc = up_salvage_swap(dir, up_buf_str(&tmp), keep, err);
    up_salvage_clear(up_buf_str(&tmp));
    up_buf_release(&tmp);
    return rc;
}
