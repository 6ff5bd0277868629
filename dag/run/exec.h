/* The runner's state: one slot per node. exec.c settles nodes, run.c opens and closes
 * the run around it. */
#ifndef UP_DAG_RUN_EXEC_H
#define UP_DAG_RUN_EXEC_H
#include "dag/plan/lookup.h"
#include "dag/run/run.h"
#include <pthread.h>

struct up_slot {
    struct up_sources sources;
    struct up_look look;
    struct up_digest digest; /* of the output, once settled */
    struct up_buf bytes;     /* the output, when loaded */
    bool loaded;             /* bytes are here and verified */
    bool executed;           /* in this run */
    bool touched;            /* something upstream was executed in this run */
    struct up_digest made;   /* the key under which it executed in this run */
};
struct up_exec {
    const struct up_config *c;
    struct up_graph *g;
    struct up_store *store;
    const struct up_run_opts *opts;
    struct up_run_record *record; /* nodes[i] belongs to slots[i] */
    struct up_slot *slots;
    struct up_history history;
    struct up_reach reach; /* remotes NULL: none */
    size_t looking;        /* the node that remotes are asked about */
    uint64_t verify_left;  /* bytes of cached outputs that may still be read to check them */
    size_t restart;        /* node whose bytes changed after its readers were settled */
    pthread_mutex_t lock;  /* around the event callback */
    int (*checkpoint)(struct up_exec *x, struct up_err *err); /* before a node executes */
};

/* Brings every node up to date, in order. */
int up_exec_all(struct up_exec *x, struct up_err *err);
/* Fills in the node and its position and calls back, one thread at a time. */
void up_exec_emit(struct up_exec *x, size_t node, struct up_event *e);

#endif
