#include "store/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int up_fail(struct up_err *err, enum up_status status, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
        va_end(ap);
    }
    return status;
}

static enum up_status status_of_errno(int e)
{
    switch (e) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return UP_ENOSPC;
    case ENOENT:
        return UP_ENOTFOUND;
    default:
        return UP_EIO;
    }
}

int up_fail_errno(struct up_err *err, const char *fmt, ...)
{
    int e = errno;
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
        va_end(ap);
        size_t n = strlen(err->msg);
        (void)snprintf(err->msg + n, sizeof err->msg - n, ": %s", strerror(e));
    }
    return status_of_errno(e);
}

int up_fail_in(struct up_err *err, int rc, const char *fmt, ...)
{
    if (!err)
        return rc;
    char tail[sizeof err->msg];
    memcpy(tail, err->msg, sizeof tail);
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    size_t n = strlen(err->msg);
    (void)snprintf(err->msg + n, sizeof err->msg - n, ": %s", tail);
    return rc;
}

void up_bug(const char *file, int line, const char *what)
{
    fprintf(stderr, "upnas: bug at %s:%d: %s does not hold\n", file, line, what);
    abort();
}
