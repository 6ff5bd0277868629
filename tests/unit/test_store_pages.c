/* links: up_store
 * The page walk accepts whatever LMDB writes, and is quick; records, shuffles. */
#include "store/file/codec.h"
#include "store/file/inspect.h"
#include "store/file/pages.h"
#include "tests/unit/store_folder.h"

#include <time.h>

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ ||                             \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
enum { SANITIZED = true };
#else
enum { SANITIZED = false };
#endif

struct work {
    struct up_rng r;
    int ops;
    size_t largest;
};

/* Puts, replacements and deletions at random, sized from inline to many pages. */
static int churn(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct work *w = ctx;
    struct up_buf value = UP_BUF_INIT;
    char key[24];
    int rc = UP_OK;
    for (int i = 0; rc == UP_OK && i < w->ops; i++) {
        size_t len = (size_t)up_rng_below(&w->r, w->largest);
        enum up_db db = up_rng_below(&w->r, 2) ? UP_DB_MEMO : UP_DB_CHUNKS;
        (void)snprintf(key, sizeof key, "%0*u", 4 + (int)up_rng_below(&w->r, 12),
                       (unsigned)up_rng_below(&w->r, 400));
        up_buf_clear(&value);
        (void)up_buf_reserve(&value, len + 1);
        memset(value.data, key[3], len);
        value.len = len;
        rc = up_rng_below(&w->r, 3) ? up_txn_put(t, db, V(key), up_buf_view(&value), err)
                                    : up_txn_del(t, db, V(key), err);
    }
    up_buf_release(&value);
    return rc;
}

static int read_nothing(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct up_view v;
    int rc = up_txn_get(t, UP_DB_MEMO, V("0000"), &v, err);
    (void)ctx;
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

static void count(void *ctx, struct up_view tree, struct up_view key, struct up_view value,
                  bool in_leaf)
{
    size_t *n = ctx;
    n[0] += key.len > 0;
    n[1] += key.len == 0;
    (void)tree;
    (void)value;
    (void)in_leaf;
}

static void accepts_what_lmdb_writes(void **state)
{
    static const size_t largest[] = {60, 3000, 60, 40000};
    struct folder f = folder_make();
    struct up_lmdb *e;
    struct up_err err = {""};
    struct work w = {up_rng_init(1, "churn"), 0, 0};
    assert_int_equal(up_lmdb_open(&e, f.path, UP_LMDB_WRITE, 1 << 16, &err), UP_OK);
    for (int i = 0; i < 160; i++) {
        size_t n[2] = {0, 0};
        w.ops = 1 + (int)up_rng_below(&w.r, 60);
        w.largest = largest[i / 10 % 4];
        assert_int_equal(up_lmdb_write(e, churn, &w, &err), UP_OK);
        if (i % 7 == 0)
            assert_int_equal(up_lmdb_read(e, read_nothing, NULL, &err), UP_OK);
        struct up_buf b = file_read(folder_file(&f, "data.mdb"));
        if (up_pages_walk(up_buf_view(&b), count, n, &err) != UP_OK)
            fail_msg("after %d transactions: %s", i, err.msg);
        assert_int_equal(n[1], UP_DB_COUNT);
        up_buf_release(&b);
    }
    up_lmdb_close(e);
    folder_remove(&f);
}

/* A byte of a header is noticed, or it does not change what is found. */
static void refuses_changed_headers(void **state)
{
    struct folder f = folder_make();
    struct up_lmdb *e;
    struct up_err err = {""};
    struct work w = {up_rng_init(2, "churn"), 900, 700};
    size_t whole[2] = {0, 0}, refused = 0;
    assert_int_equal(up_lmdb_open(&e, f.path, UP_LMDB_WRITE, 0, &err), UP_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(up_lmdb_write(e, churn, &w, &err), UP_OK);
    up_lmdb_close(e);
    struct up_buf b = file_read(folder_file(&f, "data.mdb"));
    assert_int_equal(up_pages_walk(up_buf_view(&b), count, whole, &err), UP_OK);
    for (size_t page = 0; page < b.len / 4096; page++)
        for (size_t i = 0; i < 48; i++) {
            size_t n[2] = {0, 0};
            b.data[page * 4096 + i] ^= (uint8_t)(1u << i % 8);
            if (up_pages_walk(up_buf_view(&b), count, n, &err) == UP_OK)
                assert_memory_equal(n, whole, sizeof n);
            else
                refused++;
            b.data[page * 4096 + i] ^= (uint8_t)(1u << i % 8);
        }
    assert_true(refused > b.len / 4096 * 8);
    up_buf_release(&b);
    folder_remove(&f);
}

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void opens_a_hundred_thousand_records_quickly(void **state)
{
    enum { N = 100000, GROUP = 20000 };
    struct folder f = folder_make();
    struct up_store *s = folder_open(&f);
    struct up_err err = {""};
    struct up_memo_item *items = up_alloc(GROUP * sizeof *items);
    char(*keys)[96] = up_alloc(GROUP * sizeof *keys);
    for (int i = 0; i < N; i++) {
        int k = i % GROUP;
        (void)snprintf(keys[k], 96, "a key document of the usual kind, number %d", i);
        items[k] = (struct up_memo_item){V(keys[k]), V(keys[k] + 3)};
        if (k == GROUP - 1)
            assert_int_equal(up_store_memo_put(s, items, GROUP, &err), UP_OK);
    }
    up_store_close(s);
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double t = seconds();
        s = folder_open(&f);
        t = seconds() - t;
        best = t < best ? t : best;
        up_store_close(s);
    }
    print_message("a store of %d records opens in %.1f ms\n", N, 1e3 * best);
    assert_int_equal(f.damages, 0);
    assert_true(SANITIZED || best < 0.5); /* a busy machine included */
    free(items);
    free(keys);
    folder_remove(&f);
}

static void shuffles_and_back(void **state)
{
    static const size_t widths[] = {1, 2, 4, 8};
    uint8_t back[64], planes[64];
    for (size_t n = 0; n < 64; n++)
        for (size_t w = 0; w < 4; w++) {
            struct up_buf b = noise(n, n);
            up_shuffle(planes, b.data, n, widths[w]);
            up_unshuffle(back, planes, n, widths[w]);
            assert_memory_equal(back, b.data, n);
            if (n >= 16 && widths[w] == 4) {
                assert_int_equal(planes[1], b.data[4]);
                assert_int_equal(planes[n / 4], b.data[1]);
            }
            up_buf_release(&b);
        }
}

static void codec_believes_nothing(void **state)
{
    struct up_buf v = UP_BUF_INIT, packed = UP_BUF_INIT, out = UP_BUF_INIT;
    uint8_t shuffle;
    for (int i = 0; i < 3000; i++)
        up_buf_printf(&v, "%d ", i % 100);
    assert_int_equal(up_codec_pack(&packed, up_buf_view(&v), &shuffle), UP_CODEC_ZSTD);
    assert_true(packed.len < v.len / 4);
    struct up_view p = up_buf_view(&packed);
    assert_true(up_codec_unpack(&out, UP_CODEC_ZSTD, shuffle, p, v.len));
    assert_true(up_view_equal(up_buf_view(&out), up_buf_view(&v)));
    up_buf_clear(&out);
    assert_false(up_codec_unpack(&out, UP_CODEC_ZSTD, shuffle, p, v.len - 1));
    assert_false(up_codec_unpack(&out, UP_CODEC_ZSTD, 3, p, v.len));
    assert_false(up_codec_unpack(&out, UP_CODEC_RAW, 0, p, v.len));
    assert_false(up_codec_unpack(&out, 9, 0, p, p.len));
    p.len--;
    assert_false(up_codec_unpack(&out, UP_CODEC_ZSTD, shuffle, p, v.len));
    assert_int_equal(out.len, 0);
    up_buf_release(&v);
    up_buf_release(&packed);
    up_buf_release(&out);
}

static void records_say_what_they_are(void **state)
{
    struct up_buf rec = UP_BUF_INIT, value = UP_BUF_INIT;
    struct up_record r;
    up_record_encode(&rec, UP_REC_RUN, V("id"), V("doc"), V("value"));
    assert_non_null(up_record_decode(up_buf_view(&rec), &r)); /* not sealed yet */
    up_record_seal(rec.data, rec.len, 77);
    assert_int_equal(up_record_length(up_buf_view(&rec)), rec.len);
    assert_null(up_record_decode(up_buf_view(&rec), &r));
    assert_int_equal(r.type, UP_REC_RUN);
    assert_int_equal(r.seq, 77);
    assert_true(up_view_equal(r.name, V("id")) && up_view_equal(r.doc, V("doc")));
    assert_int_equal(up_record_value(&r, &value, NULL), UP_OK);
    assert_true(up_view_equal(up_buf_view(&value), V("value")));
    assert_null(up_record_expect(up_buf_view(&rec), UP_DB_RUNS, V("id"), &r));
    assert_non_null(up_record_expect(up_buf_view(&rec), UP_DB_RUNS, V("ie"), &r));
    assert_non_null(up_record_expect(up_buf_view(&rec), UP_DB_MEMO, V("id"), &r));
    for (size_t n = 0; n < rec.len; n++)
        assert_non_null(up_record_decode((struct up_view){rec.data, n}, &r));
    up_buf_release(&rec);
    up_buf_release(&value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_lmdb_writes),
        cmocka_unit_test(refuses_changed_headers),
        cmocka_unit_test(opens_a_hundred_thousand_records_quickly),
        cmocka_unit_test(shuffles_and_back),
        cmocka_unit_test(codec_believes_nothing),
        cmocka_unit_test(records_say_what_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
