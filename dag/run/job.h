/* What stands behind struct up_job while one stage runs. Made by the runner; to
 * stages it is opaque. */
#ifndef UP_DAG_RUN_JOB_H
#define UP_DAG_RUN_JOB_H
#include "dag/run/rate.h"
#include "dag/run/run.h"
#include "dag/plan/source.h"
#include <stdatomic.h>

struct up_job {
    const struct up_config *config;
    const struct up_node *node;
    const struct up_sources *sources;
    const struct up_view *inputs; /* per declared input; data NULL: not in this run */
    struct up_store *store;
    struct up_view float_doc; /* the key's "float" field, for memo keys */
    int threads;
    const volatile sig_atomic_t *cancel;         /* may be NULL */
    void (*emit)(void *ctx, struct up_event *e); /* one call at a time, any thread */
    void *ctx;

    /* Where parts came from that were not computed here; dag/record/origin.h. */
    struct up_pair *parts;
    size_t nparts;
    atomic_bool noting; /* a thread has these two */

    struct up_arena arena;
    struct up_buf out;
    const char *unreadable; /* "scores|calibrate": one of these inputs cannot be read */
    atomic_ullong told_ms;  /* when progress was last passed on; 0: never */
    atomic_bool telling;    /* a thread has `rate` and `done` */
    struct up_rate rate;
    uint64_t done; /* the most that was told */
};
void up_job_release(struct up_job *j);

#endif
