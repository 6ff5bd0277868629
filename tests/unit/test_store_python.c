/* links: up_store
 * Python's lmdb, msgpack and zstandard read the store without this program. */
#include "tests/unit/store_folder.h"

#include <sys/wait.h>

/* Runs python3 with these arguments, its output into out; the exit status. */
static int python(struct up_buf *out, const char *a, const char *b, const char *c)
{
    char part[4096];
    int fds[2], status = 0;
    ssize_t n;
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)dup2(fds[1], 1);
        (void)close(fds[0]);
        execl("/usr/bin/python3", "python3", a, b, c, (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    while ((n = read(fds[0], part, sizeof part)) > 0)
        up_buf_append(out, part, (size_t)n);
    (void)close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static struct up_buf artifact(size_t n)
{
    struct up_buf b = UP_BUF_INIT;
    static const uint8_t archs[] = {1, 2, 3, 4, 5, 6};
    double *v = up_alloc(n * sizeof *v);
    for (size_t i = 0; i < n; i++)
        v[i] = (double)i * 0.25;
    up_pack_map(&b, 3);
    up_pack_str(&b, "archs");
    up_pack_array2(&b, UP_U8, archs, 2, 3);
    up_pack_str(&b, "scores");
    up_pack_array1(&b, UP_F64, v, n);
    up_pack_str(&b, "space");
    up_pack_str(&b, "nb201");
    free(v);
    return b;
}

static void python_reads_artifacts(void **state)
{
    static const size_t sizes[] = {4, 200000}; /* one record; manifest and chunks */
    const char *source = getenv("UPNAS_SOURCE");
    struct up_buf out = UP_BUF_INIT, script = UP_BUF_INIT;
    if (!source || python(&out, "-c", "import lmdb, msgpack, zstandard", NULL) != 0) {
        print_message(
            "skipped: no UPNAS_SOURCE, or no python3 with lmdb, msgpack, zstandard\n");
        skip();
    }
    up_buf_printf(&script, "%s/tests/cli/read_artifact.py", source);
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_digest d[2];
    struct up_err err = {""};
    char hex[UP_DIGEST_HEX], last[64];
    for (int i = 0; i < 2; i++) {
        struct up_buf b = artifact(sizes[i]);
        assert_int_equal(up_store_put(s, up_buf_view(&b), &d[i], NULL, &err), UP_OK);
        up_buf_release(&b);
    }
    up_store_close(s);
    assert_int_equal(python(&out, up_buf_str(&script), f.path, NULL), 0);
    for (int i = 0; i < 2; i++) {
        assert_non_null(strstr(up_buf_str(&out), up_digest_hex(d[i], hex)));
    }
    for (int i = 0; i < 2; i++) {
        up_buf_clear(&out);
        assert_int_equal(python(&out, up_buf_str(&script), f.path, up_digest_hex(d[i], hex)),
                         0);
        const char *text = up_buf_str(&out);
        assert_non_null(strstr(text, "'archs': {'dims': [2, 3], 'values': array('B', [1, 2, 3, "
                                     "4, 5, 6])}"));
        assert_non_null(strstr(text, "array('d', [0.0, 0.25, 0.5, 0.75"));
        (void)snprintf(last, sizeof last, "%.2f])}, 'space': 'nb201'}",
                       (double)(sizes[i] - 1) * 0.25);
        assert_non_null(strstr(text, sizes[i] == 4 ? "0.75])}, 'space': 'nb201'}" : last));
    }
    up_buf_release(&out);
    up_buf_release(&script);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(python_reads_artifacts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
