/* The page of a run, and the list of runs. */
#include "cli/page/found.h"
#include "cli/page/graph.h"
#include "cli/shared/workspace.h"
#include "store/store.h"
#include <string.h>

enum { RUNS = 200 };

static const char *command_text(struct up_arena *a, const struct up_run_record *r)
{
    const char *s = "";
    for (size_t i = 0; i < r->ncommand; ++i)
        s = up_arena_printf(a, "%s%s%s", s, i ? " " : "", r->command[i]);
    return s;
}

static const char *recorded(const struct up_run_record *r, const char *name)
{
    for (size_t i = 0; i < r->nprovenance; ++i)
        if (!strcmp(r->provenance[i].name, name))
            return r->provenance[i].value;
    return "?";
}

static void badge(struct up_page *p, const char *status)
{
    up_html_leaf(&p->h, "span", status, "class", up_arena_printf(&p->arena, "badge %s", status),
                 NULL);
}

static void about(struct up_page *p)
{
    const struct up_run_record *r = p->run;
    struct up_html *h = &p->h;
    char took[24];
    up_html_open(h, "p", NULL);
    badge(p, r->status);
    up_html_textf(h, " started %.10s %.8s UTC, took %s: %lld executed, %lld cached", r->started,
                  strlen(r->started) > 18 ? r->started + 11 : "",
                  up_time_text(took, r->seconds), (long long)r->executed, (long long)r->cached);
    up_html_close(h);
    if (r->error)
        up_html_leaf(h, "p", r->error, NULL);
    up_html_open(h, "p", NULL);
    up_html_leaf(h, "code", command_text(&p->arena, r), NULL);
    up_html_close(h);
    up_html_leaf(h, "p",
                 up_arena_printf(&p->arena, "By %s on %s: %s; %s; %s; upnas %s.",
                                 recorded(r, "user"), recorded(r, "host"), recorded(r, "cpu"),
                                 recorded(r, "compiler"), recorded(r, "blas"),
                                 recorded(r, "upnas")),
                 "class", "soft", NULL);
}

static void graph(struct up_page *p)
{
    struct up_html *h = &p->h;
    up_page_section(p, "graph", "What was computed, and what was there");
    up_html_open(h, "div", "class", "wide", "tabindex", "0", NULL);
    bool drawn = up_page_graph(h, p->run, &p->arena);
    up_html_close(h);
    up_html_open(h, "details", "class", "more", "open", drawn ? NULL : "open", NULL);
    up_html_leaf(h, "summary", "Why each node ran or did not", NULL);
    up_html_open(h, "div", "class", "wide", NULL);
    up_html_open(h, "table", NULL);
    up_html_open(h, "tbody", NULL);
    for (size_t i = 0; i < p->run->nnodes; ++i) {
        const struct up_run_node *n = &p->run->nodes[i];
        char took[24];
        up_html_open(h, "tr", NULL);
        up_html_leaf(h, "th", n->stage, "scope", "row", NULL);
        up_html_open(h, "td", NULL);
        badge(p, up_done_name(n->status));
        up_html_close(h);
        up_html_leaf(h, "td", n->status == UP_DONE_RAN ? up_time_text(took, n->seconds) : "",
                     "class", "n", NULL);
        up_html_leaf(h, "td", n->why, NULL);
        up_html_close(h);
    }
    for (int i = 0; i < 5; ++i)
        up_html_close(h); /* tbody, table, div, details, section */
}

static void settings(struct up_page *p)
{
    const struct up_run_record *r = p->run;
    struct up_html *h = &p->h;
    up_page_section(p, "settings", "Settings");
    for (int given = 1; given >= 0; --given) {
        up_html_open(h, given ? "div" : "details", "class", given ? NULL : "more", NULL);
        if (!given)
            up_html_leaf(h, "summary", "Those at their defaults", NULL);
        up_html_open(h, "div", "class", "wide", NULL);
        up_html_open(h, "table", NULL);
        up_html_open(h, "tbody", NULL);
        for (size_t i = 0; i < r->nconfig; ++i) {
            bool is_default = !strcmp(r->config[i].origin, "default");
            if (is_default == (given == 1))
                continue;
            up_html_open(h, "tr", NULL);
            up_html_leaf(h, "th", r->config[i].name, "scope", "row", NULL);
            up_html_open(h, "td", NULL);
            up_html_leaf(h, "code", r->config[i].value, NULL);
            up_html_close(h);
            up_html_leaf(h, "td", r->config[i].origin, NULL);
            up_html_close(h);
        }
        for (int i = 0; i < 4; ++i)
            up_html_close(h);
    }
    up_html_close(h);
}

/* The bytes of a node's artifact; empty, and a sentence in the page, when they are gone. */
static void artifact(struct up_page *p, const char *stage, struct up_buf *out)
{
    const struct up_run_node *n = up_run_record_node(p->run, stage);
    struct up_err err = {0};
    if (!n || up_digest_zero(n->digest) || !up_store_get(p->store, n->digest, out, &err))
        return;
    up_buf_clear(out);
    up_html_leaf(&p->h, "p",
                 up_arena_printf(&p->arena,
                                 "What %s made is not in this store any more; the same run "
                                 "again makes it. (%s)",
                                 stage, err.msg[0] ? err.msg : "no such object"),
                 "class", "soft", NULL);
}

static int result(struct up_page *p, struct up_err *err)
{
    struct up_buf decode = UP_BUF_INIT, report = UP_BUF_INIT;
    artifact(p, "decode", &decode);
    artifact(p, "report", &report);
    int rc = up_page_found(p, up_buf_view(&decode), err);
    if (!rc) {
        graph(p);
        up_page_evidence(p, up_buf_view(&report));
    }
    up_buf_release(&decode);
    up_buf_release(&report);
    return rc;
}

static int provenance(struct up_page *p, struct up_err *err)
{
    struct up_lineage *l = NULL;
    int rc = up_lineage_of_run(&l, p->store, p->run, err);
    if (rc)
        return rc;
    up_page_section(p, "provenance", "Where it all comes from");
    up_html_leaf(&p->h, "p",
                 "One entry for each artifact: what it was made from, by which version, on "
                 "which machine, by whom and when.",
                 "class", "soft", NULL);
    for (size_t i = 0; i < l->n; ++i)
        up_page_ancestor(p, l, i, false);
    if (!l->n)
        up_html_leaf(&p->h, "p", "This run made nothing.", NULL);
    up_html_close(&p->h);
    up_lineage_free(l);
    return UP_OK;
}

int up_page_run(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                bool served, struct up_err *err)
{
    struct up_page p = {.store = s, .run = r, .served = served};
    up_page_begin(&p, out, up_arena_printf(&p.arena, "Run %s", r->id));
    about(&p);
    if (served)
        up_page_ask(&p, NULL);
    int rc = result(&p, err);
    if (!rc)
        rc = provenance(&p, err);
    if (rc) {
        up_arena_release(&p.arena);
        return up_fail_in(err, rc, "run %s", r->id);
    }
    settings(&p);
    up_page_end(&p);
    return UP_OK;
}

/* ---- the list ---- */

struct list {
    struct up_page *p;
    size_t n;
};

static int list_row(void *ctx, const struct up_run_record *r)
{
    struct list *l = ctx;
    struct up_html *h = &l->p->h;
    struct up_arena a = UP_ARENA_INIT;
    char took[24];
    up_html_open(h, "tr", NULL);
    up_html_open(h, "th", "scope", "row", "class", "mono", NULL);
    up_html_leaf(h, "a", r->id, "href", up_arena_printf(&a, "/run/%s", up_url_part(&a, r->id)),
                 NULL);
    up_html_close(h);
    up_html_open(h, "td", NULL);
    badge(l->p, r->status);
    up_html_close(h);
    up_html_leaf(h, "td", up_arena_printf(&a, "%lld", (long long)r->executed), "class", "n",
                 NULL);
    up_html_leaf(h, "td", up_arena_printf(&a, "%lld", (long long)r->cached), "class", "n",
                 NULL);
    up_html_leaf(h, "td", up_time_text(took, r->seconds), "class", "n", NULL);
    up_html_leaf(h, "td", recorded(r, "user"), NULL);
    up_html_open(h, "td", NULL);
    up_html_leaf(h, "code", command_text(&a, r), NULL);
    up_html_close(h);
    up_html_close(h);
    up_arena_release(&a);
    return ++l->n >= RUNS;
}

static const struct {
    const char *name, *class;
} run_columns[] = {{"run", NULL}, {"ended", NULL}, {"executed", "n"}, {"cached", "n"},
                   {"took", "n"}, {"by", NULL},    {"command", NULL}};

int up_page_runs(struct up_buf *out, struct up_store *s, const char *dir, struct up_err *err)
{
    struct up_page p = {.store = s, .served = true};
    struct list l = {&p, 0};
    struct up_html *h = &p.h;
    up_page_begin(&p, out, up_arena_printf(&p.arena, "Runs in %s", dir));
    up_html_open(h, "section", NULL);
    up_html_open(h, "div", "class", "wide", NULL);
    up_html_open(h, "table", NULL);
    up_html_open(h, "thead", NULL);
    up_html_open(h, "tr", NULL);
    for (size_t i = 0; i < sizeof run_columns / sizeof *run_columns; ++i)
        up_html_leaf(h, "th", run_columns[i].name, "scope", "col", "class",
                     run_columns[i].class, NULL);
    up_html_close(h);
    up_html_close(h);
    up_html_open(h, "tbody", NULL);
    int rc = up_runs_walk(s, list_row, &l, err);
    for (int i = 0; i < 3; ++i)
        up_html_close(h);
    if (!l.n)
        up_html_leaf(h, "p", "No runs yet: upnas run CONFIG makes one.", NULL);
    if (l.n >= RUNS)
        up_html_leaf(h, "p", "The newest 200; 'upnas log --limit N' lists more.", "class",
                     "soft", NULL);
    up_html_close(h);
    up_page_end(&p);
    return rc;
}
