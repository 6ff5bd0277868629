#include "dag/history.h"

#include <stdlib.h>
#include <string.h>

#include "dag/key.h"
#include "store/base/pack.h"
#include "store/store.h"

enum { KEEP = 256 };

struct walk {
    struct up_history *h;
    const struct up_graph *g;
};

static int newer_first(const void *a, const void *b)
{
    return strcmp(((const struct up_past *)b)->finished, ((const struct up_past *)a)->finished);
}

static void keep_newest(struct up_history *h, size_t node)
{
    qsort(h->past[node], h->n[node], sizeof **h->past, newer_first);
    if (h->n[node] > KEEP)
        h->n[node] = KEEP;
}

static int node_of(const struct up_graph *g, struct up_view key_doc)
{
    struct up_cursor c;
    struct up_view name;
    if (up_doc_at(key_doc, "stage", &c, NULL) || up_cur_str(&c, &name, NULL))
        return UP_NO_NODE;
    for (size_t i = 0; i < g->n; i++)
        if (up_view_equal(name, up_view_str(g->nodes[i].stage->name)))
            return (int)i;
    return UP_NO_NODE;
}

static int remember(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    (void)name;
    struct walk *w = ctx;
    struct up_history *h = w->h;
    int node = node_of(w->g, doc);
    if (node == UP_NO_NODE)
        return 0;
    struct up_past p = {0};
    if (up_doc_str(value, "finished", &h->arena, &p.finished, NULL) ||
        up_doc_str(value, "run", &h->arena, &p.run, NULL) ||
        up_doc_real(value, "seconds", &p.seconds, NULL))
        return 0;
    p.key_doc.data = (uint8_t *)up_arena_strndup(&h->arena, (const char *)doc.data, doc.len);
    p.key_doc.len = doc.len;
    if (!h->past[node])
        h->past[node] = UP_NEW(&h->arena, 2 * KEEP, struct up_past);
    if (h->n[node] == 2 * KEEP)
        keep_newest(h, (size_t)node);
    h->past[node][h->n[node]++] = p;
    return 0;
}

void up_history_load(struct up_history *h, const struct up_graph *g, struct up_store *s)
{
    if (h->loaded)
        return;
    h->loaded = true;
    h->nodes = g->n;
    h->past = UP_NEW(&h->arena, g->n, struct up_past *);
    h->n = UP_NEW(&h->arena, g->n, size_t);
    struct walk w = {h, g};
    if (s)
        (void)up_store_walk(s, UP_STORE_RESULT, false, remember, &w, NULL);
    for (size_t i = 0; i < g->n; i++)
        if (h->n[i])
            keep_newest(h, i);
}

const struct up_past *up_history_nearest(const struct up_history *h, const struct up_graph *g,
                                         size_t node, struct up_view key_doc)
{
    const struct up_past *best = NULL;
    size_t fewest = SIZE_MAX;
    const char *stage = g->nodes[node].stage->name;
    for (size_t i = 0; i < h->n[node]; i++) {
        const struct up_past *p = &h->past[node][i];
        if (up_view_equal(p->key_doc, key_doc)) /* its own, damaged result: nothing differs */
            return p;
        size_t n = up_key_diff(p->key_doc, key_doc, stage, NULL, 0, NULL, NULL);
        if (n < fewest) {
            fewest = n;
            best = p;
        }
    }
    return best;
}

void up_history_release(struct up_history *h)
{
    up_arena_release(&h->arena);
    *h = (struct up_history){0};
}
