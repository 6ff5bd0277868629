#include "store/base/err.h"
#include "store/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum up_db up_record_db(enum up_record_type type)
{
    switch (type) {
    case UP_REC_RESULT:
        return UP_DB_RESULTS;
    case UP_REC_MEMO:
        return UP_DB_MEMO;
    case UP_REC_RUN:
        return UP_DB_RUNS;
    case UP_REC_OBJECT:
    case UP_REC_LARGE:
        return UP_DB_OBJECTS;
    case UP_REC_CHUNK:
        return UP_DB_CHUNKS;
    case UP_REC_FORMAT:
    case UP_REC_PIN:
        return UP_DB_META;
    case UP_REC_DAMAGED:
        return UP_DB_DAMAGED;
    default:
        return UP_DB_COUNT;
    }
}

/* 0: any length that LMDB takes. */
static size_t name_bytes(enum up_db db)
{
    static const size_t n[UP_DB_COUNT] = {
        [UP_DB_RESULTS] = sizeof(struct up_digest),
        [UP_DB_OBJECTS] = sizeof(struct up_digest),
        [UP_DB_CHUNKS] = sizeof(struct up_digest) + 4,
        [UP_DB_MEMO] = sizeof(struct up_digest),
        [UP_DB_DAMAGED] = 8,
    };
    return n[db];
}

enum up_db up_record_home(const struct up_record *r)
{
    enum up_db db = up_record_db(r->type);
    size_t n = r->name.len;
    if (db == UP_DB_COUNT || n == 0 || n > UP_LMDB_KEY_MAX ||
        (r->type == UP_REC_FORMAT && n != sizeof "format" - 1) ||
        (r->type == UP_REC_PIN && n < sizeof UP_PIN_PREFIX))
        return UP_DB_COUNT;
    return name_bytes(db) == 0 || name_bytes(db) == n ? db : UP_DB_COUNT;
}

static const char *belongs(const struct up_record *r, enum up_db db, struct up_view key)
{
    if (up_record_db(r->type) != db)
        return "it is of another kind than its place";
    if (up_record_home(r) != db)
        return "its name is longer or shorter than those of its kind";
    return up_view_equal(r->name, key) ? NULL : "it stands under another name than its own";
}

const char *up_record_expect(struct up_view bytes, enum up_db db, struct up_view key,
                             struct up_record *r)
{
    const char *why = up_record_decode(bytes, r);
    return why ? why : belongs(r, db, key);
}

const char *up_record_expect_head(struct up_view bytes, enum up_db db, struct up_view key)
{
    struct up_record r;
    const char *why = up_record_peek(bytes, &r);
    return why ? why : belongs(&r, db, key);
}

int up_store_put_record(struct up_txn *t, enum up_db db, struct up_view key, uint8_t *rec,
                        size_t n, struct up_err *err)
{
    struct up_record before;
    struct up_view there;
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seq = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
    int rc = up_txn_get(t, db, key, &there, err);
    if (rc != UP_OK && rc != UP_ENOTFOUND)
        return rc;
    if (rc == UP_OK && up_record_peek(there, &before) == NULL && before.seq >= seq)
        seq = before.seq + (before.seq < UINT64_MAX);
    up_record_seal(rec, n, seq);
    return up_txn_put(t, db, key, (struct up_view){rec, n}, err);
}

void up_damage_report(struct up_store *s, const char *fmt, ...)
{
    char sentence[1024];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(sentence, sizeof sentence, fmt, ap);
    va_end(ap);
    (void)pthread_mutex_lock(&s->report);
    if (s->on_damage)
        s->on_damage(s->damage_ctx, sentence);
    (void)pthread_mutex_unlock(&s->report);
}

/* "object 0123...", "chunk 3 of object 0123...", "run 2024-..." */
static void describe(struct up_buf *out, enum up_db db, struct up_view key)
{
    static const char *const kinds[UP_DB_COUNT] = {"format record", "result",         "object",
                                                   "chunk",         "partial result", "run",
                                                   "damaged record"};
    bool text = db == UP_DB_META || db == UP_DB_RUNS;
    up_buf_printf(out, "%s ", kinds[db]);
    if (db == UP_DB_CHUNKS && key.len == 20) {
        const uint8_t *i = key.data + 16;
        up_buf_printf(out, "%u of object ",
                      (unsigned)i[0] << 24 | (unsigned)i[1] << 16 | (unsigned)i[2] << 8 | i[3]);
        key.len = 16;
    }
    for (size_t i = 0; i < key.len && i < 64; i++) {
        bool plain = text && key.data[i] > ' ' && key.data[i] < 127;
        up_buf_printf(out, plain ? "%c" : text ? "\\x%02x" : "%02x", key.data[i]);
    }
}

struct aside {
    enum up_db db;
    struct up_view key;
    const char *why, *found;
    bool misplaced;
    uint64_t when;
};

/* The bad record's own bytes, wrapped; whoever wants to look finds the reason beside it. */
static int keep(struct up_txn *t, struct aside *a, struct up_view bytes, struct up_err *err)
{
    struct up_buf rec = UP_BUF_INIT;
    struct up_view there;
    uint8_t name[8];
    for (;; a->when++) {
        for (size_t i = 0; i < sizeof name; i++)
            name[i] = (uint8_t)(a->when >> (56 - 8 * i));
        int rc = up_txn_get(t, UP_DB_DAMAGED, (struct up_view){name, 8}, &there, err);
        if (rc == UP_ENOTFOUND)
            break;
        if (rc != UP_OK)
            return rc;
    }
    if (bytes.len > UP_REC_MAX)
        bytes.len = UP_REC_MAX;
    describe(&rec, a->db, a->key);
    up_buf_printf(&rec, ": %s", a->found);
    struct up_buf reason = rec;
    rec = (struct up_buf)UP_BUF_INIT;
    up_record_encode(&rec, UP_REC_DAMAGED, (struct up_view){name, 8}, up_buf_view(&reason),
                     bytes);
    int rc = up_store_put_record(t, UP_DB_DAMAGED, (struct up_view){name, 8}, rec.data, rec.len,
                                 err);
    up_buf_release(&reason);
    up_buf_release(&rec);
    return rc;
}

/* A sound record under a wrong key: its own place takes it, if that is free. */
static int put_back(struct up_txn *t, const struct up_record *r, uint8_t *rec, size_t n,
                    struct up_err *err)
{
    struct up_view there;
    enum up_db db = up_record_home(r);
    int rc = up_txn_get(t, db, r->name, &there, err);
    if (rc != UP_ENOTFOUND)
        return rc;
    return up_store_put_record(t, db, r->name, rec, n, err);
}

static int move_aside(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct aside *a = ctx;
    struct up_view bytes;
    struct up_record r;
    a->found = NULL;
    int rc = up_txn_get(t, a->db, a->key, &bytes, err);
    if (rc != UP_OK)
        return rc == UP_ENOTFOUND ? UP_OK : rc;
    const char *why = up_record_expect(bytes, a->db, a->key, &r);
    a->found = why ? why : a->why;
    if (!a->found)
        return UP_OK;
    /* bytes points into the map: copy, for the deletion moves it. */
    struct up_buf copy = UP_BUF_INIT;
    up_buf_append(&copy, bytes.data, bytes.len);
    bytes = up_buf_view(&copy);
    a->misplaced =
        why && up_record_decode(bytes, &r) == NULL && up_record_home(&r) != UP_DB_COUNT;
    rc = up_txn_del(t, a->db, a->key, err);
    if (rc == UP_OK)
        rc = a->misplaced ? put_back(t, &r, copy.data, copy.len, err) : keep(t, a, bytes, err);
    up_buf_release(&copy);
    return rc;
}

static int judge(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct aside *a = ctx;
    struct up_view bytes;
    struct up_record r;
    int rc = up_txn_get(t, a->db, a->key, &bytes, err);
    if (rc == UP_OK) {
        const char *why = up_record_expect(bytes, a->db, a->key, &r);
        a->found = why ? why : a->why;
    }
    return rc;
}

bool up_damage_aside(struct up_store *s, enum up_db db, struct up_view key, const char *why)
{
    struct timespec now;
    struct up_err err = {""};
    struct up_buf what = UP_BUF_INIT;
    struct aside a = {.db = db, .key = key, .why = why};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    a.when = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    int rc = UP_OK;
    if (s->read_only)
        (void)up_lmdb_read(s->lmdb, judge, &a, NULL);
    else
        rc = up_store_update(s, move_aside, &a, &err);
    if (a.found) {
        describe(&what, db, key);
        up_damage_report(s, "%s in the store is damaged (%s): it %s", up_buf_str(&what),
                         a.found,
                         s->read_only ? "is left where it is, for the store is open for reading"
                         : rc != UP_OK ? "counts as missing"
                         : a.misplaced ? "was put back under its own name"
                                       : "was moved aside and counts as missing");
    }
    up_buf_release(&what);
    return a.found != NULL;
}
