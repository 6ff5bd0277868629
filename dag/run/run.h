/* Bringing a graph up to date.
 *
 * Nodes run one after the other (a node may use threads). A node whose key has a
 * result with sound bytes is not run; a node whose new bytes equal the old ones
 * leaves everything behind it cached (early cutoff). Damaged bytes are a miss:
 * the node is run again, and so is a node upstream whose bytes it needs. An
 * artifact that its reader cannot read, though its digests fit, is damaged, too:
 * its result is set aside, and the node that should have made it runs. When that
 * gives the same bytes the run fails: then reader or writer has a bug. */
#ifndef UP_DAG_RUN_RUN_H
#define UP_DAG_RUN_RUN_H
#include "dag/plan/plan.h"
#include "dag/record/record.h"
#include <signal.h>

enum up_event_kind {
    UP_EV_START, /* a node begins to execute: node, index, count, why */
    /* node, done, total, unit, rate (units per second, over a recent window: what was kept
     * from before does not count), left (seconds) */
    UP_EV_PROGRESS,
    UP_EV_NOTE,   /* node, text */
    UP_EV_WARN,   /* node (may be NULL), text */
    UP_EV_DAMAGE, /* node, text: stored bytes are damaged and what happens now */
    UP_EV_FINISH  /* node, index, count, status, why, seconds, digest, size */
};
struct up_event {
    enum up_event_kind kind;
    const char *node;
    size_t index, count; /* position in the graph, from 0; nodes in it */
    const char *text;
    uint64_t done, total; /* total 0: unknown */
    const char *unit;
    double rate, left; /* 0 while unknown */
    enum up_done status;
    const char *why;
    double seconds;
    struct up_digest digest;
    uint64_t size;
};
/* From any thread, one call at a time; everything is borrowed for the call. */
typedef void up_event_fn(void *ctx, const struct up_event *e);

struct up_run_opts {
    int threads;        /* 0 = 1 */
    const char *target; /* NULL, or as in dag/plan/graph.h: what the run is for */
    struct up_float mode;
    const struct up_pair *provenance; /* host, user, compiler, blas, ...: recorded as given */
    size_t nprovenance;
    const char *const *command; /* the command line, recorded as given */
    size_t ncommand;
    const volatile sig_atomic_t *cancel; /* not 0: stop soon; may be NULL */
    up_event_fn *event;                  /* may be NULL */
    void *event_ctx;
    struct up_remotes *remotes; /* asked for what the store lacks; NULL: none */
    /* Outputs that are up to date are read and checked even when no node needs them, up
     * to so many bytes in all; 0: 64 MiB. Beyond that a look whether they are there. */
    uint64_t verify_bytes;
};

/* *out is set whenever a run record exists, also on failure and interruption:
 * up_run_record_free. UP_ECANCELED when interrupted. The record is in the store
 * under its id. */
int up_run_execute(struct up_run_record **out, const struct up_config *c,
                   struct up_store *store, const struct up_run_opts *opts, struct up_err *err);

#endif
