/* links: up_format */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "stages/format/cifar.h"
#include "stages/format/npz.h"
#include "stages/format/table.h"
#include "tests/unit/numpy_file.h"

/* A .npy file of this header text and these bytes. */
static struct up_view npy(struct up_buf *b, int version, const char *header, const void *data,
                          size_t n)
{
    uint8_t fixed[12] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', (uint8_t)version, 0, (uint8_t)strlen(header)};
    up_buf_clear(b);
    up_buf_append(b, fixed, version == 1 ? 10 : 12);
    up_buf_puts(b, header);
    if (n)
        up_buf_append(b, data, n);
    return up_buf_view(b);
}

static void every_type_reads_back(void **state)
{
    const uint64_t dims[] = {2, 3};
    const uint8_t u1[] = {0, 1, 2, 3, 4, 255};
    const int32_t i4[] = {0, -1, 2, 3, 4, INT32_MIN};
    const int64_t i8[] = {0, -1, 2, 3, 4, INT64_MAX};
    const float f4[] = {0, -1, 2, 3, 4, 0.5f};
    const double f8[] = {0, -1, 2, 3, 4, 0.1};
    const struct {
        enum up_dtype type;
        const void *v;
        double last;
        const char *says;
    } rows[] = {{UP_U8, u1, 255, "uint8 [2, 3]"},
                {UP_I32, i4, INT32_MIN, "int32 [2, 3]"},
                {UP_I64, i8, 9223372036854775807.0, "int64 [2, 3]"},
                {UP_F32, f4, 0.5, "float32 [2, 3]"},
                {UP_F64, f8, 0.1, "float64 [2, 3]"}};
    for (size_t i = 0; i < 5; i++) {
        struct up_buf b = UP_BUF_INIT;
        struct up_npy a;
        struct up_err err;
        char text[160];
        npy_write(&b, rows[i].type, rows[i].v, 2, dims);
        assert_int_equal(up_npy_open(&a, "a", up_buf_view(&b), &err), UP_OK);
        assert_int_equal(a.type, rows[i].type);
        assert_int_equal(a.count, 6);
        assert_int_equal((a.data - b.data) % 64, 0);
        assert_true(up_npy_real(&a, 5) == rows[i].last);
        assert_true(up_npy_real(&a, 2) == 2);
        assert_string_equal(up_npy_describe(&a, text), rows[i].says);
        up_buf_release(&b);
    }
}

static void headers_of_numpy(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_npy a;
    struct up_err err;
    const float x[] = {1, 2, 3};
    for (int version = 1; version <= 3; version++) {
        assert_int_equal(
            up_npy_open(&a, "a",
                        npy(&b, version,
                            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }\n", x,
                            12),
                        &err),
            UP_OK);
        assert_int_equal(a.ndim, 1);
        assert_true(up_npy_real(&a, 2) == 3);
    }
    assert_int_equal(
        up_npy_open(
            &a, "a",
            npy(&b, 1, "{\"shape\": (), \"descr\": '<f4', 'fortran_order':True}", x, 12), &err),
        UP_OK);
    assert_int_equal(a.ndim, 0);
    assert_int_equal(a.count, 1);
    assert_int_equal(
        up_npy_open(
            &a, "a",
            npy(&b, 1, "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3)}", x, 12),
            &err),
        UP_OK);
    up_buf_release(&b);
}

static void headers_refused(void **state)
{
    static const char *const cases[][2] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}",
         "a: stored in Fortran order; save numpy.ascontiguousarray(a)"},
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}",
         "a: '>f4' means big-endian values; save a.astype('f4')"},
        {"{'descr': '<f2', 'fortran_order': False, 'shape': (1,)}",
         "a: '<f2' means values of a type that is not read; convert with "
         "a.astype('float32'), 'float64', 'int64', 'int32' or 'uint8' and save again"},
        {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
         "a: '|O' means Python objects (pickle), which are never read; convert with "
         "a.astype('float32'), 'float64', 'int64', 'int32' or 'uint8' and save again"},
        {"{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,)}",
         "a: an array of records; save each field as an array of its own"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}",
         "a: truncated: 16 bytes of values where the header promises more; copy the file "
         "again"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
         "a: truncated: 16 bytes of values where the header promises more; copy the file "
         "again"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
         "a: the .npy header is broken ('shape' holds what is no size); write the file again "
         "with numpy.save"},
        {"{'descr': '<f4', 'shape': (1,)}",
         "a: the .npy header is broken ('descr', 'fortran_order' or 'shape' is missing); write "
         "the file again with numpy.save"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}",
         "a: an array of more than 8 dimensions; reshape it"},
    };
    struct up_buf b = UP_BUF_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct up_npy a;
        struct up_err err;
        assert_int_not_equal(
            up_npy_open(&a, "a", npy(&b, 1, cases[i][0], "0123456789abcdef", 16), &err), UP_OK);
        assert_string_equal(err.msg, cases[i][1]);
    }
    struct up_npy a;
    struct up_err err;
    assert_int_equal(up_npy_open(&a, "a", up_view_str("PK\3\4 something"), &err), UP_EINVAL);
    assert_string_equal(err.msg, "a: not a .npy file; write it with numpy.save");
    up_buf_release(&b);
}

/* Big-endian numbers and text, and Fortran order, come out as they were meant. */
static void other_orders(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_buf b = UP_BUF_INIT, s = UP_BUF_INIT;
    struct up_npy a;
    struct up_err err;
    const uint8_t big[] = {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe};
    const uint8_t text[] = {0, 0, 0, 'x', 0, 0, 0, 'y'};
    /* a[i][j][k] = 100 i + 10 j + k, of shape (2, 3, 2), the first index fastest */
    const int32_t columns[] = {0, 100, 10, 110, 20, 120, 1, 101, 11, 111, 21, 121};
    const int32_t rows[] = {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121};
    assert_int_equal(
        up_npy_read(&a, "a",
                    npy(&b, 1, "{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", big,
                        sizeof big),
                    &arena, &err),
        UP_OK);
    assert_true(up_npy_real(&a, 0) == 1 && up_npy_real(&a, 1) == -2);
    assert_int_equal(
        up_npy_read(&a, "a",
                    npy(&b, 1, "{'descr': '>U2', 'fortran_order': False, 'shape': (1,)}", text,
                        sizeof text),
                    &arena, &err),
        UP_OK);
    up_npy_text(&a, 0, &s);
    assert_string_equal(up_buf_str(&s), "xy");
    assert_int_equal(
        up_npy_read(&a, "a",
                    npy(&b, 1, "{'descr': '<i4', 'fortran_order': True, 'shape': (2, 3, 2)}",
                        columns, sizeof columns),
                    &arena, &err),
        UP_OK);
    for (size_t i = 0; i < 12; i++)
        assert_true(up_npy_real(&a, i) == rows[i]);
    assert_int_equal(
        up_npy_read(
            &a, "a",
            npy(&b, 1, "{'descr': '>i4', 'fortran_order': True, 'shape': (2, 0, 9)}", NULL, 0),
            &arena, &err),
        UP_OK);
    assert_int_equal(a.count, 0);
    up_buf_release(&b);
    up_buf_release(&s);
    up_arena_release(&arena);
}

static void text_arrays(void **state)
{
    struct up_buf b = UP_BUF_INIT, s = UP_BUF_INIT;
    struct up_npy a;
    struct up_err err;
    const uint32_t wide[] = {'a', 0xe9, 0, 0x1f600, 0, 0};
    assert_int_equal(
        up_npy_open(
            &a, "a",
            npy(&b, 1, "{'descr': '<U3', 'fortran_order': False, 'shape': (2,)}", wide, 24),
            &err),
        UP_OK);
    up_npy_text(&a, 0, &s);
    up_buf_puts(&s, "|");
    up_npy_text(&a, 1, &s);
    assert_string_equal(up_buf_str(&s), "a\xc3\xa9|\xf0\x9f\x98\x80");
    up_buf_clear(&s);
    assert_int_equal(
        up_npy_open(
            &a, "a",
            npy(&b, 1, "{'descr': '|S2', 'fortran_order': False, 'shape': (2,)}", "xyz\0", 4),
            &err),
        UP_OK);
    up_npy_text(&a, 1, &s);
    assert_string_equal(up_buf_str(&s), "z");
    up_buf_release(&b);
    up_buf_release(&s);
}

static void write_npz(struct up_buf *b)
{
    struct npz_file w;
    const uint64_t two[] = {2}, four[] = {2, 2};
    const double v[] = {1.5, -1e8};
    const float m[] = {1, 2, 3, 4};
    w = (struct npz_file){.out = b};
    npz_add(&w, "snip", UP_F64, v, 1, two);
    npz_add(&w, "a.longer.name", UP_F32, m, 2, four);
    npz_end(&w);
}

static void npz_round_trip(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_buf b = UP_BUF_INIT, again = UP_BUF_INIT;
    struct up_npz z;
    struct up_npy a;
    struct up_err err;
    write_npz(&b);
    write_npz(&again);
    assert_true(up_view_equal(up_buf_view(&b), up_buf_view(&again)));
    if (up_npz_open(&z, "f", up_buf_view(&b), &err))
        fail_msg("%s", err.msg);
    assert_int_equal(z.count, 2);
    assert_string_equal(z.entry[1].name, "a.longer.name");
    assert_string_equal(z.entry[0].name, "snip");
    assert_int_equal(up_npz_get(&z, 0, &arena, &a, &err), UP_OK);
    assert_true(up_npy_real(&a, 1) == -1e8);
    assert_int_equal(up_npz_get(&z, 1, &arena, &a, &err), UP_OK);
    assert_true(up_npy_real(&a, 3) == 4);
    up_npz_release(&z);
    up_buf_release(&b);
    up_buf_release(&again);
    up_arena_release(&arena);
}

/* A file cut anywhere, or with any byte changed, is read right or refused. */
static void damaged_npz(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_npz z;
    struct up_npy a;
    struct up_err err;
    write_npz(&b);
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(up_npz_open(&z, "f", (struct up_view){b.data, n}, &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "f: not a whole .npz file"));
    int refused = 0;
    for (size_t i = 0; i < b.len; i++) {
        struct up_arena arena = UP_ARENA_INIT;
        b.data[i] ^= 0x55;
        int rc = up_npz_open(&z, "f", up_buf_view(&b), &err);
        for (size_t k = 0; !rc && k < z.count; k++)
            rc = up_npz_get(&z, k, &arena, &a, &err);
        refused += rc != 0;
        up_npz_release(&z);
        up_arena_release(&arena);
        b.data[i] ^= 0x55;
    }
    assert_true(refused > (int)b.len / 2);
    up_buf_release(&b);
}

static void npz_as_a_table(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_buf b = UP_BUF_INIT;
    struct npz_file w;
    struct up_table t;
    struct up_err err;
    struct up_table_wish wish = {0};
    const uint64_t two[] = {2}, shape[] = {2, 1};
    const int64_t index[] = {17, 4};
    const double v[] = {1.5, -1e8};
    w = (struct npz_file){.out = &b};
    npz_add(&w, "snip", UP_F64, v, 1, two);
    npz_add(&w, "arch", UP_I64, index, 1, two);
    npz_end(&w);
    if (up_table_read(&t, "f", up_buf_view(&b), &wish, &arena, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.columns, 1);
    assert_string_equal(t.row[0].arch, "17");
    assert_true(t.cell[1].value == -1e8);
    up_buf_clear(&b);
    w = (struct npz_file){.out = &b};
    npz_add(&w, "snip", UP_F64, v, 2, shape);
    npz_add(&w, "arch", UP_I64, index, 1, two);
    npz_end(&w);
    assert_int_equal(up_table_read(&t, "f", up_buf_view(&b), &wish, &arena, &err), UP_EINVAL);
    assert_string_equal(
        err.msg,
        "f: array snip is float64 [2, 1] where one number per architecture was expected");
    up_buf_release(&b);
    up_arena_release(&arena);
}

static bool is_snip(void *ctx, const char *name) { return !strcmp(name, "snip"); }

/* Without an architecture's name "index" serves; text where a number must be is refused. */
static void npz_columns_of_other_kinds(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_buf b = UP_BUF_INIT;
    struct npz_file w = {.out = &b};
    struct up_table t;
    struct up_err err;
    struct up_table_wish wish = {.number = is_snip};
    const uint64_t two[] = {2};
    const int64_t index[] = {17, 4};
    const double v[] = {1.5, 2};
    npz_add(&w, "snip", UP_F64, v, 1, two);
    npz_add(&w, "index", UP_I64, index, 1, two);
    npz_end(&w);
    if (up_table_read(&t, "f", up_buf_view(&b), &wish, &arena, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(t.columns, 1);
    assert_string_equal(t.row[1].arch, "4");
    static const char *const cases[][2] = {
        {"f.json", "f.json:1:1: the file ends where a value was expected; it is truncated"},
        {"f.npz", "f.npz: not a whole .npz file (too short); copy it again or write it again "
                  "with numpy.savez"},
    };
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            up_table_read(&t, cases[i][0], (struct up_view){0}, &wish, &arena, &err),
            UP_EINVAL);
        assert_string_equal(err.msg, cases[i][1]);
    }
    assert_int_equal(up_table_read(&t, "f.json", up_view_str("[1, 2]"), &wish, &arena, &err),
                     UP_EINVAL);
    assert_non_null(
        strstr(err.msg, "f.json:1:1: the whole of a NASLib file must be an object"));
    up_buf_release(&b);
    up_arena_release(&arena);
}

static void cifar_folders(void **state)
{
    enum { N = 3, R10 = 3073, R100 = 3074 };
    uint8_t *one = calloc(N, R10), *two = calloc(N, R10), *hundred = calloc(N, R100);
    struct up_cifar c;
    struct up_err err;
    int32_t label;
    one[0] = 7;
    two[R10] = 9;
    two[R10 + 1] = 200;
    hundred[1] = 99;
    const struct up_cifar_file ten[] = {
        {"data_batch_2.bin", "d/data_batch_2.bin", {two, N * R10}},
        {"test_batch.bin", "d/test_batch.bin", {one, 5}},
        {"data_batch_1.bin", "d/data_batch_1.bin", {one, N * R10}}};
    assert_int_equal(up_cifar_open(&c, 10, ten, 3, &err), UP_OK);
    assert_int_equal(c.count, 2 * N);
    up_cifar_image(&c, 0, &label);
    assert_int_equal(label, 7);
    assert_int_equal(up_cifar_image(&c, 4, &label)[0], 200);
    assert_int_equal(label, 9);
    const struct up_cifar_file train = {"train.bin", "d/train.bin", {hundred, N * R100}};
    assert_int_equal(up_cifar_open(&c, 100, &train, 1, &err), UP_OK);
    up_cifar_image(&c, 0, &label);
    assert_int_equal(label, 99);
    assert_int_equal(up_cifar_open(&c, 10, &ten[1], 1, &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "holds no training images; it must hold data_batch_1.bin"));
    const struct up_cifar_file cut = {
        "data_batch_1.bin", "d/data_batch_1.bin", {one, N * R10 - 1}};
    assert_int_equal(up_cifar_open(&c, 10, &cut, 1, &err), UP_EINVAL);
    assert_string_equal(err.msg, "d/data_batch_1.bin: 9218 bytes is no whole number of "
                                 "3073-byte CIFAR-10 records; it is "
                                 "truncated, or of another kind");
    one[0] = 10;
    assert_int_equal(up_cifar_open(&c, 10, ten, 3, &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "record 0 has label 10"));
    free(one);
    free(two);
    free(hundred);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_reads_back),
        cmocka_unit_test(headers_of_numpy),
        cmocka_unit_test(headers_refused),
        cmocka_unit_test(text_arrays),
        cmocka_unit_test(npz_round_trip),
        cmocka_unit_test(damaged_npz),
        cmocka_unit_test(npz_as_a_table),
        cmocka_unit_test(other_orders),
        cmocka_unit_test(npz_columns_of_other_kinds),
        cmocka_unit_test(cifar_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
