/* links: up_store
 * Pages that rot after they were walked: the reader of one tree finds what LMDB finds, ends on
 * any bytes, and a store under a valid seal refuses what it meets; and verify beside a
 * collector. */
#include "store/file/pages.h"
#include "store/file/rescue.h"
#include "store/sweep.h"
#include "store/file/tree.h"
#include "tests/unit/store_folder.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

static const char *self;

/* ---- the reader against LMDB ---- */

enum { KEYS = 700 };

struct churn {
    struct up_rng r;
    int ops;
};

static struct up_view key_text(char key[16], unsigned i)
{
    (void)snprintf(key, 16, "%0*u", 4 + (int)(i % 5), i);
    return V(key);
}

static int churn(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct churn *c = ctx;
    static const uint8_t bytes[9000] = {1, 2, 3};
    char key[16];
    int rc = UP_OK;
    for (int i = 0; rc == UP_OK && i < c->ops; i++) {
        struct up_view k = key_text(key, (unsigned)up_rng_below(&c->r, KEYS));
        size_t n = (size_t)up_rng_below(&c->r, up_rng_below(&c->r, 8) ? 300 : sizeof bytes);
        rc = up_rng_below(&c->r, 3)
                 ? up_txn_put(t, UP_DB_MEMO, k, (struct up_view){bytes, n}, err)
                 : up_txn_del(t, UP_DB_MEMO, k, err);
    }
    return rc;
}

struct answer {
    int rc;
    uint8_t key[16];
    size_t key_len, len;
};

struct answers {
    struct answer get[KEYS], seek[KEYS][2], end[2];
};

static struct answer answer(int rc, struct up_view key, struct up_view value)
{
    struct answer a = {.rc = rc};
    if (rc != UP_OK)
        return a;
    a.len = value.len;
    a.key_len = key.len;
    memcpy(a.key, key.data, key.len);
    return a;
}

/* In a reading transaction our reader answers, in a writing one LMDB's cursors do. */
static int ask(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct answers *a = ctx;
    char text[16];
    memset(a, 0, sizeof *a);
    for (unsigned i = 0; i < KEYS; i++) {
        struct up_view key = key_text(text, i), value = {NULL, 0};
        int rc = up_txn_get(t, UP_DB_MEMO, key, &value, err);
        a->get[i] = answer(rc, key, value);
        for (int back = 0; back < 2; back++) {
            struct up_view at = key;
            rc = up_txn_seek(t, UP_DB_MEMO, back ? UP_SEEK_BEFORE : UP_SEEK_AFTER, &at, &value,
                             err);
            a->seek[i][back] = answer(rc, at, value);
        }
    }
    for (int back = 0; back < 2; back++) {
        struct up_view at = {NULL, 0}, value = {NULL, 0};
        int rc =
            up_txn_seek(t, UP_DB_MEMO, back ? UP_SEEK_LAST : UP_SEEK_FIRST, &at, &value, err);
        a->end[back] = answer(rc, at, value);
    }
    return UP_OK;
}

static void finds_what_lmdb_finds(void **state)
{
    struct folder f = folder_make();
    struct up_lmdb *e;
    struct up_err err = {""};
    struct churn c = {up_rng_init(4, "churn"), 1};
    struct answers *ours = up_alloc(sizeof *ours), *theirs = up_alloc(sizeof *theirs);
    assert_int_equal(up_lmdb_open(&e, f.path, UP_LMDB_WRITE, 0, &err), UP_OK);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(up_lmdb_read(e, ask, ours, &err), UP_OK);
        assert_int_equal(up_lmdb_write(e, ask, theirs, &err), UP_OK);
        assert_memory_equal(ours, theirs, sizeof *ours);
        c.ops = 1 + (int)up_rng_below(&c.r, 120);
        assert_int_equal(up_lmdb_write(e, churn, &c, &err), UP_OK);
    }
    up_lmdb_close(e);
    free(ours);
    free(theirs);
    folder_remove(&f);
}

/* ---- any bytes: an end ---- */

/* All keys one after another, as many as there can be. */
static void goes_through(struct up_tree *t, bool back)
{
    struct up_view key = {NULL, 0}, value, before;
    struct up_err err;
    uint8_t copy[4096];
    int rc = up_tree_seek(t, back ? UP_SEEK_LAST : UP_SEEK_FIRST, &key, &value, &err), n = 0;
    for (; rc == UP_OK; n++) {
        assert_true(key.len <= sizeof copy && n < 4 * KEYS);
        assert_true(value.data >= t->file.bytes.data &&
                    value.data + value.len <= t->file.bytes.data + t->file.bytes.len);
        memcpy(copy, key.data, key.len);
        before = (struct up_view){copy, key.len};
        key = before;
        rc = up_tree_seek(t, back ? UP_SEEK_BEFORE : UP_SEEK_AFTER, &key, &value, &err);
        if (rc == UP_OK) {
            size_t len = key.len < before.len ? key.len : before.len;
            int order = memcmp(key.data, before.data, len);
            order = order ? order : (key.len > before.len) - (key.len < before.len);
            assert_true(back ? order < 0 : order > 0);
        }
    }
    assert_true(rc == UP_ENOTFOUND || rc == UP_ECORRUPT);
}

static struct up_tree_head memo_head;

static void note_head(void *ctx, struct up_view tree, struct up_view key, struct up_view value,
                      bool in_leaf)
{
    (void)ctx;
    (void)value;
    (void)in_leaf;
    if (key.len == 0 && up_view_equal(tree, V("memo"))) /* its descriptor follows its name */
        memo_head = up_mdb_tree(tree.data + tree.len);
}

static void ends_on_any_bytes(void **state)
{
    struct folder f = folder_make();
    struct up_lmdb *e;
    struct up_err err = {""};
    struct up_rng r = up_rng_init(5, "flips");
    struct churn c = {up_rng_init(6, "churn"), 1500};
    assert_int_equal(up_lmdb_open(&e, f.path, UP_LMDB_WRITE, 0, &err), UP_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(up_lmdb_write(e, churn, &c, &err), UP_OK);
    up_lmdb_close(e);
    struct up_buf b = file_read(folder_file(&f, "data.mdb"));
    assert_int_equal(up_pages_walk(up_buf_view(&b), note_head, NULL, &err), UP_OK);
    assert_true(memo_head.depth >= 2);
    struct up_pagefile file = {up_buf_view(&b), 4096, b.len / 4096};
    struct up_tree t;
    for (int i = 0; i < 4000; i++) {
        uint64_t page = 2 + up_rng_below(&r, (uint32_t)(b.len / 4096 - 2));
        uint64_t at = page * 4096 + up_rng_below(&r, i % 3 ? 64 : 4096);
        b.data[at] ^= (uint8_t)(1u << i % 8);
        up_tree_init(&t, file, memo_head);
        goes_through(&t, i % 2);
        if (i % 5) /* the others stay: damage upon damage */
            b.data[at] ^= (uint8_t)(1u << i % 8);
    }
    up_buf_release(&b);
    folder_remove(&f);
}

/* ---- under a valid seal ---- */

static void put_results(struct up_store *s, int from, int to)
{
    struct up_err err = {""};
    char key[64], value[64];
    for (int i = from; i < to; i++) {
        (void)snprintf(key, sizeof key, "the key document %d", i);
        (void)snprintf(value, sizeof value, "the value %d", i);
        if (up_store_result_put(s, V(key), V(value), &err) != UP_OK)
            fail_msg("%s", err.msg);
    }
}

/* One bit of the file, its time kept, as a disk would. */
static void rot(const char *path, uint64_t at, unsigned bit)
{
    struct stat st;
    uint8_t byte;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
    byte ^= (uint8_t)(1u << bit);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

static void use_rotten(struct up_store *s, int round)
{
    struct up_err err = {""};
    struct up_buf out = UP_BUF_INIT;
    char key[64];
    for (int i = 0; i < 300; i += 1 + round % 3) {
        (void)snprintf(key, sizeof key, "the key document %d", i);
        up_buf_clear(&out);
        int rc = up_store_result_get(s, V(key), &out, &err);
        if (rc == UP_OK)
            assert_memory_equal(out.data, "the value ", 10);
        if (round % 2 && rc == UP_OK)
            (void)up_store_result_put(s, V(key), up_buf_view(&out), &err);
        struct up_digest name = up_digest_of(key, strlen(key));
        if (round % 5 == 0 && i % 10 == 0) /* writes to it, if it is bad */
            (void)up_damage_aside(s, UP_DB_RESULTS, up_digest_view(&name), NULL);
    }
    up_buf_release(&out);
}

static void count_lost(struct up_store *s, int *lost)
{
    struct up_buf out = UP_BUF_INIT;
    char key[64];
    *lost = 0;
    for (int i = 0; i < 300; i++) {
        (void)snprintf(key, sizeof key, "the key document %d", i);
        up_buf_clear(&out);
        *lost += up_store_result_get(s, V(key), &out, NULL) != UP_OK;
    }
    up_buf_release(&out);
}

static void rot_under_a_seal(void **state)
{
    struct folder f = folder_make();
    struct up_rng r = up_rng_init(9, "rot");
    struct up_store *s = folder_open(&f);
    char path[128];
    int sealed = 0, lost;
    put_results(s, 0, 300);
    up_store_close(s);
    (void)snprintf(path, sizeof path, "%s", folder_file(&f, "data.mdb"));
    for (int round = 0; round < 200; round++) {
        struct up_buf b = file_read(path);
        uint64_t page = up_rng_below(&r, (uint32_t)(b.len / 4096));
        uint64_t at = page * 4096 + up_rng_below(&r, round % 4 ? 48 : 4096);
        up_buf_release(&b);
        sealed += access(folder_file(&f, "seal"), F_OK) == 0;
        rot(path, at, (unsigned)round % 8);
        s = folder_open(&f);
        use_rotten(s, round);
        up_store_close(s);
        s = folder_open(&f); /* walks, if something was met, and repairs */
        up_store_close(s);
        (void)unlink(folder_file(&f, "seal"));
        s = folder_open(&f);
        count_lost(s, &lost);
        if (lost > 1)
            fail_msg("round %d: bit %d of byte %d of page %d lost %d records", round, round % 8,
                     (int)(at % 4096), (int)page, lost);
        put_results(s, 0, 300);
        up_store_close(s);
    }
    assert_true(sealed > 100);
    folder_remove(&f);
}

/* What LMDB would not survive is found by the digest of the skeleton. */
static void the_seal_holds_the_skeleton(void **state)
{
    struct folder f = folder_make();
    struct up_seal before = {0}, after = {0};
    struct up_store *s = folder_open(&f);
    put_results(s, 0, 300);
    up_store_close(s);
    assert_true(up_seal_take(&before, f.path, true));
    struct up_buf b = file_read(folder_file(&f, "data.mdb"));
    size_t noticed = 0, trees = 0;
    for (uint64_t page = 2; page < b.len / 4096; page++) {
        rot(folder_file(&f, "data.mdb"), page * 4096 + 16, 1); /* the place of the first node */
        noticed += !up_seal_take(&after, f.path, true);
        trees += (b.data[page * 4096 + 10] & UP_PAGE_BRANCH) != 0;
        rot(folder_file(&f, "data.mdb"), page * 4096 + 16, 1);
    }
    assert_true(trees >= 1 && noticed >= 2);
    assert_true(up_seal_take(&after, f.path, true));
    up_buf_release(&b);
    folder_remove(&f);
}

/* ---- what stands in for a refused file ---- */

static int count_runs(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct up_buf *names = ctx;
    (void)doc;
    (void)value;
    up_buf_append(names, name.data, name.len);
    return 0;
}

static void verify_reads_on_from_what_is_sound(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f), *damaged;
    struct up_err err = {""};
    struct up_store_health h;
    struct up_buf names = UP_BUF_INIT;
    struct up_buf large = noise(3, 3000000), small = noise(4, 100);
    struct up_digest d[2];
    put_results(s, 0, 300);
    assert_int_equal(up_store_put(s, up_buf_view(&large), &d[0], NULL, &err), UP_OK);
    assert_int_equal(up_store_put(s, up_buf_view(&small), &d[1], NULL, &err), UP_OK);
    assert_int_equal(up_store_run_put(s, "b", V("x"), &err), UP_OK);
    assert_int_equal(up_store_run_put(s, "a", V("x"), &err), UP_OK);
    up_store_close(s);
    struct up_store_opts o = folder_opts(&f);
    o.create = false;
    o.read_only = true;
    for (int unsealed = 0; unsealed < 2; unsealed++) {
        struct up_buf b = file_read(folder_file(&f, "data.mdb"));
        if (unsealed)
            (void)unlink(folder_file(&f, "seal"));
        for (uint64_t page = 2; unsealed == 0 && page < b.len / 4096; page++)
            if (up_mdb_number(b.data + page * 4096, 8) == page &&
                b.data[page * 4096 + 10] == UP_PAGE_LEAF)
                rot(folder_file(&f, "data.mdb"), page * 4096 + 18, 0);
        up_buf_release(&b);
        o.rescue = false;
        if (unsealed) {
            assert_int_equal(up_store_open(&damaged, f.path, &o, &err), UP_ECORRUPT);
            assert_non_null(strstr(err.msg, "is damaged"));
        }
        o.rescue = true;
        assert_int_equal(up_store_open(&damaged, f.path, &o, &err), UP_OK);
        assert_int_equal(up_store_verify(damaged, &h, &err), UP_OK);
        assert_int_equal(h.bad, 1);
        assert_true(h.records >= 305);
        assert_stored(damaged, d[0], large);
        assert_stored(damaged, d[1], small);
        up_buf_clear(&names);
        assert_int_equal(up_store_walk(damaged, UP_STORE_RUN, true, count_runs, &names, &err),
                         UP_OK);
        assert_string_equal(up_buf_str(&names), "ab"); /* "a" came last */
        struct up_store_counts n;
        assert_int_equal(up_store_count(damaged, &n, &err), UP_OK);
        assert_int_equal(n.results, 300);
        up_store_close(damaged);
        assert_int_equal(access(folder_file(&f, "seal"), F_OK), -1);
    }
    s = folder_open(&f); /* repairs */
    assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
    assert_int_equal(h.bad, 0);
    up_store_close(s);
    up_buf_release(&names);
    up_buf_release(&large);
    up_buf_release(&small);
    folder_remove(&f);
}

/* ---- verify beside a collector ---- */

enum { OBJECTS = 60 };

static int doom(void *ctx, const struct up_seen *seen)
{
    struct up_doomed *d = ctx;
    while (d->name.data)
        d++;
    uint8_t *name = up_alloc(seen->name.len);
    memcpy(name, seen->name.data, seen->name.len);
    *d = (struct up_doomed){{name, seen->name.len}, seen->written, false};
    return 0;
}

static void remove_all(struct up_store *s)
{
    struct up_doomed doomed[4 * OBJECTS] = {{{NULL, 0}, 0, false}};
    struct up_sweep *w = NULL;
    struct up_err err = {""};
    size_t n = 0;
    int rc = up_store_survey(s, UP_STORE_OBJECT, doom, doomed, &err);
    while (doomed[n].name.data)
        n++;
    rc = rc ? rc : up_sweep_begin(&w, s, &err);
    for (size_t i = 0; rc == UP_OK && i < n; i++)
        rc = up_sweep_remove(w, UP_STORE_OBJECT, &doomed[i], 1, &err);
    up_sweep_end(w);
    for (size_t i = 0; i < n; i++)
        free((void *)(uintptr_t)doomed[i].name.data);
}

/* Small and large objects come and go, until it is killed. */
static int role_collect(const char *dir)
{
    for (uint64_t round = 0; round < 100000; round++) {
        struct up_store *s = NULL;
        struct up_store_opts o = {.create = true};
        if (up_store_open(&s, dir, &o, NULL) != UP_OK)
            return 1;
        for (uint64_t i = 0; i < OBJECTS; i++) {
            struct up_buf b = noise(round * OBJECTS + i, i % 6 ? 500 : 2500000);
            (void)up_store_put(s, up_buf_view(&b), NULL, NULL, NULL);
            up_buf_release(&b);
        }
        up_store_close(s); /* and with it what it held */
        if (up_store_open(&s, dir, &o, NULL) != UP_OK)
            return 1;
        remove_all(s);
        up_store_close(s);
    }
    return 0;
}

static void what_gc_removes_is_no_damage(void **state)
{
    struct folder f = folder_make();
    struct up_err err = {""};
    struct up_store_opts o = folder_opts(&f);
    uint64_t seen = 0;
    int status;
    up_store_close(folder_open(&f));
    o.create = false;
    o.read_only = true;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also where this test fails */
        execl(self, self, "collect", f.path, (char *)NULL);
        _exit(99);
    }
    time_t until = time(NULL) + 3;
    for (int i = 0; time(NULL) < until; i++) {
        struct up_store *s;
        struct up_store_health h = {0};
        if (up_store_open(&s, f.path, &o, &err) != UP_OK)
            fail_msg("%s", err.msg);
        int rc = up_store_verify(s, &h, &err);
        up_store_close(s);
        if (rc != UP_OK || h.bad || f.damages)
            fail_msg("round %d: %d, %d bad, %s %s", i, rc, (int)h.bad, f.last, err.msg);
        seen += h.records;
    }
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status)); /* it was at work all the time */
    print_message("%d records seen beside a collector\n", (int)seen);
    assert_true(seen > 100);
    folder_remove(&f);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_lmdb_finds),
        cmocka_unit_test(ends_on_any_bytes),
        cmocka_unit_test(rot_under_a_seal),
        cmocka_unit_test(the_seal_holds_the_skeleton),
        cmocka_unit_test(verify_reads_on_from_what_is_sound),
        cmocka_unit_test(what_gc_removes_is_no_damage),
    };
    self = argv[0];
    if (argc == 3 && !strcmp(argv[1], "collect"))
        return role_collect(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
