#include "stages/decode/drawing.h"
#include "stages/format/svg.h"
#include <string.h>

enum { MARGIN = 24, NODE_H = 34, TRACK = 44, PORT = 11, LABEL = 12, CAPTION = 11, TIP = 9 };

struct track { /* where an edge runs: 0 straight, else level -k above, +k below */
    int level;
};
struct layout {
    const struct up_diagram_cell *c;
    struct track track[UP_DIAGRAM_EDGES];
    int above, below; /* tracks in use */
    double node_w, gap;
    double y; /* of the line of nodes */
};

static int edge_span(const struct up_diagram_cell *c, int e)
{
    return c->edge[e].to - c->edge[e].from;
}

static bool edges_overlap(const struct up_diagram_cell *c, int a, int b)
{
    return c->edge[a].from < c->edge[b].to && c->edge[b].from < c->edge[a].to;
}

static bool level_free(const struct layout *l, const bool *placed, int e, int level)
{
    for (int o = 0; o < l->c->edges; o++)
        if (placed[o] && l->track[o].level == level && edges_overlap(l->c, o, e))
            return false;
    return true;
}

/* Short edges first, each on the lowest free level, above before below. */
static void layout_tracks(struct layout *l)
{
    bool placed[UP_DIAGRAM_EDGES] = {false};
    l->above = l->below = 0;
    for (int span = 1; span < l->c->nodes; span++)
        for (int e = 0; e < l->c->edges; e++) {
            if (edge_span(l->c, e) != span)
                continue;
            int level = 0;
            if (span > 1 || !level_free(l, placed, e, 0))
                for (level = -1; !level_free(l, placed, e, level);)
                    level = level < 0 ? -level : -level - 1;
            l->track[e].level = level;
            placed[e] = true;
            l->above = -level > l->above ? -level : l->above;
            l->below = level > l->below ? level : l->below;
        }
}

static void layout_make(struct layout *l, const struct up_diagram_cell *c)
{
    l->c = c;
    l->node_w = 64;
    l->gap = 70;
    layout_tracks(l);
    for (int i = 0; i < c->nodes; i++) {
        double w = up_svg_text_width(c->node[i], LABEL + 1) + 22;
        l->node_w = w > l->node_w ? w : l->node_w;
    }
    for (int e = 0; e < c->edges; e++) {
        double w = up_svg_text_width(c->edge[e].label, LABEL) + 46;
        if (l->track[e].level == 0 && w > l->gap)
            l->gap = w;
    }
}

static double layout_width(const struct layout *l)
{
    return 2 * MARGIN + l->c->nodes * l->node_w + (l->c->nodes - 1) * l->gap;
}

static double node_x(const struct layout *l, int i) /* centre */
{
    return MARGIN + l->node_w / 2 + i * (l->node_w + l->gap);
}

/* Ports: on each side of a node, edges that leave are on its right, the longest
 * innermost; edges that arrive on its left, the longest innermost: no crossings. */
static double port_x(const struct layout *l, int e, bool leaves)
{
    int node = leaves ? l->c->edge[e].from : l->c->edge[e].to, shorter = 0,
        level = l->track[e].level;
    for (int o = 0; o < l->c->edges; o++) {
        int end = leaves ? l->c->edge[o].from : l->c->edge[o].to;
        bool same_side = l->track[o].level * level > 0;
        int mine = level < 0 ? -level : level;
        int its = l->track[o].level < 0 ? -l->track[o].level : l->track[o].level;
        shorter += o != e && end == node && same_side && its < mine;
    }
    double off = l->node_w / 2 - PORT * (shorter + 1);
    if (off < 0)
        off = 0;
    return node_x(l, node) + (leaves ? off : -off);
}

static void label_draw(struct up_svg *s, double x, double y, const char *label,
                       const char *colour)
{
    if (!label[0])
        return;
    double w = up_svg_text_width(label, LABEL) + 8;
    up_svg_rect(s, (struct up_svg_box){x - w / 2, y - LABEL * 0.75, w, LABEL * 1.5}, 3,
                "#ffffff", "none");
    up_svg_text(s, x, y + LABEL * 0.35, LABEL, UP_SVG_MIDDLE, colour, label);
}

static void edge_straight(struct up_svg *s, const struct layout *l, int e, const char *line)
{
    double x1 = node_x(l, l->c->edge[e].from) + l->node_w / 2;
    double x2 = node_x(l, l->c->edge[e].to) - l->node_w / 2;
    double third = (x2 - TIP - x1) / 3;
    double xy[] = {x1, l->y, x1 + third, l->y, x1 + 2 * third, l->y, x2 - TIP, l->y};
    up_svg_curve(s, xy, 1, line, 2, l->c->edge[e].faint);
    up_svg_arrowhead(s, x2, l->y, 1, 0, TIP, line);
}

static void edge_arched(struct up_svg *s, const struct layout *l, int e, const char *line)
{
    int level = l->track[e].level;
    double side = level < 0 ? -1 : 1, x1 = port_x(l, e, true), x2 = port_x(l, e, false);
    double y0 = l->y + side * NODE_H / 2, y1 = l->y + level * TRACK + side * 8;
    double bend = (x2 - x1) / 4 < 46 ? (x2 - x1) / 4 : 46, tip = y0 + side * TIP;
    double third = (x2 - x1 - 2 * bend) / 3;
    double xy[] = {x1,
                   y0,
                   x1,
                   y1,
                   x1,
                   y1,
                   x1 + bend,
                   y1,
                   x1 + bend + third,
                   y1,
                   x2 - bend - third,
                   y1,
                   x2 - bend,
                   y1,
                   x2,
                   y1,
                   x2,
                   y1,
                   x2,
                   tip};
    up_svg_curve(s, xy, 3, line, 2, l->c->edge[e].faint);
    up_svg_arrowhead(s, x2, y0, 0, -side, TIP, line);
}

static void cell_draw(struct up_svg *s, const struct layout *l, bool titled)
{
    const struct up_diagram_cell *c = l->c;
    for (int pass = 0; pass < 2; pass++) /* faint ones under the others */
        for (int e = 0; e < c->edges; e++) {
            const char *line =
                c->edge[e].faint ? "#ced4da" : up_operation_colour(c->edge[e].label);
            if (c->edge[e].faint != (pass == 0))
                continue;
            (l->track[e].level ? edge_arched : edge_straight)(s, l, e, line);
        }
    for (int e = 0; e < c->edges; e++) {
        const char *ink = c->edge[e].faint ? "#868e96" : up_operation_colour(c->edge[e].label);
        int level = l->track[e].level;
        double x1 = level ? port_x(l, e, true) : node_x(l, c->edge[e].from);
        double x2 = level ? port_x(l, e, false) : node_x(l, c->edge[e].to);
        double y = l->y + level * TRACK + (level < 0 ? -8 : level > 0 ? 8 : 0);
        label_draw(s, (x1 + x2) / 2 - (level ? 0 : TIP / 2.0), y, c->edge[e].label, ink);
    }
    for (int i = 0; i < c->nodes; i++) {
        double x = node_x(l, i);
        up_svg_rect(
            s, (struct up_svg_box){x - l->node_w / 2, l->y - NODE_H / 2.0, l->node_w, NODE_H},
            8, "#f1f3f5", "#495057");
        up_svg_text(s, x, l->y + 4.5, LABEL + 1, UP_SVG_MIDDLE, "#212529", c->node[i]);
    }
    if (titled)
        up_svg_text(s, MARGIN, l->y - l->above * TRACK - NODE_H - 10, LABEL + 1, UP_SVG_START,
                    "#212529", c->title);
}

/* Draws the caption from y on, broken at blanks so that no line is wider than `width`; returns
 * the height it takes. With s NULL it is only measured. */
static double caption_draw(struct up_svg *s, double x, double y, double width,
                           const char *caption)
{
    double height = 0;
    char line[UP_ARCH_TEXT];
    while (*caption) {
        size_t taken = 0;
        for (size_t n = strcspn(caption, " ");; n += 1 + strcspn(caption + n + 1, " ")) {
            if (n >= sizeof line)
                n = sizeof line - 1;
            memcpy(line, caption, n);
            line[n] = '\0';
            if (taken && up_svg_text_width(line, CAPTION) > width)
                break;
            taken = n;
            if (caption[n] != ' ')
                break;
        }
        line[taken] = '\0';
        if (s)
            up_svg_text(s, x, y + height, CAPTION, UP_SVG_MIDDLE, "#495057", line);
        height += CAPTION + 5;
        caption += taken + (caption[taken] == ' ');
    }
    return height;
}

void up_cell_svg(struct up_buf *out, const struct up_diagram *d, const char *caption)
{
    enum { NARROWEST = 660 }; /* of the caption: an arch string of nb201 stays on one line */
    struct layout l[UP_GRAPHS_MAX];
    double width = 0, y = MARGIN;
    bool titled = d->cells > 1;
    for (int i = 0; i < d->cells; i++) {
        layout_make(&l[i], &d->cell[i]);
        double w = layout_width(&l[i]);
        width = w > width ? w : width;
        l[i].y = y + l[i].above * TRACK + NODE_H / 2.0 + 12 + (titled ? 26 : 0);
        y = l[i].y + l[i].below * TRACK + NODE_H / 2.0 + 24;
    }
    double line = up_svg_text_width(caption, CAPTION), most = width - 2 * MARGIN;
    most = most > NARROWEST ? most : NARROWEST;
    line = line < most ? line : most;
    width = width > line + 2 * MARGIN ? width : line + 2 * MARGIN;
    double more = caption_draw(NULL, 0, 0, most, caption) - (CAPTION + 5);
    struct up_svg s;
    up_svg_begin(&s, out, width, y + MARGIN + more, caption);
    for (int i = 0; i < d->cells; i++)
        cell_draw(&s, &l[i], titled);
    (void)caption_draw(&s, width / 2, y + 8, most, caption);
    up_svg_end(&s);
}
