/* The configuration. links: up_dag up_store up_base */
#include "tests/unit/dag_fake.h"

#include "store/base/rng.h"

static const char *text_of(const struct up_config *c, const char *name)
{
    static struct up_buf b;
    const struct up_entry *e = up_config_find(c, name);
    assert_non_null(e);
    up_buf_clear(&b);
    up_value_text(&b, e->param, &e->value);
    static char out[256];
    (void)snprintf(out, sizeof out, "%s", up_buf_str(&b));
    up_buf_release(&b);
    return out;
}

static void refused(const char *yaml, const char *set, const char *sentence)
{
    struct up_config *c = NULL;
    struct up_err err = {0};
    int rc =
        up_config_parse(&c, fake_stages, "t.yaml", up_view_str(yaml), &set, set ? 1 : 0, &err);
    assert_int_equal(rc, UP_EUSAGE);
    assert_null(c);
    if (strncmp(err.msg, sentence, strlen(sentence)) != 0)
        assert_string_equal(err.msg, sentence);
}

static void test_defaults(void **state)
{
    struct up_config *c = NULL;
    assert_int_equal(up_config_load(&c, fake_stages, NULL, NULL, 0, NULL), UP_OK);
    assert_string_equal(text_of(c, "seed"), "0");
    assert_string_equal(text_of(c, "mode"), "portable");
    assert_string_equal(text_of(c, "src.n"), "10");
    assert_string_equal(text_of(c, "src.names"), "[a, b]");
    assert_string_equal(text_of(c, "src.weights"), "null");
    assert_string_equal(text_of(c, "src.width"), "0.5");
    assert_int_equal(up_config_find(c, "src.n")->origin.kind, UP_FROM_DEFAULT);
    assert_null(up_config_find(c, "src.nothing"));
    up_config_free(c);
}

static void test_file_and_sets(void **state)
{
    const char *sets[] = {"src.n=7", "src.names=[x]", "src.n=8", "src.weights={b: 2, a: -0.0}",
                          "src.file=here: it.csv"};
    struct up_config *c = fake_config("seed: 5\nsrc:\n  n: 3\n  title: \"12\"\n"
                                      "  folder: sub/cifar\nsum:\n",
                                      sets, 5);
    assert_string_equal(text_of(c, "src.n"), "8");
    assert_string_equal(text_of(c, "src.names"), "[x]");
    assert_string_equal(text_of(c, "src.weights"), "{a: 0, b: 2}");
    assert_string_equal(text_of(c, "src.title"), "12");
    assert_int_equal(c->seed, 5);
    const struct up_entry *e = up_config_find(c, "src.folder");
    assert_string_equal(e->value.s, "sub/cifar");
    assert_string_equal(e->value.path, "dir/sub/cifar");
    assert_int_equal(e->origin.kind, UP_FROM_FILE);
    assert_int_equal(e->origin.line, 5);
    assert_int_equal(e->origin.col, 3);
    e = up_config_find(c, "src.file");
    assert_string_equal(e->value.path, "here: it.csv");
    assert_string_equal(e->origin.where, "src.file=here: it.csv");
    up_config_free(c);
}

static void test_empty(void **state)
{
    static const char *const texts[] = {"", "# nothing\n", "---\n", "~", "src:\n", "{}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        up_config_free(fake_config(texts[i], NULL, 0));
}

static void test_seeds(void **state)
{
    const char *sets[] = {"seed=9", "sum.seed=3"};
    struct up_config *c = fake_config("", sets, 2);
    const struct up_entry *e = up_config_find(c, "src.seed");
    assert_true((uint64_t)e->value.i == up_seed_derive(9, "src.seed"));
    assert_int_equal(e->origin.kind, UP_FROM_SEED);
    assert_int_equal(up_config_find(c, "sum.seed")->value.i, 3);
    up_config_free(c);
    refused("", "src.seed=-1", "--set src.seed=-1: src.seed must be at least 0, not -1");
}

static void test_positions_and_suggestions(void **state)
{
    refused("src:\n  n: 3\nsrv:\n  kind: flat\n", NULL,
            "t.yaml:3:1: unknown key \"srv.kind\"; did you mean \"src.kind\"?");
    refused("src:\n  knid: flat\n", NULL,
            "t.yaml:2:3: unknown key \"src.knid\"; did you mean \"src.kind\"?");
    refused("kind: flat\n", NULL,
            "t.yaml:1:1: unknown key \"kind\"; did you mean \"src.kind\"?");
    refused("src: {zzzzzzz: 1}\n", NULL,
            "t.yaml:1:7: unknown key \"src.zzzzzzz\"; this section has: n, seed, kind");
    refused(
        "zzzzzzz: 1\n", NULL,
        "t.yaml:1:1: unknown key \"zzzzzzz\"; the sections are: src, opt, half, sum, and seed");
    refused(
        "src:\n  kind: flta\n", NULL,
        "t.yaml:2:9: src.kind cannot be \"flta\"; did you mean \"flat\"? (one of gauss, flat)");
    refused("", "srx.kind=flat", "--set srx.kind=flat: unknown key \"srx.kind\"; did you mean");
    refused("", "src.kind=foo", "--set src.kind=foo: src.kind cannot be \"foo\"; it is one of");
    refused("", "src.kind", "--set src.kind: write section.key=value");
    refused("", "src.names=[a", "--set src.names=[a: this is not YAML: ");
}

static void test_types_and_ranges(void **state)
{
    refused("src: {n: 0}", NULL, "t.yaml:1:10: src.n must be between 1 and 100, not 0");
    refused("src: {n: 1.5}", NULL, "t.yaml:1:10: src.n wants a whole number, not 1.5");
    refused("src: {n: \"3\"}", NULL, "t.yaml:1:10: src.n wants a whole number, not \"3\"");
    refused("src: {n: [3]}", NULL, "t.yaml:1:10: src.n wants a whole number, not a list");
    refused("src: {n: 99999999999999999999}", NULL,
            "t.yaml:1:10: src.n wants a whole number of");
    refused("src: {n: null}", NULL, "t.yaml:1:10: src.n cannot be null; leave it out");
    refused("src: {width: nan}", NULL, "t.yaml:1:14: src.width wants a number, not nan");
    refused("src: {width: 1e999}", NULL, "t.yaml:1:14: src.width wants a finite number");
    refused("src: {width: 2}", NULL, "t.yaml:1:14: src.width must be between 0 and 1, not 2");
    refused("src: {fast: yes}", NULL, "t.yaml:1:13: src.fast wants true or false, not yes");
    refused("src: {names: a}", NULL,
            "t.yaml:1:14: src.names wants a list, such as [a, b], not a");
    refused("src: {names: [a, b, a]}", NULL, "t.yaml:1:21: src.names names \"a\" twice");
    refused("src: {weights: {a: 1, a: 2}}", NULL, "t.yaml:1:17: src.weights names \"a\" twice");
    refused("src: {weights: {a: b}}", NULL, "t.yaml:1:20: src.weights wants a number, not b");
    refused("src: {weights: [a]}", NULL, "t.yaml:1:16: src.weights wants a map");
    refused("src: 3", NULL, "t.yaml:1:6: section \"src\" holds \"key: value\" lines");
    refused("[src]", NULL, "t.yaml:1:1: a config is made of \"section:\" lines");
}

static void test_strictness(void **state)
{
    refused("src: {n: 3, n: 4}", NULL,
            "t.yaml:1:13: duplicate key \"src.n\" (first in line 1)");
    refused("sum:\nsrc:\nsum:\n", NULL, "t.yaml:3:1: duplicate key \"sum\" (first in line 1)");
    refused("src: &a {n: 3}", NULL, "t.yaml:1:6: anchors (&name) are not used here");
    refused("src: {title: *a}", NULL, "t.yaml:1:14: aliases (*name) are not used here");
    refused("src: {title: !!str 3}", NULL, "t.yaml:1:14: tags (!name) are not used here");
    refused("src:\n---\nsum:\n", NULL, "t.yaml:2:1: a second document (---)");
    refused("src: {names: [[[[[[a]]]]]]}", NULL, "t.yaml:1:18: nested deeper");
    refused("src: {names: [[a]]}", NULL, "t.yaml:1:15: src.names wants words in its list");
    refused("src: {\n", NULL, "t.yaml:2:1: this is not YAML: ");
    refused("? [a]\n: b\n", NULL, "t.yaml:1:");
    struct up_buf big = UP_BUF_INIT;
    memset(up_buf_reserve(&big, 2 << 20), '#', 2 << 20);
    big.len = 2 << 20;
    struct up_config *c = NULL;
    struct up_err err = {0};
    assert_int_equal(
        up_config_parse(&c, fake_stages, "t.yaml", up_buf_view(&big), NULL, 0, &err),
        UP_EUSAGE);
    assert_non_null(strstr(err.msg, "too many for a config"));
    up_buf_release(&big);
}

static void test_missing_file(void **state)
{
    struct up_config *c = NULL;
    struct up_err err = {0};
    assert_int_not_equal(up_config_load(&c, fake_stages, "/nowhere/t.yaml", NULL, 0, &err),
                         UP_OK);
    assert_string_equal(err.msg,
                        "cannot open the config /nowhere/t.yaml: No such file or directory");
}

static void test_when(void **state)
{
    const char *sets[] = {"opt.file=f", "src.kind=flat"};
    struct up_config *c = fake_config("", sets, 2);
    assert_true(up_when_holds(c, NULL));
    assert_true(up_when_holds(c, "src.kind=flat"));
    assert_true(up_when_holds(c, "src.kind=gauss|flat"));
    assert_false(up_when_holds(c, "src.kind=gauss"));
    assert_true(up_when_holds(c, "opt.file"));
    assert_false(up_when_holds(c, "src.title"));
    assert_true(up_when_holds(c, "src.title|opt.file"));
    assert_false(up_when_holds(c, "src.title|src.weights"));
    assert_true(up_when_holds(c, "src.kind=flat&src.title|opt.file&src.n=10"));
    assert_false(up_when_holds(c, "src.kind=flat&src.title"));
    assert_true(up_when_holds(c, "src.fast=false"));
    assert_true(up_when_holds(c, "src.kind!=gauss"));
    assert_false(up_when_holds(c, "src.kind!=gauss|flat"));
    assert_true(up_when_holds(c, "src.title=null&src.title!=x"));
    assert_false(up_when_holds(c, "src.title!=x|null"));
    assert_false(up_entry_relevant(c, up_config_find(c, "src.width")));
    up_config_free(c);
}

static void test_maps_key_by_key(void **state)
{
    const char *sets[] = {"src.weights.b=-0.5", "src.weights.a=1", "src.weights.c.d=2",
                          "src.weights.b=3"};
    struct up_config *c = fake_config("src: {weights: {a: 7, z: 9}}", sets, 4);
    assert_string_equal(text_of(c, "src.weights"), "{a: 1, b: 3, c.d: 2, z: 9}");
    up_config_free(c);
    c = fake_config("", sets, 1);
    assert_string_equal(text_of(c, "src.weights"), "{b: -0.5}");
    up_config_free(c);
    refused("", "src.weights.a=x",
            "--set src.weights.a=x: src.weights.a wants a number, not x");
    refused("", "src.weights.=1", "--set src.weights.=1: unknown key \"src.weights.\"");
    refused("", "src.n.a=1", "--set src.n.a=1: unknown key \"src.n.a\"");
    refused("src: {weights: {snip:1}}", NULL,
            "t.yaml:1:17: src.weights: \"snip:1\" lacks a space behind the colon; write "
            "\"snip: 1\"");
}

static void count_idle(void *ctx, const char *sentence)
{
    struct up_buf *b = ctx;
    up_buf_printf(b, "%s\n", sentence);
}

static void test_settings_without_effect(void **state)
{
    struct up_buf said = UP_BUF_INIT;
    const char *sets[] = {"src.kind=Flat"}; /* capitals do not matter */
    struct up_config *c = fake_config("src:\n  width: 0.25\n", sets, 1);
    assert_string_equal(text_of(c, "src.kind"), "flat");
    up_config_idle(c, count_idle, &said);
    assert_non_null(
        strstr(up_buf_str(&said), ":2:3: src.width has no effect; it needs src.kind=gauss\n"));
    up_config_free(c);
    up_buf_clear(&said);
    c = fake_config("src:\n  width: 0.25\n", NULL, 0);
    up_config_idle(c, count_idle, &said);
    assert_int_equal(said.len, 0);
    up_config_free(c);
    c = fake_config("src: {share: 1/1}", NULL, 0); /* stands for none */
    up_config_idle(c, count_idle, &said);
    assert_int_equal(said.len, 0);
    up_config_free(c);
    c = fake_config("src: {n: 1, share: 1/2}", NULL, 0);
    up_config_idle(c, count_idle, &said);
    assert_non_null(strstr(up_buf_str(&said), "src.share has no effect; it needs src.n "
                                              "other than 1\n"));
    up_config_free(c);
    up_buf_release(&said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_file_and_sets),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_positions_and_suggestions),
        cmocka_unit_test(test_types_and_ranges),
        cmocka_unit_test(test_strictness),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_when),
        cmocka_unit_test(test_maps_key_by_key),
        cmocka_unit_test(test_settings_without_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
