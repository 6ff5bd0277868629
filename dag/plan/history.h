/* Earlier results, for "why": the nearest one to a key that has no result. */
#ifndef UP_DAG_PLAN_HISTORY_H
#define UP_DAG_PLAN_HISTORY_H
#include "dag/plan/graph.h"
#include "store/base/hash.h"

struct up_store;
struct up_past { /* views and strings live as long as the history */
    struct up_view key_doc;
    const char *finished, *run;
    double seconds;
};
struct up_history {
    struct up_arena arena;
    struct up_past **past; /* per node of the graph */
    size_t *n;
    size_t nodes;
    bool loaded;
};
/* Reads the newest few hundred run records once, on the first call that needs them. A
 * store that cannot be read has no history. */
void up_history_load(struct up_history *h, const struct up_graph *g, struct up_store *s);
/* Fewest differing fields, then newest; NULL when the stage never ran. */
const struct up_past *up_history_nearest(const struct up_history *h, const struct up_graph *g,
                                         size_t node, struct up_view key_doc);
void up_history_release(struct up_history *h);

#endif
