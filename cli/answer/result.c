#include "cli/answer/result.h"
#include "cli/answer/document_json.h"
#include "cli/answer/outdir.h"
#include "store/store.h"
#include <string.h>

/* The artifact of a node of the run; stays empty when the run has no such node. */
static int artifact(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                    const char *stage, struct up_err *err)
{
    const struct up_run_node *n = up_run_record_node(r, stage);
    if (!n || up_digest_zero(n->digest))
        return UP_OK;
    int rc = up_store_get(s, n->digest, out, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, UP_EIO,
                       "what %s of run %s made is gone from the store; run again to make it",
                       stage, r->id);
    return rc;
}

static int field_json(struct up_jw *w, struct up_view doc, const char *field,
                      struct up_err *err)
{
    struct up_cursor c;
    up_jw_key(w, field);
    if (!doc.len || up_doc_at(doc, field, &c, NULL)) {
        up_jw_null(w);
        return UP_OK;
    }
    return up_document_json(w, &c, err);
}

static int entry_json(struct up_jw *w, struct up_cursor *c, struct up_err *err)
{
    struct up_view key;
    size_t n, columns;
    int rc = up_cur_map(c, &n, err);
    up_jw_object(w);
    for (size_t i = 0; i < n && !rc; ++i) {
        if ((rc = up_cur_str(c, &key, err)))
            break;
        up_jw_keyn(w, (const char *)key.data, key.len);
        struct up_cursor peek = *c;
        bool none = up_view_equal(key, up_view_str("accuracy")) &&
                    !up_cur_map(&peek, &columns, NULL) && !columns;
        if (none) {
            *c = peek;
            up_jw_null(w);
        } else {
            rc = up_document_json(w, c, err);
        }
    }
    up_jw_end(w);
    return rc;
}

/* "best" of the report; without a benchmark the accuracy of an entry is null. */
static int best_json(struct up_jw *w, struct up_view doc, struct up_err *err)
{
    struct up_cursor c;
    size_t n = 0;
    int rc = UP_OK;
    up_jw_key(w, "best");
    up_jw_list(w);
    if (doc.len && !up_doc_at(doc, "best", &c, NULL))
        rc = up_cur_list(&c, &n, err);
    for (size_t i = 0; i < n && !rc; ++i)
        rc = entry_json(w, &c, err);
    up_jw_end(w);
    return rc;
}

int up_result_event(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                    struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_jw w;
    int rc = artifact(&doc, s, r, "report", err);

    if (rc)
        goto out;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", "result");
    up_jw_key_str(&w, "run", r->id);
    up_jw_key_int(&w, "executed", r->executed);
    up_jw_key_int(&w, "cached", r->cached);
    if ((rc = field_json(&w, up_buf_view(&doc), "tau_unused", err)) ||
        (rc = field_json(&w, up_buf_view(&doc), "tau_predicted", err)) ||
        (rc = best_json(&w, up_buf_view(&doc), err)))
        goto out;
    up_jw_end(&w);
    up_buf_puts(out, "\n");
out:
    up_buf_release(&doc);
    return rc;
}

int up_result_text(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                   struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_cursor c;
    struct up_view text;
    int rc = artifact(&doc, s, r, "report", err);

    if (!rc && doc.len && !(rc = up_doc_at(up_buf_view(&doc), "text", &c, err)) &&
        !(rc = up_cur_str(&c, &text, err)))
        up_buf_append(out, text.data, text.len);
    up_buf_release(&doc);
    return rc;
}

static int collect(struct up_outdir *o, struct up_cursor c, struct up_err *err)
{
    struct up_view key, bytes;
    size_t n;
    int rc = up_cur_map(&c, &n, err);

    for (size_t i = 0; i < n && !rc; ++i) {
        if ((rc = up_cur_str(&c, &key, err)) || (rc = up_cur_bin(&c, &bytes, err)))
            break;
        if (!up_outdir_name_ok(key) || up_outdir_holds(o, key))
            return up_fail(err, UP_EINVAL,
                           "an artifact carries a file whose name is no plain file name, or "
                           "that another one has; upnas verify says what else is wrong");
        up_outdir_add(o, key, bytes);
    }
    return rc;
}

static const char *const carriers[] = {"decode", "report"};

bool up_result_has_files(const struct up_run_record *r)
{
    return up_run_record_node(r, carriers[0]) || up_run_record_node(r, carriers[1]);
}

int up_result_files(const char *dir, struct up_buf *names, struct up_store *s,
                    const struct up_run_record *r, struct up_err *err)
{
    struct up_buf doc[2] = {UP_BUF_INIT, UP_BUF_INIT};
    struct up_outdir o = {.names = names};
    struct up_cursor files;
    int rc = UP_OK;

    for (size_t i = 0; i < 2 && !rc; ++i) {
        rc = artifact(&doc[i], s, r, carriers[i], err);
        if (!rc && doc[i].len)
            rc = up_doc_at(up_buf_view(&doc[i]), "files", &files, err);
        if (!rc && doc[i].len)
            rc = collect(&o, files, err);
    }
    if (!rc)
        rc = up_outdir_switch(&o, dir, err);
    up_outdir_release(&o);
    for (size_t i = 0; i < 2; ++i)
        up_buf_release(&doc[i]);
    return rc;
}
