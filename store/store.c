#include "store/store.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/state.h"
#include "store/file/inspect.h"
#include "store/file/salvage.h"

#include <stdlib.h>
#include <sys/stat.h>

/* ---- the format record ---- */

void up_format_encode(struct up_buf *out)
{
    struct up_buf doc = UP_BUF_INIT;
    up_pack_map(&doc, 1);
    up_pack_str(&doc, "format");
    up_pack_int(&doc, UP_STORE_FORMAT);
    up_record_encode(out, UP_REC_FORMAT, up_view_str("format"), (struct up_view){NULL, 0},
                     up_buf_view(&doc));
    up_buf_release(&doc);
}

int64_t up_format_version(const struct up_record *r)
{
    struct up_buf doc = UP_BUF_INIT;
    int64_t v = 0;
    if (up_record_value(r, &doc, NULL) != UP_OK ||
        up_doc_int(up_buf_view(&doc), "format", &v, NULL) != UP_OK || v < 0)
        v = 0;
    up_buf_release(&doc);
    return v;
}

int up_format_there(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct up_view key = up_view_str("format"), v;
    int rc = up_txn_get(t, UP_DB_META, key, &v, err);
    if (rc != UP_ENOTFOUND)
        return rc;
    struct up_buf rec = UP_BUF_INIT;
    (void)ctx;
    up_format_encode(&rec);
    rc = up_store_put_record(t, UP_DB_META, key, rec.data, rec.len, err);
    up_buf_release(&rec);
    return rc;
}

/* ---- one environment per folder and process ---- */

static pthread_mutex_t open_lock = PTHREAD_MUTEX_INITIALIZER;
static struct open_folder {
    struct open_folder *next;
    dev_t dev;
    ino_t ino;
} * open_folders;

int up_folder_register(struct up_store *s, struct up_err *err)
{
    struct stat st;
    if (stat(s->dir, &st) != 0)
        return up_fail_errno(err, "cannot look at the store's folder %s", s->dir);
    (void)pthread_mutex_lock(&open_lock);
    struct open_folder *f = open_folders;
    while (f && (f->dev != st.st_dev || f->ino != st.st_ino))
        f = f->next;
    if (!f) {
        struct open_folder *mine = up_alloc(sizeof *mine);
        *mine = (struct open_folder){open_folders, st.st_dev, st.st_ino};
        open_folders = mine;
        s->dev = st.st_dev;
        s->ino = st.st_ino;
    }
    (void)pthread_mutex_unlock(&open_lock);
    return f ? up_fail(err, UP_EINVAL, "the store %s is already open in this process", s->dir)
             : UP_OK;
}

static void unregister_folder(const struct up_store *s)
{
    (void)pthread_mutex_lock(&open_lock);
    for (struct open_folder **f = &open_folders; *f; f = &(*f)->next)
        if ((*f)->dev == s->dev && (*f)->ino == s->ino) {
            struct open_folder *gone = *f;
            *f = gone->next;
            free(gone);
            break;
        }
    (void)pthread_mutex_unlock(&open_lock);
}

/* ---- the handle ---- */

int up_store_open(struct up_store **out, const char *dir, const struct up_store_opts *opts,
                  struct up_err *err)
{
    struct up_store *s = up_alloc(sizeof *s);
    s->dir = up_strdup(dir);
    s->read_only = opts->read_only;
    s->rescue = opts->read_only && opts->rescue;
    s->on_damage = opts->on_damage;
    s->on_gone = opts->on_gone;
    s->damage_ctx = opts->damage_ctx;
    s->key_digest = up_digest_of;
    s->waiter.dir = s->dir;
    s->waiter.cancel = opts->cancel;
    s->waiter.tell = opts->on_wait;
    s->waiter.ctx = opts->damage_ctx;
    s->lock = (struct up_lock){
        .wait = &s->waiter, .open_fd = -1, .use_fd = -1, .data_fd = -1, .table_fd = -1};
    s->claim_fd = -1;
    up_lease_init(&s->lease, &s->waiter);
    UP_CHECK(pthread_mutex_init(&s->write, NULL) == 0);
    UP_CHECK(pthread_mutex_init(&s->report, NULL) == 0);
    int rc = up_store_enter(s, opts, err);
    if (rc != UP_OK) {
        up_store_close(s);
        s = NULL;
    }
    *out = s;
    return rc;
}

/* A writer seals what nobody writes to meanwhile; a reader only what has not changed. */
static void seal(struct up_store *s, bool suspect)
{
    if (!s->walked || suspect || s->unlocked || !up_lock_current(&s->lock))
        return;
    if (!s->read_only && !up_lock_write_soon(&s->lock))
        return;
    up_seal_put(s->dir, &s->seal, s->walked, !s->read_only);
    if (!s->read_only)
        up_lock_write_end(&s->lock);
}

static void say_gone(struct up_store *s)
{
    if (up_lock_current(&s->lock) || s->lock.loose || atomic_load(&s->told_gone) || !s->on_gone)
        return;
    struct up_buf text = UP_BUF_INIT;
    up_buf_printf(&text, "the store %s was removed or replaced while it was open: %s", s->dir,
                  s->read_only
                      ? "what was answered is of the file that was there before; ask "
                        "again"
                      : "what was stored went with it; put the store back, or run again");
    s->on_gone(s->damage_ctx, up_buf_str(&text));
    up_buf_release(&text);
}

void up_store_close(struct up_store *s)
{
    if (!s)
        return;
    bool suspect = s->lmdb && up_lmdb_suspect(s->lmdb), open = s->lmdb != NULL;
    up_lmdb_close(s->lmdb);
    up_lease_release(&s->lease);
    up_claims_release(s);
    if (open) {
        seal(s, suspect);
        say_gone(s);
    }
    up_lock_release(&s->lock);
    unregister_folder(s);
    (void)pthread_mutex_destroy(&s->report);
    (void)pthread_mutex_destroy(&s->write);
    free(s->dir);
    free(s);
}

/* ---- writing ---- */

static int still(struct up_store *s, struct up_err *err)
{
    int rc = up_lock_still(&s->lock, true, err);
    if (rc == UP_OK)
        rc = up_claims_still(s, err);
    if (rc != UP_OK)
        atomic_store(&s->told_gone, true);
    return rc;
}

/* Where the whole store is gone, that is to be said, not that a lock file is. */
int up_store_hold(struct up_store *s, struct up_digest name, struct up_err *err)
{
    int rc = s->read_only ? UP_OK : up_lease_hold(&s->lease, name, err);
    if (rc != UP_OK && rc != UP_ECANCELED)
        (void)still(s, err);
    return rc;
}

struct guarded {
    struct up_store *s;
    up_txn_fn *fn;
    void *ctx;
};

/* The last thing before the commit. */
static int guarded(struct up_txn *t, void *ctx, struct up_err *err)
{
    const struct guarded *g = ctx;
    int rc = g->fn(t, g->ctx, err);
    return rc == UP_OK ? still(g->s, err) : rc;
}

int up_store_update(struct up_store *s, up_txn_fn *fn, void *ctx, struct up_err *err)
{
    struct guarded g = {s, fn, ctx};
    if (s->read_only)
        return up_fail(err, UP_EIO, "the store %s is open for reading only", s->dir);
    (void)pthread_mutex_lock(&s->write);
    int rc = up_lock_write(&s->lock, err);
    if (rc == UP_OK) {
        rc = still(s, err);
        if (rc == UP_OK)
            rc = up_lmdb_write(s->lmdb, guarded, &g, err);
        up_lock_write_end(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->write);
    return rc;
}
