/* A file system that says no: loaded before libc (LD_PRELOAD), it makes the n-th write into a
 * file of the name data.mdb fail, or the n-th mapping of memory.
 *
 *   UP_FAULT_WRITE=n   the n-th write and all after it: ENOSPC; half of it may be written
 *   UP_FAULT_MAP=n     the n-th reservation of a map without access and all after it: ENOMEM
 *   UP_FAULT_LOG=FILE  how many of each there were, at the end */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

static int writes, maps;

static int limit(const char *name)
{
    const char *text = getenv(name);
    return text ? (int)strtol(text, NULL, 10) : 0;
}

static int is_store(int fd)
{
    char link[64], path[4096];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n < 8)
        return 0;
    path[n] = 0;
    return !strcmp(path + n - 8, "data.mdb");
}

static int refuse(int fd)
{
    int n = limit("UP_FAULT_WRITE");
    if (!is_store(fd) || __atomic_add_fetch(&writes, 1, __ATOMIC_SEQ_CST) < n || n == 0)
        return 0;
    errno = ENOSPC;
    return 1;
}

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

ssize_t write(int fd, const void *p, size_t n)
{
    ssize_t (*real)(int, const void *, size_t) = next("write");
    return refuse(fd) ? -1 : real(fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t) = next("pwrite");
    if (refuse(fd)) {
        (void)real(fd, p, n / 2, at); /* a disk that fills up takes some */
        errno = ENOSPC;
        return -1;
    }
    return real(fd, p, n, at);
}

ssize_t pwritev(int fd, const struct iovec *v, int n, off_t at)
{
    ssize_t (*real)(int, const struct iovec *, int, off_t) = next("pwritev");
    return refuse(fd) ? -1 : real(fd, v, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    ssize_t (*real)(int, const struct iovec *, int) = next("writev");
    return refuse(fd) ? -1 : real(fd, v, n);
}

void *mmap(void *p, size_t n, int how, int flags, int fd, off_t at)
{
    void *(*real)(void *, size_t, int, int, int, off_t) = next("mmap");
    int most = limit("UP_FAULT_MAP");
    /* store/file/lmdb.c looks for room in this way before it enlarges its map */
    if (fd == -1 && how == PROT_READ && (flags & MAP_NORESERVE) &&
        __atomic_add_fetch(&maps, 1, __ATOMIC_SEQ_CST) >= most && most) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return real(p, n, how, flags, fd, at);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("UP_FAULT_LOG");
    FILE *f = path ? fopen(path, "w") : NULL;
    if (!f)
        return;
    (void)fprintf(f, "%d %d\n", writes, maps);
    (void)fclose(f);
}
