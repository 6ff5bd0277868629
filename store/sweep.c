#include "store/sweep.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/state.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH_ITEMS = 512 };

struct up_sweep {
    struct up_store *s;
    struct up_holders holders;
};

static const enum up_db dbs[] = {
    [UP_STORE_RESULT] = UP_DB_RESULTS, [UP_STORE_OBJECT] = UP_DB_OBJECTS,
    [UP_STORE_RUN] = UP_DB_RUNS,       [UP_STORE_MEMO] = UP_DB_MEMO,
    [UP_STORE_PIN] = UP_DB_META,       [UP_STORE_CHUNK] = UP_DB_CHUNKS};

int up_sweep_begin(struct up_sweep **out, struct up_store *s, struct up_err *err)
{
    struct up_sweep *w = up_alloc(sizeof *w);
    w->s = s;
    int rc = s->read_only
                 ? up_fail(err, UP_EIO, "the store %s is open for reading only", s->dir)
                 : UP_OK;
    w->holders.gate_fd = w->holders.gc_fd = -1;
    if (rc == UP_OK)
        rc = up_holders_begin(&w->holders, &s->waiter, err);
    if (rc != UP_OK) {
        up_sweep_end(w);
        w = NULL;
    }
    *out = w;
    return rc;
}

void up_sweep_end(struct up_sweep *w)
{
    if (!w)
        return;
    up_holders_end(&w->holders);
    free(w);
}

int up_sweep_refresh(struct up_sweep *w, struct up_err *err)
{
    int rc = up_holders_enter(&w->holders, err);
    if (rc == UP_OK)
        up_holders_leave(&w->holders);
    return rc;
}

bool up_sweep_held(const struct up_sweep *w, struct up_digest name)
{
    return up_digest_set_has(&w->holders.held, name);
}

/* Under which name a record is held: a chunk under its object's. */
static struct up_digest held_name(int kind, struct up_view name)
{
    struct up_digest d = {{0}};
    if (kind == UP_STORE_RUN)
        return up_run_name(name);
    if (name.len >= sizeof d.b)
        memcpy(d.b, name.data, sizeof d.b);
    return d;
}

struct up_digest up_store_run_name(const char *id) { return up_run_name(up_view_str(id)); }

struct step {
    struct up_sweep *w;
    int kind;
    struct up_doomed *item;
    size_t n;
};

static int remove_chunks(struct up_txn *t, struct up_view object, struct up_err *err)
{
    for (;;) {
        struct up_view key = object, value;
        int rc = up_txn_seek(t, UP_DB_CHUNKS, UP_SEEK_AFTER, &key, &value, err);
        if (rc != UP_OK)
            return rc == UP_ENOTFOUND ? UP_OK : rc;
        if (key.len < object.len || memcmp(key.data, object.data, object.len) != 0)
            return UP_OK;
        uint8_t copy[UP_LMDB_KEY_MAX];
        memcpy(copy, key.data, key.len);
        if ((rc = up_txn_del(t, UP_DB_CHUNKS, (struct up_view){copy, key.len}, err)) != UP_OK)
            return rc;
    }
}

static int remove_one(struct up_txn *t, const struct step *p, struct up_doomed *d,
                      struct up_err *err)
{
    struct up_view bytes;
    struct up_record r;
    if (up_sweep_held(p->w, held_name(p->kind, d->name)))
        return UP_OK;
    int rc = up_txn_get(t, dbs[p->kind], d->name, &bytes, err);
    if (rc != UP_OK)
        return rc == UP_ENOTFOUND ? UP_OK : rc;
    if (up_record_peek(bytes, &r) != NULL || r.seq != d->written)
        return UP_OK;
    rc = up_txn_del(t, dbs[p->kind], d->name, err);
    if (rc == UP_OK && p->kind == UP_STORE_OBJECT)
        rc = remove_chunks(t, d->name, err);
    d->gone = rc == UP_OK;
    return rc;
}

static int remove_step(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct step *p = ctx;
    int rc = UP_OK;
    for (size_t i = 0; i < p->n; i++)
        p->item[i].gone = false; /* it may be a second attempt */
    for (size_t i = 0; rc == UP_OK && i < p->n; i++)
        rc = remove_one(t, p, &p->item[i], err);
    return rc;
}

int up_sweep_remove(struct up_sweep *w, int kind, struct up_doomed *items, size_t n,
                    struct up_err *err)
{
    int rc = UP_OK;
    for (size_t at = 0; rc == UP_OK && at < n; at += BATCH_ITEMS) {
        struct step p = {w, kind, items + at, n - at < BATCH_ITEMS ? n - at : BATCH_ITEMS};
        rc = up_holders_enter(&w->holders, err);
        if (rc != UP_OK)
            break;
        rc = up_store_update(w->s, remove_step, &p, err);
        up_holders_leave(&w->holders);
        for (size_t i = 0; rc != UP_OK && i < p.n; i++)
            p.item[i].gone = false;
    }
    return rc;
}
