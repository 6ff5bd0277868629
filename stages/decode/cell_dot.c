/* A cell as a Graphviz text. */
#include "stages/decode/drawing.h"

static void quoted(struct up_buf *out, const char *text)
{
    up_buf_puts(out, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            up_buf_puts(out, "\\");
        if (*text == '\n')
            up_buf_puts(out, "\\n");
        else
            up_buf_append(out, text, 1);
    }
    up_buf_puts(out, "\"");
}

static void cell_dot(struct up_buf *out, const struct up_diagram_cell *c, int index, bool many)
{
    up_buf_printf(out, "  subgraph %s_%d {\n", many ? "cluster" : "cell", index);
    if (many) {
        up_buf_puts(out, "    color=\"#ced4da\" label=");
        quoted(out, c->title);
        up_buf_puts(out, "\n");
    }
    for (int i = 0; i < c->nodes; i++) {
        up_buf_printf(out, "    c%d_n%d [label=", index, i);
        quoted(out, c->node[i]);
        up_buf_puts(out, "]\n");
    }
    for (int i = 0; i < c->edges; i++) {
        const char *colour = up_operation_colour(c->edge[i].label);
        bool faint = c->edge[i].faint;
        up_buf_printf(out, "    c%d_n%d -> c%d_n%d [label=", index, c->edge[i].from, index,
                      c->edge[i].to);
        quoted(out, c->edge[i].label);
        up_buf_printf(out, " color=\"%s\" fontcolor=\"%s\"%s]\n", faint ? "#ced4da" : colour,
                      faint ? "#9a9a9a" : colour, faint ? " style=dashed" : "");
    }
    up_buf_puts(out, "  }\n");
}

void up_drawing_dot(struct up_buf *out, const struct up_diagram *d, const char *caption)
{
    up_buf_puts(out,
                "digraph cell {\n  rankdir=LR fontname=\"sans-serif\" fontsize=11\n  label=");
    quoted(out, caption);
    up_buf_puts(out, "\n  node [shape=box style=\"rounded,filled\" fillcolor=\"#f1f3f5\" "
                     "color=\"#495057\" fontname=\"sans-serif\"]\n"
                     "  edge [fontname=\"sans-serif\" fontsize=11]\n");
    for (int i = 0; i < d->cells; i++)
        cell_dot(out, &d->cell[i], i, d->cells > 1);
    up_buf_puts(out, "}\n");
}
