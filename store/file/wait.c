#include "store/file/wait.h"
#include "store/base/err.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

enum { TELL_MS = 1000, GRACE_MS = 500 };

/* ---- notes ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char own_note[UP_NOTE_BYTES], own_host[65];

/* The words of a command line, as they may be printed. */
static void command_of(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, out, size - 1) : 0;
    if (fd >= 0)
        (void)close(fd);
    n = n < 0 ? 0 : n;
    out[n] = '\0';
    for (ssize_t i = 0; i < n; i++)
        if (!isprint((unsigned char)out[i]))
            out[i] = out[i] ? '?' : ' ';
    while (n > 0 && out[n - 1] == ' ')
        out[--n] = '\0';
}

static void make_note(void)
{
    if (gethostname(own_host, sizeof own_host - 1) != 0 || !*own_host)
        (void)snprintf(own_host, sizeof own_host, "localhost");
    (void)snprintf(own_note, sizeof own_note, "pid %ld on %s\n", (long)getpid(), own_host);
}

void up_note_put(int fd, long at)
{
    (void)pthread_once(&once, make_note);
    if (fd >= 0)
        (void)!pwrite(fd, own_note, sizeof own_note, at);
}

static bool stopped(long pid)
{
    char path[64], text[256] = "";
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0)
        (void)close(fd);
    const char *p = n > 0 ? strrchr(text, ')') : NULL;
    return p && p[1] == ' ' && (p[2] == 'T' || p[2] == 't');
}

/* The process number in a note of this host, when it lives; 0: of another host; -1: no note. */
static long living(const char *note)
{
    char *end = NULL;
    (void)pthread_once(&once, make_note);
    long pid = strncmp(note, "pid ", 4) ? 0 : strtol(note + 4, &end, 10);
    if (pid <= 0 || strncmp(end, " on ", 4) != 0)
        return -1;
    if (strcmp(end + 4, own_host) != 0)
        return 0;
    return kill((pid_t)pid, 0) == 0 || errno != ESRCH ? pid : -1;
}

/* A process of this machine, with the words of its command line, which are not kept in any
 * file: there may be a password among them. */
static void process_text(struct up_buf *out, long pid)
{
    char path[64], command[160];
    (void)snprintf(path, sizeof path, "/proc/%ld/cmdline", pid);
    command_of(path, command, sizeof command);
    (void)pthread_once(&once, make_note);
    up_buf_printf(out, "pid %ld on %s (%s%s)", pid, own_host, command,
                  stopped(pid) ? "; it is stopped, `kill -CONT` lets it go on" : "");
}

void up_note_text(struct up_buf *out, int fd, long at)
{
    char note[UP_NOTE_BYTES] = "";
    ssize_t n = fd >= 0 ? pread(fd, note, sizeof note - 1, at) : 0;
    note[n > 0 ? n : 0] = '\0';
    note[strcspn(note, "\n")] = '\0';
    long pid = living(note);
    if (pid > 0) {
        process_text(out, pid);
        return;
    }
    for (char *p = note; *p; p++)
        if (!isprint((unsigned char)*p))
            *p = '?';
    up_buf_puts(out, pid < 0 ? "another process" : note);
}

/* ---- waiting ---- */

static void who_text(struct up_buf *out, const struct up_blocked *who)
{
    if (who->pid)
        process_text(out, who->pid);
    else
        up_note_text(out, who->note_fd, who->note_at);
}

void up_wait_tell(struct up_waiter *w, const char *doing, const struct up_blocked *who)
{
    struct up_buf text = UP_BUF_INIT;
    if (!w->tell)
        return;
    up_buf_puts(&text, "waiting for ");
    who_text(&text, who);
    up_buf_printf(&text, ", which is %s the store %s (Ctrl-C gives up)", doing, w->dir);
    w->tell(w->ctx, up_buf_str(&text));
    up_buf_release(&text);
}

static int over(struct up_waiter *w, enum up_status rc, const char *doing,
                const struct up_blocked *who, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    who_text(&text, who);
    int back = up_fail(err, rc, "%s %s, which is %s the store %s%s",
                       rc == UP_ECANCELED ? "interrupted while waiting for" : "gave up on",
                       up_buf_str(&text), doing, w->dir,
                       rc == UP_ECANCELED ? "" : ": run again when it has ended");
    up_buf_release(&text);
    return back;
}

static unsigned long now_ms(void)
{
    struct timespec t = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long)t.tv_sec * 1000 + (unsigned long)t.tv_nsec / 1000000;
}

static void nap(unsigned long waited)
{
    long us = waited < 20 ? 200 : waited < 200 ? 1000 : 5000;
    const struct timespec t = {0, us * 1000};
    (void)nanosleep(&t, NULL);
}

/* When it is interrupted: half a second more, for what is finished is still to be kept, and
 * most locks are held for less; but only once. */
int up_wait(struct up_waiter *w, const char *doing, unsigned ms, up_try_fn *attempt, void *ctx,
            struct up_err *err)
{
    unsigned long start = now_ms(), canceled = 0;
    for (bool told = false;;) {
        struct up_blocked who = {.note_fd = -1};
        int rc = attempt(ctx, &who, err);
        if (rc != 0)
            return rc < 0 ? rc : UP_OK;
        const char *does = who.doing ? who.doing : doing;
        unsigned long now = now_ms(), waited = now - start;
        bool cancel = w->cancel && *w->cancel;
        canceled = cancel && !canceled ? now : canceled;
        if (cancel &&
            (atomic_load(&w->gave_up) || now - canceled >= GRACE_MS || waited >= TELL_MS)) {
            atomic_store(&w->gave_up, true);
            return over(w, UP_ECANCELED, does, &who, err);
        }
        if (ms && waited >= ms)
            return over(w, UP_EIO, does, &who, err);
        if (!told && waited >= TELL_MS) {
            up_wait_tell(w, does, &who);
            told = true;
        }
        nap(waited);
    }
}

struct one { /* flock */
    int fd, how;
};

static int try_flock(void *ctx, struct up_blocked *who, struct up_err *err)
{
    const struct one *l = ctx;
    who->note_fd = l->fd;
    if (flock(l->fd, l->how | LOCK_NB) == 0)
        return 1;
    return errno == EWOULDBLOCK || errno == EINTR ? 0
                                                  : up_fail_errno(err, "cannot lock the store");
}

int up_wait_flock(struct up_waiter *w, int fd, int how, const char *doing, struct up_err *err)
{
    struct one l = {fd, how};
    int rc = up_wait(w, doing, 0, try_flock, &l, err);
    if (rc == UP_OK && how == LOCK_EX)
        up_note_put(fd, 0);
    return rc;
}
