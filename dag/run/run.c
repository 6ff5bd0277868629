#include "dag/run/run.h"

#include <stdlib.h>
#include <string.h>

#include "dag/run/clock.h"
#include "dag/run/exec.h"
#include "dag/record/origin.h"
#include "store/store.h"

enum { VERIFY = 64 << 20, GLANCE = 16 << 20 }; /* bytes per run */

/* ---- the record ---- */

static const struct up_pair *copy_pairs(struct up_arena *a, const struct up_pair *p, size_t n)
{
    struct up_pair *out = UP_NEW(a, n, struct up_pair);
    for (size_t i = 0; i < n; i++)
        out[i] = (struct up_pair){up_arena_strdup(a, p[i].name),
                                  up_arena_strdup(a, p[i].value ? p[i].value : "")};
    return out;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct up_config_line *)a)->name,
                  ((const struct up_config_line *)b)->name);
}

static void copy_config(struct up_run_record *r, const struct up_config *c)
{
    struct up_arena *a = &r->arena;
    struct up_config_line *l = UP_NEW(a, c->n, struct up_config_line);
    struct up_buf text = UP_BUF_INIT;
    for (size_t i = 0; i < c->n; i++) {
        const struct up_entry *e = &c->entries[i];
        up_buf_clear(&text);
        up_value_text(&text, e->param, &e->value);
        l[i].name = up_arena_strdup(a, e->name);
        l[i].value = up_arena_strdup(a, up_buf_str(&text));
        up_buf_clear(&text);
        up_origin_text(&text, &e->origin);
        l[i].origin = up_arena_strdup(a, up_buf_str(&text));
    }
    up_buf_release(&text);
    qsort(l, c->n, sizeof *l, by_name);
    r->config = l;
    r->nconfig = c->n;
}

static struct up_run_record *begin(const struct up_config *c, const struct up_graph *g,
                                   const struct up_run_opts *o)
{
    struct up_run_record *r = up_alloc(sizeof *r);
    struct up_arena *a = &r->arena;
    r->id = up_clock_run_id(a);
    r->status = "unfinished";
    r->started = r->finished = up_clock_utc(a);
    r->mode = c->native ? "native" : "portable";
    r->provenance = copy_pairs(a, o->provenance, o->nprovenance);
    r->nprovenance = o->nprovenance;
    const char **command = UP_NEW(a, o->ncommand, const char *);
    for (size_t i = 0; i < o->ncommand; i++)
        command[i] = up_arena_strdup(a, o->command[i]);
    r->command = command;
    r->ncommand = o->ncommand;
    copy_config(r, c);
    r->nodes = UP_NEW(a, g->n, struct up_run_node);
    r->nnodes = g->n;
    for (size_t i = 0; i < g->n; i++)
        r->nodes[i] = (struct up_run_node){.stage = g->nodes[i].stage->name,
                                           .status = UP_DONE_NOT,
                                           .why = "",
                                           .inputs = up_node_inputs(&g->nodes[i], a),
                                           .ninputs = g->nodes[i].ninputs};
    return r;
}

static int save(struct up_store *s, const struct up_run_record *r, struct up_err *err)
{
    const struct up_whence here = {.from = UP_CAME_HERE};
    struct up_buf plain = UP_BUF_INIT, doc = UP_BUF_INIT;
    up_run_record_pack(&plain, r);
    int rc = up_whence_put(&doc, up_buf_view(&plain), &here, err);
    if (!rc)
        rc = up_store_run_put(s, r->id, up_buf_view(&doc), err);
    up_buf_release(&plain);
    up_buf_release(&doc);
    return rc;
}

/* Whoever is killed while a node executes leaves an "unfinished" run behind. */
static int checkpoint(struct up_exec *x, struct up_err *err)
{
    return save(x->store, x->record, err);
}

static void end(struct up_run_record *r, int rc, double seconds, const struct up_err *err)
{
    r->status = rc == UP_OK ? "ok" : rc == UP_ECANCELED ? "interrupted" : "failed";
    r->error = rc ? up_arena_strdup(&r->arena, err->msg) : NULL;
    r->finished = up_clock_utc(&r->arena);
    r->seconds = seconds;
    for (size_t i = 0; i < r->nnodes; i++)
        r->cached +=
            r->nodes[i].status == UP_DONE_CACHED || r->nodes[i].status == UP_DONE_CUTOFF;
}

/* ---- the run ---- */

static int read_sources(struct up_exec *x, struct up_err *err)
{
    int rc = UP_OK;
    for (size_t i = 0; !rc && i < x->g->n; i++)
        rc = up_sources_read(&x->slots[i].sources, x->c, x->g->nodes[i].stage,
                             &x->record->arena, err);
    return rc;
}

static void release(struct up_exec *x)
{
    for (size_t i = 0; i < x->g->n; i++) {
        up_sources_release(&x->slots[i].sources);
        up_look_release(&x->slots[i].look);
        up_buf_release(&x->slots[i].bytes);
    }
    up_history_release(&x->history);
    up_graph_free(x->g);
    free(x->slots);
    (void)pthread_mutex_destroy(&x->lock);
}

int up_run_execute(struct up_run_record **out, const struct up_config *c,
                   struct up_store *store, const struct up_run_opts *opts, struct up_err *err)
{
    struct up_exec x = {.c = c,
                        .store = store,
                        .opts = opts,
                        .reach = {opts->remotes, true},
                        .verify_left = opts->verify_bytes ? opts->verify_bytes : VERIFY,
                        .checkpoint = checkpoint};
    struct up_err local = {0}, *e = err ? err : &local;
    double t = up_clock_seconds();
    *out = NULL;
    int rc = up_graph_make(&x.g, c, opts->target, e);
    if (rc)
        return rc;
    UP_CHECK(!pthread_mutex_init(&x.lock, NULL));
    x.slots = up_alloc(x.g->n * sizeof *x.slots);
    x.record = begin(c, x.g, opts);
    rc = read_sources(&x, e);
    if (rc) { /* nothing began: a config to be mended, not a run. Sources lie in the record */
        release(&x);
        up_run_record_free(x.record);
        return rc;
    }
    rc = up_exec_all(&x, e);
    up_store_glance(store, GLANCE);
    end(x.record, rc, up_clock_seconds() - t, e);
    int saved = save(store, x.record, rc ? NULL : e);
    *out = x.record;
    release(&x);
    return rc ? rc : saved;
}
