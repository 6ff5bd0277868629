/* A reader of a test's document, where a function wants one. */
#ifndef UP_TEST_READ_DOC_H
#define UP_TEST_READ_DOC_H
#include "store/base/reader.h"

/* A pointer to a fresh reader that lives as long as the block around it. */
#define READ_DOC(b, arena, err)                                                                \
    (&(struct up_reader){up_buf_view(b), "the artifact", (arena), NULL, (err), UP_OK})

#endif
