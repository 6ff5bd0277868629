#include "dag/plan/graph.h"

#include <stdlib.h>
#include <string.h>

static const struct up_stage *stage_named(const struct up_config *c, const char *name)
{
    for (size_t i = 0; c->stages[i]; i++)
        if (!strcmp(c->stages[i]->name, name))
            return c->stages[i];
    up_bug(name, 0, "an input names a stage that is not in the table");
}

int up_graph_find(const struct up_graph *g, const char *stage)
{
    for (size_t i = 0; i < g->n; i++)
        if (!strcmp(g->nodes[i].stage->name, stage))
            return (int)i;
    return UP_NO_NODE;
}

/* Adds the stage after everything it reads. `open` is the chain of stages being
 * added, to notice a cycle. */
struct chain {
    const struct up_stage *stage;
    const struct chain *up;
};

static int add(struct up_graph *g, const struct up_config *c, const struct chain *open,
               struct up_err *err)
{
    const struct up_stage *s = open->stage;
    for (const struct chain *k = open->up; k; k = k->up)
        if (k->stage == s)
            up_bug(s->name, 0, "a stage reads itself, over one or more others");
    if (up_graph_find(g, s->name) != UP_NO_NODE)
        return UP_OK;
    size_t n = 0;
    while (s->inputs && s->inputs[n].stage)
        n++;
    int *inputs = UP_NEW(&g->arena, n, int);
    for (size_t i = 0; i < n; i++) {
        const struct up_stage_input *in = &s->inputs[i];
        inputs[i] = UP_NO_NODE;
        if (!up_when_holds(c, in->when))
            continue;
        struct chain below = {stage_named(c, in->stage), open};
        if (!up_when_holds(c, below.stage->when)) {
            if (!in->when)
                continue;
            return up_fail(err, UP_EUSAGE,
                           "%s reads %s because %s, but %s is only there with %s: set that",
                           s->name, in->stage, in->when, in->stage, below.stage->when);
        }
        int rc = add(g, c, &below, err);
        if (rc)
            return rc;
        inputs[i] = up_graph_find(g, in->stage);
    }
    g->nodes[g->n++] = (struct up_node){.stage = s, .inputs = inputs, .ninputs = n};
    return UP_OK;
}

/* Whether some node is made: all of the configuration, or the target alone. */
static bool wanted(const struct up_config *c, const struct up_stage *s, const char *target)
{
    return (!target || !strcmp(s->name, target)) && up_when_holds(c, s->when);
}

static int no_target(const struct up_config *c, const char *target, struct up_err *err)
{
    struct up_buf have = UP_BUF_INIT;
    for (size_t i = 0; c->stages[i]; i++)
        if (wanted(c, c->stages[i], NULL))
            up_buf_printf(&have, "%s%s", have.len ? ", " : "", c->stages[i]->name);
    int rc = up_fail(err, UP_EUSAGE, "this config has no node '%.80s'; it has: %s", target,
                     up_buf_str(&have));
    up_buf_release(&have);
    return rc;
}

int up_graph_make(struct up_graph **out, const struct up_config *c, const char *target,
                  struct up_err *err)
{
    size_t n = 0;
    while (c->stages[n])
        n++;
    struct up_graph *g = up_alloc(sizeof *g);
    g->nodes = UP_NEW(&g->arena, n, struct up_node);
    int rc = UP_OK;
    for (size_t i = 0; !rc && i < n; i++) {
        struct chain open = {c->stages[i], NULL};
        if (wanted(c, c->stages[i], target))
            rc = add(g, c, &open, err);
    }
    if (!rc && !g->n && target)
        rc = no_target(c, target, err);
    for (size_t i = 0; !rc && i < g->n; i++)
        if (g->nodes[i].stage->check)
            rc = g->nodes[i].stage->check(c, err);
    if (rc) {
        up_graph_free(g);
        g = NULL;
    }
    *out = g;
    return rc;
}

void up_graph_free(struct up_graph *g)
{
    if (!g)
        return;
    up_arena_release(&g->arena);
    free(g);
}
