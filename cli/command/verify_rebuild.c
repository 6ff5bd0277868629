#include "cli/command/verify_rebuild.h"
#include "cli/shared/io.h"
#include "dag/run/run.h"
#include "cli/shared/say.h"
#include "cli/shared/provenance.h"
#include "store/base/arena.h"
#include "store/base/rng.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct copy {
    const struct up_plan *plan;
    const bool *chosen;
    struct up_store *from, *to;
    int rc;
    struct up_err *err;
};

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
    (void)s, (void)kind, (void)at;
    return remove(path);
}

/* Marks up to n of the cached nodes; returns how many there are. */
static size_t choose(bool *chosen, const struct up_plan *p, size_t n)
{
    uint32_t *order = up_alloc((p->n + 1) * sizeof *order);
    size_t cached = 0, taken = 0;
    struct up_rng r = up_rng_init((uint64_t)(up_clock() * 1e9), "rebuild");

    for (size_t i = 0; i < p->n; ++i)
        if (p->nodes[i].state == UP_NODE_CACHED)
            order[cached++] = (uint32_t)i;
    up_rng_shuffle(&r, order, cached);
    for (; taken < n && taken < cached; ++taken)
        chosen[order[taken]] = true;
    free(order);
    return taken;
}

static int copy_result(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct copy *c = ctx;
    struct up_buf bytes = UP_BUF_INIT;

    for (size_t i = 0; i < c->plan->n && !c->rc; ++i) {
        const struct up_plan_node *n = &c->plan->nodes[i];
        if (c->chosen[i] || n->state != UP_NODE_CACHED || name.len != sizeof n->key.b ||
            memcmp(name.data, n->key.b, name.len))
            continue;
        if (!(c->rc = up_store_get(c->from, n->output, &bytes, c->err)) &&
            !(c->rc = up_store_put(c->to, up_buf_view(&bytes), NULL, NULL, c->err)))
            c->rc = up_store_result_put(c->to, doc, value, c->err);
    }
    up_buf_release(&bytes);
    return c->rc;
}

static void compare(struct up_rebuilt *out, const struct up_plan *p, const bool *chosen,
                    const struct up_run_record *r)
{
    char took[24];
    for (size_t i = 0; i < p->n; ++i) {
        const struct up_run_node *n =
            chosen[i] ? up_run_record_node(r, p->nodes[i].stage->name) : NULL;
        if (!n)
            continue;
        bool same = up_digest_equal(n->digest, p->nodes[i].output);
        out->differ += !same;
        up_say(&out->report, "%-10s %s (%s)\n", n->stage, same ? "same bytes" : "OTHER BYTES",
               up_time_text(took, n->seconds));
    }
}

/* Whether the store has another's result under the key, and whose. */
static bool is_foreign(struct up_store *s, struct up_view key_doc, struct up_arena *a,
                       const char **whose)
{
    struct up_buf record = UP_BUF_INIT;
    struct up_result r;
    bool yes = up_store_result_get(s, key_doc, &record, NULL) == UP_OK &&
               up_result_unpack(&r, a, up_buf_view(&record), NULL) == UP_OK &&
               r.from != UP_CAME_HERE;
    if (yes)
        *whose = r.source;
    up_buf_release(&record);
    return yes;
}

static int adopt_one(struct up_rebuilt *out, const struct copy *c, const struct up_run_node *n,
                     struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf record = UP_BUF_INIT, bytes = UP_BUF_INIT;
    const char *whose;
    int rc = UP_OK;
    if (n->status == UP_DONE_RAN && is_foreign(c->from, n->key_doc, &a, &whose)) {
        rc = up_store_get(c->to, n->digest, &bytes, err);
        if (!rc)
            rc = up_store_result_get(c->to, n->key_doc, &record, err);
        if (!rc)
            rc = up_store_put(c->from, up_buf_view(&bytes), NULL, NULL, err);
        if (!rc)
            rc = up_store_result_put(c->from, n->key_doc, up_buf_view(&record), err);
        out->adopted += !rc;
        up_say(&out->report, "%-10s this store's own now (it was: %s)\n", n->stage, whose);
    }
    up_buf_release(&record);
    up_buf_release(&bytes);
    up_arena_release(&a);
    return rc;
}

static int adopt(struct up_rebuilt *out, const struct copy *c, const struct up_run_record *r,
                 struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    int rc = UP_OK;
    for (size_t i = 0; i < r->nnodes && !rc; ++i)
        rc = adopt_one(out, c, &r->nodes[i], err);
    if (!rc && out->adopted && !(rc = up_store_run_get(c->to, r->id, &doc, err)))
        rc = up_store_run_put(c->from, r->id, up_buf_view(&doc), err);
    up_buf_release(&doc);
    return rc;
}

static int rebuild_in(struct up_rebuilt *out, const char *dir, struct up_task *t,
                      const struct up_plan *p, const bool *chosen, struct up_err *err)
{
    struct up_store_opts so = {.create = true, .allow_network_fs = true};
    struct up_provenance by;
    up_provenance_fill(&by);
    struct up_run_opts ro = {
        .threads = 1, .mode = t->mode, .provenance = by.pair, .nprovenance = by.n};
    struct up_run_record *r = NULL;
    struct copy c = {p, chosen, t->store, NULL, UP_OK, err};

    int rc = up_store_open(&c.to, dir, &so, err);
    if (!rc)
        rc = up_store_walk(t->store, UP_STORE_RESULT, false, copy_result, &c, err);
    if (!rc)
        rc = c.rc;
    if (!rc)
        rc = up_run_execute(&r, t->config, c.to, &ro, err);
    if (!rc) {
        compare(out, p, chosen, r);
        rc = adopt(out, &c, r, err);
    }
    up_run_record_free(r);
    up_store_close(c.to);
    return rc;
}

int up_rebuild(struct up_rebuilt *out, struct up_task *t, size_t n, struct up_err *err)
{
    const char *base = getenv("TMPDIR");
    struct up_buf dir = UP_BUF_INIT;
    struct up_plan *p = NULL;
    bool *chosen = NULL;

    int rc = up_plan_make(&p, t->config, NULL, t->store, &t->mode, err);
    if (rc)
        return rc;
    chosen = up_alloc(p->n + 1);
    out->n = choose(chosen, p, n);
    up_buf_printf(&dir, "%s/upnas-rebuild-XXXXXX", base && *base ? base : P_tmpdir);
    up_buf_str(&dir);
    if (!mkdtemp((char *)dir.data)) {
        rc = up_fail_errno(err, "cannot make the folder %s; set TMPDIR", (char *)dir.data);
        goto out;
    }
    rc = rebuild_in(out, (const char *)dir.data, t, p, chosen, err);
    nftw((const char *)dir.data, remove_one, 8, FTW_DEPTH | FTW_PHYS);
out:
    free(chosen);
    up_plan_free(p);
    up_buf_release(&dir);
    return rc;
}
