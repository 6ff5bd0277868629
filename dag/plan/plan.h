/* What a run would do, and why, without doing it. */
#ifndef UP_DAG_PLAN_PLAN_H
#define UP_DAG_PLAN_PLAN_H
#include "dag/plan/graph.h"
#include "store/base/hash.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_store;
struct up_reach; /* dag/exchange/share.h */

/* The float mode as it enters keys: in portable mode nothing but the word. In
 * native mode (config `mode`) the BLAS core and the instruction set as well. */
struct up_float {
    const char *blas, *isa;
};

enum up_node_state {
    UP_NODE_CACHED,  /* key known, result and bytes are there */
    UP_NODE_RUN,     /* key known, no usable result */
    UP_NODE_PENDING, /* a node upstream runs; equal bytes there may still save this one */
    UP_NODE_REMOTE   /* key known, a remote has a result that is trusted */
};
const char *up_node_state_name(enum up_node_state s); /* "cached", "run", "pending", "remote" */

/* One field of the key that differs from the nearest earlier result, e.g.
 * {"lambda.preset", "tpe", "selected"}, {"benchmark.scores", "bytes 1a2b3c4d", ...},
 * {"input scores", ...}, {"stage version", "1", "2"}, {"float mode", ...}. */
struct up_reason {
    const char *field, *before, *after;
};

struct up_plan_node {
    const struct up_stage *stage;
    enum up_node_state state;
    bool has_key;            /* false for PENDING */
    struct up_digest key;    /* XXH3-128 of the key document */
    struct up_digest output; /* CACHED, REMOTE: content digest; else zero */
    uint64_t size;           /* CACHED, REMOTE: bytes */
    double seconds;          /* CACHED: what it took; else of the nearest result, or 0 */
    const char *why;         /* one line; for CACHED "up to date", or where it came from */
    const char *refused;     /* what a remote has and is not taken, or NULL */
    uint64_t fetched;        /* bytes, for this plan */
    const struct up_reason *reasons; /* all differing fields */
    size_t nreasons;
    const char *nearest; /* run id of the result compared with, or NULL */
};
struct up_plan {
    struct up_arena arena;
    struct up_plan_node *nodes; /* in the order of execution */
    size_t n, cached, run, pending, remote;
};

/* target as in dag/plan/graph.h. store may be NULL: nothing was ever computed. Reads the files
 * that active stages name; errors as up_graph_make, and the files' own. */
int up_plan_make(struct up_plan **out, const struct up_config *c, const char *target,
                 struct up_store *store, const struct up_float *mode, struct up_err *err);
/* The same, with remotes asked for what the store lacks; with reach->fetch they also give it,
 * and the plan says what is left to do. */
int up_plan_reach(struct up_plan **out, const struct up_config *c, const char *target,
                  struct up_store *store, const struct up_float *mode,
                  const struct up_reach *reach, struct up_err *err);
void up_plan_free(struct up_plan *p);
const struct up_plan_node *up_plan_find(const struct up_plan *p, const char *stage);

#ifdef __cplusplus
}
#endif

#endif
