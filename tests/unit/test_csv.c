/* links: up_format */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <string.h>
#include "stages/format/csv.h"
#include "stages/format/table.h"

static void field_is(const struct up_csv *c, size_t i, const char *want)
{
    assert_string_equal((const char *)up_csv_field(c, i).data, want);
    assert_int_equal(up_csv_field(c, i).len, strlen(want));
}

static void quotes_lines_and_marks(void **state)
{
    struct up_csv c;
    struct up_err err;
    const char *text = "\xef\xbb\xbf"
                       "a,\"b \"\"q\"\"\",c\r\n1,\"x,\ny\",\r\n\n\"\",2,\"3\"";
    assert_int_equal(up_csv_open(&c, "f", up_view_str(text), &err), UP_OK);
    assert_int_equal(c.columns, 3);
    assert_string_equal((const char *)up_csv_name(&c, 1).data, "b \"q\"");
    assert_int_equal(up_csv_next(&c, &err), UP_OK);
    assert_int_equal(c.row_line, 2);
    field_is(&c, 0, "1");
    field_is(&c, 1, "x,\ny");
    field_is(&c, 2, "");
    assert_int_equal(up_csv_column(&c, 1), 3);
    assert_int_equal(up_csv_next(&c, &err), UP_OK);
    assert_int_equal(c.row_line, 5);
    field_is(&c, 0, "");
    field_is(&c, 2, "3");
    assert_int_equal(up_csv_next(&c, &err), UP_ENOTFOUND);
    up_csv_release(&c);
}

static void broken_rows(void **state)
{
    static const char *const cases[][2] = {
        {"a,b\n1\n", "f:2: 1 fields where the header has 2; write an absent value as an empty "
                     "field, or complete the "
                     "file if it is truncated"},
        {"a,b\n1,2,3\n", "f:2: more than 2 fields; the header has that many"},
        {"a,b\n1,\"2\n3\n", "f:2: a quote is opened here and never closed; double the quotes "
                            "inside a quoted field"},
        {"a,b\n1,\"2\"3\n", "f:2: text follows the closing quote of a field; double the quotes "
                            "inside a quoted field"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct up_csv c;
        struct up_err err;
        assert_int_equal(up_csv_open(&c, "f", up_view_str(cases[i][0]), &err), UP_OK);
        assert_int_equal(up_csv_next(&c, &err), UP_EINVAL);
        assert_string_equal(err.msg, cases[i][1]);
        up_csv_release(&c);
    }
    struct up_csv c;
    struct up_err err;
    assert_int_equal(up_csv_open(&c, "f", up_view_str("\n\n"), &err), UP_EINVAL);
    assert_string_equal(err.msg,
                        "f: the file is empty; a CSV begins with a line of column names");
}

static void written_rows_read_back(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_csvw w;
    up_csvw_init(&w, &b);
    up_csvw_str(&w, "arch");
    up_csvw_str(&w, "say \"hi\", you");
    up_csvw_end(&w);
    up_csvw_real(&w, 0.1 + 0.2);
    up_csvw_real(&w, (double)NAN);
    up_csvw_end(&w);
    up_csvw_int(&w, -7);
    up_csvw_str(&w, "a\nb");
    up_csvw_end(&w);
    assert_string_equal(up_buf_str(&b),
                        "arch,\"say \"\"hi\"\", you\"\n0.30000000000000004,\n-7,\"a\nb\"\n");
    up_buf_release(&b);
}

static bool no_name(void *ctx, const char *name) { return strcmp(name, "comment") != 0; }

static bool is_zen(void *ctx, const char *name) { return !strcmp(name, "zen"); }

static const char *table(struct up_table *t, const char *text, struct up_arena *arena)
{
    static struct up_err err;
    struct up_table_wish wish = {.want = no_name, .number = is_zen};
    err.msg[0] = '\0';
    (void)up_table_read(t, "f", up_view_str(text), &wish, arena, &err);
    return err.msg;
}

static void tables_of_numbers(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_table t;
    assert_string_equal(table(&t,
                              "net,snip,net_str,label,zen,comment\nA,1,x,l,-1e8,q\nB, 2.5 "
                              ",y,m,,\nC,NaN,z,n,inf,3\n",
                              &arena),
                        "");
    assert_int_equal(t.rows, 3);
    assert_int_equal(t.columns, 2);
    assert_string_equal(t.column[0].name, "snip");
    assert_string_equal(t.column[1].name, "zen");
    assert_int_equal(t.cells, 5);
    assert_string_equal(t.row[1].arch, "B");
    assert_true(t.cell[2].value == 2.5 && t.cell[2].row == 1 && t.cell[2].col == 0 &&
                t.cell[2].line == 3);
    assert_string_equal(t.note, "f: column label holds no numbers and is left out");
    assert_int_equal(t.texts, 1);
    assert_string_equal(t.text[0].why, "2:7: 'l' in column label is no number");
    assert_string_equal(
        table(&t, "arch,snip\nA,1\nB,1.5x\n", &arena),
        "f:3:3: '1.5x' in column snip is no number; write a number, nan, or nothing");
    assert_string_equal(table(&t, "id,snip\n1,1\n", &arena),
                        "f has no architecture column: name one of its columns arch, net, "
                        "architecture or arch_str "
                        "(found: id, snip)");
    assert_string_equal(
        table(&t, "arch,zen\nA,x\nB,y\n", &arena),
        "f:2:3: 'x' in column zen is no number; write a number, nan, or nothing, or name the "
        "column under benchmark.ignore");
    assert_string_equal(table(&t, "arch;snip\nA;1\n", &arena),
                        "f:1: its columns are separated by semicolons, and a comma is wanted; "
                        "write it again with commas");
    assert_string_equal(table(&t, "arch\tsnip\nA\t1\n", &arena),
                        "f:1: its columns are separated by tabs, and a comma is wanted; write "
                        "it again with commas");
    assert_string_equal(table(&t, "arch,snip,snip\nA,1,1\n", &arena),
                        "f:1: column snip appears twice; rename or remove one");
    assert_string_equal(table(&t, "\x80\x02}", &arena),
                        "f is none of CSV, NPZ and NASLib JSON; pickle (.pth, .pbz2) is never "
                        "read, export it to CSV with Python");
    up_arena_release(&arena);
}

static void architectures_alone(void **state)
{
    static const struct up_table_wish wish = {.archs = true};
    static const char *const texts[] = {
        "\xef\xbb\xbf# of the paper\n\nA\r\n  (1, 2) \t\n#B\nA",
        "id,arch,comment\n1,A,x\n2,\"(1, 2)\",3\n3,A,4\n",
        "{\"cifar10\": {\"A\": {\"val_accuracy\": 1}, \"(1, 2)\": {\"snip\": {\"score\": 1}}}, "
        "\"other\": {\"A\": {\"val_accuracy\": 2}}}",
    };
    static const size_t last_line[] = {6, 4, 1};
    struct up_arena arena = UP_ARENA_INIT;
    struct up_table t;
    struct up_err err;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (up_table_read(&t, "f", up_view_str(texts[i]), &wish, &arena, &err))
            fail_msg("%s", err.msg);
        assert_true(t.rows == 3 && t.columns == 0 && t.cells == 0);
        assert_string_equal(t.row[0].arch, "A");
        assert_string_equal(t.row[1].arch, "(1, 2)");
        assert_string_equal(t.row[2].arch, "A");
        assert_int_equal(t.row[2].line, last_line[i]);
        assert_null(t.note);
    }
    up_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_lines_and_marks), cmocka_unit_test(broken_rows),
        cmocka_unit_test(written_rows_read_back), cmocka_unit_test(tables_of_numbers),
        cmocka_unit_test(architectures_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
