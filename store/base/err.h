/* Status codes and the one-sentence error message.
 *
 * What the outside world can break returns UP_OK or a negative enum up_status
 * and takes `struct up_err *err` last. The sentence is written once, where the
 * failure is noticed: it names the thing (file, line, key), and says what to do.
 * What only a bug can break is UP_CHECK, an assert that stays on in release. */
#ifndef UP_STORE_BASE_ERR_H
#define UP_STORE_BASE_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

enum up_status {
    UP_OK = 0,
    UP_ENOTFOUND = -1,    /* nothing under that name; often not an error for the caller */
    UP_EIO = -2,          /* the operating system said no */
    UP_EINVAL = -3,       /* input that breaks its format or a rule */
    UP_ECORRUPT = -4,     /* stored bytes that do not match their digest */
    UP_ENOMEM = -5,       /* a sized allocation that does not fit */
    UP_ENOSPC = -6,       /* disk or map full */
    UP_ECANCELED = -7,    /* the user interrupted */
    UP_EUNSUPPORTED = -8, /* newer format, other machine, missing feature */
    UP_EUSAGE = -9        /* a command line or config the user must change: exit status 2 */
};

struct up_err {
    char msg[1024]; /* one sentence, no newline; "" when nothing failed */
};

/* Writes the sentence and returns `status`. err may be NULL. */
int up_fail(struct up_err *err, enum up_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As up_fail, for a failed system call: appends strerror(errno); ENOSPC and
 * EDQUOT give UP_ENOSPC, ENOENT gives UP_ENOTFOUND, all else UP_EIO. */
int up_fail_errno(struct up_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts "context: " before the sentence already there; returns rc unchanged. */
int up_fail_in(struct up_err *err, int rc, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

void up_bug(const char *file, int line, const char *what) __attribute__((noreturn));
#define UP_CHECK(cond) ((cond) ? (void)0 : up_bug(__FILE__, __LINE__, #cond))

#ifdef __cplusplus
}
#endif

#endif
