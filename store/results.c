/* Records with a document for a key: results, memo; and runs, named by text. */
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/state.h"

#include <stdlib.h>

struct lookup {
    enum up_db db;
    struct up_view key, doc; /* doc.data NULL: any */
    struct up_buf *out;
    const char *why;  /* what is wrong with the record found */
    bool unreadable;  /* its checksum holds, but its value cannot be had */
    uint64_t written; /* its sequence */
};

static int find(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct lookup *l = ctx;
    struct up_view bytes;
    struct up_record r;
    int rc = up_txn_get(t, l->db, l->key, &bytes, err);
    if (rc != UP_OK)
        return rc;
    l->why = up_record_expect(bytes, l->db, l->key, &r);
    if (l->why)
        return UP_ECORRUPT;
    if (l->doc.data && !up_view_equal(r.doc, l->doc))
        return UP_ENOTFOUND; /* a collision of keys */
    l->written = r.seq;
    size_t before = l->out->len;
    if (up_record_value(&r, l->out, NULL) != UP_OK) {
        l->out->len = before;
        l->why = "its compressed value cannot be read";
        l->unreadable = true;
        return UP_ECORRUPT;
    }
    return UP_OK;
}

static int lookup(struct up_store *s, struct lookup *l, struct up_err *err)
{
    int rc = up_lmdb_read(s->lmdb, find, l, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, UP_ENOTFOUND, "the store %s has no such %s", s->dir,
                       l->db == UP_DB_RUNS ? "run" : "result");
    if (rc == UP_ECORRUPT && l->why) {
        (void)up_damage_aside(s, l->db, l->key, l->unreadable ? l->why : NULL);
        return up_fail(err, UP_ECORRUPT, "a record in the store %s is damaged: %s", s->dir,
                       l->why);
    }
    return rc;
}

struct up_digest up_run_name(struct up_view id)
{
    struct up_buf b = UP_BUF_INIT;
    up_buf_puts(&b, "run ");
    up_buf_append(&b, id.data, id.len);
    struct up_digest d = up_digest_of(b.data, b.len);
    up_buf_release(&b);
    return d;
}

struct item {
    struct up_digest digest; /* the key, unless it is text */
    struct up_view key;
    struct up_buf rec;
};

struct items {
    enum up_db db;
    struct item *item;
    size_t n;
};

static int put_items(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct items *b = ctx;
    int rc = UP_OK;
    for (size_t i = 0; rc == UP_OK && i < b->n; i++)
        rc = up_store_put_record(t, b->db, b->item[i].key, b->item[i].rec.data,
                                 b->item[i].rec.len, err);
    return rc;
}

static int check_size(struct up_view doc, struct up_view value, struct up_err *err)
{
    if (doc.len <= UP_REC_MAX && value.len <= UP_REC_MAX)
        return UP_OK;
    return up_fail(err, UP_EINVAL,
                   "a record of %zu bytes is too large for the store: at most %d",
                   doc.len > value.len ? doc.len : value.len, UP_REC_MAX);
}

static int put_keyed(struct up_store *s, enum up_db db, const struct up_memo_item *items,
                     size_t n, struct up_err *err)
{
    struct items b = {db, up_alloc((n ? n : 1) * sizeof(struct item)), 0};
    int rc = UP_OK;
    for (; rc == UP_OK && b.n < n; b.n++) {
        const struct up_memo_item *in = &items[b.n];
        struct item *it = &b.item[b.n];
        if ((rc = check_size(in->key, in->value, err)) != UP_OK)
            break;
        it->digest = s->key_digest(in->key.data, in->key.len);
        it->key = up_digest_view(&it->digest);
        up_record_encode(&it->rec, db == UP_DB_RESULTS ? UP_REC_RESULT : UP_REC_MEMO, it->key,
                         in->key, in->value);
    }
    for (size_t i = 0; rc == UP_OK && i < b.n; i++)
        rc = up_store_hold(s, b.item[i].digest, err);
    if (rc == UP_OK && n)
        rc = up_store_update(s, put_items, &b, err);
    for (size_t i = 0; i < b.n; i++)
        up_buf_release(&b.item[i].rec);
    free(b.item);
    return rc;
}

static int get_keyed(struct up_store *s, enum up_db db, struct up_view doc, struct up_buf *out,
                     struct up_err *err)
{
    struct up_digest digest = s->key_digest(doc.data, doc.len);
    struct lookup l = {.db = db, .key = up_digest_view(&digest), .doc = doc, .out = out};
    int rc = up_store_hold(s, digest, err);
    return rc == UP_OK ? lookup(s, &l, err) : rc;
}

int up_store_result_put(struct up_store *s, struct up_view key_doc, struct up_view record,
                        struct up_err *err)
{
    struct up_memo_item item = {key_doc, record};
    return put_keyed(s, UP_DB_RESULTS, &item, 1, err);
}

int up_store_results_put(struct up_store *s, const struct up_memo_item *items, size_t n,
                         struct up_err *err)
{
    return put_keyed(s, UP_DB_RESULTS, items, n, err);
}

int up_store_result_get(struct up_store *s, struct up_view key_doc, struct up_buf *record,
                        struct up_err *err)
{
    return get_keyed(s, UP_DB_RESULTS, key_doc, record, err);
}

int up_store_result_aside(struct up_store *s, struct up_view key_doc, const char *why,
                          struct up_err *err)
{
    struct up_digest digest = s->key_digest(key_doc.data, key_doc.len);
    int rc = up_store_hold(s, digest, err);
    if (rc == UP_OK && !up_damage_aside(s, UP_DB_RESULTS, up_digest_view(&digest), why))
        rc = up_fail(err, UP_ENOTFOUND, "the store %s has no such result", s->dir);
    return rc;
}

int up_store_memo_put(struct up_store *s, const struct up_memo_item *items, size_t n,
                      struct up_err *err)
{
    return put_keyed(s, UP_DB_MEMO, items, n, err);
}

int up_store_memo_get(struct up_store *s, struct up_view key_doc, struct up_buf *value,
                      struct up_err *err)
{
    return get_keyed(s, UP_DB_MEMO, key_doc, value, err);
}

static int check_id(struct up_view id, struct up_err *err)
{
    if (id.len >= 1 && id.len <= UP_LMDB_KEY_MAX)
        return UP_OK;
    return up_fail(err, UP_EINVAL, "a run's id must have 1 to %d bytes, this has %zu",
                   UP_LMDB_KEY_MAX, id.len);
}

/* ---- the order of runs ---- */

enum { ORDER = 8 };
#define ORDER_MAX ((uint64_t)1 << 62) /* no more than damage */

uint64_t up_run_order(const struct up_record *r)
{
    uint64_t n = 0;
    if (r->type == UP_REC_RUN && r->doc.len == ORDER)
        for (unsigned i = 0; i < ORDER; i++)
            n |= (uint64_t)r->doc.data[i] << 8 * i;
    return n < ORDER_MAX ? n : 0;
}

/* One more than that of any other run. */
static int next_order(struct up_txn *t, uint64_t *next, struct up_err *err)
{
    struct up_view key = {NULL, 0}, bytes;
    struct up_record r;
    int rc = up_txn_seek(t, UP_DB_RUNS, UP_SEEK_FIRST, &key, &bytes, err);
    *next = 1;
    for (; rc == UP_OK; rc = up_txn_seek(t, UP_DB_RUNS, UP_SEEK_AFTER, &key, &bytes, err))
        if (up_record_peek(bytes, &r) == NULL && up_run_order(&r) >= *next)
            *next = up_run_order(&r) + 1;
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

static int put_run(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct item *it = ctx;
    struct up_view there;
    struct up_record r;
    uint64_t order = 0;
    int rc = up_txn_get(t, UP_DB_RUNS, it->key, &there, err);
    if (rc == UP_OK && up_record_peek(there, &r) == NULL)
        order = up_run_order(&r);
    if ((rc == UP_OK || rc == UP_ENOTFOUND) && !order)
        rc = next_order(t, &order, err);
    if (rc != UP_OK && rc != UP_ENOTFOUND)
        return rc;
    uint8_t *doc = it->rec.data + UP_REC_HEAD + it->key.len;
    for (unsigned i = 0; i < ORDER; i++)
        doc[i] = (uint8_t)(order >> 8 * i);
    return up_store_put_record(t, UP_DB_RUNS, it->key, it->rec.data, it->rec.len, err);
}

int up_store_run_put(struct up_store *s, const char *id, struct up_view doc, struct up_err *err)
{
    struct item it = {.key = up_view_str(id)};
    static const uint8_t open[ORDER]; /* filled in by the transaction */
    int rc = check_id(it.key, err);
    if (rc == UP_OK)
        rc = check_size((struct up_view){NULL, 0}, doc, err);
    if (rc != UP_OK)
        return rc;
    up_record_encode(&it.rec, UP_REC_RUN, it.key, (struct up_view){open, ORDER}, doc);
    rc = up_store_hold(s, up_run_name(it.key), err);
    if (rc == UP_OK)
        rc = up_store_update(s, put_run, &it, err);
    up_buf_release(&it.rec);
    return rc;
}

int up_store_run_get(struct up_store *s, const char *id, struct up_buf *doc, struct up_err *err)
{
    struct lookup l = {.db = UP_DB_RUNS, .key = up_view_str(id), .out = doc};
    int rc = check_id(l.key, err);
    if (rc == UP_OK)
        rc = up_store_hold(s, up_run_name(l.key), err);
    return rc == UP_OK ? lookup(s, &l, err) : rc;
}

int up_store_run_written(struct up_store *s, const char *id, uint64_t *when)
{
    struct up_buf doc = UP_BUF_INIT;
    struct lookup l = {.db = UP_DB_RUNS, .key = up_view_str(id), .out = &doc};
    int rc = check_id(l.key, NULL);
    if (rc == UP_OK)
        rc = lookup(s, &l, NULL);
    *when = l.written;
    up_buf_release(&doc);
    return rc;
}
