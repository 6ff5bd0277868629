/* How two runs differ: settings, keys (and where the difference starts), results. */
#ifndef UP_DAG_PLAN_DIFF_H
#define UP_DAG_PLAN_DIFF_H
#include "dag/plan/plan.h"
#include "dag/record/record.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_diff_config {
    const char *name;
    const char *a, *b; /* NULL: that run does not know the key */
};
struct up_diff_node {
    const char *stage;
    bool in_a, in_b;
    bool key_differs, output_differs;
    /* The difference starts here: something other than the bytes of an input that
     * differs itself. Equal keys with other bytes are a root too. */
    bool root;
    const struct up_reason *reasons; /* differing fields of the key */
    size_t nreasons;
    /* The roots that its inputs differ because of, each once: they explain this node, or, when
     * it is a root itself, the part of its difference that does not start here. */
    const char *const *because;
    size_t nbecause;
    struct up_digest a, b; /* outputs */
};
struct up_diff {
    struct up_arena arena;
    struct up_diff_config *config; /* only what differs */
    size_t nconfig;
    struct up_diff_node *nodes; /* every node of either run, in order */
    size_t nnodes;
};
struct up_diff *up_diff_make(const struct up_run_record *a, const struct up_run_record *b);
void up_diff_free(struct up_diff *d);

/* Two documents leaf by leaf: visit gets "a/b/3" and both texts (NULL: not there).
 * Arrays and binaries count as one leaf. Stops after `limit` leaves that differ;
 * returns how many were visited. */
typedef void up_leaf_visit(void *ctx, const char *path, const char *a, const char *b);
size_t up_docs_diff(struct up_view a, struct up_view b, size_t limit, up_leaf_visit *visit,
                    void *ctx);

#ifdef __cplusplus
}
#endif

#endif
