#include "store/file/lmdb.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/file/gate.h"
#include "store/file/guard.h"
#include "store/file/rescue.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MAP_DEFAULT = 1 << 28, READERS = 512, NEARLY_FULL = 16 << 20, IDLE = 16 };

struct up_lmdb {
    MDB_env *env;
    MDB_dbi dbi[UP_DB_COUNT];
    struct up_gate gate;
    size_t map; /* changed only while the gate is closed */
    pid_t pid;
    char *dir;
    atomic_bool suspect;
    /* Reading transactions between two uses. Each keeps its place in the table of readers, for
     * taking one is the only time when a reader needs a lock that other processes have. */
    pthread_mutex_t pool;
    MDB_txn *idle[IDLE];
    size_t nidle;
    MDB_dbi main;                  /* the list of trees */
    _Atomic(const uint8_t *) base; /* the map's; NULL: not known, and nothing checked */
    atomic_bool whole;             /* all pages were walked since it was opened */
    struct up_rescue *rescue;      /* stands in for the file, which was refused */
};

struct up_txn {
    struct up_lmdb *e;
    MDB_txn *txn;
    bool full; /* the map was full: grow and start over */
    bool writes;
    struct up_guard guard;
};

const char *up_db_name(enum up_db db)
{
    static const char *const names[UP_DB_COUNT] = {"meta", "results", "objects", "chunks",
                                                   "memo", "runs",    "damaged"};
    return names[db];
}

/* A write that stopped half-way, on a full disk or at a file size limit, is EIO
 * to LMDB. */
static bool disk_full(const struct up_lmdb *e, int rc)
{
    struct statvfs fs;
    struct stat st;
    struct rlimit limit;
    int fd;
    if (rc == ENOSPC || rc == EDQUOT || rc == EFBIG)
        return true;
    if (rc != EIO)
        return false;
    if (statvfs(e->dir, &fs) == 0 &&
        fs.f_bavail * (unsigned long long)fs.f_frsize < NEARLY_FULL)
        return true;
    return mdb_env_get_fd(e->env, &fd) == 0 && fstat(fd, &st) == 0 &&
           getrlimit(RLIMIT_FSIZE, &limit) == 0 && (rlim_t)st.st_size >= limit.rlim_cur;
}

static int fail(struct up_lmdb *e, int rc, const char *doing, struct up_err *err)
{
    if (disk_full(e, rc))
        return up_fail(err, UP_ENOSPC,
                       "the disk%s is full while %s the store %s; what was stored before is "
                       "intact: make room and run again",
                       rc == EFBIG ? " quota or file size limit (ulimit -f)" : "", doing,
                       e->dir);
    if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID ||
        rc == MDB_BAD_TXN)
        atomic_store(&e->suspect, true);
    if (rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND || rc == MDB_INVALID)
        return up_fail(
            err, UP_ECORRUPT,
            "the store %s was damaged while in use (%s); the next command checks and "
            "repairs it",
            e->dir, mdb_strerror(rc));
    if (rc == ENOMEM)
        return up_fail(
            err, UP_ENOMEM,
            "the store %s needs %zu MiB of address space and the system refuses them "
            "(ulimit -v?)",
            e->dir, e->map >> 20);
    if (rc == MDB_READERS_FULL)
        return up_fail(err, UP_EIO, "the store %s has too many readers; try again later",
                       e->dir);
    if (rc == MDB_PANIC)
        return up_fail(
            err, UP_EIO,
            "an earlier write to the store %s failed half-way; what was committed is "
            "intact: run again",
            e->dir);
    return up_fail(err, rc == ENOENT ? UP_ENOTFOUND : UP_EIO, "%s the store %s failed: %s",
                   doing, e->dir, mdb_strerror(rc));
}

/* ---- the map ---- */

/* LMDB unmaps before it maps again, so room is looked for first. */
static bool room_for(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p != MAP_FAILED && munmap(p, bytes) == 0;
}

/* At least doubles the map unless another thread has already done so, and more
 * when another process has written beyond that. */
static int grow(struct up_lmdb *e, size_t seen, struct up_err *err)
{
    int rc = UP_OK;
    MDB_envinfo info;
    MDB_stat stat;
    up_gate_close(&e->gate);
    if (e->map == seen) {
        (void)mdb_env_info(e->env, &info);
        (void)mdb_env_stat(e->env, &stat);
        size_t need = (info.me_last_pgno + 1) * stat.ms_psize, want = seen * 2;
        while (want < need)
            want *= 2;
        if (!room_for(want))
            rc = up_fail(err, UP_ENOSPC,
                         "the store %s is full: its map cannot grow to %zu bytes (ulimit -v?); "
                         "nothing was lost",
                         e->dir, want);
        else if ((rc = mdb_env_set_mapsize(e->env, want)) != 0)
            rc = fail(e, rc, "enlarging", err);
        else
            e->map = want;
        atomic_store(&e->base, NULL);
    }
    up_gate_open(&e->gate);
    return rc;
}

bool up_lmdb_suspect(struct up_lmdb *e) { return atomic_load(&e->suspect); }

size_t up_lmdb_map_bytes(struct up_lmdb *e)
{
    up_gate_enter(&e->gate);
    size_t n = e->map;
    up_gate_leave(&e->gate);
    return n;
}

/* ---- pages are checked before LMDB follows them ---- */

/* LMDB does not say where its map is: at the start of a transaction the list of trees lies in
 * it, and a page says its number. */
static const uint8_t *map_base(struct up_txn *t, uint64_t psize)
{
    MDB_val name = {strlen(up_db_name(UP_DB_META)), (void *)(uintptr_t)up_db_name(UP_DB_META)},
            v;
    if (t->e->main == 0 || mdb_get(t->txn, t->e->main, &name, &v) != 0)
        return NULL;
    const uint8_t *p = (const uint8_t *)((uintptr_t)v.mv_data & ~(uintptr_t)(psize - 1));
    return p - up_mdb_number(p, 8) * psize;
}

static void find_file(struct up_txn *t)
{
    enum { PSIZE = 4096 }; /* the map begins at a multiple of no larger one */
    struct up_lmdb *e = t->e;
    const uint8_t *base = atomic_load(&e->base);
    struct stat st;
    MDB_stat ms;
    int fd;
    if (mdb_env_get_fd(e->env, &fd) != 0 || fstat(fd, &st) != 0 ||
        mdb_env_stat(e->env, &ms) != 0 || ms.ms_psize != PSIZE)
        return;
    if (!base && (base = map_base(t, PSIZE)))
        atomic_store(&e->base, base);
    size_t n = (size_t)st.st_size < e->map ? (size_t)st.st_size : e->map;
    if (base)
        t->guard.file = (struct up_pagefile){{base, n}, PSIZE, n / PSIZE};
}

static int head_of(void *txn, unsigned db, struct up_tree_head *out)
{
    struct up_txn *t = txn;
    const char *text = up_db_name((enum up_db)db);
    MDB_val name = {strlen(text), (void *)(uintptr_t)text}, v;
    if (mdb_get(t->txn, t->e->main, &name, &v) != 0 || v.mv_size != UP_PAGE_TREE)
        return UP_ENOTFOUND;
    *out = up_mdb_tree(v.mv_data);
    return UP_OK;
}

/* ---- transactions ---- */

static MDB_txn *take_idle(struct up_lmdb *e)
{
    (void)pthread_mutex_lock(&e->pool);
    MDB_txn *txn = e->nidle ? e->idle[--e->nidle] : NULL;
    (void)pthread_mutex_unlock(&e->pool);
    return txn;
}

static void give_idle(struct up_lmdb *e, MDB_txn *txn)
{
    mdb_txn_reset(txn);
    (void)pthread_mutex_lock(&e->pool);
    if (e->nidle < IDLE) {
        e->idle[e->nidle++] = txn;
        txn = NULL;
    }
    (void)pthread_mutex_unlock(&e->pool);
    if (txn)
        mdb_txn_abort(txn);
}

static int txn_begin(struct up_txn *t, unsigned flags)
{
    t->txn = flags ? take_idle(t->e) : NULL;
    if (!t->txn)
        return mdb_txn_begin(t->e->env, NULL, flags, &t->txn);
    int rc = mdb_txn_renew(t->txn);
    if (rc != 0)
        mdb_txn_abort(t->txn);
    return rc;
}

static int begin(struct up_txn *t, unsigned flags, struct up_err *err)
{
    struct up_lmdb *e = t->e;
    if (!e)
        return up_fail(err, UP_EIO, "the store could not be opened again: run again");
    UP_CHECK(e->pid == getpid());
    _Static_assert((int)UP_GUARD_TREES == (int)UP_DB_COUNT, "a tree for each database");
    t->writes = !flags;
    t->guard = (struct up_guard){
        .dir = e->dir, .suspect = &e->suspect, .whole = &e->whole, .head = head_of, .txn = t};
    for (;;) {
        up_gate_enter(&e->gate);
        size_t seen = e->map;
        if (e->rescue && flags)
            return UP_OK;
        if (e->rescue) {
            up_gate_leave(&e->gate);
            return up_fail(err, UP_ECORRUPT, "the store %s is damaged and can only be read",
                           e->dir);
        }
        int rc = txn_begin(t, flags);
        if (rc == 0) {
            find_file(t);
            return UP_OK;
        }
        up_gate_leave(&e->gate);
        if (rc != MDB_MAP_RESIZED)
            return fail(e, rc, flags ? "reading" : "writing to", err);
        if ((rc = grow(e, seen, err)) != UP_OK)
            return rc;
    }
}

static void end(struct up_txn *t)
{
    up_guard_end(&t->guard);
    up_gate_leave(&t->e->gate);
}

int up_lmdb_read(struct up_lmdb *e, up_txn_fn *fn, void *ctx, struct up_err *err)
{
    struct up_txn t = {.e = e};
    int rc = begin(&t, MDB_RDONLY, err);
    if (rc != UP_OK)
        return rc;
    rc = fn(&t, ctx, err);
    if (t.txn)
        give_idle(e, t.txn);
    end(&t);
    return rc;
}

/* One attempt; *again says that the map of size *seen was full. */
static int write_once(struct up_lmdb *e, up_txn_fn *fn, void *ctx, bool *again, size_t *seen,
                      struct up_err *err)
{
    struct up_txn t = {.e = e};
    int rc = begin(&t, 0, err), db;
    *again = false;
    if (rc != UP_OK)
        return rc;
    *seen = e->map;
    rc = fn(&t, ctx, err);
    if (rc != UP_OK) {
        mdb_txn_abort(t.txn);
        *again = t.full;
    } else if ((db = mdb_txn_commit(t.txn)) != 0) {
        *again = db == MDB_MAP_FULL;
        if (!*again) /* a meta page may be written in part: the next one walks the pages */
            atomic_store(&e->suspect, true);
        rc = fail(e, db, "writing to", err);
    }
    end(&t);
    return rc;
}

int up_lmdb_write(struct up_lmdb *e, up_txn_fn *fn, void *ctx, struct up_err *err)
{
    for (;;) {
        bool again;
        size_t seen = 0;
        int rc = write_once(e, fn, ctx, &again, &seen, err);
        if (!again)
            return rc;
        if ((rc = grow(e, seen, err)) != UP_OK)
            return rc;
    }
}

static MDB_val val_of(struct up_view v) { return (MDB_val){v.len, (void *)(uintptr_t)v.data}; }

static struct up_view view_of(MDB_val v) { return (struct up_view){v.mv_data, v.mv_size}; }

int up_txn_get(struct up_txn *t, enum up_db db, struct up_view key, struct up_view *value,
               struct up_err *err)
{
    MDB_val k = val_of(key), v;
    bool checks = t->guard.file.bytes.data;
    if (t->e->rescue)
        return up_rescue_get(t->e->rescue, db, key, value);
    int rc = checks ? up_guard_find(&t->guard, db, key, value, err) : UP_OK;
    if ((rc != UP_OK && rc != UP_ENOTFOUND) || (checks && !t->writes))
        return rc;
    rc = mdb_get(t->txn, t->e->dbi[db], &k, &v);
    if (rc == MDB_NOTFOUND)
        return UP_ENOTFOUND;
    if (rc != 0)
        return fail(t->e, rc, "reading", err);
    *value = view_of(v);
    return UP_OK;
}

int up_txn_put(struct up_txn *t, enum up_db db, struct up_view key, struct up_view value,
               struct up_err *err)
{
    MDB_val k = val_of(key), v = val_of(value);
    int rc = up_guard_put(&t->guard, db, key, err);
    if (rc != UP_OK)
        return rc;
    rc = mdb_put(t->txn, t->e->dbi[db], &k, &v, 0);
    t->full |= rc == MDB_MAP_FULL;
    return rc == 0 ? UP_OK : fail(t->e, rc, "writing to", err);
}

int up_txn_del(struct up_txn *t, enum up_db db, struct up_view key, struct up_err *err)
{
    MDB_val k = val_of(key);
    int rc = up_guard_walk(&t->guard, err);
    if (rc != UP_OK)
        return rc;
    rc = mdb_del(t->txn, t->e->dbi[db], &k, NULL);
    t->full |= rc == MDB_MAP_FULL;
    return rc == 0 || rc == MDB_NOTFOUND ? UP_OK : fail(t->e, rc, "writing to", err);
}

static int seek(MDB_cursor *c, enum up_seek how, MDB_val *k, MDB_val *v)
{
    if (how == UP_SEEK_FIRST || how == UP_SEEK_LAST)
        return mdb_cursor_get(c, k, v, how == UP_SEEK_FIRST ? MDB_FIRST : MDB_LAST);
    MDB_val from = *k;
    int rc = mdb_cursor_get(c, k, v, MDB_SET_RANGE);
    if (how == UP_SEEK_BEFORE)
        return mdb_cursor_get(c, k, v, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    if (rc == 0 && up_view_equal(view_of(from), view_of(*k)))
        rc = mdb_cursor_get(c, k, v, MDB_NEXT);
    return rc;
}

int up_txn_seek(struct up_txn *t, enum up_db db, enum up_seek how, struct up_view *key,
                struct up_view *value, struct up_err *err)
{
    MDB_cursor *c;
    MDB_val k = val_of(*key), v = {0, NULL};
    if (t->e->rescue)
        return up_rescue_seek(t->e->rescue, db, how, key, value);
    if (t->guard.file.bytes.data && !t->writes)
        return up_guard_seek(&t->guard, db, how, key, value, err);
    int rc = up_guard_seek_writing(&t->guard, db, how, *key, err);
    if (rc != UP_OK)
        return rc;
    rc = mdb_cursor_open(t->txn, t->e->dbi[db], &c);
    if (rc == 0) {
        rc = seek(c, how, &k, &v);
        mdb_cursor_close(c);
    }
    if (rc == MDB_NOTFOUND)
        return UP_ENOTFOUND;
    if (rc != 0)
        return fail(t->e, rc, "reading", err);
    *key = view_of(k);
    *value = view_of(v);
    return UP_OK;
}

/* ---- the whole ---- */

static int sizes(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct up_lmdb_size *out = ctx;
    MDB_envinfo info;
    if (t->e->rescue) {
        up_rescue_size(t->e->rescue, out);
        return UP_OK;
    }
    for (int db = 0; db < UP_DB_COUNT; db++) {
        MDB_stat st;
        int rc = mdb_stat(t->txn, t->e->dbi[db], &st);
        if (rc != 0)
            return fail(t->e, rc, "reading", err);
        out->entries[db] = st.ms_entries;
        out->used +=
            (st.ms_branch_pages + st.ms_leaf_pages + st.ms_overflow_pages) * st.ms_psize;
        out->file = st.ms_psize;
    }
    (void)mdb_env_info(t->e->env, &info);
    out->file *= info.me_last_pgno + 1;
    out->txn = info.me_last_txnid;
    return UP_OK;
}

int up_lmdb_size(struct up_lmdb *e, struct up_lmdb_size *out, struct up_err *err)
{
    *out = (struct up_lmdb_size){.used = 0};
    return up_lmdb_read(e, sizes, out, err);
}

static int walk_all(struct up_txn *t, void *ctx, struct up_err *err)
{
    (void)ctx;
    return up_guard_walk(&t->guard, err);
}

int up_lmdb_check(struct up_lmdb *e, struct up_err *err)
{
    return up_lmdb_write(e, walk_all, NULL, err);
}

void up_lmdb_walked(struct up_lmdb *e) { atomic_store(&e->whole, true); }

int up_lmdb_copy(struct up_lmdb *e, const char *dir, struct up_err *err)
{
    int checked = up_lmdb_check(e, err);
    if (checked != UP_OK)
        return checked;
    up_gate_enter(&e->gate);
    int rc = mdb_env_copy2(e->env, dir, MDB_CP_COMPACT);
    up_gate_leave(&e->gate);
    return rc == 0 ? UP_OK : fail(e, rc, "copying", err);
}

/* ---- opening ---- */

static int open_dbs(struct up_txn *t, void *ctx, struct up_err *err)
{
    const unsigned *flags = ctx;
    int main = mdb_dbi_open(t->txn, NULL, 0, &t->e->main);
    if (main != 0)
        return fail(t->e, main, "opening", err);
    for (int db = 0; db < UP_DB_COUNT; db++) {
        int rc = mdb_dbi_open(t->txn, up_db_name((enum up_db)db), *flags, &t->e->dbi[db]);
        if (rc == MDB_NOTFOUND)
            return UP_ENOTFOUND;
        t->full |= rc == MDB_MAP_FULL;
        if (rc != 0)
            return fail(t->e, rc, "opening", err);
    }
    return UP_OK;
}

/* Handles opened in a transaction stay only if it is committed, a reading one too. */
static int open_all(struct up_lmdb *e, enum up_lmdb_mode mode, struct up_err *err)
{
    struct up_txn t = {.e = e};
    unsigned flags = 0;
    int rc = begin(&t, MDB_RDONLY, err);
    if (rc != UP_OK)
        return rc;
    rc = open_dbs(&t, &flags, err);
    if (rc == UP_OK)
        (void)mdb_txn_commit(t.txn);
    else
        mdb_txn_abort(t.txn);
    end(&t);
    if (rc == UP_ENOTFOUND && mode == UP_LMDB_WRITE) {
        flags = MDB_CREATE;
        rc = up_lmdb_write(e, open_dbs, &flags, err);
    }
    return rc;
}

static unsigned env_flags(enum up_lmdb_mode mode)
{
    static const unsigned flags[] = {[UP_LMDB_WRITE] = 0,
                                     [UP_LMDB_READ] = MDB_RDONLY,
                                     [UP_LMDB_UNLOCKED] = MDB_RDONLY | MDB_NOLOCK};
    return MDB_NOTLS | flags[mode];
}

int up_lmdb_open(struct up_lmdb **out, const char *dir, enum up_lmdb_mode mode,
                 size_t map_bytes, struct up_err *err)
{
    struct up_lmdb *e = up_alloc(sizeof *e);
    MDB_envinfo info;
    int dead = 0, db = mdb_env_create(&e->env), rc = UP_OK;
    up_gate_init(&e->gate);
    UP_CHECK(pthread_mutex_init(&e->pool, NULL) == 0);
    e->pid = getpid();
    e->dir = up_strdup(dir);
    e->map = map_bytes = map_bytes ? (map_bytes + 4095) & ~(size_t)4095 : MAP_DEFAULT;
    if (db == 0 && (db = mdb_env_set_mapsize(e->env, map_bytes)) == 0 &&
        (db = mdb_env_set_maxdbs(e->env, UP_DB_COUNT)) == 0 &&
        (db = mdb_env_set_maxreaders(e->env, READERS)) == 0)
        db = mdb_env_open(e->env, dir, env_flags(mode), 0666);
    if (db != 0) {
        rc = fail(e, db, "opening", err);
        goto out;
    }
    (void)mdb_env_info(e->env, &info);
    e->map = info.me_mapsize;
    if (mode != UP_LMDB_UNLOCKED)
        (void)mdb_reader_check(e->env, &dead);
    rc = open_all(e, mode, err);
out:
    if (rc != UP_OK) {
        up_lmdb_close(e);
        e = NULL;
    }
    *out = e;
    return rc;
}

struct up_lmdb *up_lmdb_rescued(struct up_lmdb *e, const char *dir, struct up_view file)
{
    struct up_rescue *r = up_rescue_new(file);
    if (!e) {
        e = up_alloc(sizeof *e);
        up_gate_init(&e->gate);
        e->pid = getpid();
        e->dir = up_strdup(dir);
    }
    up_gate_close(&e->gate);
    e->rescue = r;
    up_gate_open(&e->gate);
    atomic_store(&e->suspect, true);
    return e;
}

bool up_lmdb_is_rescued(const struct up_lmdb *e) { return e->rescue != NULL; }

void up_lmdb_close(struct up_lmdb *e)
{
    if (!e)
        return;
    while (e->nidle && e->pid == getpid())
        mdb_txn_abort(e->idle[--e->nidle]);
    up_rescue_free(e->rescue);
    if (e->env && e->pid == getpid())
        mdb_env_close(e->env);
    (void)pthread_mutex_destroy(&e->pool);
    up_gate_release(&e->gate);
    free(e->dir);
    free(e);
}
