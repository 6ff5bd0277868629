#include "dag/plan/plan.h"

#include <stdlib.h>
#include <string.h>

#include "dag/plan/lookup.h"
#include "store/base/pack.h"
#include "store/store.h"

/* What planning one node needs; made anew for every node but the history. */
struct planner {
    struct up_plan *plan;
    const struct up_config *c;
    const struct up_graph *g;
    struct up_store *store;
    const struct up_float *mode;
    const struct up_reach *reach;
    struct up_history history;
    struct up_err *err;
};

const char *up_node_state_name(enum up_node_state s)
{
    static const char *const names[] = {"cached", "run", "pending", "remote"};
    return names[s];
}

static bool known(const struct up_plan_node *n)
{
    return n->state == UP_NODE_CACHED || n->state == UP_NODE_REMOTE;
}

/* The key document of a node that waits, with "?" for every input not known yet. */
static void pending_doc(struct up_buf *out, struct up_view doc, const struct planner *p,
                        const struct up_node *node)
{
    struct up_cursor c = up_cursor_of(doc);
    size_t n = 0;
    UP_CHECK(!up_doc_at(doc, "inputs", &c, NULL));
    up_buf_append(out, doc.data, (size_t)(c.p - doc.data));
    UP_CHECK(!up_cur_list(&c, &n, NULL) && n == node->ninputs);
    up_pack_list(out, n);
    for (size_t i = 0; i < n; i++) {
        struct up_view raw = {0};
        UP_CHECK(!up_cur_raw(&c, &raw, NULL));
        int k = node->inputs[i];
        if (k != UP_NO_NODE && !known(&p->plan->nodes[k]))
            up_pack_str(out, "not known yet");
        else
            up_pack_raw(out, raw);
    }
    up_buf_append(out, c.p, (size_t)(c.end - c.p));
}

static const char *pending_line(const struct planner *p, const struct up_node *node,
                                const struct up_why *w)
{
    struct up_arena *a = &p->plan->arena;
    if (w->n && strncmp(w->reasons[0].field, "input ", 6) != 0)
        return up_reasons_line(w->reasons, w->n, a);
    for (size_t i = 0; i < node->ninputs; i++) {
        int k = node->inputs[i];
        if (k != UP_NO_NODE && !known(&p->plan->nodes[k]))
            return w->nearest ? up_arena_printf(a, "input %s may change",
                                                p->plan->nodes[k].stage->name)
                              : w->line;
    }
    return w->line;
}

static void explain(struct planner *p, size_t i, const struct up_look *l)
{
    struct up_plan_node *n = &p->plan->nodes[i];
    struct up_buf waiting = UP_BUF_INIT;
    struct up_view doc = up_buf_view(&l->key_doc);
    if (n->state == UP_NODE_PENDING) {
        pending_doc(&waiting, doc, p, &p->g->nodes[i]);
        doc = up_buf_view(&waiting);
    }
    up_history_load(&p->history, p->g, p->store);
    struct up_why w = up_why_of(&p->history, p->g, i, doc, l->bad, &p->plan->arena);
    n->reasons = w.reasons;
    n->nreasons = w.n;
    n->nearest = w.nearest;
    n->seconds = w.seconds;
    n->why = n->state == UP_NODE_PENDING ? pending_line(p, &p->g->nodes[i], &w) : w.line;
    if (n->state == UP_NODE_RUN && l->hit)
        n->why = "its bytes are gone from the store";
    up_buf_release(&waiting);
}

/* In the store, or where the look found the result. */
static bool has_bytes(struct planner *p, struct up_look *l)
{
    if (l->from && !p->reach->fetch)
        return true;
    return up_store_has(p->store, l->result.digest) ||
           up_look_restore(l, p->store, p->reach, &p->plan->arena);
}

static int plan_node(struct planner *p, size_t i)
{
    const struct up_node *node = &p->g->nodes[i];
    struct up_plan_node *n = &p->plan->nodes[i];
    struct up_sources sources = {0};
    struct up_look l = {.key_doc = UP_BUF_INIT};
    struct up_digest *inputs = UP_NEW(&p->plan->arena, node->ninputs, struct up_digest);
    bool waits = false;
    n->stage = node->stage;
    for (size_t k = 0; k < node->ninputs; k++) {
        if (node->inputs[k] == UP_NO_NODE)
            continue;
        const struct up_plan_node *in = &p->plan->nodes[node->inputs[k]];
        inputs[k] = in->output;
        waits |= !known(in);
    }
    int rc = up_sources_read(&sources, p->c, node->stage, &p->plan->arena, p->err);
    if (!rc)
        rc = up_look(&l, p->c, node, &sources, inputs, p->mode, waits ? NULL : p->store,
                     waits ? NULL : p->reach, &p->plan->arena, p->err);
    if (rc)
        goto out;
    n->has_key = !waits;
    if (n->has_key)
        n->key = l.key;
    n->refused = l.refused;
    if (l.hit && has_bytes(p, &l)) {
        bool asked = l.from && !p->reach->fetch;
        n->state = asked ? UP_NODE_REMOTE : UP_NODE_CACHED;
        n->fetched = l.fetched;
        n->output = l.result.digest;
        n->size = l.result.size;
        n->seconds = l.result.seconds;
        n->nearest = l.result.run;
        n->why = l.from
                     ? up_arena_printf(&p->plan->arena, "%s %s", asked ? "in" : "from", l.from)
                     : "up to date";
    } else {
        n->state = waits ? UP_NODE_PENDING : UP_NODE_RUN;
        explain(p, i, &l);
    }
out:
    up_look_release(&l);
    up_sources_release(&sources);
    return rc;
}

int up_plan_make(struct up_plan **out, const struct up_config *c, const char *target,
                 struct up_store *store, const struct up_float *mode, struct up_err *err)
{
    return up_plan_reach(out, c, target, store, mode, NULL, err);
}

int up_plan_reach(struct up_plan **out, const struct up_config *c, const char *target,
                  struct up_store *store, const struct up_float *mode,
                  const struct up_reach *reach, struct up_err *err)
{
    struct up_graph *g = NULL;
    *out = NULL;
    int rc = up_graph_make(&g, c, target, err);
    if (rc)
        return rc;
    struct up_plan *plan = up_alloc(sizeof *plan);
    struct planner p = {
        .plan = plan, .c = c, .g = g, .store = store, .mode = mode, .reach = reach, .err = err};
    plan->nodes = UP_NEW(&plan->arena, g->n, struct up_plan_node);
    for (; !rc && plan->n < g->n; plan->n++)
        rc = plan_node(&p, plan->n);
    for (size_t i = 0; !rc && i < plan->n; i++) {
        plan->cached += plan->nodes[i].state == UP_NODE_CACHED;
        plan->run += plan->nodes[i].state == UP_NODE_RUN;
        plan->pending += plan->nodes[i].state == UP_NODE_PENDING;
        plan->remote += plan->nodes[i].state == UP_NODE_REMOTE;
    }
    up_history_release(&p.history);
    up_graph_free(g);
    if (rc)
        up_plan_free(plan);
    else
        *out = plan;
    return rc;
}

void up_plan_free(struct up_plan *p)
{
    if (!p)
        return;
    up_arena_release(&p->arena);
    free(p);
}

const struct up_plan_node *up_plan_find(const struct up_plan *p, const char *stage)
{
    for (size_t i = 0; i < p->n; i++)
        if (!strcmp(p->nodes[i].stage->name, stage))
            return &p->nodes[i];
    return NULL;
}
