/* The way into a store: the folder, the locks, the check of the pages, LMDB. */
#include "store/base/err.h"
#include "store/state.h"
#include "store/file/inspect.h"
#include "store/file/salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRIES = 8 }; /* how often a file that is replaced meanwhile is looked at anew */

/* ---- the folder ---- */

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
    if (!up_lock_alone(&s->lock))
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

/* ---- the pages ---- */

/* Leaves the misfits for after LMDB is open. */
static int inspect(struct up_store *s, struct up_inspection *in, struct up_err *err)
{
    struct up_err why;
    int rc = up_inspect(in, s->dir, &why);
    if (in->format > UP_STORE_FORMAT)
        return newer(s, in->format, err);
    return rc == UP_OK ? UP_OK : up_fail(err, (enum up_status)rc, "%s", why.msg);
}

/* Sealed, or walked. What is found damaged is UP_ECORRUPT, with the reason. */
static int check(struct up_store *s, struct up_inspection *in, struct up_err *err)
{
    bool leave = s->read_only && access(s->dir, W_OK | X_OK) != 0;
    bool sealed = up_seal_take(&s->seal, s->dir, leave) && !s->no_seal;
    if (!sealed)
        s->seal = (struct up_seal){0};
    s->walked = sealed ? s->seal.walked : (uint64_t)time(NULL);
    return sealed ? UP_OK : inspect(s, in, err);
}

/* ---- writers ---- */

static int make(struct up_store *s, struct up_err *err)
{
    int rc = up_lock_making(&s->lock, err);
    if (rc == UP_OK && !file_in(s->dir, "data.mdb", F_OK))
        rc = up_salvage_build(s->dir, NULL, 0, NULL, err);
    up_lock_made(&s->lock);
    return rc;
}

/* UP_OK with the write and the use lock, and pages that may be followed. */
static int enter_writing(struct up_store *s, struct up_inspection *in, struct up_err *err)
{
    struct up_err why = {""};
    for (int i = 0; i < TRIES; i++) {
        int rc = file_in(s->dir, "data.mdb", F_OK) ? UP_OK : make(s, err);
        if (rc == UP_OK)
            rc = up_lock_attach(&s->lock, true, err);
        if (rc == UP_OK)
            rc = up_lock_enter(&s->lock, err);
        if (rc == UP_ENOTFOUND)
            continue;
        if (rc != UP_OK || (rc = check(s, in, &why)) == UP_OK)
            return rc;
        if (rc == UP_ECORRUPT)
            rc = replace(s, in->file, why.msg, err);
        else
            (void)up_fail(err, (enum up_status)rc, "%s", why.msg);
        up_inspect_release(in);
        if (rc != UP_OK)
            return rc;
    }
    return up_fail(err, UP_EIO,
                   "the store %s is replaced again and again by another program: run again "
                   "when that has ended",
                   s->dir);
}

/* ---- readers ---- */

/* While it is quiet a writer that has begun may still commit once, and shows then in the
 * meta page: what was read of that half-way makes no sense, and is read again. */
static int check_beside_writers(struct up_store *s, struct up_inspection *in,
                                struct up_err *err)
{
    int rc = UP_ECORRUPT;
    up_lock_quiet(&s->lock);
    for (int i = 0; rc == UP_ECORRUPT && i < 2; i++) {
        up_inspect_release(in);
        rc = check(s, in, err);
    }
    if (!s->unlocked)
        up_lock_quiet_end(&s->lock);
    return rc;
}

/* In place of LMDB, which is not given the file. */
static void show_what_is_sound(struct up_store *s, struct up_inspection *in,
                               const struct up_err *why)
{
    s->walked = 0;
    s->refused = *why;
    s->lmdb = up_lmdb_rescued(NULL, s->dir, in->file);
    in->file = (struct up_view){NULL, 0};
}

static int enter_reading(struct up_store *s, struct up_inspection *in, struct up_err *err)
{
    struct up_err why = {""};
    int rc = UP_OK;
    for (int i = 0; i < TRIES; i++) {
        if ((rc = up_lock_attach(&s->lock, false, err)) != UP_OK)
            return rc;
        s->unlocked = !up_lock_enter_reading(&s->lock);
        if (s->unlocked || up_lock_current(&s->lock))
            break;
    }
    rc = check_beside_writers(s, in, &why);
    if (rc == UP_ECORRUPT && s->rescue && in->format <= UP_STORE_FORMAT) {
        show_what_is_sound(s, in, &why);
        return UP_OK;
    }
    if (rc == UP_ECORRUPT)
        return replace(s, in->file, why.msg, err);
    return rc == UP_OK ? rc : up_fail(err, (enum up_status)rc, "%s", why.msg);
}

/* ---- LMDB ---- */

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

static int open_lmdb(struct up_store *s, const struct up_store_opts *o,
                     struct up_inspection *in, struct up_err *err)
{
    enum up_lmdb_mode mode = s->unlocked    ? UP_LMDB_UNLOCKED
                             : s->read_only ? UP_LMDB_READ
                                            : UP_LMDB_WRITE;
    int rc = up_lmdb_open(&s->lmdb, s->dir, mode, o->map_bytes, err);
    if (rc == UP_OK && !s->lock.loose) /* that LMDB has opened the files that are locked */
        rc = up_lock_still(&s->lock, !s->read_only, err);
    if (rc == UP_OK && in->file.data)
        up_lmdb_walked(s->lmdb);
    else if (rc == UP_OK)
        rc = up_lmdb_read(s->lmdb, read_format, &in->format, err);
    if (rc == UP_OK && in->format > UP_STORE_FORMAT)
        rc = newer(s, in->format, err);
    return rc;
}

static int enter(struct up_store *s, const struct up_store_opts *o, struct up_inspection *in,
                 struct up_err *err)
{
    int rc = s->read_only ? enter_reading(s, in, err) : enter_writing(s, in, err);
    return rc == UP_OK && !s->lmdb ? open_lmdb(s, o, in, err) : rc;
}

/* A leaf has rotted since the file was sealed: all pages are walked then. */
static int enter_unsealed(struct up_store *s, const struct up_store_opts *o,
                          struct up_inspection *in, struct up_err *err)
{
    up_lmdb_close(s->lmdb);
    s->lmdb = NULL;
    s->no_seal = true;
    if (!s->read_only)
        up_lock_write_end(&s->lock);
    up_inspect_release(in);
    return enter(s, o, in, err);
}

int up_store_enter(struct up_store *s, const struct up_store_opts *o, struct up_err *err)
{
    struct up_inspection in = {.format = 0};
    int rc = check_folder(s, o, err);
    if (rc == UP_OK)
        rc = up_folder_register(s, err);
    if (rc == UP_OK)
        rc = up_lock_init(&s->lock, &s->waiter, err);
    if (rc == UP_OK)
        rc = enter(s, o, &in, err);
    if (rc == UP_ECORRUPT && s->lmdb && s->seal.ino)
        rc = enter_unsealed(s, o, &in, err);
    bool unnamed = in.file.data && in.format == 0;
    if (!s->read_only)
        up_lock_write_end(&s->lock);
    for (size_t i = 0; rc == UP_OK && i < in.n; i++)
        (void)up_damage_aside(s, in.misfits[i].db, up_buf_view(&in.misfits[i].key), NULL);
    if (rc == UP_OK && unnamed && !s->read_only)
        rc = up_store_update(s, up_format_there, NULL, err);
    up_inspect_release(&in);
    return rc;
}
