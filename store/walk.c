/* Walking over all records of a kind, and the check of them all. */
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/pages.h"
#include "store/sweep.h"
#include "store/file/inspect.h"

#include <stdlib.h>
#include <string.h>

/* ---- batches: records are copied out of a short transaction, then shown ---- */

enum { BATCH_RECORDS = 256, BATCH_BYTES = 1 << 20 };

/* How much of a record is looked at: its header; its checksum too; all, copied out. */
enum depth { DEPTH_HEAD, DEPTH_SUM, DEPTH_ALL };

struct entry { /* offsets into the batch's bytes */
    size_t name, name_len, doc, doc_len, value, value_len, stored;
    uint64_t seq, order;
    bool bad;
};

struct batch {
    enum up_db db;
    enum depth depth;
    bool backwards, end;
    struct up_buf last; /* key the next batch goes on after */
    struct up_buf bytes;
    struct entry entry[BATCH_RECORDS];
    size_t n, read; /* records, and bytes of them that were looked at */
};

static size_t add(struct up_buf *b, struct up_view v)
{
    up_buf_append(b, v.data, v.len);
    return b->len - v.len;
}

static void take(struct batch *b, struct up_view key, struct up_view bytes)
{
    struct entry *e = &b->entry[b->n++];
    struct up_record r;
    *e = (struct entry){.name = add(&b->bytes, key), .name_len = key.len, .stored = bytes.len};
    if (up_record_peek(bytes, &r) == NULL) {
        e->seq = r.seq;
        e->order = up_run_order(&r);
    }
    if (b->depth == DEPTH_HEAD) {
        e->bad = up_record_expect_head(bytes, b->db, key) != NULL;
        return;
    }
    b->read += bytes.len;
    e->bad = up_record_expect(bytes, b->db, key, &r) != NULL;
    if (e->bad || b->depth == DEPTH_SUM)
        return;
    e->doc = add(&b->bytes, r.doc);
    e->doc_len = r.doc.len;
    e->value = b->bytes.len;
    e->bad = up_record_value(&r, &b->bytes, NULL) != UP_OK;
    e->value_len = b->bytes.len - e->value;
}

static int fill(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct batch *b = ctx;
    struct up_view key = up_buf_view(&b->last), bytes = {NULL, 0};
    enum up_seek how = b->last.len ? (b->backwards ? UP_SEEK_BEFORE : UP_SEEK_AFTER)
                                   : (b->backwards ? UP_SEEK_LAST : UP_SEEK_FIRST);
    while (b->n < BATCH_RECORDS && b->bytes.len < BATCH_BYTES && b->read < BATCH_BYTES) {
        int rc = up_txn_seek(t, b->db, how, &key, &bytes, err);
        b->end = rc == UP_ENOTFOUND;
        if (rc != UP_OK)
            return b->end ? UP_OK : rc;
        take(b, key, bytes);
        how = b->backwards ? UP_SEEK_BEFORE : UP_SEEK_AFTER;
    }
    return UP_OK;
}

static struct up_view name_of(const struct batch *b, const struct entry *e)
{
    return (struct up_view){b->bytes.data + e->name, e->name_len};
}

/* False at the end or on failure; bad records have been moved aside. */
static bool next_batch(struct up_store *s, struct batch *b, int *rc, struct up_err *err)
{
    b->n = b->read = 0;
    up_buf_clear(&b->bytes);
    *rc = b->end ? UP_OK : up_lmdb_read(s->lmdb, fill, b, err);
    if (*rc != UP_OK || b->n == 0)
        return false;
    struct up_view last = name_of(b, &b->entry[b->n - 1]);
    up_buf_clear(&b->last);
    up_buf_append(&b->last, last.data, last.len);
    for (size_t i = 0; i < b->n; i++)
        if (b->entry[i].bad)
            (void)up_damage_aside(s, b->db, name_of(b, &b->entry[i]), NULL);
    return true;
}

static struct batch *batch_new(enum up_db db, bool backwards, enum depth depth)
{
    struct batch *b = up_alloc(sizeof *b);
    *b = (struct batch){.db = db, .backwards = backwards, .depth = depth};
    return b;
}

static void batch_free(struct batch *b)
{
    up_buf_release(&b->last);
    up_buf_release(&b->bytes);
    free(b);
}

/* In a leaf a record takes its bytes, its key and its node; a large one has pages of its
 * own behind the node. */
static uint64_t room(const struct entry *e)
{
    enum { PAGE = 4096, NODE = 10, IN_LEAF = 2036, RUN = 16 };
    uint64_t node = e->name_len + NODE;
    if (node + e->stored <= IN_LEAF)
        return node + e->stored;
    return node + (e->stored + RUN + PAGE - 1) / PAGE * PAGE;
}

/* meta holds more than pins, whose names begin in one way. */
static bool shown(int kind, const struct entry *e, struct up_view *name)
{
    const size_t n = sizeof UP_PIN_PREFIX - 1;
    if (e->bad ||
        (kind == UP_STORE_PIN && (name->len <= n || memcmp(name->data, UP_PIN_PREFIX, n) != 0)))
        return false;
    if (kind == UP_STORE_PIN)
        *name = (struct up_view){name->data + n, name->len - n};
    return true;
}

static int survey(struct up_store *s, int kind, enum depth depth, up_survey_visit *visit,
                  void *ctx, struct up_err *err)
{
    static const enum up_db dbs[] = {
        [UP_STORE_RESULT] = UP_DB_RESULTS, [UP_STORE_OBJECT] = UP_DB_OBJECTS,
        [UP_STORE_RUN] = UP_DB_RUNS,       [UP_STORE_MEMO] = UP_DB_MEMO,
        [UP_STORE_PIN] = UP_DB_META,       [UP_STORE_CHUNK] = UP_DB_CHUNKS};
    if (kind == UP_STORE_OBJECT || kind == UP_STORE_CHUNK)
        depth = DEPTH_HEAD;
    int rc, stop = 0;
    struct batch *b = batch_new(dbs[kind], false, depth);
    while (!stop && next_batch(s, b, &rc, err))
        for (size_t i = 0; !stop && i < b->n; i++) {
            const struct entry *e = &b->entry[i];
            struct up_seen seen = {.name = name_of(b, e),
                                   .doc = {b->bytes.data + e->doc, e->doc_len},
                                   .value = {b->bytes.data + e->value, e->value_len},
                                   .written = e->seq,
                                   .order = e->order,
                                   .bytes = room(e)};
            if (kind == UP_STORE_RUN) /* its document is its order alone */
                seen.doc = (struct up_view){NULL, 0};
            if (shown(kind, e, &seen.name))
                stop = visit(ctx, &seen);
        }
    batch_free(b);
    return stop ? stop : rc;
}

int up_store_survey(struct up_store *s, int kind, up_survey_visit *visit, void *ctx,
                    struct up_err *err)
{
    return survey(s, kind, DEPTH_ALL, visit, ctx, err);
}

struct plain { /* a visitor that asks for less */
    up_store_visit *visit;
    void *ctx;
};

static int visit_plain(void *ctx, const struct up_seen *seen)
{
    const struct plain *p = ctx;
    return p->visit(p->ctx, seen->name, seen->doc, seen->value);
}

struct runs { /* by their headers alone */
    struct run {
        uint64_t order;
        char *id;
    } * run;
    size_t n, cap;
};

static int visit_header(void *ctx, const struct up_seen *seen)
{
    struct runs *all = ctx;
    if (all->n == all->cap) {
        all->cap = all->cap ? 2 * all->cap : 64;
        all->run = up_realloc(all->run, all->cap * sizeof *all->run);
    }
    struct up_buf id = UP_BUF_INIT;
    up_buf_append(&id, seen->name.data, seen->name.len);
    all->run[all->n++] = (struct run){seen->order, up_strdup(up_buf_str(&id))};
    up_buf_release(&id);
    return 0;
}

static int newest_first(const void *a, const void *b)
{
    const struct run *x = a, *y = b;
    return x->order != y->order ? (x->order < y->order) - (x->order > y->order)
                                : strcmp(y->id, x->id);
}

/* One that vanished since, or is damaged, is passed over. */
static int walk_newest(struct up_store *s, const struct plain *p, struct up_err *err)
{
    struct runs all = {NULL, 0, 0};
    struct up_buf doc = UP_BUF_INIT;
    int rc = survey(s, UP_STORE_RUN, DEPTH_HEAD, visit_header, &all, err), stop = 0;
    if (all.n)
        qsort(all.run, all.n, sizeof *all.run, newest_first);
    for (size_t i = 0; rc == UP_OK && !stop && i < all.n; i++) {
        struct up_err why = {""};
        up_buf_clear(&doc);
        rc = up_store_run_get(s, all.run[i].id, &doc, &why);
        if (rc == UP_OK)
            stop = p->visit(p->ctx, up_view_str(all.run[i].id), (struct up_view){NULL, 0},
                            up_buf_view(&doc));
        else if (rc == UP_ENOTFOUND || rc == UP_ECORRUPT)
            rc = UP_OK;
        else
            (void)up_fail(err, (enum up_status)rc, "%s", why.msg);
    }
    for (size_t i = 0; i < all.n; i++)
        free(all.run[i].id);
    free(all.run);
    up_buf_release(&doc);
    return stop ? stop : rc;
}

int up_store_walk(struct up_store *s, enum up_store_kind kind, bool newest_first,
                  up_store_visit *visit, void *ctx, struct up_err *err)
{
    struct plain p = {visit, ctx};
    if (newest_first && kind == UP_STORE_RUN)
        return walk_newest(s, &p, err);
    return survey(s, kind, DEPTH_ALL, visit_plain, &p, err);
}

/* ---- glance ---- */

/* next_batch moves what is bad aside, with a sentence. */
static void glance_db(struct up_store *s, enum up_db db, uint64_t *budget)
{
    enum { PAGE = 4096 };
    int rc;
    struct batch *b = batch_new(db, true, DEPTH_SUM);
    while (*budget && next_batch(s, b, &rc, NULL)) {
        uint64_t cost = b->n * PAGE > b->read ? b->n * PAGE : b->read;
        *budget -= cost < *budget ? cost : *budget;
    }
    batch_free(b);
}

void up_store_glance(struct up_store *s, uint64_t bytes)
{
    static const enum up_db dbs[] = {UP_DB_RUNS, UP_DB_RESULTS, UP_DB_OBJECTS, UP_DB_CHUNKS,
                                     UP_DB_MEMO};
    for (size_t i = 0; i < sizeof dbs / sizeof *dbs; i++)
        glance_db(s, dbs[i], &bytes);
}

/* ---- verify ---- */

/* One that was removed since its header was seen is not bad; what else goes wrong says nothing
 * about the object. */
static int verify_object(struct up_store *s, struct up_view name, struct up_buf *bytes,
                         bool *bad, struct up_err *err)
{
    struct up_digest d;
    up_buf_clear(bytes);
    UP_CHECK(name.len == sizeof d.b); /* a record of another name is bad before */
    memcpy(d.b, name.data, sizeof d.b);
    int rc = up_store_get(s, d, bytes, err);
    if (rc == UP_ECORRUPT && up_lmdb_suspect(s->lmdb) && !up_lmdb_is_rescued(s->lmdb))
        return rc; /* it is the pages that are damaged */
    *bad = rc == UP_ECORRUPT;
    return *bad || rc == UP_ENOTFOUND ? UP_OK : rc;
}

static int verify_db(struct up_store *s, enum up_db db, struct up_store_health *h,
                     struct up_err *err)
{
    int rc = UP_OK;
    struct batch *b = batch_new(db, false, db == UP_DB_OBJECTS ? DEPTH_HEAD : DEPTH_ALL);
    struct up_buf bytes = UP_BUF_INIT;
    while (rc == UP_OK && next_batch(s, b, &rc, err))
        for (size_t i = 0; rc == UP_OK && i < b->n; i++) {
            const struct entry *e = &b->entry[i];
            bool bad = e->bad;
            if (db == UP_DB_OBJECTS && !bad)
                rc = verify_object(s, name_of(b, e), &bytes, &bad, err);
            h->records++;
            h->bytes += e->stored;
            h->bad += bad;
        }
    up_buf_release(&bytes);
    batch_free(b);
    return rc;
}

/* Nothing of the file is read through LMDB from here on. */
static void refuse_pages(struct up_store *s, struct up_inspection *in, const char *why)
{
    s->walked = 0; /* whoever opens it next looks for himself */
    if (in) {
        (void)up_lmdb_rescued(s->lmdb, s->dir, in->file);
        in->file = (struct up_view){NULL, 0};
    }
    up_damage_report(s,
                     "%s/data.mdb is damaged (%s): the next command that writes to the "
                     "store repairs it",
                     s->dir, why);
}

/* Nobody begins to write while the pages are looked at. */
static int verify_pages(struct up_store *s, struct up_store_health *h, struct up_err *err)
{
    struct up_inspection in = {.format = 0};
    struct up_err why;
    if (up_lmdb_is_rescued(s->lmdb)) {
        refuse_pages(s, NULL, s->refused.msg);
        h->bad++;
        return UP_OK;
    }
    (void)pthread_mutex_lock(&s->write);
    up_lock_quiet(&s->lock);
    int rc = up_inspect(&in, s->dir, &why);
    for (int i = 0; rc == UP_ECORRUPT && i < 2; i++) { /* a commit that was under way */
        up_inspect_release(&in);
        rc = up_inspect(&in, s->dir, &why);
    }
    if (!s->unlocked)
        up_lock_quiet_end(&s->lock);
    if (rc == UP_ECORRUPT) {
        h->bad++;
        refuse_pages(s, &in, why.msg);
        rc = UP_OK;
    } else if (rc != UP_OK) {
        rc = up_fail(err, (enum up_status)rc, "%s", why.msg);
    }
    (void)pthread_mutex_unlock(&s->write);
    up_inspect_release(&in);
    return rc;
}

int up_store_verify(struct up_store *s, struct up_store_health *h, struct up_err *err)
{
    static const enum up_db dbs[] = {UP_DB_META,   UP_DB_RESULTS, UP_DB_OBJECTS,
                                     UP_DB_CHUNKS, UP_DB_MEMO,    UP_DB_RUNS};
    *h = (struct up_store_health){0};
    int rc = verify_pages(s, h, err);
    for (size_t i = 0; rc == UP_OK && i < sizeof dbs / sizeof *dbs; i++)
        rc = verify_db(s, dbs[i], h, err);
    return rc;
}
