/* The identity rule. links: up_dag up_store up_base */
#include "tests/unit/dag_fake.h"

#include "dag/plan/key.h"

static const struct up_float haswell = {"Haswell", "avx2"};

static struct up_buf key_of(const struct up_config *c, const struct up_stage *s,
                            const struct up_digest *inputs, const struct up_float *mode)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_sources src = {0};
    struct up_err err = {0};
    struct up_buf doc = UP_BUF_INIT;
    if (up_sources_read(&src, c, s, &a, &err))
        fail_msg("%s", err.msg);
    up_key_doc(&doc, c, s, &src, inputs, mode);
    up_sources_release(&src);
    up_arena_release(&a);
    assert_int_equal(up_pack_check(up_buf_view(&doc), NULL), UP_OK);
    return doc;
}

static bool same_key(const char *yaml_a, const char *yaml_b, const char *const *sets, size_t n)
{
    struct up_config *a = fake_config(yaml_a, NULL, 0), *b = fake_config(yaml_b, sets, n);
    struct up_buf ka = key_of(a, &fake_stage_src, NULL, &haswell);
    struct up_buf kb = key_of(b, &fake_stage_src, NULL, &haswell);
    bool same = up_view_equal(up_buf_view(&ka), up_buf_view(&kb));
    up_buf_release(&ka);
    up_buf_release(&kb);
    up_config_free(a);
    up_config_free(b);
    return same;
}

/* Every byte of a key document, written out by hand from the format. */
static void test_golden(void **state)
{
    const char *sets[] = {"sum.seed=258", "sum.scale=2", "sum.with=both"};
    struct up_config *c = fake_config("", sets, 3);
    struct up_digest inputs[3] = {
        {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, {{0xff}}, {{0}}};
    static const uint8_t want[] =
        "\x86\xa5"
        "float\xa8portable\xa6"
        "format\x01\xa6inputs\x93\xc4\x10\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d"
        "\x0e\x0f\x10"
        "\xc4\x10\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xc0"
        "\xa6params\x83\xa5scale\xcb\x40\0\0\0\0\0\0\0\xa4seed\xcd\x01\x02\xa4with\xa4"
        "both\xa5stage\xa3sum\xa7version\x01";
    struct up_buf doc = key_of(c, &fake_stage_sum, inputs, &haswell);
    assert_int_equal(doc.len, sizeof want - 1);
    assert_memory_equal(doc.data, want, sizeof want - 1);
    char hex[UP_DIGEST_HEX];
    assert_string_equal(up_digest_hex(up_digest_of(doc.data, doc.len), hex),
                        "dd217defd5e326b4fda52d99212022f9");
    up_buf_release(&doc);
    up_config_free(c);
}

static void test_spelling_does_not_matter(void **state)
{
    const char *sets[] = {"src.n=4"};
    assert_true(same_key("src: {n: 4, kind: flat}",
                         "src:\n  kind:   \"flat\"\n  n: +4 # four\n", NULL, 0));
    assert_true(same_key("src: {n: 4}", "src: {n: 5}", sets, 1));
    assert_true(
        same_key("src: {weights: {a: 1, b: 2}}", "src: {weights: {b: 2.0, a: 1e0}}", NULL, 0));
    assert_true(same_key("src: {width: 0}", "src: {width: -0.0}", NULL, 0));
    assert_true(same_key("", "src: {n: 10, fast: false, width: 0.50}", NULL, 0));
    assert_true(same_key("", "sum: {with: both}", NULL, 0)); /* another stage's setting */
    assert_false(same_key("", "src: {n: 11}", NULL, 0));
    assert_false(same_key("src: {names: [a, b]}", "src: {names: [b, a]}", NULL, 0));
}

static void test_only_what_matters(void **state)
{
    assert_false(same_key("src: {width: 0.1}", "src: {width: 0.2}", NULL, 0));
    assert_true(
        same_key("src: {kind: flat, width: 0.1}", "src: {kind: flat, width: 0.2}", NULL, 0));
    assert_true(same_key("src: {share: 1/1}", "", NULL, 0));
    assert_false(same_key("src: {share: 1/2}", "", NULL, 0));
    assert_false(same_key("src: {share: 1/2}", "src: {share: 2/2}", NULL, 0));
}

static void test_seeds(void **state)
{
    assert_false(same_key("seed: 1", "seed: 2", NULL, 0));
    assert_true(same_key("{seed: 1, src: {seed: 7}}", "{seed: 2, src: {seed: 7}}", NULL, 0));
}

static void test_files_by_their_bytes(void **state)
{
    char set[3][700];
    const char *sets[3] = {set[0], set[1], set[2]};
    fake_write("one.csv", "1,2\n");
    fake_write("two.csv", "1,2\n");
    fake_write("other.csv", "1,3\n");
    (void)snprintf(set[0], sizeof set[0], "src.file=%s", fake_path("one.csv"));
    (void)snprintf(set[1], sizeof set[1], "src.file=%s", fake_path("two.csv"));
    (void)snprintf(set[2], sizeof set[2], "src.file=%s", fake_path("other.csv"));
    struct up_buf k[3];
    for (int i = 0; i < 3; i++) {
        struct up_config *c = fake_config("", &sets[i], 1);
        k[i] = key_of(c, &fake_stage_src, NULL, &haswell);
        up_config_free(c);
    }
    assert_true(up_view_equal(up_buf_view(&k[0]), up_buf_view(&k[1])));
    assert_false(up_view_equal(up_buf_view(&k[0]), up_buf_view(&k[2])));
    for (int i = 0; i < 3; i++)
        up_buf_release(&k[i]);
}

static void test_folders(void **state)
{
    char set[700];
    const char *sets[1] = {set};
    fake_write("b.bin", "bb");
    fake_write("a.bin", "aa");
    fake_write("c.txt", "not matched");
    (void)snprintf(set, sizeof set, "src.folder=%s/", fake_dir);
    struct up_config *c = fake_config("", sets, 1);
    struct up_arena a = UP_ARENA_INIT;
    struct up_sources src = {0};
    assert_int_equal(up_sources_read(&src, c, &fake_stage_src, &a, NULL), UP_OK);
    assert_int_equal(src.n, 1);
    assert_int_equal(src.list[0].n, 2);
    assert_string_equal(src.list[0].files[0].name, "a.bin");
    assert_memory_equal(src.list[0].files[1].bytes.data, "bb", 2);
    up_sources_release(&src);
    up_arena_release(&a);
    up_config_free(c);
}

static void source_refused(const char *yaml, const char *const *sets, size_t n,
                           const char *want)
{
    struct up_config *c = fake_config(yaml, sets, n);
    struct up_arena a = UP_ARENA_INIT;
    struct up_sources src = {0};
    struct up_err err = {0};
    assert_int_equal(up_sources_read(&src, c, &fake_stage_src, &a, &err), UP_EIO);
    if (!strstr(err.msg, want))
        assert_string_equal(err.msg, want);
    up_sources_release(&src);
    up_arena_release(&a);
    up_config_free(c);
}

static void test_missing_files(void **state)
{
    char set[700];
    const char *sets[1] = {set};
    source_refused("src:\n  file: no.csv\n", NULL, 0,
                   "src.file: cannot open dir/no.csv (named at dir/t.yaml:2): No such file");
    sets[0] = "src.file=no.csv";
    source_refused("", sets, 1, "src.file: cannot open no.csv (named by --set): No such file");
    sets[0] = set;
    (void)snprintf(set, sizeof set, "src.folder=%s", fake_dir);
    unlink(fake_path("a.bin"));
    unlink(fake_path("b.bin"));
    source_refused("", sets, 1,
                   "(named by --set) matches *.bin; name the folder that holds them");
    (void)snprintf(set, sizeof set, "src.file=%s", fake_dir);
    source_refused("", sets, 1, ": it is a folder, and only regular files are read");
}

static void test_native_mode(void **state)
{
    struct up_float other = {"SkylakeX", "avx512"};
    struct up_config *c = fake_config("mode: native", NULL, 0), *p = fake_config("", NULL, 0);
    struct up_buf k[4] = {
        key_of(c, &fake_stage_src, NULL, &haswell), key_of(c, &fake_stage_src, NULL, &other),
        key_of(p, &fake_stage_src, NULL, &haswell), key_of(p, &fake_stage_src, NULL, &other)};
    assert_false(up_view_equal(up_buf_view(&k[0]), up_buf_view(&k[1])));
    assert_false(up_view_equal(up_buf_view(&k[0]), up_buf_view(&k[2])));
    assert_true(up_view_equal(up_buf_view(&k[2]), up_buf_view(&k[3])));
    const struct up_reason *r = NULL;
    struct up_arena a = UP_ARENA_INIT;
    assert_int_equal(
        up_key_diff(up_buf_view(&k[2]), up_buf_view(&k[0]), "src", NULL, 0, &a, &r), 1);
    assert_string_equal(up_reasons_line(r, 1, &a),
                        "float mode: portable -> [\"native\", \"Haswell\", \"avx2\"]");
    up_arena_release(&a);
    for (int i = 0; i < 4; i++)
        up_buf_release(&k[i]);
    up_config_free(c);
    up_config_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_spelling_does_not_matter),
        cmocka_unit_test(test_only_what_matters),
        cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_files_by_their_bytes),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_missing_files),
        cmocka_unit_test(test_native_mode),
    };
    return cmocka_run_group_tests(tests, fake_setup, fake_teardown);
}
