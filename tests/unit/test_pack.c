/* links: up_base */
#include "store/base/arena.h"
#include "store/base/hash.h"
#include "store/base/pack.h"
#include "store/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void a_document(struct up_buf *b)
{
    const float f[6] = {1, 2, 3, 4, 5, 6};
    up_pack_map(b, 5);
    up_pack_str(b, "array");
    up_pack_array2(b, UP_F32, f, 2, 3);
    up_pack_str(b, "int");
    up_pack_int(b, -70000);
    up_pack_str(b, "list");
    up_pack_list(b, 3);
    up_pack_nil(b);
    up_pack_bool(b, true);
    up_pack_real(b, 0.1);
    up_pack_str(b, "map");
    up_pack_map(b, 1);
    up_pack_str(b, "deep");
    up_pack_str(b, "down here");
    up_pack_str(b, "uint");
    up_pack_uint(b, UINT64_MAX);
}

static void round_trip(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_arena a = UP_ARENA_INIT;
    struct up_err err = {{0}};
    const char *s;
    const void *v;
    int64_t i;
    uint64_t dims[2];
    a_document(&b);
    struct up_view doc = up_buf_view(&b);
    assert_int_equal(up_pack_check(doc, &err), UP_OK);
    assert_int_equal(up_doc_str(doc, "map/deep", &a, &s, &err), UP_OK);
    assert_string_equal(s, "down here");
    assert_int_equal(up_doc_int(doc, "int", &i, &err), UP_OK);
    assert_int_equal(i, -70000);
    assert_int_equal(up_doc_int(doc, "uint", &i, &err), UP_EINVAL);
    assert_int_equal(up_doc_int(doc, "nothing", &i, &err), UP_ENOTFOUND);
    assert_non_null(strstr(err.msg, "nothing"));
    assert_int_equal(up_doc_array(doc, "array", UP_F32, 2, &a, &v, dims, &err), UP_OK);
    assert_int_equal(dims[0], 2);
    assert_int_equal(dims[1], 3);
    assert_true(((const float *)v)[5] == 6.0f);
    assert_int_equal(up_doc_array(doc, "array", UP_F64, 2, &a, &v, dims, &err), UP_EINVAL);
    up_arena_release(&a);
    up_buf_release(&b);
}

static void arrays_are_aligned_in_the_document(void **state)
{
    for (size_t lead = 0; lead < 40; ++lead)
        for (size_t n = 0; n < 70; n += 3) {
            struct up_buf b = UP_BUF_INIT;
            double v[70] = {0};
            up_pack_list(&b, 2);
            up_pack_strn(&b, "........................................", lead);
            up_pack_array1(&b, UP_F64, v, n);
            struct up_cursor c = up_cursor_of(up_buf_view(&b));
            struct up_array a;
            size_t two;
            assert_int_equal(up_cur_list(&c, &two, NULL), UP_OK);
            assert_int_equal(up_cur_skip(&c, NULL), UP_OK);
            assert_int_equal(up_cur_array(&c, &a, NULL), UP_OK);
            assert_int_equal(a.count, n);
            assert_int_equal((size_t)(a.data - b.data) % 8, 0);
            assert_int_equal(up_pack_check(up_buf_view(&b), NULL), UP_OK);
            up_buf_release(&b);
        }
}

static void not_canonical(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
    } bad[] = {
        {"\xcc\x05", 2}, /* 5 in two bytes */
        {"\xd0\x05", 2}, /* a positive number as int8 */
        {"\x82\xa1"
         "b\x01\xa1"
         "a\x02",
         7}, /* keys b, a */
        {"\x82\xa1"
         "a\x01\xa1"
         "a\x02",
         7},                         /* a twice */
        {"\xd9\x01x", 3},            /* str8 for one byte */
        {"\xca\x3f\x80\x00\x00", 5}, /* float32 */
        {"\x01\x01", 2},             /* two values */
        {"\x81\x01\x01", 3},         /* a key that is no text */
        {"", 0},
    };
    struct up_err err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        struct up_view v = {(const uint8_t *)bad[i].bytes, bad[i].n};
        assert_int_equal(up_pack_check(v, &err), UP_EINVAL);
    }
}

static void every_truncation_and_flip_is_survived(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_err err;
    a_document(&b);
    for (size_t n = 0; n < b.len; ++n)
        assert_int_equal(up_pack_check((struct up_view){b.data, n}, &err), UP_EINVAL);
    for (size_t i = 0; i < b.len; ++i)
        for (unsigned x = 1; x < 256; x = x * 2 + 1) {
            b.data[i] ^= (uint8_t)x;
            struct up_cursor c = up_cursor_of(up_buf_view(&b));
            (void)up_cur_skip(&c, &err);
            (void)up_pack_check(up_buf_view(&b), &err);
            b.data[i] ^= (uint8_t)x;
        }
    assert_int_equal(up_pack_check(up_buf_view(&b), &err), UP_OK);
    up_buf_release(&b);
}

static void a_declared_size_is_not_believed(void **state)
{
    struct up_err err;
    const uint8_t list[] = {0xdd, 0xff, 0xff, 0xff, 0xff},
                  bin[] = {0xc6, 0xff, 0xff, 0xff, 0xff};
    struct up_cursor c = up_cursor_of((struct up_view){list, sizeof list});
    size_t n;
    struct up_view v;
    assert_int_equal(up_cur_list(&c, &n, &err), UP_EINVAL);
    c = up_cursor_of((struct up_view){bin, sizeof bin});
    assert_int_equal(up_cur_bin(&c, &v, &err), UP_EINVAL);
    uint8_t deep[100];
    memset(deep, 0x91, sizeof deep);
    deep[99] = 1;
    c = up_cursor_of((struct up_view){deep, sizeof deep});
    assert_int_equal(up_cur_skip(&c, &err), UP_EINVAL);
    assert_int_equal(up_pack_check((struct up_view){deep, sizeof deep}, &err), UP_EINVAL);
}

/* Philox4x32-10 known answer of Random123: counter 0, key 0. */
static void rng_is_philox(void **state)
{
    struct up_rng r = {0};
    assert_int_equal(up_rng_u32(&r), 0x6627e8d5u);
    assert_int_equal(up_rng_u32(&r), 0xe169c58du);
    assert_int_equal(up_rng_u32(&r), 0xbc57ac4cu);
    assert_int_equal(up_rng_u32(&r), 0x9b00dbd8u);
}

static void rng_moments(void **state)
{
    struct up_rng r = up_rng_init(7, "moments");
    double sum = 0, square = 0, uniform = 0;
    size_t hits[5] = {0};
    enum { N = 200000 };
    for (int i = 0; i < N; ++i) {
        double x = up_rng_normal(&r), u = up_rng_uniform(&r);
        assert_true(u >= 0 && u < 1);
        sum += x;
        square += x * x;
        uniform += u;
        hits[up_rng_below(&r, 5)]++;
    }
    assert_true(fabs(sum / N) < 0.01);
    assert_true(fabs(square / N - 1) < 0.02);
    assert_true(fabs(uniform / N - 0.5) < 0.005);
    for (int i = 0; i < 5; ++i)
        assert_in_range(hits[i], N / 5 - 1000, N / 5 + 1000);
}

static void streams_differ_by_name_and_seed(void **state)
{
    struct up_rng a = up_rng_init(1, "x"), b = up_rng_init(1, "y"), c = up_rng_init(2, "x"),
                  d = up_rng_init(1, "x");
    uint64_t va = up_rng_u64(&a);
    assert_true(va == up_rng_u64(&d));
    assert_true(va != up_rng_u64(&b) && va != up_rng_u64(&c));
    assert_true(up_seed_derive(1, "x") != up_seed_derive(1, "y"));
}

static void digests(void **state)
{
    char hex[UP_DIGEST_HEX], sha[UP_SHA256_HEX];
    struct up_digest e = up_digest_of("abc", 3);
    assert_true(up_digest_equal(e, up_digest_of("abc", 3)));
    assert_false(up_digest_equal(e, up_digest_of("abd", 3)) || up_digest_zero(e));
    assert_string_equal(up_sha256_hex(up_sha256_of("abc", 3), sha),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_string_equal(up_digest_hex(up_digest_of("", 0), hex),
                        "99aa06d3014798d86001c324468d497f");
}

static void arena_keeps_what_it_gave(void **state)
{
    struct up_arena a = UP_ARENA_INIT;
    unsigned char *p[200];
    for (size_t i = 0; i < 200; ++i) {
        size_t n = i % 50 == 49 ? 100000 : i * 7;
        p[i] = up_arena_alloc(&a, n);
        assert_int_equal((uintptr_t)p[i] % 64, 0);
        memset(p[i], (int)i, n);
    }
    for (size_t i = 1; i < 200; ++i)
        assert_int_equal(p[i][0], i);
    assert_string_equal(up_arena_printf(&a, "%d-%s", 5, "x"), "5-x");
    up_arena_release(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(arrays_are_aligned_in_the_document),
        cmocka_unit_test(not_canonical),
        cmocka_unit_test(every_truncation_and_flip_is_survived),
        cmocka_unit_test(a_declared_size_is_not_believed),
        cmocka_unit_test(rng_is_philox),
        cmocka_unit_test(rng_moments),
        cmocka_unit_test(streams_differ_by_name_and_seed),
        cmocka_unit_test(digests),
        cmocka_unit_test(arena_keeps_what_it_gave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
