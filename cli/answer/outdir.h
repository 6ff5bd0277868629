/* The folder of a run's files.
 *
 * The files of one run are there together, and none of an earlier run beside them. A list in
 * files.txt names those that the program wrote, each with the SHA-256 of what it wrote. Only a
 * file that is in that list and still has those bytes is ever replaced or removed; anything
 * else in the way is a refusal, before anything is written or removed.
 *
 * All new files are written under temporary names before the first one is put in its place;
 * until then a failure changes nothing. Before the first is put in its place the list names old
 * and new files alike, so that the next run knows all that a killed one left. A killed run may
 * leave temporary files (.NAME.PID.NUMBER): nothing proves whose they are, so nothing removes
 * them. */
#ifndef UP_CLI_ANSWER_OUTDIR_H
#define UP_CLI_ANSWER_OUTDIR_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/base/hash.h"

struct up_out_file {
    const char *name, *temp; /* temp: where it is until it is put in its place, or NULL */
    struct up_view bytes;    /* borrowed */
    struct up_sha256 sum;
    bool ours; /* the list shall have it */
};
struct up_out_listed {
    const char *name;
    struct up_sha256 sum;
};
struct up_outdir {
    struct up_buf *names; /* borrowed: every name that is added, one a line */
    struct up_arena arena;
    struct up_out_file *file;
    size_t n, cap;
    struct up_out_listed *listed; /* what files.txt says */
    size_t nlisted;
};
/* A file name that stays in its folder and can stand in a line of the list. */
bool up_outdir_name_ok(struct up_view name);
/* name: of the above kind, and not added before. */
void up_outdir_add(struct up_outdir *o, struct up_view name, struct up_view bytes);
bool up_outdir_holds(const struct up_outdir *o, struct up_view name);
/* UP_EUSAGE when the folder is one that up_outdir_switch would refuse whatever it is given:
 * asked before hours of work. A folder that is not there is fine. */
int up_outdir_check(const char *dir, struct up_err *err);
/* Makes dir (one level) when absent. UP_EUSAGE: something that the program did not write is in
 * the way; UP_EIO, UP_ENOSPC. Each says what to do. */
int up_outdir_switch(struct up_outdir *o, const char *dir, struct up_err *err);
void up_outdir_release(struct up_outdir *o);

#endif
