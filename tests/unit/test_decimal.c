/* Numbers read as they are printed, and found in documents. links: up_cli */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "cli/answer/find_number.h"
#include "store/base/pack.h"

static void test_read(void **state)
{
    struct up_wanted w;
    static const char *const no[] = {"",      "x",    "0x10", "nan",    "inf", "1.2.3",
                                     "1e",    "1 ",   "last", "-",      ".",   "--1",
                                     "1e999", "abcd", "1e+",  "1.5e1.5"};
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_false(up_wanted_read(&w, no[i]));
    assert_true(up_wanted_read(&w, "5.28"));
    assert_true(w.value == 5.28 && fabs(w.half - 0.005) < 1e-12 && !w.whole);
    assert_true(up_wanted_read(&w, "-1.50e3"));
    assert_true(w.value == -1500 && fabs(w.half - 5) < 1e-9 && !w.whole);
    assert_true(up_wanted_read(&w, "9445"));
    assert_true(w.value == 9445 && w.half == 0.5 && w.whole);
    assert_true(up_wanted_read(&w, "-3") && !w.whole);
}

struct places {
    struct up_buf text;
    size_t left;
};

static bool visit(void *ctx, const char *path, double value)
{
    struct places *p = ctx;
    up_buf_printf(&p->text, "%s=%g;", path, value);
    return --p->left > 0;
}

static void assert_found(struct up_view doc, const char *number, bool rounded, size_t most,
                         const char *want)
{
    struct up_wanted w;
    struct places p = {UP_BUF_INIT, most};
    assert_true(up_wanted_read(&w, number));
    assert_int_equal(up_numbers_find(doc, &w, rounded, visit, &p, NULL), UP_OK);
    assert_string_equal(up_buf_str(&p.text), want);
    up_buf_release(&p.text);
}

static void test_find(void **state)
{
    static const double m[6] = {0.25, 1.5, NAN, 1.5, INFINITY, 1.4996};
    static const float f[2] = {0.1f, 7};
    static const int32_t i32[1] = {-3};
    struct up_buf doc = UP_BUF_INIT;
    up_pack_map(&doc, 5);
    up_pack_str(&doc, "bytes");
    up_pack_bin(&doc, "1.5", 3);
    up_pack_str(&doc, "f");
    up_pack_array1(&doc, UP_F32, f, 2);
    up_pack_str(&doc, "i");
    up_pack_array1(&doc, UP_I32, i32, 1);
    up_pack_str(&doc, "list");
    up_pack_list(&doc, 4);
    up_pack_real(&doc, 1.5);
    up_pack_str(&doc, "1.5");
    up_pack_nil(&doc);
    up_pack_int(&doc, 7);
    up_pack_str(&doc, "m");
    up_pack_array2(&doc, UP_F64, m, 3, 2);
    struct up_view v = up_buf_view(&doc);
    assert_found(v, "1.5", false, 9, "list/0=1.5;m/0/1=1.5;");
    assert_found(v, "1.5", false, 1, "list/0=1.5;");
    assert_found(v, "1.500", true, 9, "m/2/1=1.4996;");
    assert_found(v, "7", false, 9, "f/1=7;list/3=7;");
    assert_found(v, "-3", false, 9, "i/0=-3;");
    assert_found(v, "0.1", false, 9, ""); /* the float is another number, which rounds to it */
    assert_found(v, "0.1", true, 9, "f/0=0.1;");
    assert_found(v, "8.125", false, 9, "");
    struct up_wanted w = {1.5, 0, false};
    struct places p = {UP_BUF_INIT, SIZE_MAX};
    for (size_t n = 0; n < v.len; n++) /* cut anywhere: refused, never worse */
        assert_int_equal(
            up_numbers_find((struct up_view){v.data, n}, &w, false, visit, &p, NULL),
            UP_EINVAL);
    up_buf_release(&p.text);
    up_buf_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_read),
                                       cmocka_unit_test(test_find)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
