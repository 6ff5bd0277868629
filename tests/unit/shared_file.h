/* Files of the published data, which a fresh machine does not have. */
#ifndef UP_TEST_SHARED_FILE_H
#define UP_TEST_SHARED_FILE_H
#include <stdio.h>
#include <stdlib.h>
#include "store/base/buf.h"

/* The bytes of $UPNAS_SHARED/name; skips the running test where they are absent. */
static inline struct up_buf shared_file(const char *name)
{
    struct up_buf b = UP_BUF_INIT;
    char path[4096];
    const char *root = getenv("UPNAS_SHARED");
    snprintf(path, sizeof path, "%s/%s", root ? root : "../shared", name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not here\n", path);
        skip();
        return b;
    }
    size_t got;
    while ((got = fread(up_buf_reserve(&b, 1 << 16), 1, 1 << 16, f)) > 0)
        b.len += got;
    fclose(f);
    return b;
}

#endif
