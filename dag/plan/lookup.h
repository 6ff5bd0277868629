/* One node looked up in the store; shared by plan and run. */
#ifndef UP_DAG_PLAN_LOOKUP_H
#define UP_DAG_PLAN_LOOKUP_H
#include "dag/plan/history.h"
#include "dag/plan/key.h"
#include "dag/record/record.h"
#include "dag/exchange/share.h"

struct up_look {
    struct up_buf key_doc;
    struct up_digest key;
    bool hit;                /* a result record is there */
    bool bad;                /* one was there, and was damaged */
    const char *from;        /* a hit that a remote has: "remote team, signed by alice-1" */
    const char *refused;     /* what a remote has and is not taken, or NULL */
    uint64_t fetched;        /* bytes */
    struct up_digest asked;  /* the key that remotes knew nothing of: they are asked once */
    struct up_result result; /* strings are the arena's */
};
/* Key and result of a node whose inputs' digests are known. Only UP_EIO and the like
 * fail; damage is a miss. store may be NULL; reach NULL: what this store does not have is a
 * miss, else the remotes are asked (reach without fetch needs no store). */
int up_look(struct up_look *l, const struct up_config *c, const struct up_node *node,
            const struct up_sources *sources, const struct up_digest *inputs,
            const struct up_float *mode, struct up_store *store, const struct up_reach *reach,
            struct up_arena *arena, struct up_err *err);
/* A hit whose bytes the store lost: whether a remote gave them back. */
bool up_look_restore(struct up_look *l, struct up_store *store, const struct up_reach *reach,
                     struct up_arena *arena);
void up_look_release(struct up_look *l);
const char *const *up_node_inputs(const struct up_node *n, struct up_arena *arena);

/* What differs from the nearest earlier result, in full and in one line. */
struct up_why {
    const struct up_reason *reasons;
    size_t n;
    const char *line, *nearest;
    double seconds;
};
struct up_why up_why_of(const struct up_history *h, const struct up_graph *g, size_t node,
                        struct up_view key_doc, bool bad, struct up_arena *arena);

#endif
