/* A drawn cell: what DOT and SVG writers need, nothing more. */
#ifndef UP_SPACE_DIAGRAM_H
#define UP_SPACE_DIAGRAM_H
#include "stages/space/space.h"
enum { UP_DIAGRAM_NODES = 16, UP_DIAGRAM_EDGES = 32 };
struct up_diagram_cell {
    const char *title; /* "cell", "normal", "reduction" */
    int nodes, edges;
    const char *node[UP_DIAGRAM_NODES]; /* static label */
    struct {
        int from, to;
        const char *label; /* static */
        bool faint;        /* does not carry data to the output */
    } edge[UP_DIAGRAM_EDGES];
};
struct up_diagram {
    int cells;
    struct up_diagram_cell cell[UP_GRAPHS_MAX];
};
#endif
