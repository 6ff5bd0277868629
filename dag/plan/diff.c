#include "dag/plan/diff.h"

#include <stdlib.h>
#include <string.h>

#include "dag/plan/key.h"
#include "store/base/pack.h"

/* ---- configurations: both sorted by name ---- */

static void diff_config(struct up_diff *d, const struct up_run_record *a,
                        const struct up_run_record *b)
{
    d->config = UP_NEW(&d->arena, a->nconfig + b->nconfig, struct up_diff_config);
    size_t i = 0, k = 0;
    while (i < a->nconfig || k < b->nconfig) {
        int o = i == a->nconfig   ? 1
                : k == b->nconfig ? -1
                                  : strcmp(a->config[i].name, b->config[k].name);
        struct up_diff_config c = {.name = o <= 0 ? a->config[i].name : b->config[k].name};
        if (o <= 0)
            c.a = a->config[i++].value;
        if (o >= 0)
            c.b = b->config[k++].value;
        if (c.a && c.b && !strcmp(c.a, c.b))
            continue;
        c.name = up_arena_strdup(&d->arena, c.name);
        c.a = c.a ? up_arena_strdup(&d->arena, c.a) : NULL;
        c.b = c.b ? up_arena_strdup(&d->arena, c.b) : NULL;
        d->config[d->nconfig++] = c;
    }
}

/* ---- nodes ---- */

static const struct up_diff_node *node_of(const struct up_diff *d, const char *stage)
{
    for (size_t i = 0; i < d->nnodes; i++)
        if (!strcmp(d->nodes[i].stage, stage))
            return &d->nodes[i];
    return NULL;
}

/* Inputs stand before their readers, so the nodes asked about are done. */
static bool is_root(const struct up_diff *d, const struct up_diff_node *n)
{
    if (n->in_a != n->in_b || (!n->key_differs && n->output_differs))
        return true;
    for (size_t i = 0; i < n->nreasons; i++) {
        const char *field = n->reasons[i].field;
        const struct up_diff_node *in =
            strncmp(field, "input ", 6) != 0 ? NULL : node_of(d, field + 6);
        if (!in || (in->in_a == in->in_b && !in->output_differs))
            return true;
    }
    return false;
}

static void add_cause(const char **list, size_t *n, const char *stage)
{
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(list[i], stage))
            return;
    list[(*n)++] = stage;
}

/* Through every input whose bytes differ; what lies behind those is known already. */
static void find_causes(struct up_diff *d, struct up_diff_node *n)
{
    const char **list = UP_NEW(&d->arena, d->nnodes, const char *);
    for (size_t i = 0; i < n->nreasons; i++) {
        const char *field = n->reasons[i].field;
        const struct up_diff_node *in =
            strncmp(field, "input ", 6) != 0 ? NULL : node_of(d, field + 6);
        if (!in)
            continue;
        if (in->root)
            add_cause(list, &n->nbecause, in->stage);
        for (size_t k = 0; k < in->nbecause; k++)
            add_cause(list, &n->nbecause, in->because[k]);
    }
    n->because = list;
}

static void diff_node(struct up_diff *d, const char *stage, const struct up_run_record *a,
                      const struct up_run_record *b)
{
    const struct up_run_node *x = up_run_record_node(a, stage),
                             *y = up_run_record_node(b, stage);
    struct up_diff_node n = {.stage = up_arena_strdup(&d->arena, stage), .in_a = x, .in_b = y};
    if (x)
        n.a = x->digest;
    if (y)
        n.b = y->digest;
    if (x && y) {
        bool both = x->has_key && y->has_key;
        n.output_differs = !up_digest_equal(x->digest, y->digest);
        n.key_differs = both && !up_digest_equal(x->key, y->key);
        if (n.key_differs)
            n.nreasons = up_key_diff(x->key_doc, y->key_doc, stage, y->inputs, y->ninputs,
                                     &d->arena, &n.reasons);
        n.root = both && is_root(d, &n);
        find_causes(d, &n);
    } else {
        n.root = true;
    }
    d->nodes[d->nnodes++] = n;
}

struct up_diff *up_diff_make(const struct up_run_record *a, const struct up_run_record *b)
{
    struct up_diff *d = up_alloc(sizeof *d);
    diff_config(d, a, b);
    d->nodes = UP_NEW(&d->arena, a->nnodes + b->nnodes, struct up_diff_node);
    size_t k = 0;
    for (size_t i = 0; i < a->nnodes; i++) { /* both are in table order: merge */
        if (up_run_record_node(b, a->nodes[i].stage))
            for (; k < b->nnodes && strcmp(b->nodes[k].stage, a->nodes[i].stage) != 0; k++)
                if (!up_run_record_node(a, b->nodes[k].stage))
                    diff_node(d, b->nodes[k].stage, a, b);
        diff_node(d, a->nodes[i].stage, a, b);
    }
    for (k = 0; k < b->nnodes; k++)
        if (!node_of(d, b->nodes[k].stage))
            diff_node(d, b->nodes[k].stage, a, b);
    return d;
}

void up_diff_free(struct up_diff *d)
{
    if (!d)
        return;
    up_arena_release(&d->arena);
    free(d);
}
