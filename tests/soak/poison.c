/* links: up_dag
 * poison FROM TO TEXT: puts the newest run of store FROM into store TO with TEXT behind every
 * text that is in it: settings, reasons, users, hosts, files, commands, its id, and the strings
 * of its artifacts. Digests fit, as in a store that somebody made to be imported. */
#include "dag/record/record.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

/* Words that the program looks for; with anything behind them the records could not be read. */
static const char *const kept[] = {"schema", "stage", "status", "mode", "inputs", "id", NULL};
/* Maps whose keys are texts from outside as well. */
static const char *const keyed[] = {"params", "provenance", "config", NULL};

static bool among(const char *const *list, struct up_view key)
{
    for (; *list; ++list)
        if (up_view_equal(up_view_str(*list), key))
            return true;
    return false;
}

static void text(struct up_buf *out, struct up_view v, const char *tail)
{
    struct up_buf b = UP_BUF_INIT;
    up_buf_append(&b, v.data, v.len);
    up_buf_puts(&b, tail);
    up_pack_strn(out, (const char *)b.data, b.len);
    up_buf_release(&b);
}

/* One value with the tail behind its texts; keys: behind the keys of this map too. */
static void value(struct up_buf *out, struct up_cursor *c, const char *tail, bool keys)
{
    struct up_view key, v;
    struct up_array a;
    size_t n = 0;
    switch (up_cur_peek(c)) {
    case UP_T_STR:
        UP_CHECK(!up_cur_str(c, &v, NULL));
        text(out, v, tail);
        break;
    case UP_T_ARRAY:
        UP_CHECK(!up_cur_array(c, &a, NULL));
        up_pack_array(out, a.type, a.data, a.ndim, a.dims);
        break;
    case UP_T_LIST:
        UP_CHECK(!up_cur_list(c, &n, NULL));
        up_pack_list(out, n);
        for (size_t i = 0; i < n; ++i)
            value(out, c, tail, false);
        break;
    case UP_T_MAP:
        UP_CHECK(!up_cur_map(c, &n, NULL));
        up_pack_map(out, n);
        for (size_t i = 0; i < n; ++i) {
            UP_CHECK(!up_cur_str(c, &key, NULL));
            text(out, key, keys ? tail : "");
            value(out, c, among(kept, key) ? "" : tail, among(keyed, key));
        }
        break;
    default:
        UP_CHECK(!up_cur_raw(c, &v, NULL));
        up_pack_raw(out, v);
    }
}

static struct up_view poisoned(struct up_buf *out, struct up_view doc, const char *tail)
{
    struct up_cursor c = up_cursor_of(doc);
    up_buf_clear(out);
    value(out, &c, tail, false);
    return up_buf_view(out);
}

struct job {
    struct up_store *from, *to;
    const char *tail;
    struct up_buf doc, bytes, key;
    struct up_arena arena;
};

static int node(struct job *j, struct up_run_node *n, struct up_err *err)
{
    struct up_result r;
    int rc;
    if (up_digest_zero(n->digest))
        return UP_OK;
    up_buf_clear(&j->doc);
    if ((rc = up_store_get(j->from, n->digest, &j->doc, err)))
        return rc;
    struct up_view bytes = poisoned(&j->bytes, up_buf_view(&j->doc), j->tail);
    struct up_sha256 sha;
    if ((rc = up_store_put(j->to, bytes, &n->digest, &sha, err)))
        return rc;
    up_buf_clear(&j->doc);
    if ((rc = up_store_result_get(j->from, n->key_doc, &j->doc, err)) ||
        (rc = up_result_unpack(&r, &j->arena, up_buf_view(&j->doc), err)))
        return rc;
    n->size = bytes.len;
    r.digest = n->digest;
    r.sha256 = sha;
    r.size = n->size;
    struct up_buf record = UP_BUF_INIT;
    up_result_pack(&record, &r);
    struct up_view key = poisoned(&j->key, n->key_doc, j->tail);
    n->key = up_digest_of(key.data, key.len);
    n->key_doc.data =
        (const uint8_t *)up_arena_strndup(&j->arena, (const char *)key.data, key.len);
    n->key_doc.len = key.len;
    rc = up_store_result_put(j->to, n->key_doc,
                             poisoned(&j->bytes, up_buf_view(&record), j->tail), err);
    up_buf_release(&record);
    return rc;
}

static int run(struct job *j, struct up_run_record *r, struct up_err *err)
{
    struct up_buf plain = UP_BUF_INIT;
    int rc = UP_OK;
    for (size_t i = 0; i < r->nnodes && !rc; ++i)
        rc = node(j, &r->nodes[i], err);
    r->status = "failed"; /* so that it has a reason */
    r->error = "it failed";
    r->id = up_arena_printf(&j->arena, "%s%.32s", r->id, j->tail); /* ids have an end */
    up_run_record_pack(&plain, r);
    if (!rc)
        rc = up_store_run_put(j->to, r->id, poisoned(&j->bytes, up_buf_view(&plain), j->tail),
                              err);
    if (!rc)
        rc = up_store_pin_put(j->to, up_arena_printf(&j->arena, "pin%s", j->tail),
                              up_arena_printf(&j->arena, "run %s", r->id), err);
    up_buf_release(&plain);
    return rc;
}

int main(int argc, char **argv)
{
    struct up_err err = {""};
    struct up_store_opts read = {.read_only = true}, make = {.create = true};
    struct up_run_record *r = NULL;
    if (argc != 4)
        return fprintf(stderr, "usage: %s FROM TO TEXT\n", argv[0]) < 0 ? 1 : 2;
    struct job j = {.tail = argv[3]};
    int rc = up_store_open(&j.from, argv[1], &read, &err);
    if (!rc)
        rc = up_store_open(&j.to, argv[2], &make, &err);
    if (!rc && !(rc = up_run_find(j.from, "last", &r, &err)))
        rc = run(&j, r, &err);
    up_run_record_free(r);
    up_store_close(j.from);
    up_store_close(j.to);
    up_buf_release(&j.doc);
    up_buf_release(&j.bytes);
    up_buf_release(&j.key);
    up_arena_release(&j.arena);
    if (rc)
        fprintf(stderr, "%s\n", err.msg);
    return rc != 0;
}
