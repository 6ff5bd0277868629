#include "store/file/seal.h"
#include "store/base/buf.h"
#include "store/file/record.h"
#include "store/base/err.h"
#include "store/file/owner.h"
#include "store/file/pages.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400, LATELY = 2, PAGE = 4096, TXN_AT = 144 };
static const char magic[8] = "UPSEAL2";

struct image { /* the file */
    char magic[8];
    struct up_seal seal;
    struct up_digest sum;
};

static struct up_digest sum_of(const struct image *i)
{
    return up_digest_of(i, offsetof(struct image, sum));
}

static struct up_digest boot_now(void)
{
    char text[64] = "";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : 0;
    if (fd >= 0)
        (void)close(fd);
    return up_digest_of(text, n > 0 ? (size_t)n : 0);
}

/* The larger of the transactions that the two meta pages name: see store/file/pages.h. */
static uint64_t last_txn(int fd)
{
    uint64_t a = 0, b = 0;
    if (pread(fd, &a, sizeof a, TXN_AT) != (ssize_t)sizeof a ||
        pread(fd, &b, sizeof b, PAGE + TXN_AT) != (ssize_t)sizeof b)
        return 0;
    return a > b ? a : b;
}

/* False when the skeleton makes no sense. */
static bool skeleton(struct up_digest *sum, int fd, size_t size)
{
    void *p = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    bool good = p != MAP_FAILED && up_pages_sum((struct up_view){p, size}, sum, NULL) == UP_OK;
    if (p != MAP_FAILED)
        (void)munmap(p, size);
    return good;
}

static bool look(struct up_seal *s, int fd)
{
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return false;
    memset(s, 0, sizeof *s);
    s->dev = (uint64_t)st.st_dev;
    s->ino = (uint64_t)st.st_ino;
    s->size = (uint64_t)st.st_size;
    s->seconds = (uint64_t)st.st_mtim.tv_sec;
    s->nanoseconds = (uint64_t)st.st_mtim.tv_nsec;
    s->txn = last_txn(fd);
    s->boot = boot_now();
    return skeleton(&s->skeleton, fd, (size_t)st.st_size);
}

static int open_in(const char *dir, const char *name, int how)
{
    struct up_buf path = UP_BUF_INIT;
    up_buf_printf(&path, "%s/%s", dir, name);
    int fd = open(up_buf_str(&path), how | O_CLOEXEC | O_NONBLOCK, 0666);
    up_buf_release(&path);
    return fd;
}

bool up_seal_take(struct up_seal *s, const char *dir, bool leave)
{
    struct image i;
    struct up_seal now;
    struct up_buf path = UP_BUF_INIT;
    int fd = open_in(dir, "seal", O_RDONLY), data = -1;
    bool good = fd >= 0 && read(fd, &i, sizeof i) == (ssize_t)sizeof i &&
                memcmp(i.magic, magic, sizeof magic) == 0 && up_digest_equal(i.sum, sum_of(&i));
    uint64_t t = (uint64_t)time(NULL);
    if (fd >= 0)
        (void)close(fd);
    up_buf_printf(&path, "%s/seal", dir);
    if (fd >= 0 && !leave && unlink(up_buf_str(&path)) != 0)
        good = false;
    up_buf_release(&path);
    if (good) {
        data = open_in(dir, "data.mdb", O_RDONLY);
        good = look(&now, data) && i.seal.walked <= t && t - i.seal.walked < DAY;
        now.walked = i.seal.walked;
        good = good && memcmp(&now, &i.seal, sizeof now) == 0;
    }
    if (data >= 0)
        (void)close(data);
    *s = good ? i.seal : (struct up_seal){0};
    return good;
}

/* Whether the next write of anybody will show in the time of change. */
static bool settle(int fd, bool touch)
{
    struct stat st;
    struct timespec t[2] = {{0, UTIME_OMIT}, {0, 0}};
    (void)clock_gettime(CLOCK_REALTIME, &t[1]);
    if (touch && futimens(fd, t) == 0 && fstat(fd, &st) == 0 &&
        st.st_mtim.tv_sec == t[1].tv_sec && st.st_mtim.tv_nsec == t[1].tv_nsec)
        return true;
    return fstat(fd, &st) == 0 && st.st_mtim.tv_sec + LATELY < t[1].tv_sec;
}

static bool unchanged(const struct up_seal *before, int fd)
{
    struct up_seal now;
    if (before->ino == 0 || !look(&now, fd))
        return false;
    now.walked = before->walked;
    return memcmp(&now, before, sizeof now) == 0;
}

void up_seal_put(const char *dir, const struct up_seal *before, uint64_t walked, bool touch)
{
    struct image i;
    struct up_buf from = UP_BUF_INIT, to = UP_BUF_INIT;
    memset(&i, 0, sizeof i);
    memcpy(i.magic, magic, sizeof magic);
    int data = open_in(dir, "data.mdb", O_RDONLY), fd = -1;
    if (data >= 0 && (unchanged(before, data) || settle(data, touch)) && look(&i.seal, data)) {
        i.seal.walked = walked;
        i.sum = sum_of(&i);
        up_buf_printf(&from, "%s/seal.tmp", dir);
        up_buf_printf(&to, "%s/seal", dir);
        fd = open_in(dir, "seal.tmp", O_WRONLY | O_CREAT | O_TRUNC);
        if (fd >= 0)
            up_owner_join(fd, dir);
        if (fd >= 0 && (write(fd, &i, sizeof i) != (ssize_t)sizeof i ||
                        rename(up_buf_str(&from), up_buf_str(&to)) != 0))
            (void)unlink(up_buf_str(&from));
    }
    if (fd >= 0)
        (void)close(fd);
    if (data >= 0)
        (void)close(data);
    up_buf_release(&from);
    up_buf_release(&to);
}
