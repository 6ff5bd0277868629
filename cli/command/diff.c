/* upnas diff: how two runs differ, and where the difference starts. */
#include "dag/plan/diff.h"
#include "cli/answer/results_diff.h"
#include "cli/shared/workspace.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <string.h>

enum { LEAVES = 12 };

static const char *or_absent(const char *s) { return s ? s : "(absent)"; }

static void leaf_text(void *ctx, const char *path, const char *a, const char *b)
{
    up_say(ctx, "    %s: %s -> %s\n", path, or_absent(a), or_absent(b));
}

static void leaf_json(void *ctx, const char *path, const char *a, const char *b)
{
    struct up_jw *w = ctx;
    up_jw_object(w);
    up_jw_key_str(w, "path", path);
    up_jw_key_str(w, "a", a);
    up_jw_key_str(w, "b", b);
    up_jw_end(w);
}

/* The leaves that differ; documents that are gone say nothing. */
static void leaves(struct up_store *s, const struct up_diff_node *n, up_leaf_visit *visit,
                   void *ctx)
{
    struct up_buf a = UP_BUF_INIT, b = UP_BUF_INIT;
    if (!up_store_get(s, n->a, &a, NULL) && !up_store_get(s, n->b, &b, NULL))
        up_docs_diff(up_buf_view(&a), up_buf_view(&b), LEAVES, visit, ctx);
    up_buf_release(&a);
    up_buf_release(&b);
}

static bool both(const struct up_diff_node *n)
{
    return n->output_differs && !up_digest_zero(n->a) && !up_digest_zero(n->b);
}

struct runs {
    struct up_store *store;
    const struct up_run_record *a, *b;
    const struct up_diff *d;
};

/* "search     other result, because of lambda" */
static void node_line(struct up_buf *out, const struct up_diff_node *n)
{
    up_say(out, "%-10s %s%s", n->stage,
           n->in_a != n->in_b  ? (n->in_a ? "only in the first run" : "only in the second run")
           : n->output_differs ? "other result"
                               : "other key, same result",
           n->root ? " (the difference starts here)" : "");
    for (size_t i = 0; i < n->nbecause; ++i)
        up_say(out, "%s %s",
               i         ? ","
               : n->root ? ", and because of"
                         : ", because of",
               n->because[i]);
    up_buf_puts(out, "\n");
}

struct columns {
    struct up_buf *out;
    const struct runs *r;
};

static void beside_text(void *ctx, const char *path, const char *a, const char *b)
{
    struct columns *c = ctx;
    bool same = a && b && !strcmp(a, b);
    if (c->r) /* the first row */
        up_say(c->out, "\n%-24s %-24s %s\n", "result", c->r->a->id, c->r->b->id);
    c->r = NULL;
    size_t n = strlen(path);
    if (n > 5 && !strcmp(path + n - 5, "/arch")) /* too long for a column */
        up_say(c->out, same ? "%-24s %s\n" : "%-24s %s\n%-24s %s\n", path, or_absent(a), "",
               or_absent(b));
    else
        up_say(c->out, "%-24s %-24s %s\n", path, or_absent(a), same ? "=" : or_absent(b));
}

static void as_text(struct up_buf *out, const struct runs *r)
{
    const struct up_diff *d = r->d;
    struct columns columns = {out, r};
    for (size_t i = 0; i < d->nconfig; ++i)
        up_say(out, "setting %s: %s -> %s\n", d->config[i].name, or_absent(d->config[i].a),
               or_absent(d->config[i].b));
    for (size_t i = 0; i < d->nnodes; ++i) {
        const struct up_diff_node *n = &d->nodes[i];
        if (!n->key_differs && !n->output_differs && n->in_a == n->in_b)
            continue;
        node_line(out, n);
        for (size_t k = 0; n->root && k < n->nreasons; ++k)
            up_say(out, "    %s: %s -> %s\n", n->reasons[k].field,
                   or_absent(n->reasons[k].before), or_absent(n->reasons[k].after));
        if (n->root)
            up_results_behind(r->store, r->a, r->b, n, leaf_text, out);
        if (n->root && both(n)) /* what follows from it, --json lists */
            leaves(r->store, n, leaf_text, out);
    }
    if (!out->len)
        up_buf_puts(out, "no difference\n");
    else
        up_results_side_by_side(r->store, r->a, r->b, beside_text, &columns);
}

static void node_json(struct up_jw *w, const struct runs *r, const struct up_diff_node *n)
{
    char hex[UP_DIGEST_HEX];
    up_jw_object(w);
    up_jw_key_str(w, "node", n->stage);
    up_jw_key_bool(w, "in_a", n->in_a);
    up_jw_key_bool(w, "in_b", n->in_b);
    up_jw_key_bool(w, "key_differs", n->key_differs);
    up_jw_key_bool(w, "output_differs", n->output_differs);
    up_jw_key_bool(w, "root", n->root);
    up_jw_key(w, "because");
    up_jw_list(w);
    for (size_t k = 0; k < n->nbecause; ++k)
        up_jw_str(w, n->because[k]);
    up_jw_end(w);
    up_jw_key_str(w, "a", up_digest_zero(n->a) ? NULL : up_digest_hex(n->a, hex));
    up_jw_key_str(w, "b", up_digest_zero(n->b) ? NULL : up_digest_hex(n->b, hex));
    up_jw_key(w, "reasons");
    up_jw_list(w);
    for (size_t k = 0; k < n->nreasons; ++k)
        leaf_json(w, n->reasons[k].field, n->reasons[k].before, n->reasons[k].after);
    if (n->root)
        up_results_behind(r->store, r->a, r->b, n, leaf_json, w);
    up_jw_end(w);
    up_jw_key(w, "values");
    up_jw_list(w);
    if (both(n))
        leaves(r->store, n, leaf_json, w);
    up_jw_end(w);
    up_jw_end(w);
}

static void as_json(struct up_buf *out, const struct runs *r)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "a", r->a->id);
    up_jw_key_str(&w, "b", r->b->id);
    up_jw_key(&w, "config");
    up_jw_list(&w);
    for (size_t i = 0; i < r->d->nconfig; ++i)
        leaf_json(&w, r->d->config[i].name, r->d->config[i].a, r->d->config[i].b);
    up_jw_end(&w);
    up_jw_key(&w, "nodes");
    up_jw_list(&w);
    for (size_t i = 0; i < r->d->nnodes; ++i)
        node_json(&w, r, &r->d->nodes[i]);
    up_jw_end(&w);
    up_jw_key(&w, "results");
    up_jw_list(&w);
    up_results_side_by_side(r->store, r->a, r->b, leaf_json, &w);
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), {0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_store *store = NULL;
    struct up_run_record *a = NULL, *b = NULL;
    struct up_diff *d = NULL;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 2, "", err)) ||
        (rc = up_cli_open_store(&store, &common, false, err)) ||
        (rc = up_task_run_find(store, rest.n ? rest.v[0] : "last~1", &a, err)) ||
        (rc = up_task_run_find(store, rest.n > 1 ? rest.v[1] : "last", &b, err)))
        goto out;
    d = up_diff_make(a, b);
    (common.json ? as_json : as_text)(&out, &(struct runs){store, a, b, d});
    rc = up_cli_print(&out, err);
out:
    up_diff_free(d);
    up_run_record_free(a);
    up_run_record_free(b);
    up_buf_release(&out);
    up_store_close(store);
    return rc;
}

const struct up_command up_command_diff = {
    "diff", "[RUN [RUN]]",
    "how two runs differ: settings, keys, results (default: last~1 and last)",
    "Says at which nodes the difference starts, in which setting, file, version or machine, "
    "and\n"
    "which results differ because of them; then what both found, side by side.",
    run};
