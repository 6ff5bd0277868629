/* verify --rebuild: is what the store holds what the program computes? */
#ifndef UP_CLI_COMMAND_VERIFY_REBUILD_H
#define UP_CLI_COMMAND_VERIFY_REBUILD_H
#include "cli/shared/workspace.h"

struct up_rebuilt {
    size_t n, differ;     /* nodes executed again; of those, with other bytes */
    size_t adopted;       /* of those, replaced by this store's own */
    struct up_buf report; /* a line each; the caller's */
};
/* Executes up to n of the config's cached nodes again, chosen at random, in a
 * store of their own that holds copies of all the others, and compares bytes.
 * A result that did not come from a run of t's store is replaced there by the one computed,
 * which is its own; the record of the run that did so goes with it. t has a config and a store
 * that may be written. */
int up_rebuild(struct up_rebuilt *out, struct up_task *t, size_t n, struct up_err *err);

#endif
