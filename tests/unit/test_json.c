/* links: up_format */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "stages/format/json.h"
#include "stages/format/json_write.h"
#include "stages/format/naslib.h"
#include "stages/format/decimal.h"

/* Reads to the end; the sentence of the first error, or "". */
static const char *verdict(const char *text)
{
    static struct up_err err;
    struct up_json j;
    struct up_json_token t;
    int rc;
    err.msg[0] = '\0';
    up_json_init(&j, "f", up_view_str(text));
    while (!(rc = up_json_next(&j, &t, &err)) && t.kind != UP_JSON_END)
        ;
    up_json_release(&j);
    return err.msg;
}

static void tokens_in_order(void **state)
{
    static const enum up_json_kind want[] = {
        UP_JSON_OBJECT,     UP_JSON_KEY,    UP_JSON_LIST, UP_JSON_NUMBER, UP_JSON_NUMBER,
        UP_JSON_NUMBER,     UP_JSON_NUMBER, UP_JSON_BOOL, UP_JSON_NULL,   UP_JSON_LIST_END,
        UP_JSON_KEY,        UP_JSON_STRING, UP_JSON_KEY,  UP_JSON_OBJECT, UP_JSON_OBJECT_END,
        UP_JSON_OBJECT_END, UP_JSON_END,    UP_JSON_END};
    struct up_json j;
    struct up_json_token t;
    up_json_init(&j, "f",
                 up_view_str("{\"a\": [1, NaN, Infinity, -Infinity, true, null],\n"
                             " \"b\\u00e9\\ud83d\\ude00\": \"x\\n\", \"c\": {}}\n"));
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        assert_int_equal(up_json_next(&j, &t, NULL), UP_OK);
        assert_int_equal(t.kind, want[i]);
        if (i == 4)
            assert_true(isnan(t.number));
        if (i == 6)
            assert_true(t.number == -(double)INFINITY);
        if (i == 10) {
            assert_true(up_view_equal(t.text, up_view_str("b\xc3\xa9\xf0\x9f\x98\x80")));
            assert_int_equal(t.line, 2);
            assert_int_equal(t.column, 2);
        }
        if (i == 11)
            assert_true(up_view_equal(t.text, up_view_str("x\n")));
    }
    up_json_release(&j);
}

static void broken_texts(void **state)
{
    static const char *const cases[][2] = {
        {"", "f:1:1: the file ends where a value was expected; it is truncated"},
        {"{\"a\": 1", "f:1:8: the file ends where ',' or '}' was expected; it is truncated"},
        {"{\"a\" 1}", "f:1:6: '1' found where ':' after a key was expected"},
        {"{a: 1}", "f:1:2: 'a' found where a key in quotes was expected"},
        {"[1,]", "f:1:4: ']' found where a value was expected"},
        {"{\"a\": 1,}", "f:1:9: '}' found where a key in quotes was expected"},
        {"[1 2]", "f:1:4: '2' found where ',' or ']' was expected"},
        {"[1}", "f:1:3: '}' found where ',' or ']' was expected"},
        {"1 2", "f:1:3: '2' found where the file should be over"},
        {"\n[01]", "f:2:2: '01' is not a number JSON allows"},
        {"[1.]", "f:1:2: '1.' is not a number JSON allows"},
        {"[1.e5]", "f:1:2: '1.e5' is not a number JSON allows"},
        {"[-]", "f:1:2: '-' is not a number JSON allows"},
        {"[1e]", "f:1:2: '1e' is not a number JSON allows"},
        {"[+1]", "f:1:2: '+' found where a value was expected"},
        {"[nan]", "f:1:2: 'n' found where a value was expected"},
        {"\"a\nb\"",
         "f:1:3: byte 0x0a found where a string must be closed with \" on its own line"},
        {"\"\\x\"", "f:1:3: 'x' found where an escape of JSON was expected (\\\" \\\\ \\/ \\b "
                    "\\f \\n \\r \\t \\u)"},
        {"\"\\u12g4\"", "f:1:6: 'g' found where \\u needs four hex digits"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(verdict(cases[i][0]), cases[i][1]);
    char deep[200];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_string_equal(verdict(deep), "f:1:65: nested deeper than 64 levels");
    assert_string_equal(verdict("\"\\ud800\" "), "");
    assert_string_equal(verdict("\xef\xbb\xbf{}"), "");
}

static void skipping_leaves_the_rest(void **state)
{
    struct up_json j;
    struct up_json_token t;
    up_json_init(&j, "f", up_view_str("{\"a\": {\"x\": [1, {\"y\": 2}]}, \"b\": 3}"));
    assert_int_equal(up_json_next(&j, &t, NULL), UP_OK);
    assert_int_equal(up_json_want(&j, UP_JSON_KEY, &t, "it", NULL), UP_OK);
    assert_int_equal(up_json_skip(&j, &t, NULL), UP_OK);
    assert_int_equal(up_json_want(&j, UP_JSON_KEY, &t, "it", NULL), UP_OK);
    assert_true(up_view_equal(t.text, up_view_str("b")));
    struct up_err err;
    assert_int_equal(up_json_want(&j, UP_JSON_STRING, &t, "the name", &err), UP_EINVAL);
    assert_string_equal(err.msg, "f:1:34: the name must be a string, found a number");
    up_json_release(&j);
}

static void what_is_written(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_jw w;
    up_jw_init(&w, &b, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "s", "a\"\\\n\x01\xff\xc3\xa9");
    up_jw_key(&w, "l");
    up_jw_list(&w);
    up_jw_int(&w, -3);
    up_jw_real(&w, 0.1);
    up_jw_real(&w, (double)NAN);
    up_jw_bool(&w, true);
    up_jw_str(&w, NULL);
    up_jw_end(&w);
    up_jw_key(&w, "e");
    up_jw_object(&w);
    up_jw_end(&w);
    up_jw_end(&w);
    assert_string_equal(up_buf_str(&b),
                        "{\"s\": \"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\", \"l\": "
                        "[-3, 0.1, null, true, null], \"e\": {}}");
    assert_string_equal(verdict(up_buf_str(&b)), "");
    up_buf_clear(&b);
    up_jw_init(&w, &b, 2);
    up_jw_object(&w);
    up_jw_key_int(&w, "a", 1);
    up_jw_key(&w, "b");
    up_jw_list(&w);
    up_jw_int(&w, 2);
    up_jw_end(&w);
    up_jw_end(&w);
    assert_string_equal(up_buf_str(&b), "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ]\n}");
    up_buf_release(&b);
}

static void numbers_survive(void **state)
{
    static const double some[] = {0.1,   1.0 / 3, 1e308, 5e-324, -0.0, 123456789012345680.0,
                                  86.06, 1e-7,    -1e8};
    char text[UP_DECIMAL_TEXT];
    double back;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        up_decimal_print(text, some[i]);
        assert_true(up_decimal_parse(text, strlen(text), &back));
        assert_memory_equal(&back, &some[i], sizeof back);
    }
    assert_string_equal(up_decimal_print(text, 86.06), "86.06");
    assert_string_equal(up_decimal_fixed(text, 94.358, 2), "94.36");
    static const char *const bad[] = {"",   " 1", "1 ", "0x10",    "1,5",   "--1",
                                      "1e", ".",  "e5", "infinit", "nan(1)"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(up_decimal_parse(bad[i], strlen(bad[i]), &back));
    assert_true(up_decimal_parse("-Inf", 4, &back) && back == -(double)INFINITY);
    assert_true(up_decimal_parse(".5", 2, &back) && back == 0.5);
}

static void numbers_ignore_the_locale(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool set = false;
    for (size_t i = 0; i < 4 && !set; i++)
        set = setlocale(LC_NUMERIC, names[i]) != NULL;
    if (!set) {
        print_message("no locale with a decimal comma is installed\n");
        skip();
    }
    char text[UP_DECIMAL_TEXT];
    double v;
    assert_string_equal(up_decimal_print(text, 1.5), "1.5");
    assert_string_equal(up_decimal_fixed(text, 1.5, 1), "1.5");
    assert_true(up_decimal_parse("2.25", 4, &v) && v == 2.25);
    setlocale(LC_NUMERIC, "C");
}

struct tally {
    int rows, fields, proxies;
    double last;
};

static int count(void *ctx, const struct up_naslib_row *row, struct up_err *err)
{
    struct tally *t = ctx;
    t->rows++;
    for (size_t i = 0; i < row->n; i++) {
        t->fields++;
        t->proxies += row->field[i].proxy;
        t->last = row->field[i].value;
    }
    return UP_OK;
}

static void naslib_round_trip(void **state)
{
    static const char *const names[] = {"snip", "zen"};
    const double scores[] = {1.25, (double)NAN}, times[] = {0.5, 0.25};
    struct up_buf b = UP_BUF_INIT;
    struct up_naslib_out o;
    struct tally t = {0};
    up_naslib_begin(&o, &b);
    up_naslib_dataset(&o, "cifar10");
    up_naslib_arch(&o, &(struct up_naslib_entry){"(4, 0, 3, 1, 4, 3)", "17", 90.5, 2, names,
                                                 scores, times});
    up_naslib_dataset(&o, "svhn");
    up_naslib_arch(&o, &(struct up_naslib_entry){"(1, 0, 3, 1, 4, 3)", NULL, (double)NAN, 2,
                                                 names, scores, NULL});
    up_naslib_end(&o);
    assert_string_equal(up_buf_str(&b), "{\"cifar10\": {\"(4, 0, 3, 1, 4, 3)\": {\"idx\": "
                                        "\"17\", \"arch\": \"(4, 0, 3, 1, 4, 3)\", "
                                        "\"val_accuracy\": 90.5, \"snip\": {\"score\": 1.25, "
                                        "\"time\": 0.5}, \"zen\": {\"score\": "
                                        "-100000000, \"time\": 0.25}}}, \"svhn\": {\"(1, 0, 3, "
                                        "1, 4, 3)\": {\"arch\": \"(1, 0, 3, 1, 4, "
                                        "3)\", \"snip\": {\"score\": 1.25, \"time\": 0}, "
                                        "\"zen\": {\"score\": -100000000, \"time\": 0}}}}");
    assert_int_equal(up_naslib_read("f", up_buf_view(&b), count, &t, NULL), UP_OK);
    assert_int_equal(t.rows, 2);
    assert_int_equal(t.fields, 5);
    assert_int_equal(t.proxies, 4);
    assert_true(t.last == -1e8);
    up_buf_release(&b);
}

static void naslib_says_where(void **state)
{
    struct up_err err;
    struct tally t = {0};
    static const char *const cases[][2] = {
        {"[]", "f:1:1: the whole of a NASLib file must be an object, found a list"},
        {"{\"c\": 1}", "f:1:7: the value of a dataset must be an object, found a number"},
        {"{\"c\": {\"a\": {\"snip\": {\"score\": \"high\"}}}}",
         "f:1:32: a score of a is a string, not a number; write the number without quotes, or "
         "NaN"},
        {"{\"c\": {\"a\": {\"snip\": {\"time\": 1}}}}",
         "f:1:32: a proxy of a has no \"score\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(up_naslib_read("f", up_view_str(cases[i][0]), count, &t, &err),
                         UP_EINVAL);
        assert_string_equal(err.msg, cases[i][1]);
    }
    assert_int_equal(
        up_naslib_read(
            "f",
            up_view_str(
                "{\"c\": {\"a\": {\"x\": [1, {}], \"snip\": {\"score\": NaN, \"t\": [{}]}}}}"),
            count, &t, &err),
        UP_OK);
    assert_true(isnan(t.last));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_in_order),          cmocka_unit_test(broken_texts),
        cmocka_unit_test(skipping_leaves_the_rest), cmocka_unit_test(what_is_written),
        cmocka_unit_test(numbers_survive),          cmocka_unit_test(numbers_ignore_the_locale),
        cmocka_unit_test(naslib_round_trip),        cmocka_unit_test(naslib_says_where),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
