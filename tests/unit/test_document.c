/* links: up_base
 * The document writer and reader: what the writer gives is what packing by hand in the
 * order of the keys gives, and the reader keeps the first failure alone. */
#include "store/base/arena.h"
#include "store/base/reader.h"
#include "store/base/writer.h"

#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static const float f32[6] = {1, 2, 3, 4, 5, 6};
static const double f64[3] = {0.5, -1, 2};
static const uint8_t bytes[3] = {7, 8, 9};

/* {array, bin, empty, list [{a, b}, 1, [nil]], map {x, y {z}}, nothing, real, text, uint} */
static void by_hand(struct up_buf *b)
{
    up_pack_map(b, 9);
    up_pack_str(b, "array");
    up_pack_array2(b, UP_F32, f32, 2, 3);
    up_pack_str(b, "bin");
    up_pack_bin(b, bytes, 3);
    up_pack_str(b, "empty");
    up_pack_map(b, 0);
    up_pack_str(b, "list");
    up_pack_list(b, 3);
    up_pack_map(b, 2);
    up_pack_str(b, "a");
    up_pack_array1(b, UP_F64, f64, 3);
    up_pack_str(b, "b");
    up_pack_bool(b, true);
    up_pack_int(b, -3);
    up_pack_list(b, 1);
    up_pack_nil(b);
    up_pack_str(b, "map");
    up_pack_map(b, 2);
    up_pack_str(b, "x");
    up_pack_str(b, "deep");
    up_pack_str(b, "y");
    up_pack_map(b, 1);
    up_pack_str(b, "z");
    up_pack_array1(b, UP_U8, bytes, 3);
    up_pack_str(b, "nothing");
    up_pack_nil(b);
    up_pack_str(b, "real");
    up_pack_real(b, 0.1);
    up_pack_str(b, "text");
    up_pack_list(b, 2);
    up_pack_str(b, "one");
    up_pack_str(b, "two");
    up_pack_str(b, "uint");
    up_pack_uint(b, UINT64_MAX);
}

static void written(struct up_buf *out)
{
    static const char *const names[] = {"one", "two"};
    char gone[8] = "deep";
    struct up_writer w = up_writer_of(out);
    up_writer_uint(&w, "uint", UINT64_MAX);
    up_writer_finite(&w, "real", 0.1);
    up_writer_map(&w, "map");
    up_writer_map(&w, "y");
    up_writer_vector(&w, "z", UP_U8, bytes, 3);
    up_writer_close(&w);
    up_writer_str(&w, "x", gone);
    memset(gone, 0, sizeof gone); /* text is copied */
    up_writer_close(&w);
    up_writer_list(&w, "list");
    up_writer_map(&w, NULL);
    up_writer_bool(&w, "b", true);
    up_writer_vector(&w, "a", UP_F64, f64, 3);
    up_writer_close(&w);
    up_writer_int(&w, NULL, -3);
    up_writer_list(&w, NULL);
    up_writer_str_or_nil(&w, NULL, NULL);
    up_writer_close(&w);
    up_writer_close(&w);
    up_writer_names(&w, "text", names, 2);
    up_writer_finite(&w, "nothing", (double)NAN);
    up_writer_raw(&w, "empty", (struct up_view){(const uint8_t *)"\x80", 1});
    up_writer_bin(&w, "bin", bytes, 3);
    up_writer_matrix(&w, "array", UP_F32, f32, 2, 3);
    up_writer_end(&w);
}

static void order_and_nesting(void **state)
{
    struct up_buf want = UP_BUF_INIT, got = UP_BUF_INIT;
    struct up_err err;
    by_hand(&want);
    written(&got);
    assert_int_equal(up_pack_check(up_buf_view(&got), &err), UP_OK);
    assert_int_equal(got.len, want.len);
    assert_memory_equal(got.data, want.data, want.len);
    up_buf_release(&want);
    up_buf_release(&got);
}

static void many_keys(void **state)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_arena arena = UP_ARENA_INIT;
    struct up_err err = {""};
    struct up_writer w = up_writer_of(&out);
    char key[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i * 7919 % 1000);
        up_writer_int(&w, key, i * 7919 % 1000);
    }
    up_writer_end(&w);
    assert_int_equal(up_pack_check(up_buf_view(&out), &err), UP_OK);
    struct up_reader r = up_reader_of("a document", up_buf_view(&out), &arena, &err);
    for (int i = 0; i < 1000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_int_equal(up_reader_int(&r, key, 0, 999), i);
    }
    assert_int_equal(up_reader_end(&r), UP_OK);
    up_arena_release(&arena);
    up_buf_release(&out);
}

static void key_twice(struct up_writer *w)
{
    up_writer_int(w, "a", 1);
    up_writer_int(w, "b", 2);
    up_writer_int(w, "a", 3);
    up_writer_end(w);
}

static void no_key_in_a_map(struct up_writer *w) { up_writer_int(w, NULL, 1); }

static void key_in_a_list(struct up_writer *w)
{
    up_writer_list(w, "list");
    up_writer_int(w, "a", 1);
}

static void left_open(struct up_writer *w)
{
    up_writer_map(w, "map");
    up_writer_end(w);
}

static void too_deep(struct up_writer *w)
{
    for (int i = 0; i < 32; i++)
        up_writer_map(w, "map");
}

static bool aborts(void (*wrong)(struct up_writer *w))
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct up_buf out = UP_BUF_INIT;
        struct up_writer w = up_writer_of(&out);
        signal(SIGABRT, SIG_DFL);
        (void)!freopen("/dev/null", "w", stderr);
        wrong(&w);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void bugs_abort(void **state)
{
    assert_true(aborts(key_twice));
    assert_true(aborts(no_key_in_a_map));
    assert_true(aborts(key_in_a_list));
    assert_true(aborts(left_open));
    assert_true(aborts(too_deep));
}

static void values(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_arena arena = UP_ARENA_INIT;
    struct up_err err = {""};
    size_t n, m;
    uint8_t copy[3];
    by_hand(&b);
    struct up_reader r = up_reader_of("the artifact of x", up_buf_view(&b), &arena, &err);
    const float *array = up_reader_matrix(&r, "array", UP_F32, &n, &m);
    assert_true(n == 2 && m == 3 && array[5] == 6.0f);
    assert_ptr_equal(up_reader_matrix_of(&r, "array", UP_F32, 2, 3), array);
    const char *const *names = up_reader_names(&r, "text", &n);
    assert_int_equal(n, 2);
    assert_string_equal(names[1], "two");
    assert_string_equal(up_reader_str(&r, "map/x"), "deep");
    assert_true(up_reader_real(&r, "real") == 0.1);
    assert_null(up_reader_str_or_null(&r, "nothing"));
    assert_null(up_reader_str_or_null(&r, "absent"));
    assert_false(up_reader_has(&r, "nothing"));
    assert_true(up_reader_has(&r, "list"));
    struct up_reader map = up_reader_inside(&r, "map");
    assert_string_equal(up_reader_str(&map, "x"), "deep");
    const uint8_t *z = up_reader_vector_of(&map, "y/z", UP_U8, 3);
    assert_memory_equal(z, bytes, 3);
    up_reader_copy(&map, copy, "y/z", UP_U8, 3);
    assert_memory_equal(copy, bytes, 3);
    assert_int_equal(up_reader_end(&map), UP_OK);
    assert_int_equal(up_reader_end(&r), UP_OK);
    assert_string_equal(err.msg, "");
    up_arena_release(&arena);
    up_buf_release(&b);
}

/* One wrong reading each; the sentence must name the document, the field and `says`. */
static void read_int(struct up_reader *r) { (void)up_reader_int(r, "text", 0, 1); }
static void read_bounds(struct up_reader *r) { (void)up_reader_int(r, "list", 0, 1); }
static void read_missing(struct up_reader *r) { (void)up_reader_str(r, "map/q"); }
static void read_through(struct up_reader *r) { (void)up_reader_str(r, "real/q"); }
static void read_large(struct up_reader *r) { (void)up_reader_count(r, "uint"); }
static void read_names(struct up_reader *r)
{
    size_t n = 9;
    assert_null(up_reader_names(r, "list", &n));
    assert_int_equal(n, 0);
}
static void read_type(struct up_reader *r)
{
    size_t n = 9, m = 9;
    assert_null(up_reader_matrix(r, "array", UP_F64, &n, &m));
    assert_true(n == 0 && m == 0);
}
static void read_rank(struct up_reader *r)
{
    size_t n = 9;
    assert_null(up_reader_vector(r, "array", UP_F32, &n));
    assert_int_equal(n, 0);
}
static void read_size(struct up_reader *r)
{
    assert_null(up_reader_matrix_of(r, "array", UP_F32, 3, 2));
}
static void read_copy(struct up_reader *r)
{
    float v[7] = {42};
    up_reader_copy(r, v, "array", UP_F32, 7);
    assert_true(v[0] == 42.0f);
}
static void read_inside(struct up_reader *r)
{
    struct up_reader map = up_reader_inside(r, "map");
    (void)up_reader_str(&map, "y"); /* the failure of a part is one of the whole */
    assert_int_equal(up_reader_end(&map), UP_ECORRUPT);
}
static void read_adopted(struct up_reader *r)
{
    int rc = up_fail(r->err, UP_EINVAL, "field \"net\": no good");
    (void)up_reader_adopt(r, UP_OK);
    assert_int_equal(r->rc, UP_OK);
    (void)up_reader_adopt(r, rc);
}
static void read_own(struct up_reader *r) { (void)up_reader_fail(r, "field \"%s\": odd", "a"); }

static const struct {
    void (*read)(struct up_reader *r);
    const char *field, *says;
} wrongs[] = {
    {read_int, "text", "an integer"},
    {read_bounds, "list", "an integer"},
    {read_missing, "map/q", "no field"},
    {read_through, "real/q", "a map expected"},
    {read_large, "uint", "an integer of 64 bits"},
    {read_names, "list", "text expected"},
    {read_type, "array", "an array of f64 expected, found one of f32"},
    {read_rank, "array", "rank 1 expected, found rank 2"},
    {read_size, "array", "2 rows and 3 columns, not 3 and 2"},
    {read_copy, "array", "6 values, not 7"},
    {read_inside, "y", "text expected"},
    {read_adopted, "net", "no good"},
    {read_own, "a", "odd"},
};

static void first_failure_sticks(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_arena arena = UP_ARENA_INIT;
    by_hand(&b);
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        struct up_err err = {""};
        char first[sizeof err.msg], field[64];
        struct up_reader r = up_reader_of("the artifact of x", up_buf_view(&b), &arena, &err);
        wrongs[i].read(&r);
        assert_int_equal(up_reader_end(&r), UP_ECORRUPT);
        assert_ptr_equal(strstr(err.msg, "the artifact of x cannot be read: "), err.msg);
        snprintf(field, sizeof field, "field \"%s\"", wrongs[i].field);
        assert_non_null(strstr(err.msg, field));
        assert_non_null(strstr(err.msg, wrongs[i].says));
        memcpy(first, err.msg, sizeof first);
        /* what follows gives zeros and changes nothing */
        assert_string_equal(up_reader_str(&r, "map/x"), "");
        assert_true(up_reader_real(&r, "real") == 0);
        assert_null(up_reader_matrix_of(&r, "array", UP_F32, 2, 3));
        assert_false(up_reader_has(&r, "list"));
        assert_int_equal(up_reader_fail(&r, "another"), UP_ECORRUPT);
        assert_string_equal(err.msg, first);
    }
    up_arena_release(&arena);
    up_buf_release(&b);
}

/* Every truncation fails or reads what is there, and never touches what is not. */
static void truncated(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    by_hand(&b);
    for (size_t len = 0; len <= b.len; len++) {
        struct up_arena arena = UP_ARENA_INIT;
        uint8_t *copy = up_alloc(len + 1);
        memcpy(copy, b.data, len);
        struct up_reader r = up_reader_of("a piece", (struct up_view){copy, len}, &arena, NULL);
        size_t n;
        (void)up_reader_vector(&r, "map/y/z", UP_U8, &n);
        (void)up_reader_names(&r, "text", &n);
        if (len < b.len - 32) /* "text" and what is behind it is cut off */
            assert_int_equal(up_reader_end(&r), UP_ECORRUPT);
        if (len == b.len)
            assert_int_equal(up_reader_end(&r), UP_OK);
        free(copy);
        up_arena_release(&arena);
    }
    up_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_nesting),    cmocka_unit_test(many_keys),
        cmocka_unit_test(bugs_abort),           cmocka_unit_test(values),
        cmocka_unit_test(first_failure_sticks), cmocka_unit_test(truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
