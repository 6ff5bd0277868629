/* The diagram of a NAS-Bench-201 cell. */
#include "stages/space/diagram.h"
#include "stages/space/nb201/nb201.h"
#include <string.h>

void up_nb201_diagram(struct up_diagram *out, const struct up_arch *a)
{
    static const char *const node[NB_NODES] = {"input", "1", "2", "output"};
    unsigned live = up_nb201_live(a);
    memset(out, 0, sizeof *out);
    out->cells = 1;
    struct up_diagram_cell *c = &out->cell[0];
    c->title = "cell";
    c->nodes = NB_NODES;
    c->edges = NB_EDGES;
    memcpy(c->node, node, sizeof node);
    for (int e = 0; e < NB_EDGES; e++) {
        c->edge[e].from = up_nb201_edge[e].from;
        c->edge[e].to = up_nb201_edge[e].to;
        c->edge[e].label = up_nb201_op_name[a->gene[e]];
        c->edge[e].faint = !(live >> e & 1);
    }
}
