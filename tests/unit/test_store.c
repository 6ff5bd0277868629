/* links: up_store */
#include "tests/unit/store_folder.h"

static void opens_and_closes(void **state)
{
    struct folder f = folder_make();
    struct up_err err = {""};
    struct up_store *s, *again;
    struct up_store_opts o = {.create = false};
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_ENOTFOUND);
    assert_non_null(strstr(err.msg, "no store at"));
    o.read_only = o.create = true;
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_ENOTFOUND);
    s = folder_open(&f);
    o = folder_opts(&f);
    assert_int_equal(up_store_open(&again, f.path, &o, &err), UP_EINVAL);
    assert_null(again);
    up_store_close(s);
    s = folder_open(&f);
    up_store_close(s);
    up_store_close(NULL);
    assert_int_equal(f.damages, 0);
    assert_int_not_equal(access(folder_file(&f, "build.tmp"), F_OK), 0);
    folder_remove(&f);
}

static void objects_round_trip(void **state)
{
    static const size_t sizes[] = {
        0, 1, 127, 128, 5000, 1 << 20, (1 << 20) + 1, (3 << 20) + 17, 2 << 20};
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_digest d[9];
    struct up_sha256 sha[9], got;
    uint64_t size;
    struct up_err err = {""};
    for (size_t i = 0; i < 9; i++) {
        struct up_buf b = noise(i, sizes[i]);
        assert_int_equal(up_store_put(s, up_buf_view(&b), &d[i], &sha[i], &err), UP_OK);
        assert_stored(s, d[i], b);
        up_buf_release(&b);
    }
    up_store_close(s);
    s = folder_open(&f);
    for (size_t i = 0; i < 9; i++) {
        struct up_buf b = noise(i, sizes[i]);
        assert_true(up_store_has(s, d[i]));
        assert_stored(s, d[i], b);
        assert_int_equal(up_store_stat(s, d[i], &got, &size, &err), UP_OK);
        assert_int_equal(size, sizes[i]);
        assert_memory_equal(got.b, sha[i].b, sizeof got.b);
        up_buf_release(&b);
    }
    d[0].b[3] ^= 1;
    struct up_buf out = UP_BUF_INIT;
    assert_false(up_store_has(s, d[0]));
    assert_int_equal(up_store_get(s, d[0], &out, &err), UP_ENOTFOUND);
    assert_int_equal(up_store_stat(s, d[0], NULL, NULL, &err), UP_ENOTFOUND);
    up_buf_release(&out);
    up_store_close(s);
    assert_int_equal(f.damages, 0);
    folder_remove(&f);
}

struct supply {
    struct up_view left;
    int calls;
};

static int supply(void *ctx, size_t len, struct up_view *piece, struct up_err *err)
{
    struct supply *s = ctx;
    (void)err;
    s->calls++;
    assert_true(len <= s->left.len);
    *piece = (struct up_view){s->left.data, len};
    s->left = (struct up_view){s->left.data + len, s->left.len - len};
    return UP_OK;
}

static void objects_come_in_pieces(void **state)
{
    static const size_t sizes[] = {0, 5000, 1 << 20, (1 << 20) + 1, (20 << 20) + 17};
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct up_buf b = noise(i, sizes[i]);
        struct up_digest d = up_digest_of(b.data, b.len), wrong = d;
        struct up_sha256 sha = up_sha256_of(b.data, b.len);
        struct supply from = {.left = up_buf_view(&b)};
        wrong.b[0] ^= 1;
        assert_int_equal(up_store_put_pieces(s, wrong, sha, b.len, supply, &from, &err),
                         UP_EINVAL);
        assert_non_null(strstr(err.msg, "other digests"));
        assert_false(up_store_has(s, wrong));
        from.left = up_buf_view(&b);
        assert_int_equal(up_store_put_pieces(s, d, sha, b.len, supply, &from, &err), UP_OK);
        assert_stored(s, d, b);
        int calls = from.calls; /* what is here is not asked for */
        assert_int_equal(up_store_put_pieces(s, d, sha, b.len, supply, &from, &err), UP_OK);
        assert_int_equal(from.calls, calls);
        up_buf_release(&b);
    }
    up_store_close(s);
    folder_remove(&f);
}

static void get_appends(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf out = UP_BUF_INIT;
    struct up_digest d;
    struct up_err err = {""};
    assert_int_equal(up_store_put(s, V("world"), &d, NULL, &err), UP_OK);
    up_buf_puts(&out, "hello ");
    assert_int_equal(up_store_get(s, d, &out, &err), UP_OK);
    assert_string_equal(up_buf_str(&out), "hello world");
    up_buf_release(&out);
    up_store_close(s);
    folder_remove(&f);
}

static off_t file_size(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void equal_bytes_are_stored_once(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf b = noise(1, 5 << 20);
    struct up_digest d;
    struct up_err err = {""};
    assert_int_equal(up_store_put(s, up_buf_view(&b), &d, NULL, &err), UP_OK);
    off_t size = file_size(folder_file(&f, "data.mdb"));
    for (int i = 0; i < 3; i++)
        assert_int_equal(up_store_put(s, up_buf_view(&b), &d, NULL, &err), UP_OK);
    assert_int_equal(file_size(folder_file(&f, "data.mdb")), size);
    assert_true(size < 6 << 20);
    up_buf_release(&b);
    up_store_close(s);
    folder_remove(&f);
}

static void floats_are_packed(void **state)
{
    enum { N = 200000 };
    struct up_buf b = UP_BUF_INIT;
    struct up_rng r = up_rng_init(1, "weights");
    for (int i = 0; i < N; i++) {
        float w = (float)(0.05 * up_rng_normal(&r));
        up_buf_append(&b, &w, sizeof w);
    }
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_digest d;
    struct up_err err = {""};
    assert_int_equal(up_store_put(s, up_buf_view(&b), &d, NULL, &err), UP_OK);
    assert_stored(s, d, b);
    assert_true(file_size(folder_file(&f, "data.mdb")) < N * 4 * 95 / 100);
    up_buf_release(&b);
    up_store_close(s);
    folder_remove(&f);
}

static void results_memo_and_runs(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf out = UP_BUF_INIT;
    struct up_err err = {""};
    struct up_memo_item items[] = {{V("part 1"), V("one")}, {V("part 2"), V("two")}};
    assert_int_equal(up_store_result_get(s, V("key"), &out, &err), UP_ENOTFOUND);
    assert_int_equal(up_store_result_put(s, V("key"), V("record"), &err), UP_OK);
    assert_int_equal(up_store_result_put(s, V("key"), V("record 2"), &err), UP_OK);
    assert_int_equal(up_store_memo_put(s, items, 2, &err), UP_OK);
    assert_int_equal(up_store_memo_put(s, NULL, 0, &err), UP_OK);
    assert_int_equal(up_store_run_put(s, "2024-a", V("run"), &err), UP_OK);
    assert_int_equal(up_store_run_put(s, "", V("run"), &err), UP_EINVAL);
    up_store_close(s);
    s = folder_open(&f);
    assert_int_equal(up_store_result_get(s, V("key"), &out, &err), UP_OK);
    up_buf_puts(&out, ",");
    assert_int_equal(up_store_memo_get(s, V("part 2"), &out, &err), UP_OK);
    up_buf_puts(&out, ",");
    assert_int_equal(up_store_run_get(s, "2024-a", &out, &err), UP_OK);
    assert_string_equal(up_buf_str(&out), "record 2,two,run");
    assert_int_equal(up_store_memo_get(s, V("key"), &out, &err), UP_ENOTFOUND);
    assert_int_equal(up_store_run_get(s, "2024-b", &out, &err), UP_ENOTFOUND);
    up_buf_release(&out);
    up_store_close(s);
    folder_remove(&f);
}

static struct up_digest same_digest(const void *p, size_t n)
{
    (void)p;
    (void)n;
    return (struct up_digest){{7}};
}

static void a_collision_is_a_miss(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf out = UP_BUF_INIT;
    struct up_err err = {""};
    s->key_digest = same_digest;
    assert_int_equal(up_store_result_put(s, V("key a"), V("a"), &err), UP_OK);
    assert_int_equal(up_store_result_get(s, V("key b"), &out, &err), UP_ENOTFOUND);
    assert_int_equal(up_store_result_put(s, V("key b"), V("b"), &err), UP_OK);
    assert_int_equal(up_store_result_get(s, V("key a"), &out, &err), UP_ENOTFOUND);
    assert_int_equal(up_store_result_get(s, V("key b"), &out, &err), UP_OK);
    assert_string_equal(up_buf_str(&out), "b");
    assert_int_equal(f.damages, 0);
    up_buf_release(&out);
    up_store_close(s);
    folder_remove(&f);
}

struct seen {
    struct up_store *s;
    int n, stop_at;
    struct up_buf names;
};

static int see(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct seen *v = ctx;
    struct up_buf out = UP_BUF_INIT;
    struct up_err err;
    if (doc.len) /* the callback may call the store */
        assert_int_equal(up_store_result_get(v->s, doc, &out, &err), UP_OK);
    if (v->n < 3)
        up_buf_append(&v->names, name.data, name.len);
    up_buf_release(&out);
    (void)value;
    return ++v->n == v->stop_at;
}

static void walks_in_order(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    struct seen v = {.s = s};
    char id[16];
    for (int i = 0; i < 700; i++) {
        (void)snprintf(id, sizeof id, "run %03d", i);
        assert_int_equal(up_store_run_put(s, id, V("doc"), &err), UP_OK);
    }
    for (int i = 0; i < 5; i++)
        assert_int_equal(up_store_result_put(s, V(id + i), V("r"), &err), UP_OK);
    assert_int_equal(up_store_walk(s, UP_STORE_RUN, false, see, &v, &err), UP_OK);
    assert_int_equal(v.n, 700);
    assert_string_equal(up_buf_str(&v.names), "run 000run 001run 002");
    v.n = 0;
    up_buf_clear(&v.names);
    assert_int_equal(up_store_walk(s, UP_STORE_RUN, true, see, &v, &err), UP_OK);
    assert_int_equal(v.n, 700);
    assert_string_equal(up_buf_str(&v.names), "run 699run 698run 697");
    v = (struct seen){.s = s, .stop_at = 2, .names = v.names};
    assert_int_equal(up_store_walk(s, UP_STORE_RESULT, false, see, &v, &err), 1);
    assert_int_equal(v.n, 2);
    v.n = v.stop_at = 0;
    assert_int_equal(up_store_walk(s, UP_STORE_OBJECT, false, see, &v, &err), UP_OK);
    assert_int_equal(v.n, 0);
    up_buf_release(&v.names);
    up_store_close(s);
    folder_remove(&f);
}

static void verify_counts(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_buf b = noise(3, (2 << 20) + 5);
    struct up_store_health h;
    struct up_err err = {""};
    assert_int_equal(up_store_put(s, up_buf_view(&b), NULL, NULL, &err), UP_OK);
    assert_int_equal(up_store_put(s, V("small"), NULL, NULL, &err), UP_OK);
    assert_int_equal(up_store_result_put(s, V("k"), V("v"), &err), UP_OK);
    assert_int_equal(up_store_verify(s, &h, &err), UP_OK);
    assert_int_equal(h.records, 1 + 2 + 3 + 1); /* format, objects, chunks, result */
    assert_true(h.bytes > b.len);
    assert_int_equal(h.bad, 0);
    up_buf_release(&b);
    up_store_close(s);
    folder_remove(&f);
}

static int put_newer(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT, rec = UP_BUF_INIT;
    (void)ctx;
    up_pack_map(&doc, 1);
    up_pack_str(&doc, "format");
    up_pack_int(&doc, 7);
    up_record_encode(&rec, UP_REC_FORMAT, V("format"), V(""), up_buf_view(&doc));
    int rc = up_store_put_record(t, UP_DB_META, V("format"), rec.data, rec.len, err);
    up_buf_release(&doc);
    up_buf_release(&rec);
    return rc;
}

static void a_newer_format_is_left_alone(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_store_opts o = folder_opts(&f);
    struct up_err err = {""};
    assert_int_equal(up_store_update(s, put_newer, NULL, &err), UP_OK);
    up_store_close(s);
    struct up_buf before = file_read(folder_file(&f, "data.mdb"));
    for (int damaged = 0; damaged < 2; damaged++) { /* even when LMDB could not open it */
        if (damaged) {
            memset(before.data + 4096, 0x55, 100);
            file_write(folder_file(&f, "data.mdb"), before.data, before.len);
        }
        assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_EUNSUPPORTED);
        assert_non_null(strstr(err.msg, "format 7"));
        assert_non_null(strstr(err.msg, "update upnas"));
        struct up_buf after = file_read(folder_file(&f, "data.mdb"));
        assert_true(up_view_equal(up_buf_view(&before), up_buf_view(&after)));
        up_buf_release(&after);
    }
    assert_int_equal(f.damages, 0);
    up_buf_release(&before);
    folder_remove(&f);
}

static void read_only_writes_nothing(void **state)
{
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    struct up_digest d;
    assert_int_equal(up_store_put(s, V("text"), &d, NULL, &err), UP_OK);
    up_store_close(s);
    struct up_store_opts o = {.read_only = true};
    assert_int_equal(up_store_open(&s, f.path, &o, &err), UP_OK);
    assert_true(up_store_has(s, d));
    assert_int_equal(up_store_put(s, V("other"), &d, NULL, &err), UP_EIO);
    assert_int_equal(up_store_run_put(s, "id", V("doc"), &err), UP_EIO);
    assert_non_null(strstr(err.msg, "for reading only"));
    up_store_close(s);
    folder_remove(&f);
}

static void network_file_systems_are_known(void **state)
{
    assert_true(up_fs_is_network(0x6969));
    assert_true(up_fs_is_network(0xFF534D42));
    assert_false(up_fs_is_network(0xEF53));     /* ext4 */
    assert_false(up_fs_is_network(0x01021994)); /* tmpfs */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_and_closes),
        cmocka_unit_test(objects_round_trip),
        cmocka_unit_test(objects_come_in_pieces),
        cmocka_unit_test(get_appends),
        cmocka_unit_test(equal_bytes_are_stored_once),
        cmocka_unit_test(floats_are_packed),
        cmocka_unit_test(results_memo_and_runs),
        cmocka_unit_test(a_collision_is_a_miss),
        cmocka_unit_test(walks_in_order),
        cmocka_unit_test(verify_counts),
        cmocka_unit_test(a_newer_format_is_left_alone),
        cmocka_unit_test(read_only_writes_nothing),
        cmocka_unit_test(network_file_systems_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
