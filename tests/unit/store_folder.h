/* A folder for one test, and the files in it. In memory where that is possible:
 * these tests commit often. */
#ifndef UP_TEST_STORE_FOLDER_H
#define UP_TEST_STORE_FOLDER_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "store/base/arena.h"
#include "store/base/pack.h"
#include "store/base/rng.h"
#include "store/state.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
    int damages; /* sentences received */
    char last[1024];
};

static inline struct folder folder_make(void)
{
    struct folder f = {"/dev/shm/upnas-test-XXXXXX", 0, ""};
    if (!mkdtemp(f.path)) {
        (void)snprintf(f.path, sizeof f.path, "/tmp/upnas-test-XXXXXX");
        assert_non_null(mkdtemp(f.path));
    }
    return f;
}

static inline int folder_unlink(const char *path, const struct stat *st, int type,
                                struct FTW *w)
{
    (void)st;
    (void)type;
    (void)w;
    return remove(path);
}

static inline void folder_remove(const struct folder *f)
{
    (void)nftw(f->path, folder_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void folder_damage(void *ctx, const char *sentence)
{
    struct folder *f = ctx;
    f->damages++;
    (void)snprintf(f->last, sizeof f->last, "%s", sentence);
}

static inline struct up_store_opts folder_opts(struct folder *f)
{
    return (struct up_store_opts){.create = true, .on_damage = folder_damage, .damage_ctx = f};
}

static inline struct up_store *folder_open(struct folder *f)
{
    struct up_store *s;
    struct up_err err = {""};
    struct up_store_opts o = folder_opts(f);
    if (up_store_open(&s, f->path, &o, &err) != UP_OK)
        fail_msg("%s", err.msg);
    return s;
}

static inline const char *folder_file(const struct folder *f, const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", f->path, name);
    return path;
}

static inline struct up_buf file_read(const char *path)
{
    struct up_buf b = UP_BUF_INIT;
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    uint8_t *p = up_buf_reserve(&b, (size_t)st.st_size + 1);
    while ((off_t)b.len < st.st_size) {
        ssize_t n = read(fd, p + b.len, (size_t)st.st_size - b.len);
        assert_true(n > 0);
        b.len += (size_t)n;
    }
    close(fd);
    return b;
}

static inline void file_write(const char *path, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0);
    for (size_t at = 0; at < n;) {
        ssize_t got = write(fd, (const char *)p + at, n - at);
        assert_true(got > 0);
        at += (size_t)got;
    }
    close(fd);
}

/* n bytes that do not compress, named by a seed. */
static inline struct up_buf noise(uint64_t seed, size_t n)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_rng r = up_rng_init(seed, "noise");
    uint8_t *p = up_buf_reserve(&b, n + 4);
    for (; b.len < n; b.len += 4) {
        uint32_t v = up_rng_u32(&r);
        memcpy(p + b.len, &v, 4);
    }
    b.len = n;
    return b;
}

static inline void assert_stored(struct up_store *s, struct up_digest d, struct up_buf want)
{
    struct up_buf got = UP_BUF_INIT;
    struct up_err err = {""};
    if (up_store_get(s, d, &got, &err) != UP_OK)
        fail_msg("%s", err.msg);
    assert_true(up_view_equal(up_buf_view(&got), up_buf_view(&want)));
    up_buf_release(&got);
}

#define V(text) up_view_str(text)

#endif
