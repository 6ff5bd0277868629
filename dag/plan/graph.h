/* The graph of a configuration: the stages whose `when` holds, producers first,
 * and which node each declared input is. */
#ifndef UP_DAG_PLAN_GRAPH_H
#define UP_DAG_PLAN_GRAPH_H
#include "dag/config/config.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { UP_NO_NODE = -1 };
struct up_node {
    const struct up_stage *stage;
    int *inputs; /* one per declared input, in order: node index or UP_NO_NODE */
    size_t ninputs;
};
struct up_graph {
    struct up_arena arena;
    struct up_node *nodes; /* every node after all its inputs */
    size_t n;
};

/* target: NULL, or the name of a stage, which then is the last node, after those it reads.
 * UP_EUSAGE when the configuration has no such node. A declared input with a `when` that holds
 * must be in the graph, otherwise UP_EUSAGE names what to set. One without a `when` is simply
 * absent then. Every stage of the graph has had its check() of the settings. */
int up_graph_make(struct up_graph **out, const struct up_config *c, const char *target,
                  struct up_err *err);
void up_graph_free(struct up_graph *g);
int up_graph_find(const struct up_graph *g, const char *stage); /* UP_NO_NODE: not in it */

#ifdef __cplusplus
}
#endif

#endif
