#include "cli/page/graph.h"
#include "cli/shared/workspace.h"
#include "stages/format/decimal.h"
#include "stages/format/decimal.h"
#include <string.h>

enum { NODES = 48, ITEMS = 512, SWEEPS = 6, W = 116, H = 48, PITCH_X = 168, PITCH_Y = 72 };

/* Layered drawing (Sugiyama, Tagawa & Toda 1981): a node stands one layer behind the last of
 * its inputs; an edge that passes layers has an item in each, which keeps room for it; items
 * of a layer are ordered by the mean place of their neighbours. */
struct item {
    int node; /* -1: an edge passes here */
    int layer, place;
    double want;
};
struct layout {
    const struct up_run_record *r;
    int n, layers, items;
    bool edge[NODES][NODES]; /* [from][to] */
    int layer[NODES];
    struct item item[ITEMS];
    int link[ITEMS][2]; /* between items of neighbouring layers */
    int links;
    int at[NODES]; /* item of a node */
};

static int node_named(const struct up_run_record *r, const char *stage)
{
    for (size_t i = 0; i < r->nnodes; ++i)
        if (!strcmp(r->nodes[i].stage, stage))
            return (int)i;
    return -1;
}

static void read_edges(struct layout *l)
{
    bool reach[NODES][NODES] = {{false}};
    for (int to = 0; to < l->n; ++to)
        for (size_t k = 0; k < l->r->nodes[to].ninputs; ++k) {
            int from = node_named(l->r, l->r->nodes[to].inputs[k]);
            if (from >= 0 && from < to) /* inputs stand before their readers */
                l->edge[from][to] = reach[from][to] = true;
        }
    for (int k = 0; k < l->n; ++k)
        for (int i = 0; i < k; ++i)
            for (int j = k + 1; j < l->n; ++j)
                if (reach[i][k] && reach[k][j]) {
                    reach[i][j] = true;
                    l->edge[i][j] = false; /* follows from the others */
                }
}

static void assign_layers(struct layout *l)
{
    for (int j = 0; j < l->n; ++j)
        for (int i = 0; i < j; ++i)
            if (l->edge[i][j] && l->layer[j] <= l->layer[i])
                l->layer[j] = l->layer[i] + 1;
    for (int i = 0; i < l->n; ++i) {
        bool source = true;
        int nearest = NODES;
        for (int j = 0; j < l->n; ++j) {
            source = source && !l->edge[j][i];
            if (l->edge[i][j] && l->layer[j] < nearest)
                nearest = l->layer[j];
        }
        if (source && nearest < NODES) /* beside those who read it */
            l->layer[i] = nearest - 1;
    }
    for (int i = 0; i < l->n; ++i)
        l->layers = l->layer[i] + 1 > l->layers ? l->layer[i] + 1 : l->layers;
}

static int new_item(struct layout *l, int node, int layer)
{
    if (l->items == ITEMS)
        return -1;
    int place = 0;
    for (int i = 0; i < l->items; ++i)
        place += l->item[i].layer == layer;
    l->item[l->items] = (struct item){node, layer, place, 0};
    return l->items++;
}

static bool make_items(struct layout *l)
{
    for (int i = 0; i < l->n; ++i)
        l->at[i] = new_item(l, i, l->layer[i]);
    for (int i = 0; i < l->n; ++i)
        for (int j = 0; j < l->n; ++j) {
            if (!l->edge[i][j])
                continue;
            int from = l->at[i];
            for (int layer = l->layer[i] + 1; layer <= l->layer[j]; ++layer) {
                int to = layer == l->layer[j] ? l->at[j] : new_item(l, -1, layer);
                if (to < 0 || l->links == ITEMS)
                    return false;
                l->link[l->links][0] = from;
                l->link[l->links++][1] = to;
                from = to;
            }
        }
    return true;
}

static int layer_size(const struct layout *l, int layer)
{
    int n = 0;
    for (int i = 0; i < l->items; ++i)
        n += l->item[i].layer == layer;
    return n;
}

/* From the middle of the picture, in rows. */
static double row_of(const struct layout *l, const struct item *i)
{
    return i->place - (layer_size(l, i->layer) - 1) / 2.0;
}

static void order_layer(struct layout *l, int layer, int side)
{
    for (int i = 0; i < l->items; ++i) {
        double sum = 0;
        int n = 0;
        if (l->item[i].layer != layer)
            continue;
        for (int k = 0; k < l->links; ++k)
            if (l->link[k][side] == i) {
                sum += row_of(l, &l->item[l->link[k][!side]]);
                ++n;
            }
        l->item[i].want = n ? sum / n : row_of(l, &l->item[i]);
    }
    for (int i = 0; i < l->items; ++i) {
        struct item *a = &l->item[i];
        if (a->layer != layer)
            continue;
        a->place = 0;
        for (int k = 0; k < l->items; ++k) {
            const struct item *b = &l->item[k];
            a->place +=
                b->layer == layer && (b->want < a->want || (b->want == a->want && k < i));
        }
    }
}

static bool layout_make(struct layout *l, const struct up_run_record *r)
{
    if (!r->nnodes || r->nnodes > NODES)
        return false;
    l->r = r;
    l->n = (int)r->nnodes;
    read_edges(l);
    assign_layers(l);
    if (!make_items(l))
        return false;
    for (int sweep = 0; sweep < SWEEPS; ++sweep) {
        for (int k = 1; k < l->layers; ++k)
            order_layer(l, k, 1);
        for (int k = l->layers - 1; k-- > 0;)
            order_layer(l, k, 0);
    }
    return true;
}

/* ---- drawing ---- */

static double item_x(const struct item *i) { return 8 + i->layer * PITCH_X; }

static double item_y(const struct layout *l, const struct item *i, double middle)
{
    return middle + row_of(l, i) * PITCH_Y;
}

static const char *number(struct up_arena *a, double v)
{
    char text[UP_DECIMAL_TEXT];
    return up_arena_strdup(a, up_decimal_fixed(text, v, 1));
}

static void draw_link(struct up_html *h, const struct layout *l, int k, double middle,
                      struct up_arena *a)
{
    const struct item *from = &l->item[l->link[k][0]], *to = &l->item[l->link[k][1]];
    double x1 = item_x(from) + W, x2 = item_x(to), bend = (x2 - x1) / 2;
    double y1 = item_y(l, from, middle), y2 = item_y(l, to, middle);
    struct up_buf d = UP_BUF_INIT;
    up_buf_printf(&d, "M%s %s C%s %s", number(a, x1), number(a, y1), number(a, x1 + bend),
                  number(a, y1));
    up_buf_printf(&d, " %s %s %s %s", number(a, x2 - bend), number(a, y2), number(a, x2),
                  number(a, y2));
    if (to->node < 0)
        up_buf_printf(&d, " L%s %s", number(a, x2 + W), number(a, y2));
    up_html_empty(h, "path", "d", up_buf_str(&d), "marker-end",
                  to->node < 0 ? NULL : "url(#tip)", NULL);
    up_buf_release(&d);
}

static void draw_node(struct up_html *h, const struct layout *l, int i, double middle,
                      struct up_arena *a)
{
    const struct up_run_node *n = &l->r->nodes[i];
    const struct item *at = &l->item[l->at[i]];
    double x = item_x(at), y = item_y(l, at, middle);
    char took[24];
    const char *done = up_done_name(n->status);
    const char *state = n->status == UP_DONE_RAN
                            ? up_arena_printf(a, "ran, %s", up_time_text(took, n->seconds))
                        : n->status == UP_DONE_CUTOFF ? "cached (cut off)"
                                                      : done;
    up_html_open(h, "a", "href", up_arena_printf(a, "#node-%s", up_url_part(a, n->stage)),
                 "class", n->status == UP_DONE_NOT ? "not" : done, NULL);
    up_html_leaf(h, "title", up_arena_printf(a, "%s: %s. %s", n->stage, done, n->why), NULL);
    up_html_empty(h, "rect", "x", number(a, x), "y", number(a, y - H / 2.0), "width",
                  number(a, W), "height", number(a, H), "rx", "8", NULL);
    up_html_leaf(h, "text", n->stage, "x", number(a, x + W / 2.0), "y", number(a, y - 3), NULL);
    up_html_leaf(h, "text", state, "class", "state", "x", number(a, x + W / 2.0), "y",
                 number(a, y + 15), NULL);
    up_html_close(h);
}

bool up_page_graph(struct up_html *h, const struct up_run_record *r, struct up_arena *arena)
{
    struct layout *l = up_arena_alloc(arena, sizeof *l);
    if (!layout_make(l, r))
        return false;
    int rows = 1;
    for (int k = 0; k < l->layers; ++k)
        rows = layer_size(l, k) > rows ? layer_size(l, k) : rows;
    double width = 16 + (l->layers - 1) * PITCH_X + W, height = 8 + rows * PITCH_Y;
    up_html_open(h, "svg", "class", "graph", "role", "img", "viewBox",
                 up_arena_printf(arena, "0 0 %d %d", (int)width, (int)height), "aria-label",
                 "The graph of the run: every node, what it reads, and whether it was cached "
                 "or executed",
                 NULL);
    up_html_open(h, "defs", NULL);
    up_html_open(h, "marker", "id", "tip", "viewBox", "0 0 8 8", "refX", "7", "refY", "4",
                 "markerWidth", "7", "markerHeight", "7", "orient", "auto", NULL);
    up_html_empty(h, "path", "d", "M1 1 L7 4 L1 7", NULL);
    up_html_close(h);
    up_html_close(h);
    for (int k = 0; k < l->links; ++k)
        draw_link(h, l, k, height / 2, arena);
    for (int i = 0; i < l->n; ++i)
        draw_node(h, l, i, height / 2, arena);
    up_html_close(h);
    return true;
}
