/* The folder of a run's files.
 *
 * The files of one run are there together, and none of an earlier run beside them: a list
 * in files.txt says which the program wrote, and only those are ever removed. All new
 * files are written before the first one is put in its place; until then a failure
 * changes nothing. */
#ifndef UP_CLI_ANSWER_OUTDIR_H
#define UP_CLI_ANSWER_OUTDIR_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

struct up_out_file {
    const char *name;
    struct up_view bytes; /* borrowed */
};
struct up_outdir {
    struct up_buf *names; /* borrowed: every name that is added, one a line */
    struct up_arena arena;
    struct up_out_file *file;
    size_t n, cap;
};
void up_outdir_add(struct up_outdir *o, struct up_view name, struct up_view bytes);
/* Makes dir (one level) when absent. UP_EIO, UP_ENOSPC say what to do. */
int up_outdir_switch(struct up_outdir *o, const char *dir, struct up_err *err);
void up_outdir_release(struct up_outdir *o);

#endif
