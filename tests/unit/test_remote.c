/* What every kind of remote promises, asked of the one in memory and of a folder; further
 * attempts when trouble may pass; downloads. links: up_store up_base */
#include "tests/unit/store_folder.h"

#include "store/remote/download.h"
#include "store/remote/remote.h"

#include <errno.h>

/* ---- kinds ---- */

struct kind {
    const char *name;
    struct folder f;
    struct up_remote *r;
};

static struct kind open_kind(const char *name)
{
    struct kind k = {.name = name, .f = folder_make()};
    struct up_err err = {""};
    if (!strcmp(name, "memory"))
        k.r = up_remote_memory("there");
    else if (up_remote_folder(&k.r, "there", k.f.path, true, &err) != UP_OK)
        fail_msg("%s", err.msg);
    return k;
}

static void close_kind(struct kind *k)
{
    up_remote_close(k->r);
    folder_remove(&k->f);
}

static struct up_object_name name_of(struct up_view bytes, enum up_area area)
{
    return (struct up_object_name){area, up_sha256_of(bytes.data, bytes.len)};
}

static void put(struct up_remote *r, struct up_object_name name, struct up_view bytes)
{
    struct up_err err = {""};
    if (up_remote_put(r, name, bytes, up_sha256_of(bytes.data, bytes.len), &err) != UP_OK)
        fail_msg("%s", err.msg);
}

static int get(struct up_remote *r, struct up_object_name name, uint64_t limit,
               struct up_buf *out)
{
    struct up_err err = {""};
    int rc = up_remote_read(r, name, limit, out, &err);
    assert_true((rc == UP_OK) == (err.msg[0] == '\0'));
    return rc;
}

static void comes_back(struct up_remote *r, struct up_object_name name, struct up_view want)
{
    struct up_buf got = UP_BUF_INIT;
    uint64_t size = 77;
    assert_int_equal(get(r, name, want.len, &got), UP_OK);
    assert_true(up_view_equal(up_buf_view(&got), want));
    assert_int_equal(up_remote_head(r, name, &size, NULL), UP_OK);
    assert_int_equal(size, want.len);
    up_buf_release(&got);
}

static void objects_come_back(struct up_remote *r)
{
    struct up_buf large = noise(1, 3 << 20);
    struct up_view v[] = {V(""), V("a"), V("some bytes"), up_buf_view(&large)};
    for (size_t i = 0; i < 4; i++)
        put(r, name_of(v[i], UP_AREA_CAS), v[i]);
    for (size_t i = 0; i < 4; i++)
        comes_back(r, name_of(v[i], UP_AREA_CAS), v[i]);
    up_buf_release(&large);
}

static void areas_are_apart_and_missing_is_missing(struct up_remote *r)
{
    struct up_buf got = UP_BUF_INIT;
    uint64_t size;
    put(r, name_of(V("x"), UP_AREA_AC), V("an entry"));
    assert_int_equal(get(r, name_of(V("x"), UP_AREA_CAS), 100, &got), UP_ENOTFOUND);
    assert_int_equal(up_remote_head(r, name_of(V("x"), UP_AREA_CAS), &size, NULL),
                     UP_ENOTFOUND);
    comes_back(r, name_of(V("x"), UP_AREA_AC), V("an entry"));
    up_buf_release(&got);
}

static void the_last_one_put_stays(struct up_remote *r)
{
    put(r, name_of(V("x"), UP_AREA_AC), V("a long first entry"));
    put(r, name_of(V("x"), UP_AREA_AC), V("second"));
    comes_back(r, name_of(V("x"), UP_AREA_AC), V("second"));
}

static void nothing_beyond_the_limit(struct up_remote *r)
{
    struct up_buf got = UP_BUF_INIT, large = noise(2, 300000);
    put(r, name_of(V("x"), UP_AREA_AC), up_buf_view(&large));
    assert_int_equal(get(r, name_of(V("x"), UP_AREA_AC), 299999, &got), UP_EINVAL);
    assert_true(got.len <= 299999);
    assert_int_equal(get(r, name_of(V("x"), UP_AREA_AC), 300000, &got), UP_OK);
    up_buf_release(&got);
    up_buf_release(&large);
}

static int sour_begin(void *ctx, struct up_err *err)
{
    (void)ctx, (void)err;
    return UP_OK;
}

static int sour_take(void *ctx, const void *p, size_t n, struct up_err *err)
{
    (void)p, (void)n;
    ++*(int *)ctx;
    return up_fail(err, UP_EIO, "the sink is full");
}

static void what_the_sink_says_is_returned(struct up_remote *r)
{
    int calls = 0;
    struct up_err err = {""};
    const struct up_sink sink = {sour_begin, sour_take, &calls};
    put(r, name_of(V("x"), UP_AREA_AC), V("an entry"));
    r->tries = 5; /* it is no trouble of the remote's: once is enough */
    assert_int_equal(up_remote_get(r, name_of(V("x"), UP_AREA_AC), 100, &sink, &err), UP_EIO);
    assert_string_equal(err.msg, "the sink is full");
    assert_int_equal(calls, 1);
}

static void (*const promises[])(struct up_remote *r) = {
    objects_come_back, areas_are_apart_and_missing_is_missing, the_last_one_put_stays,
    nothing_beyond_the_limit, what_the_sink_says_is_returned};

static void every_kind_keeps_its_promises(void **state)
{
    static const char *const kinds[] = {"memory", "folder"};
    for (size_t i = 0; i < 2; i++)
        for (size_t p = 0; p < sizeof promises / sizeof *promises; p++) {
            struct kind k = open_kind(kinds[i]);
            promises[p](k.r);
            close_kind(&k);
        }
}

/* ---- folders ---- */

static void a_folder_that_is_not_there_is_not_made(void **state)
{
    struct up_remote *r;
    struct up_err err = {""};
    assert_int_equal(up_remote_folder(&r, "there", "/nowhere/at/all", true, &err), UP_EIO);
    assert_null(r);
    assert_non_null(strstr(err.msg, "there is no folder"));
}

static void only_plain_files_are_objects(void **state)
{
    struct kind k = open_kind("folder");
    struct up_buf got = UP_BUF_INIT;
    char path[UP_OBJECT_PATH];
    struct up_object_name name = name_of(V("x"), UP_AREA_CAS);
    const char *at = folder_file(&k.f, up_object_path(name, path));
    assert_int_equal(mkfifo(at, 0666), 0);
    assert_int_equal(get(k.r, name, 10, &got), UP_EINVAL);
    assert_int_equal(unlink(at), 0);
    assert_int_equal(symlink("/etc/passwd", at), 0);
    assert_int_equal(get(k.r, name, 1 << 20, &got), UP_EUNSUPPORTED);
    assert_int_equal(unlink(at), 0);
    assert_int_equal(mkdir(at, 0777), 0);
    assert_int_equal(get(k.r, name, 10, &got), UP_EINVAL);
    assert_int_equal(rmdir(at), 0);
    up_buf_release(&got);
    close_kind(&k);
}

/* ---- attempts ---- */

struct flaky { /* fails `failures` times with rc, then answers */
    struct up_remote base;
    int failures, calls, rc;
};

static int answer(struct up_remote *r, struct up_err *err)
{
    struct flaky *f = (struct flaky *)r;
    f->calls++;
    return f->failures-- > 0 ? up_fail(err, (enum up_status)f->rc, "not now") : UP_OK;
}

static int flaky_head(struct up_remote *r, struct up_object_name n, uint64_t *size,
                      struct up_err *err)
{
    (void)n;
    *size = 4;
    return answer(r, err);
}

/* Half of it comes before the failure. */
static int flaky_get(struct up_remote *r, struct up_object_name n, uint64_t limit,
                     const struct up_sink *sink, struct up_err *err)
{
    (void)n, (void)limit;
    int rc = sink->begin(sink->ctx, err);
    if (!rc)
        rc = sink->take(sink->ctx, "by", 2, err);
    if (!rc)
        rc = answer(r, err);
    return rc ? rc : sink->take(sink->ctx, "te", 2, err);
}

static int flaky_put(struct up_remote *r, struct up_object_name n, struct up_view b,
                     struct up_sha256 sha, struct up_err *err)
{
    (void)n, (void)b, (void)sha;
    return answer(r, err);
}

static void flaky_close(struct up_remote *r) { (void)r; }

static const struct up_remote_ops flaky_ops = {flaky_head, flaky_get, flaky_put, flaky_close};

static struct flaky flaky(int failures, int rc)
{
    return (struct flaky){.base = {.ops = &flaky_ops, .name = "flaky", .tries = 3},
                          .failures = failures,
                          .rc = rc};
}

static void trouble_that_may_pass_is_tried_again(void **state)
{
    struct up_object_name n = name_of(V("byte"), UP_AREA_CAS);
    struct up_buf got = UP_BUF_INIT;
    uint64_t size;
    struct flaky f = flaky(2, UP_EIO);
    assert_int_equal(up_remote_read(&f.base, n, 10, &got, NULL), UP_OK);
    assert_int_equal(f.calls, 3);
    assert_true(up_view_equal(up_buf_view(&got), V("byte"))); /* the halves are forgotten */
    f = flaky(2, UP_EIO);
    assert_int_equal(up_remote_head(&f.base, n, &size, NULL), UP_OK);
    f = flaky(2, UP_EIO);
    assert_int_equal(up_remote_put(&f.base, n, V("byte"), n.sha, NULL), UP_OK);
    f = flaky(3, UP_EIO);
    assert_int_equal(up_remote_head(&f.base, n, &size, NULL), UP_EIO);
    assert_int_equal(f.calls, 3);
    up_buf_release(&got);
}

static void a_refusal_is_not_tried_again(void **state)
{
    static const int refusals[] = {UP_ENOTFOUND, UP_EUNSUPPORTED, UP_EINVAL, UP_ECANCELED};
    uint64_t size;
    for (size_t i = 0; i < 4; i++) {
        struct flaky f = flaky(2, refusals[i]);
        assert_int_equal(up_remote_head(&f.base, name_of(V("x"), UP_AREA_AC), &size, NULL),
                         refusals[i]);
        assert_int_equal(f.calls, 1);
    }
    volatile sig_atomic_t stop = 1;
    struct flaky f = flaky(2, UP_EIO);
    f.base.cancel = &stop;
    assert_int_equal(up_remote_head(&f.base, name_of(V("x"), UP_AREA_AC), &size, NULL), UP_EIO);
    assert_int_equal(f.calls, 1);
}

/* ---- downloads ---- */

static void a_download_is_what_its_name_says(void **state)
{
    struct folder f = folder_make();
    struct up_remote *r = up_remote_memory("there");
    struct up_buf bytes = noise(3, 2 << 20);
    struct up_view v = up_buf_view(&bytes);
    struct up_object_name n = name_of(v, UP_AREA_CAS);
    struct up_download d;
    struct up_err err;
    bool local;
    put(r, n, v);
    assert_int_equal(up_download(&d, r, n.sha, v.len, f.path, &local, &err), UP_OK);
    assert_true(up_view_equal(up_download_view(&d), v));
    up_download_release(&d);
    assert_int_equal(up_download(&d, r, n.sha, v.len - 1, f.path, &local, &err), UP_EINVAL);
    assert_int_equal(up_download(&d, r, n.sha, v.len + 1, f.path, &local, &err), UP_EINVAL);
    bytes.data[1 << 20] ^= 1;
    put(r, n, v);
    assert_int_equal(up_download(&d, r, n.sha, v.len, f.path, &local, &err), UP_ECORRUPT);
    assert_int_equal(up_remote_check(r, n.sha, v.len, &err), UP_ECORRUPT);
    assert_false(local);
    put(r, name_of(V(""), UP_AREA_CAS), V(""));
    assert_int_equal(
        up_download(&d, r, name_of(V(""), UP_AREA_CAS).sha, 0, f.path, &local, &err), UP_OK);
    assert_int_equal(up_download_view(&d).len, 0);
    up_download_release(&d);
    assert_int_equal(up_download(&d, r, n.sha, v.len, "/nowhere", &local, &err), UP_EIO);
    assert_true(local); /* this machine's trouble, not the remote's */
    up_buf_release(&bytes);
    up_remote_close(r);
    assert_int_equal(rmdir(f.path), 0); /* nothing is left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_keeps_its_promises),
        cmocka_unit_test(a_folder_that_is_not_there_is_not_made),
        cmocka_unit_test(only_plain_files_are_objects),
        cmocka_unit_test(trouble_that_may_pass_is_tried_again),
        cmocka_unit_test(a_refusal_is_not_tried_again),
        cmocka_unit_test(a_download_is_what_its_name_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
