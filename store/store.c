#include "store/store.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/inner.h"
#include "store/inspect.h"
#include "store/salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

static int format_there(struct up_txn *t, void *ctx, struct up_err *err)
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

static int register_folder(struct up_store *s, struct up_err *err)
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

/* ---- opening ---- */

static bool file_in(const char *dir, const char *name, int how)
{
    struct up_buf path = UP_BUF_INIT;
    up_buf_printf(&path, "%s/%s", dir, name);
    bool yes = access(up_buf_str(&path), how) == 0;
    up_buf_release(&path);
    return yes;
}

static int no_store(const struct up_store *s, struct up_err *err)
{
    return up_fail(
        err, UP_ENOTFOUND,
        "there is no store at %s; `upnas init` or `upnas run` makes one, --store names "
        "another place",
        s->dir);
}

/* The folder exists, is local and may be used as opts says. */
static int check_folder(struct up_store *s, const struct up_store_opts *o, struct up_err *err)
{
    if (o->create && !o->read_only && mkdir(s->dir, 0777) != 0 && errno != EEXIST)
        return up_fail_errno(err,
                             "cannot make the store's folder %s (choose a writable place with "
                             "--store)",
                             s->dir);
    struct stat st;
    if (stat(s->dir, &st) != 0 && errno == ENOENT)
        return no_store(s, err);
    if (stat(s->dir, &st) == 0 && !S_ISDIR(st.st_mode))
        return up_fail(err, UP_EIO,
                       "%s is no folder and so no store; choose another place with "
                       "--store",
                       s->dir);
    if (!file_in(s->dir, "data.mdb", F_OK) && (o->read_only || !o->create))
        return no_store(s, err);
    if (!o->read_only && access(s->dir, W_OK | X_OK) != 0)
        return up_fail_errno(
            err,
            "the store's folder %s is not writable (change its permissions, or "
            "choose another place with --store)",
            s->dir);
    return o->allow_network_fs ? UP_OK : up_fs_check_local(s->dir, err);
}

static int newer(const struct up_store *s, int64_t format, struct up_err *err)
{
    return up_fail(err, UP_EUNSUPPORTED,
                   "the store %s has format %" PRId64
                   ", this upnas (%s) knows formats up to %d: "
                   "update upnas, or use another store with --store; nothing was changed",
                   s->dir, format, UP_VERSION, UP_STORE_FORMAT);
}

/* data.mdb must not be given to LMDB: it stays as damaged-N.mdb, what is sound
 * in it goes into a new one. `why` says what was found. */
static int replace(struct up_store *s, struct up_view file, const char *why, struct up_err *err)
{
    if (s->read_only) {
        up_damage_report(s,
                         "%s/data.mdb is damaged (%s) and was left as it is, for the store is "
                         "open for reading",
                         s->dir, why);
        return up_fail(err, UP_ECORRUPT,
                       "the store %s is damaged (%s): any command that may write "
                       "to it, such as `upnas run`, repairs it",
                       s->dir, why);
    }
    if (!up_lock_use_exclusive(&s->lock, 2000))
        return up_fail(err, UP_ECORRUPT,
                       "the store %s is damaged (%s) and in use by another "
                       "process: let that end and run again",
                       s->dir, why);
    char keep[32];
    for (int n = 1;
         snprintf(keep, sizeof keep, "damaged-%d.mdb", n), file_in(s->dir, keep, F_OK);)
        n++;
    struct up_salvage found = up_salvage_scan(file);
    int rc = up_salvage_build(s->dir, found.records, found.n, keep, err);
    if (rc == UP_OK)
        up_damage_report(s,
                         "%s/data.mdb is damaged (%s): it is kept as %s, and the %zu sound "
                         "records in it were taken over into a new one",
                         s->dir, why, keep, found.n);
    free(found.records);
    return rc;
}

/* Leaves the misfits for after LMDB is open. */
static int inspect(struct up_store *s, struct up_inspection *in, struct up_err *err)
{
    struct up_err why;
    if (!file_in(s->dir, "data.mdb", F_OK))
        return up_salvage_build(s->dir, NULL, 0, NULL, err);
    int rc = up_inspect(in, s->dir, &why);
    if (in->format > UP_STORE_FORMAT)
        return newer(s, in->format, err);
    if (rc == UP_ECORRUPT && s->rescue) {
        s->walked = 0;
        s->refused = why;
        s->lmdb = up_lmdb_rescued(NULL, s->dir, in->file);
        in->file = (struct up_view){NULL, 0};
        return UP_OK;
    }
    if (rc == UP_ECORRUPT) {
        rc = replace(s, in->file, why.msg, err);
        up_inspect_release(in);
        return rc;
    }
    return rc == UP_OK ? UP_OK : up_fail(err, (enum up_status)rc, "%s", why.msg);
}

/* Where lock.mdb cannot be written, writers are kept out by use.lock instead. */
static int open_lmdb(struct up_store *s, size_t map_bytes, struct up_err *err)
{
    enum up_lmdb_mode mode = s->read_only ? UP_LMDB_READ : UP_LMDB_WRITE;
    bool writable = file_in(s->dir, "lock.mdb", F_OK) ? file_in(s->dir, "lock.mdb", W_OK)
                                                      : access(s->dir, W_OK | X_OK) == 0;
    s->unlocked = s->read_only && !writable;
    if (s->unlocked) {
        mode = UP_LMDB_UNLOCKED;
        if (!up_lock_use_exclusive(&s->lock, 2000))
            return up_fail(err, UP_EIO,
                           "the store %s is in use by another process and can only be "
                           "read here: try again later",
                           s->dir);
    } else {
        int rc = up_lock_use_shared(&s->lock, err);
        if (rc != UP_OK)
            return rc;
    }
    return up_lmdb_open(&s->lmdb, s->dir, mode, map_bytes, err);
}

static int read_format(struct up_txn *t, void *ctx, struct up_err *err)
{
    int64_t *format = ctx;
    struct up_view key = up_view_str("format"), bytes;
    struct up_record r;
    int rc = up_txn_get(t, UP_DB_META, key, &bytes, err);
    if (rc == UP_OK && up_record_expect(bytes, UP_DB_META, key, &r) == NULL)
        *format = up_format_version(&r);
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

/* The way in, once it is known how the pages stand. */
static int enter(struct up_store *s, size_t map_bytes, bool sealed, struct up_inspection *in,
                 struct up_err *err)
{
    int rc = sealed ? UP_OK : inspect(s, in, err);
    if (rc == UP_OK && !s->lmdb)
        rc = open_lmdb(s, map_bytes, err);
    if (rc == UP_OK && !sealed)
        up_lmdb_walked(s->lmdb);
    return rc == UP_OK && sealed ? up_lmdb_read(s->lmdb, read_format, &in->format, err) : rc;
}

static int open_locked(struct up_store *s, const struct up_store_opts *o, struct up_err *err)
{
    struct up_inspection in = {.format = 0};
    bool leave = s->read_only && access(s->dir, W_OK | X_OK) != 0;
    bool sealed = up_seal_take(&s->seal, s->dir, leave);
    s->walked = sealed ? s->seal.walked : (uint64_t)time(NULL);
    int rc = enter(s, o->map_bytes, sealed, &in, err);
    if (rc == UP_ECORRUPT && sealed && s->lmdb) { /* a leaf has rotted since it was sealed */
        up_lmdb_close(s->lmdb);
        s->lmdb = NULL;
        s->seal = (struct up_seal){0};
        s->walked = (uint64_t)time(NULL);
        rc = enter(s, o->map_bytes, false, &in, err);
    }
    bool unnamed = in.file.data && in.format == 0;
    if (rc == UP_OK && in.format > UP_STORE_FORMAT)
        rc = newer(s, in.format, err);
    up_lock_open_drop(&s->lock);
    for (size_t i = 0; rc == UP_OK && i < in.n; i++)
        (void)up_damage_aside(s, in.misfits[i].db, up_buf_view(&in.misfits[i].key), NULL);
    if (rc == UP_OK && unnamed && !s->read_only)
        rc = up_store_update(s, format_there, NULL, err);
    up_inspect_release(&in);
    return rc;
}

int up_store_open(struct up_store **out, const char *dir, const struct up_store_opts *opts,
                  struct up_err *err)
{
    struct up_store *s = up_alloc(sizeof *s);
    s->dir = up_strdup(dir);
    s->read_only = opts->read_only;
    s->rescue = opts->read_only && opts->rescue;
    s->on_damage = opts->on_damage;
    s->damage_ctx = opts->damage_ctx;
    s->key_digest = up_digest_of;
    s->lock = (struct up_lock){-1, -1, -1};
    s->claim_fd = -1;
    up_lease_init(&s->lease, dir);
    UP_CHECK(pthread_mutex_init(&s->write, NULL) == 0);
    UP_CHECK(pthread_mutex_init(&s->report, NULL) == 0);
    int rc = check_folder(s, opts, err);
    if (rc == UP_OK)
        rc = register_folder(s, err);
    if (rc == UP_OK)
        rc = up_lock_init(&s->lock, dir, err);
    if (rc == UP_OK)
        rc = up_lock_open_exclusive(&s->lock, err);
    if (rc == UP_OK)
        rc = open_locked(s, opts, err);
    if (rc != UP_OK) {
        up_store_close(s);
        s = NULL;
    }
    *out = s;
    return rc;
}

/* An unlocked reader keeps clear of open.lock: whoever holds it may be waiting
 * for use.lock, which this reader has. */
void up_store_close(struct up_store *s)
{
    if (!s)
        return;
    bool locked = s->lmdb && !s->unlocked && up_lock_open_exclusive(&s->lock, NULL) == UP_OK;
    bool suspect = s->lmdb && up_lmdb_suspect(s->lmdb);
    up_lmdb_close(s->lmdb);
    up_lease_release(&s->lease);
    up_claims_release(s);
    if (locked && s->walked && !suspect)
        up_seal_put(s->dir, &s->seal, s->walked, !s->read_only);
    if (locked)
        up_lock_open_drop(&s->lock);
    up_lock_release(&s->lock);
    unregister_folder(s);
    (void)pthread_mutex_destroy(&s->report);
    (void)pthread_mutex_destroy(&s->write);
    free(s->dir);
    free(s);
}

int up_store_hold(struct up_store *s, struct up_digest name, struct up_err *err)
{
    return s->read_only ? UP_OK : up_lease_hold(&s->lease, name, err);
}

int up_store_update(struct up_store *s, up_txn_fn *fn, void *ctx, struct up_err *err)
{
    if (s->read_only)
        return up_fail(err, UP_EIO, "the store %s is open for reading only", s->dir);
    (void)pthread_mutex_lock(&s->write);
    int rc = up_lock_open_shared(&s->lock, err);
    if (rc == UP_OK) {
        rc = up_lmdb_write(s->lmdb, fn, ctx, err);
        up_lock_open_drop(&s->lock);
    }
    (void)pthread_mutex_unlock(&s->write);
    return rc;
}
