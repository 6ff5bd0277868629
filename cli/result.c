#include "cli/result.h"
#include "cli/doc.h"
#include "cli/io.h"
#include "store/store.h"
#include <string.h>

/* The artifact of a node of the run; UP_ENOTFOUND when the run has none. */
static int artifact(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                    const char *stage, struct up_err *err)
{
    const struct up_run_node *n = up_run_record_node(r, stage);
    if (!n || up_digest_zero(n->digest))
        return up_fail(err, UP_ENOTFOUND, "run %s has no %s", r->id, stage);
    return up_store_get(s, n->digest, out, err);
}

static int field_json(struct up_jw *w, struct up_view doc, const char *field,
                      const char *absent, struct up_err *err)
{
    struct up_cursor c;
    up_jw_key(w, field);
    if (!doc.len || up_doc_at(doc, field, &c, NULL)) {
        up_jw_raw(w, absent);
        return UP_OK;
    }
    return up_doc_json(w, &c, err);
}

int up_result_event(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                    struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_jw w;
    int rc = artifact(&doc, s, r, "report", err);

    if (rc && rc != UP_ENOTFOUND)
        goto out;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", "result");
    up_jw_key_str(&w, "run", r->id);
    up_jw_key_int(&w, "executed", r->executed);
    up_jw_key_int(&w, "cached", r->cached);
    if ((rc = field_json(&w, up_buf_view(&doc), "tau_unused", "null", err)) ||
        (rc = field_json(&w, up_buf_view(&doc), "tau_predicted", "null", err)) ||
        (rc = field_json(&w, up_buf_view(&doc), "best", "[]", err)))
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

    if (!rc && !(rc = up_doc_at(up_buf_view(&doc), "text", &c, err)) &&
        !(rc = up_cur_str(&c, &text, err)))
        up_buf_append(out, text.data, text.len);
    up_buf_release(&doc);
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

/* A name from a stored document becomes a file name only if it is a plain one. */
static bool plain_name(struct up_view v)
{
    return v.len && v.len < 200 && v.data[0] != '.' && !memchr(v.data, '/', v.len) &&
           !memchr(v.data, '\0', v.len);
}

static bool same_file(const char *dir, const char *name, struct up_view bytes)
{
    struct up_buf path = UP_BUF_INIT, have = UP_BUF_INIT;
    bool same;
    up_buf_printf(&path, "%s/%s", dir, name);
    same = !up_file_read(&have, up_buf_str(&path), NULL) &&
           up_view_equal(up_buf_view(&have), bytes);
    up_buf_release(&path);
    up_buf_release(&have);
    return same;
}

static int write_files(const char *dir, struct up_buf *names, struct up_cursor c,
                       struct up_err *err)
{
    struct up_view key, bytes;
    char name[256];
    size_t n;
    int rc = up_cur_map(&c, &n, err);

    for (size_t i = 0; i < n && !rc; ++i) {
        if ((rc = up_cur_str(&c, &key, err)) || (rc = up_cur_bin(&c, &bytes, err)))
            break;
        if (!plain_name(key))
            return up_fail(err, UP_EINVAL,
                           "an artifact carries a file whose name is no plain file name");
        memcpy(name, key.data, key.len);
        name[key.len] = '\0';
        if (!same_file(dir, name, bytes))
            rc = up_file_write(dir, name, bytes, err);
        up_buf_printf(names, "%s\n", name);
    }
    return rc;
}

int up_result_files(const char *dir, struct up_buf *names, struct up_store *s,
                    const struct up_run_record *r, struct up_err *err)
{
    static const char *const carriers[] = {"decode", "report"};
    struct up_buf doc = UP_BUF_INIT;
    struct up_cursor files;
    int rc = UP_OK;

    for (size_t i = 0; i < sizeof carriers / sizeof *carriers && !rc; ++i) {
        up_buf_clear(&doc);
        rc = artifact(&doc, s, r, carriers[i], err);
        if (!rc)
            rc = up_doc_at(up_buf_view(&doc), "files", &files, err);
        if (!rc)
            rc = write_files(dir, names, files, err);
        else if (rc == UP_ENOTFOUND)
            rc = UP_OK;
    }
    up_buf_release(&doc);
    return rc;
}
