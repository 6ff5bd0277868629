/* links: up_store
 * Several processes, dying processes, and a world that says no. The other
 * process is this program run again with a role, never a mere fork. */
#include "tests/unit/store_folder.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static const char *self;

static pid_t start(const char *role, const char *dir, const char *arg)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl(self, self, role, dir, arg, (char *)NULL);
        _exit(99);
    }
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- roles: what the other process does ---- */

static struct up_store *role_open(const char *dir, bool read_only)
{
    struct up_store *s = NULL;
    struct up_err err = {""};
    struct up_store_opts o = {.create = !read_only, .read_only = read_only};
    if (up_store_open(&s, dir, &o, &err) != UP_OK)
        fprintf(stderr, "%s\n", err.msg);
    return s;
}

static int role_write(const char *dir, int from, int n)
{
    struct up_store *s = role_open(dir, false);
    struct up_err err = {""};
    char key[32];
    int rc = s ? UP_OK : UP_EIO;
    for (int i = from; rc == UP_OK && (n < 0 || i < from + n); i++) {
        struct up_buf b = noise((uint64_t)i, (size_t)(i % 7) * 20000 + (i % 50 ? 0 : 1500000));
        (void)snprintf(key, sizeof key, "key %d", i);
        rc = up_store_put(s, up_buf_view(&b), NULL, NULL, &err);
        if (rc == UP_OK)
            rc = up_store_result_put(s, V(key), V(key + 1), &err);
        up_buf_release(&b);
    }
    if (rc != UP_OK)
        fprintf(stderr, "%s\n", err.msg);
    up_store_close(s);
    return rc != UP_OK;
}

/* As somebody who may read the folder but not write to it. */
static int role_look(const char *dir)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_err err = {""};
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 3;
    struct up_store *s;
    struct up_store_opts o = {.create = true};
    if (up_store_open(&s, dir, &o, &err) != UP_EIO || !strstr(err.msg, "not writable"))
        return 4;
    if (!(s = role_open(dir, true)))
        return 5;
    int rc = up_store_run_get(s, "run", &out, &err) == UP_OK ? 0 : 6;
    up_store_close(s);
    up_buf_release(&out);
    return rc;
}

static int role(char **argv)
{
    if (strcmp(argv[1], "write") == 0)
        return role_write(argv[2], (int)strtol(argv[3], NULL, 10), 40);
    if (strcmp(argv[1], "forever") == 0)
        return role_write(argv[2], (int)strtol(argv[3], NULL, 10), -1);
    return role_look(argv[2]);
}

/* ---- tests ---- */

static int results_there(struct up_store *s, int from, int n)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_err err = {""};
    char key[32];
    int there = 0;
    for (int i = from; i < from + n; i++) {
        (void)snprintf(key, sizeof key, "key %d", i);
        up_buf_clear(&out);
        if (up_store_result_get(s, V(key), &out, &err) != UP_OK)
            continue;
        assert_true(up_view_equal(up_buf_view(&out), V(key + 1)));
        struct up_buf b = noise((uint64_t)i, (size_t)(i % 7) * 20000 + (i % 50 ? 0 : 1500000));
        assert_true(up_store_has(s, up_digest_of(b.data, b.len))); /* it was there before */
        up_buf_release(&b);
        there++;
    }
    up_buf_release(&out);
    return there;
}

static void two_processes_at_once(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    pid_t a = start("write", f.path, "0"), b = start("write", f.path, "1000");
    for (int i = 0; i < 20; i++) /* this one writes as well, and follows the others' map */
        assert_int_equal(up_store_run_put(s, "run", V("doc"), &err), UP_OK);
    assert_int_equal(finish(a), 0);
    assert_int_equal(finish(b), 0);
    assert_int_equal(results_there(s, 0, 40), 40);
    assert_int_equal(results_there(s, 1000, 40), 40);
    up_store_close(s);
    assert_int_equal(f.damages, 0);
    folder_remove(&f);
}

/* Busy writers must not keep others from opening. */
static void opens_between_busy_writers(void **state)
{
    struct folder f = folder_make();
    pid_t a = start("forever", f.path, "0"), b = start("forever", f.path, "100000");
    struct up_store *s;
    for (int i = 0; i < 8; i++) {
        s = folder_open(&f);
        (void)results_there(s, 0, 10);
        up_store_close(s);
    }
    kill(a, SIGKILL);
    kill(b, SIGKILL);
    assert_int_equal(finish(a), 128 + SIGKILL);
    assert_int_equal(finish(b), 128 + SIGKILL);
    assert_int_equal(f.damages, 0);
    folder_remove(&f);
}

static void killed_writers(void **state)
{
    struct folder f = folder_make();
    struct up_rng r = up_rng_init(1, "kill");
    char from[16];
    for (int i = 0; i < 10; i++) {
        (void)snprintf(from, sizeof from, "%d", i * 10000);
        pid_t pid = start("forever", f.path, from);
        struct timespec nap = {0, (long)(5 + up_rng_below(&r, 120)) * 1000000};
        nanosleep(&nap, NULL);
        kill(pid, SIGKILL);
        assert_int_equal(finish(pid), 128 + SIGKILL);
        struct up_store *s = folder_open(&f);
        struct up_store_health h;
        struct up_err err = {""};
        int there = results_there(s, i * 10000, 3000);
        assert_int_equal(results_there(s, i * 10000, there), there); /* without gaps */
        assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
        assert_int_equal(h.bad, 0);
        up_store_close(s);
    }
    assert_int_equal(f.damages, 0);
    folder_remove(&f);
}

static void the_map_grows(void **state)
{
    struct folder f = folder_make();
    struct up_store *s;
    struct up_err err = {""};
    struct up_store_opts o = folder_opts(&f);
    struct up_digest d[12];
    o.map_bytes = 1 << 20;
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_OK);
    for (size_t i = 0; i < 12; i++) {
        struct up_buf b = noise(i, 900000 + 100000 * i);
        assert_int_equal(up_store_put(s, up_buf_view(&b), &d[i], NULL, &err), UP_OK);
        up_buf_release(&b);
    }
    assert_true(up_lmdb_map_bytes(s->lmdb) >= 16 << 20);
    for (size_t i = 0; i < 12; i++) {
        struct up_buf b = noise(i, 900000 + 100000 * i);
        assert_stored(s, d[i], b);
        up_buf_release(&b);
    }
    up_store_close(s);
    folder_remove(&f);
}

static void *put_many(void *ctx)
{
    struct up_store *s = ctx;
    struct up_err err = {""};
    for (uint64_t i = 0; i < 30; i++) {
        struct up_buf b = noise(i + ((uint64_t)(uintptr_t)&i << 8), 60000);
        struct up_digest d;
        if (up_store_put(s, up_buf_view(&b), &d, NULL, &err) != UP_OK || !up_store_has(s, d))
            return (void *)(uintptr_t) "a put or a get failed";
        up_buf_release(&b);
    }
    return NULL;
}

static void threads_share_a_growing_map(void **state)
{
    struct folder f = folder_make();
    struct up_store *s;
    struct up_err err = {""};
    struct up_store_opts o = folder_opts(&f);
    pthread_t t[4];
    void *said;
    o.map_bytes = 1 << 19;
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, put_many, s), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(t[i], &said);
        assert_null(said);
    }
    up_store_close(s);
    assert_int_equal(f.damages, 0);
    folder_remove(&f);
}

static void a_full_disk_loses_nothing(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf b = noise(1, 700000), big = noise(2, 5 << 20);
    struct rlimit old, low;
    struct up_digest d;
    struct up_err err = {""};
    struct stat st;
    assert_int_equal(up_store_put(s, up_buf_view(&b), &d, NULL, &err), UP_OK);
    assert_int_equal(stat(folder_file(&f, "data.mdb"), &st), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (int step = 0; step < 12; step++) { /* full at one place and another */
        low = old;
        low.rlim_cur = (rlim_t)st.st_size + (rlim_t)step * 3001;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
        int rc = up_store_put(s, up_buf_view(&big), NULL, NULL, &err);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(rc, UP_ENOSPC);
        assert_non_null(strstr(err.msg, "full"));
        assert_stored(s, d, b);
    }
    assert_int_equal(up_store_put(s, up_buf_view(&big), &d, NULL, &err), UP_OK);
    assert_stored(s, d, big);
    up_store_close(s);
    s = folder_open(&f);
    assert_stored(s, d, big);
    up_store_close(s);
    assert_int_equal(f.damages, 0);
    up_buf_release(&b);
    up_buf_release(&big);
    folder_remove(&f);
}

static void a_folder_that_cannot_be_written(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    assert_int_equal(up_store_run_put(s, "run", V("doc"), &err), UP_OK);
    up_store_close(s);
    assert_int_equal(chmod(f.path, 0555), 0);
    assert_int_equal(chmod(folder_file(&f, "lock.mdb"), 0444), 0);
    assert_int_equal(chmod(folder_file(&f, "data.mdb"), 0444), 0);
    assert_int_equal(chmod(folder_file(&f, "open.lock"), 0444), 0);
    assert_int_equal(chmod(folder_file(&f, "use.lock"), 0444), 0);
    int rc = finish(start("look", f.path, ""));
    assert_int_equal(chmod(f.path, 0755), 0);
    folder_remove(&f);
    if (rc == 3 || rc == 99) {
        print_message("skipped: this user can write everywhere and cannot become another\n");
        skip();
    }
    assert_int_equal(rc, 0);
}

int main(int argc, char **argv)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return 1;
    path[n] = 0;
    self = path;
    if (argc == 4)
        return role(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_processes_at_once),
        cmocka_unit_test(opens_between_busy_writers),
        cmocka_unit_test(killed_writers),
        cmocka_unit_test(the_map_grows),
        cmocka_unit_test(threads_share_a_growing_map),
        cmocka_unit_test(a_full_disk_loses_nothing),
        cmocka_unit_test(a_folder_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
