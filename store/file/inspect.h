/* A look at data.mdb before LMDB opens it: its pages, which records stand where
 * they belong, and which format it is. Small records, which lie in the pages
 * read anyway, are checked whole; of large ones only place and size. */
#ifndef UP_STORE_FILE_INSPECT_H
#define UP_STORE_FILE_INSPECT_H
#include "store/file/lmdb.h"

struct up_err;

struct up_misfit { /* a record that is damaged or in a wrong place */
    enum up_db db;
    struct up_buf key;
};

struct up_inspection {
    struct up_view file; /* mapped until up_inspect_release */
    int64_t format;      /* 0: no sound format record */
    struct up_misfit *misfits;
    size_t n;
};

/* UP_OK: safe to give to LMDB, though there may be misfits. UP_ECORRUPT: not
 * safe; format is filled in where it could be found. UP_ENOTFOUND: no file. */
int up_inspect(struct up_inspection *in, const char *dir, struct up_err *err);
void up_inspect_release(struct up_inspection *in);

#endif
