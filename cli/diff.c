/* upnas diff: how two runs differ, and where the difference starts. */
#include "dag/diff.h"
#include "cli/task.h"
#include "stages/format/json_write.h"

enum { LEAVES = 12 };

static const char *or_absent(const char *s) { return s ? s : "(absent)"; }

static void leaf_text(void *ctx, const char *path, const char *a, const char *b)
{
    up_buf_printf(ctx, "    %s: %s -> %s\n", path, or_absent(a), or_absent(b));
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

static void as_text(struct up_buf *out, struct up_store *s, const struct up_diff *d)
{
    for (size_t i = 0; i < d->nconfig; ++i)
        up_buf_printf(out, "setting %s: %s -> %s\n", d->config[i].name,
                      or_absent(d->config[i].a), or_absent(d->config[i].b));
    for (size_t i = 0; i < d->nnodes; ++i) {
        const struct up_diff_node *n = &d->nodes[i];
        if (!n->key_differs && !n->output_differs && n->in_a == n->in_b)
            continue;
        up_buf_printf(out, "%-10s %s%s\n", n->stage,
                      n->in_a != n->in_b
                          ? (n->in_a ? "only in the first run" : "only in the second run")
                      : n->output_differs ? "other result"
                                          : "other key, same result",
                      n->root ? " (the difference starts here)" : "");
        for (size_t k = 0; n->root && k < n->nreasons; ++k)
            up_buf_printf(out, "    %s: %s -> %s\n", n->reasons[k].field,
                          or_absent(n->reasons[k].before), or_absent(n->reasons[k].after));
        if (both(n))
            leaves(s, n, leaf_text, out);
    }
    if (!out->len)
        up_buf_puts(out, "no difference\n");
}

static void node_json(struct up_jw *w, struct up_store *s, const struct up_diff_node *n)
{
    char hex[UP_DIGEST_HEX];
    up_jw_object(w);
    up_jw_key_str(w, "node", n->stage);
    up_jw_key_bool(w, "in_a", n->in_a);
    up_jw_key_bool(w, "in_b", n->in_b);
    up_jw_key_bool(w, "key_differs", n->key_differs);
    up_jw_key_bool(w, "output_differs", n->output_differs);
    up_jw_key_bool(w, "root", n->root);
    up_jw_key_str(w, "a", up_digest_zero(n->a) ? NULL : up_digest_hex(n->a, hex));
    up_jw_key_str(w, "b", up_digest_zero(n->b) ? NULL : up_digest_hex(n->b, hex));
    up_jw_key(w, "reasons");
    up_jw_list(w);
    for (size_t k = 0; k < n->nreasons; ++k)
        leaf_json(w, n->reasons[k].field, n->reasons[k].before, n->reasons[k].after);
    up_jw_end(w);
    up_jw_key(w, "values");
    up_jw_list(w);
    if (both(n))
        leaves(s, n, leaf_json, w);
    up_jw_end(w);
    up_jw_end(w);
}

static void as_json(struct up_buf *out, struct up_store *s, const struct up_diff *d)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key(&w, "config");
    up_jw_list(&w);
    for (size_t i = 0; i < d->nconfig; ++i)
        leaf_json(&w, d->config[i].name, d->config[i].a, d->config[i].b);
    up_jw_end(&w);
    up_jw_key(&w, "nodes");
    up_jw_list(&w);
    for (size_t i = 0; i < d->nnodes; ++i)
        node_json(&w, s, &d->nodes[i]);
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
        (rc = up_run_find(store, rest.n ? rest.v[0] : "last~1", &a, err)) ||
        (rc = up_run_find(store, rest.n > 1 ? rest.v[1] : "last", &b, err)))
        goto out;
    d = up_diff_make(a, b);
    (common.json ? as_json : as_text)(&out, store, d);
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
    "how two runs differ: settings, keys, results (default: last~1 and last)", NULL, run};
