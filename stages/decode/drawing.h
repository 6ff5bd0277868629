/* The cells of an architecture as pictures. */
#ifndef UP_DECODE_DRAWING_H
#define UP_DECODE_DRAWING_H
#include "stages/space/diagram.h"

/* Appends an SVG: nodes on a line, one arrow per edge, coloured and labelled by
 * its operation; arrows that skip a node are stacked above and below so that no
 * two share a height where they overlap; unused ones are faint and dashed. The
 * caption stands under the cells, on as many lines as their width needs. Same input, same
 * bytes. */
void up_drawing_svg(struct up_buf *out, const struct up_diagram *d, const char *caption);
/* Appends the same as a DOT digraph, one cluster per cell, for graphviz. */
void up_drawing_dot(struct up_buf *out, const struct up_diagram *d, const char *caption);
/* The colour of an operation in both. */
const char *up_operation_colour(const char *operation);

#endif
