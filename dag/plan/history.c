#include "dag/plan/history.h"

#include <stdlib.h>
#include <string.h>

#include "dag/plan/key.h"
#include "store/base/pack.h"
#include "store/store.h"

enum { KEEP = 256, RUNS = 256, RESULTS = 4096 };

struct walk {
    struct up_history *h;
    const struct up_graph *g;
    size_t seen;
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

static int node_named(const struct up_graph *g, struct up_view name)
{
    for (size_t i = 0; i < g->n; i++)
        if (up_view_equal(name, up_view_str(g->nodes[i].stage->name)))
            return (int)i;
    return UP_NO_NODE;
}

static struct up_view str_at(struct up_view doc, const char *key)
{
    struct up_cursor c;
    struct up_view v = {0};
    if (up_doc_at(doc, key, &c, NULL) || up_cur_str(&c, &v, NULL))
        return up_view_str("");
    return v;
}

static void remember(struct up_history *h, int node, struct up_view key_doc,
                     struct up_view finished, struct up_view run, double seconds)
{
    if (node == UP_NO_NODE)
        return;
    for (size_t i = 0; i < h->n[node]; i++) {
        struct up_past *p = &h->past[node][i];
        if (!up_view_equal(p->key_doc, key_doc))
            continue;
        p->seconds = p->seconds > 0 ? p->seconds : seconds; /* later runs only reused it */
        return;
    }
    struct up_arena *a = &h->arena;
    if (!h->past[node])
        h->past[node] = UP_NEW(a, 2 * KEEP, struct up_past);
    if (h->n[node] == 2 * KEEP)
        keep_newest(h, (size_t)node);
    h->past[node][h->n[node]++] = (struct up_past){
        .key_doc = {(uint8_t *)up_arena_strndup(a, (const char *)key_doc.data, key_doc.len),
                    key_doc.len},
        .finished = up_arena_strndup(a, (const char *)finished.data, finished.len),
        .run = up_arena_strndup(a, (const char *)run.data, run.len),
        .seconds = seconds};
}

/* One node of a run record that has an output. */
static void remember_node(struct walk *w, struct up_view node, struct up_view run)
{
    struct up_cursor c;
    struct up_view key_doc;
    double seconds = 0;
    if (up_doc_at(node, "digest", &c, NULL) || up_cur_peek(&c) != UP_T_BIN ||
        up_doc_at(node, "key_doc", &c, NULL) || up_cur_bin(&c, &key_doc, NULL) || !key_doc.len)
        return;
    (void)up_doc_real(node, "seconds", &seconds, NULL);
    remember(w->h, node_named(w->g, str_at(node, "stage")), key_doc, str_at(run, "finished"),
             str_at(run, "id"), seconds);
}

static int visit_run(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    (void)name, (void)doc;
    struct walk *w = ctx;
    struct up_cursor c;
    struct up_view node;
    size_t n = 0;
    if (up_doc_at(value, "nodes", &c, NULL) || up_cur_list(&c, &n, NULL))
        return 0;
    for (size_t i = 0; i < n && !up_cur_raw(&c, &node, NULL); i++)
        remember_node(w, node, value);
    return ++w->seen == RUNS;
}

static int visit_result(void *ctx, struct up_view name, struct up_view doc,
                        struct up_view value)
{
    (void)name;
    struct walk *w = ctx;
    double seconds = 0;
    (void)up_doc_real(value, "seconds", &seconds, NULL);
    remember(w->h, node_named(w->g, str_at(doc, "stage")), doc, str_at(value, "finished"),
             str_at(value, "run"), seconds);
    return ++w->seen == RESULTS;
}

/* Runs tell nearly everything; results without a run (a run that was killed, or records
 * from elsewhere) are looked at when a stage has no past otherwise. */
void up_history_load(struct up_history *h, const struct up_graph *g, struct up_store *s)
{
    if (h->loaded)
        return;
    h->loaded = true;
    h->nodes = g->n;
    h->past = UP_NEW(&h->arena, g->n, struct up_past *);
    h->n = UP_NEW(&h->arena, g->n, size_t);
    struct walk w = {.h = h, .g = g};
    bool all = true;
    if (s)
        (void)up_store_walk(s, UP_STORE_RUN, true, visit_run, &w, NULL);
    for (size_t i = 0; i < g->n; i++)
        all = all && h->n[i];
    w.seen = 0;
    if (s && !all)
        (void)up_store_walk(s, UP_STORE_RESULT, false, visit_result, &w, NULL);
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
