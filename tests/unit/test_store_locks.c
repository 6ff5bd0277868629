/* links: up_store
 * What a store does when its files are taken away under it, and when another process has
 * stopped for good. That process is this program run again with a role. */
#include "tests/unit/store_folder.h"
#include "store/sweep.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static const char *self;

static pid_t start(const char *role, const char *dir)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl(self, self, role, dir, (char *)NULL);
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

static void stopped(pid_t pid)
{
    int status = 0;
    assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
    assert_true(WIFSTOPPED(status));
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- roles ---- */

static int stop_here(struct up_txn *t, void *ctx, struct up_err *err)
{
    raise(SIGSTOP);
    return UP_OK;
}

static int role(char **argv)
{
    struct up_store *s = NULL;
    struct up_err err = {""};
    struct up_store_opts o = {.create = true};
    int rc = up_store_open(&s, argv[2], &o, &err);
    if (rc == UP_OK && strcmp(argv[1], "stop") == 0)
        rc = up_store_update(s, stop_here, NULL, &err);
    if (rc == UP_OK)
        rc = up_store_run_put(s, "other", V("doc"), &err);
    if (rc != UP_OK)
        fprintf(stderr, "%s\n", err.msg);
    up_store_close(s);
    return rc != UP_OK;
}

/* ---- tests ---- */

struct heard {
    int waits, gone;
    char text[1024];
};

static void on_wait(void *ctx, const char *sentence)
{
    struct heard *h = ctx;
    h->waits++;
    (void)snprintf(h->text, sizeof h->text, "%s", sentence);
}

static void on_gone(void *ctx, const char *sentence)
{
    struct heard *h = ctx;
    h->gone++;
    (void)snprintf(h->text, sizeof h->text, "%s", sentence);
}

static struct up_store *open_heard(const struct folder *f, struct heard *h, bool read_only,
                                   const volatile sig_atomic_t *cancel)
{
    struct up_store *s = NULL;
    struct up_err err = {""};
    struct up_store_opts o = {.create = !read_only,
                              .read_only = read_only,
                              .on_wait = on_wait,
                              .on_gone = on_gone,
                              .damage_ctx = h,
                              .cancel = cancel};
    *h = (struct heard){0};
    if (up_store_open(&s, f->path, &o, &err) != UP_OK)
        fail_msg("%s", err.msg);
    return s;
}

static void a_removed_store_takes_no_commits(void **state)
{
    struct folder f = folder_make();
    struct up_err err = {""};
    struct heard h;
    struct up_store *s = open_heard(&f, &h, false, NULL);
    assert_int_equal(up_store_run_put(s, "a", V("doc"), &err), UP_OK);
    folder_remove(&f);
    assert_int_equal(up_store_run_put(s, "b", V("doc"), &err), UP_EIO);
    assert_non_null(strstr(err.msg, "removed or replaced"));
    up_store_close(s);
    assert_int_equal(h.gone, 0); /* it has been said */
    assert_int_equal(access(f.path, F_OK), -1);
}

static void closing_tells_of_a_store_that_is_gone(void **state)
{
    for (int read_only = 0; read_only < 2; read_only++) {
        struct folder f = folder_make();
        struct up_err err = {""};
        struct heard h;
        struct up_store *s = open_heard(&f, &h, false, NULL);
        assert_int_equal(up_store_run_put(s, "a", V("doc"), &err), UP_OK);
        if (read_only) {
            up_store_close(s);
            s = open_heard(&f, &h, true, NULL);
        }
        folder_remove(&f);
        up_store_close(s);
        assert_int_equal(h.gone, 1);
        assert_non_null(strstr(h.text, read_only ? "was answered" : "was stored"));
    }
}

static void a_replaced_file_is_not_written_to(void **state)
{
    struct folder f = folder_make(), other = folder_make();
    struct up_err err = {""};
    struct heard h;
    struct up_store *s = open_heard(&other, &h, false, NULL);
    assert_int_equal(up_store_run_put(s, "theirs", V("doc"), &err), UP_OK);
    up_store_close(s);
    struct up_buf theirs = file_read(folder_file(&other, "data.mdb"));
    s = open_heard(&f, &h, false, NULL);
    file_write(folder_file(&f, "new"), theirs.data, theirs.len);
    char from[128];
    (void)snprintf(from, sizeof from, "%s", folder_file(&f, "new"));
    assert_int_equal(rename(from, folder_file(&f, "data.mdb")), 0);
    assert_int_equal(up_store_run_put(s, "mine", V("doc"), &err), UP_EIO);
    up_store_close(s);
    struct up_buf now = file_read(folder_file(&f, "data.mdb"));
    assert_true(up_view_equal(up_buf_view(&now), up_buf_view(&theirs)));
    up_buf_release(&now);
    up_buf_release(&theirs);
    folder_remove(&f);
    folder_remove(&other);
}

static void a_removed_lock_file_is_noticed(void **state)
{
    static const char *const names[] = {"lock.mdb", "open.lock", "use.lock", "hold.lock",
                                        "claim.lock"};
    struct folder f = folder_make();
    struct up_err err = {""};
    struct heard h;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct up_store *s = open_heard(&f, &h, false, NULL);
        bool mine;
        struct up_digest key = up_digest_of("key", 3);
        assert_int_equal(up_store_claim(s, key, &mine, &err), UP_OK);
        assert_true(mine);
        assert_int_equal(up_store_run_put(s, "a", V("doc"), &err), UP_OK);
        assert_int_equal(unlink(folder_file(&f, names[i])), 0);
        assert_int_equal(up_store_run_put(s, "b", V("doc"), &err), UP_EIO);
        assert_non_null(strstr(err.msg, names[i]));
        up_store_close(s);
    }
    struct up_store *s = open_heard(&f, &h, false, NULL);
    struct up_buf out = UP_BUF_INIT;
    assert_int_equal(up_store_run_get(s, "a", &out, &err), UP_OK);
    assert_int_equal(up_store_run_get(s, "b", &out, &err), UP_ENOTFOUND);
    up_buf_release(&out);
    up_store_close(s);
    folder_remove(&f);
}

/* Who comes with another lock.mdb stays out until all with the first one have ended. */
static void two_lock_files_never_meet(void **state)
{
    struct folder f = folder_make();
    struct up_err err = {""};
    struct heard h, hr;
    struct up_store *s = open_heard(&f, &h, false, NULL);
    assert_int_equal(up_store_run_put(s, "mine", V("doc"), &err), UP_OK);
    assert_int_equal(unlink(folder_file(&f, "lock.mdb")), 0);
    pid_t pid = start("put", f.path);
    const struct timespec nap = {0, 400000000};
    (void)nanosleep(&nap, NULL);
    assert_int_equal(waitpid(pid, NULL, WNOHANG), 0); /* it waits */
    struct up_buf out = UP_BUF_INIT;
    assert_int_equal(up_store_run_get(s, "other", &out, &err), UP_ENOTFOUND);
    assert_int_equal(up_store_run_get(s, "mine", &out, &err), UP_OK);
    up_store_close(s);
    assert_int_equal(finish(pid), 0);
    s = open_heard(&f, &hr, true, NULL);
    assert_int_equal(up_store_run_get(s, "other", &out, &err), UP_OK);
    up_store_close(s);
    up_buf_release(&out);
    folder_remove(&f);
}

static volatile sig_atomic_t cancel;

static void on_alarm(int number) { cancel = 1; }

static void readers_do_not_wait_for_a_stopped_writer(void **state)
{
    struct folder f = folder_make();
    struct up_err err = {""};
    struct heard h;
    struct up_buf out = UP_BUF_INIT;
    struct up_store *s = open_heard(&f, &h, false, NULL);
    assert_int_equal(up_store_run_put(s, "mine", V("doc"), &err), UP_OK);
    up_store_close(s);
    pid_t pid = start("stop", f.path);
    stopped(pid); /* inside a write transaction */
    double t = seconds();
    s = open_heard(&f, &h, true, NULL);
    struct up_store_health health;
    assert_int_equal(up_store_run_get(s, "mine", &out, &err), UP_OK);
    assert_int_equal(up_store_verify(s, &health, &err), UP_OK);
    assert_int_equal(health.bad, 0);
    up_store_close(s);
    assert_true(seconds() - t < 2);
    up_buf_release(&out);

    struct up_store_opts o = {
        .on_wait = on_wait, .damage_ctx = &h, .cancel = &cancel}; /* a writer waits */
    (void)signal(SIGALRM, on_alarm);
    (void)alarm(2);
    t = seconds();
    h = (struct heard){0};
    cancel = 0;
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_ECANCELED);
    assert_true(seconds() - t < 4);
    char who[32];
    (void)snprintf(who, sizeof who, "pid %ld on ", (long)pid);
    assert_int_equal(h.waits, 1);
    assert_non_null(strstr(h.text, who));
    assert_non_null(strstr(h.text, "it is stopped"));
    assert_non_null(strstr(err.msg, who));
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(finish(pid), 0);
    folder_remove(&f);
}

/* ---- the order of runs ---- */

struct ids {
    char text[128];
};

static int note_id(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct ids *w = ctx;
    size_t n = strlen(w->text);
    (void)snprintf(w->text + n, sizeof w->text - n, "%.*s ", (int)name.len,
                   (const char *)name.data);
    return 0;
}

static void assert_order(struct up_store *s, const char *want)
{
    struct ids w = {""};
    struct up_err err = {""};
    assert_int_equal(up_store_walk(s, UP_STORE_RUN, true, note_id, &w, &err), UP_OK);
    assert_string_equal(w.text, want);
}

/* As version 0.1.0 wrote it. */
static int put_old(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct up_view key = V((const char *)ctx);
    struct up_buf rec = UP_BUF_INIT;
    up_record_encode(&rec, UP_REC_RUN, key, (struct up_view){NULL, 0}, V("old"));
    int rc = up_store_put_record(t, UP_DB_RUNS, key, rec.data, rec.len, err);
    up_buf_release(&rec);
    return rc;
}

static void runs_are_ordered_by_their_coming(void **state)
{
    struct folder f = folder_make();
    struct up_err err = {""};
    struct heard h;
    char old[2][5] = {"2030", "2031"};
    struct up_store *s = open_heard(&f, &h, false, NULL);
    assert_int_equal(up_store_update(s, put_old, old[1], &err), UP_OK);
    assert_int_equal(up_store_update(s, put_old, old[0], &err), UP_OK);
    assert_order(s, "2031 2030 ");
    assert_int_equal(up_store_run_put(s, "2099", V("a"), &err), UP_OK);
    assert_int_equal(up_store_run_put(s, "2025", V("b"), &err), UP_OK);
    assert_order(s, "2025 2099 2031 2030 ");
    assert_int_equal(up_store_run_put(s, "2099", V("again"), &err), UP_OK);
    assert_order(s, "2025 2099 2031 2030 ");
    assert_int_equal(up_store_compact(s, &err), UP_OK);
    up_store_close(s);
    s = open_heard(&f, &h, false, NULL);
    assert_int_equal(up_store_run_put(s, "2024", V("c"), &err), UP_OK);
    assert_order(s, "2024 2025 2099 2031 2030 ");
    up_store_close(s);
    folder_remove(&f);
}

int main(int argc, char **argv)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return 1;
    path[n] = 0;
    self = path;
    if (argc == 3)
        return role(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_store_takes_no_commits),
        cmocka_unit_test(closing_tells_of_a_store_that_is_gone),
        cmocka_unit_test(a_replaced_file_is_not_written_to),
        cmocka_unit_test(a_removed_lock_file_is_noticed),
        cmocka_unit_test(two_lock_files_never_meet),
        cmocka_unit_test(readers_do_not_wait_for_a_stopped_writer),
        cmocka_unit_test(runs_are_ordered_by_their_coming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
