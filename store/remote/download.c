#include "store/remote/download.h"
#include "store/base/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- a sink that hashes, and writes if it has a file ---- */

struct stream {
    struct up_remote *r;
    int fd; /* -1: nowhere */
    uint64_t got;
    crypto_hash_sha256_state sha;
    bool local; /* the file could not take it */
};

static int begin(void *ctx, struct up_err *err)
{
    struct stream *s = ctx;
    s->got = 0;
    (void)crypto_hash_sha256_init(&s->sha);
    if (s->fd >= 0 && (ftruncate(s->fd, 0) != 0 || lseek(s->fd, 0, SEEK_SET) != 0)) {
        s->local = true;
        return up_fail_errno(err, "cannot use a temporary file");
    }
    return UP_OK;
}

static int take(void *ctx, const void *p, size_t n, struct up_err *err)
{
    struct stream *s = ctx;
    const uint8_t *at = p;
    (void)crypto_hash_sha256_update(&s->sha, at, n);
    s->got += n;
    while (s->fd >= 0 && n) {
        ssize_t w = write(s->fd, at, n);
        if (w < 0 && errno != EINTR) {
            s->local = true;
            return up_fail_errno(err, "cannot keep what remote %s sends in a temporary file",
                                 s->r->name);
        }
        if (w > 0) {
            at += w;
            n -= (size_t)w;
        }
    }
    return UP_OK;
}

static int fetch(struct stream *s, struct up_sha256 sha, uint64_t size, struct up_err *err)
{
    const struct up_sink sink = {begin, take, s};
    char hex[UP_SHA256_HEX];
    struct up_sha256 got;
    int rc = up_remote_get(s->r, (struct up_object_name){UP_AREA_CAS, sha}, size, &sink, err);
    if (rc != UP_OK)
        return rc;
    if (s->got != size)
        return up_fail(err, UP_EINVAL, "remote %s: object %s has another size than it should",
                       s->r->name, up_sha256_hex(sha, hex));
    (void)crypto_hash_sha256_final(&s->sha, got.b);
    return memcmp(got.b, sha.b, sizeof sha.b) == 0
               ? UP_OK
               : up_fail(err, UP_ECORRUPT,
                         "remote %s: object %s has other bytes than its name "
                         "says",
                         s->r->name, up_sha256_hex(sha, hex));
}

int up_remote_check(struct up_remote *r, struct up_sha256 sha, uint64_t size,
                    struct up_err *err)
{
    struct stream s = {.r = r, .fd = -1};
    return fetch(&s, sha, size, err);
}

/* ---- temporary file ---- */

/* Without a name from the start, where the file system can; gone whatever happens. */
static int open_temp(const char *dir, struct up_err *err)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0) {
        struct up_arena a = UP_ARENA_INIT;
        char *path = up_arena_printf(&a, "%s/fetch-XXXXXX", dir);
        fd = mkostemp(path, O_CLOEXEC);
        if (fd < 0)
            (void)up_fail_errno(err, "cannot make a temporary file in %s", dir);
        else
            (void)unlink(path);
        up_arena_release(&a);
    }
    return fd;
}

static int map_file(struct up_download *d, uint64_t size, struct up_err *err)
{
    if (size == 0)
        return UP_OK;
    d->map = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, d->fd, 0);
    if (d->map == MAP_FAILED) {
        d->map = NULL;
        return up_fail_errno(err, "cannot map a temporary file");
    }
    d->len = (size_t)size;
    return UP_OK;
}

int up_download(struct up_download *d, struct up_remote *r, struct up_sha256 sha, uint64_t size,
                const char *dir, bool *local, struct up_err *err)
{
    *d = (struct up_download){.fd = open_temp(dir, err)};
    struct stream s = {.r = r, .fd = d->fd};
    *local = d->fd < 0;
    if (*local)
        return UP_EIO;
    int rc = fetch(&s, sha, size, err);
    *local = s.local;
    if (rc == UP_OK) {
        rc = map_file(d, size, err);
        *local = rc != UP_OK;
    }
    if (rc != UP_OK)
        up_download_release(d);
    return rc;
}

struct up_view up_download_view(const struct up_download *d)
{
    return (struct up_view){d->map, d->len};
}

void up_download_release(struct up_download *d)
{
    if (d->map)
        (void)munmap(d->map, d->len);
    if (d->fd >= 0)
        (void)close(d->fd);
    *d = (struct up_download){.fd = -1};
}

/* ---- into memory ---- */

static int begin_buf(void *ctx, struct up_err *err)
{
    (void)err;
    up_buf_clear(ctx);
    return UP_OK;
}

static int take_buf(void *ctx, const void *p, size_t n, struct up_err *err)
{
    (void)err;
    up_buf_append(ctx, p, n);
    return UP_OK;
}

int up_remote_read(struct up_remote *r, struct up_object_name name, uint64_t limit,
                   struct up_buf *out, struct up_err *err)
{
    const struct up_sink sink = {begin_buf, take_buf, out};
    return up_remote_get(r, name, limit, &sink, err);
}
