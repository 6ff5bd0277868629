/* The diagram of a DARTS architecture: its two cells. */
#include "stages/space/darts/darts.h"
#include "stages/space/diagram.h"

/* Both cells as DARTS and its followers draw them: two inputs, the nodes, the output. */
void up_darts_diagram(struct up_diagram *out, const struct up_arch *a)
{
    static const char *const node[] = {"c_{k-2}", "c_{k-1}", "0", "1", "2", "3", "c_{k}"};
    static const char *const title[DARTS_CELLS] = {"normal cell", "reduction cell"};
    enum { NODES = sizeof node / sizeof *node, OUTPUT = NODES - 1 };
    *out = (struct up_diagram){.cells = DARTS_CELLS};
    for (int k = 0; k < DARTS_CELLS; k++) {
        struct up_diagram_cell *c = &out->cell[k];
        c->title = title[k];
        c->nodes = NODES;
        for (int i = 0; i < NODES; i++)
            c->node[i] = node[i];
        for (int i = 0; i < DARTS_PAIRS; i++) {
            const uint8_t *pair = a->gene + k * DARTS_CELL_GENES + 2 * i;
            c->edge[c->edges].from = pair[0];
            c->edge[c->edges].to = DARTS_INPUTS + i / 2;
            c->edge[c->edges++].label = up_darts_op_name[pair[1]];
        }
        for (int i = DARTS_INPUTS; i < OUTPUT; i++) {
            c->edge[c->edges].from = i;
            c->edge[c->edges].to = OUTPUT;
            c->edge[c->edges++].label = "";
        }
    }
}
