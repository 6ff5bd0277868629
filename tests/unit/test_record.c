/* Records survive a round trip, and hostile bytes give a sentence. Texts of packed values
 * and the comparison of documents. links: up_dag up_store up_base */
#include "tests/unit/dag_fake.h"

#include "dag/plan/diff.h"
#include "dag/record/record.h"

static void make_run(struct up_buf *doc)
{
    static const char *const inputs[] = {"src"}, *const command[] = {"upnas", "run"};
    static const struct up_pair prov[] = {{"user", "eve"}, {"blas", "Haswell"}};
    static const struct up_config_line lines[] = {{"mode", "portable", "default"},
                                                  {"src.n", "3", "t.yaml:1:1"}};
    static const uint8_t key[] = {1, 2, 3};
    struct up_run_node nodes[] = {{.stage = "half",
                                   .status = UP_DONE_CUTOFF,
                                   .has_key = true,
                                   .key = {{1}},
                                   .digest = {{2}},
                                   .size = 77,
                                   .seconds = 0.25,
                                   .why = "w",
                                   .key_doc = {key, 3},
                                   .inputs = inputs,
                                   .ninputs = 1},
                                  {.stage = "sum", .status = UP_DONE_NOT, .why = ""}};
    struct up_run_record r = {.id = "id",
                              .status = "failed",
                              .error = "a sentence",
                              .started = "s",
                              .finished = "f",
                              .seconds = 1.5,
                              .executed = 3,
                              .cached = 4,
                              .mode = "portable",
                              .config = lines,
                              .nconfig = 2,
                              .nodes = nodes,
                              .nnodes = 2,
                              .provenance = prov,
                              .nprovenance = 2,
                              .command = command,
                              .ncommand = 2};
    up_run_record_pack(doc, &r);
}

static void test_run_round_trip(void **state)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_run_record *r = NULL;
    make_run(&doc);
    assert_int_equal(up_pack_check(up_buf_view(&doc), NULL), UP_OK);
    assert_int_equal(up_run_record_unpack(&r, up_buf_view(&doc), NULL), UP_OK);
    assert_string_equal(r->error, "a sentence");
    assert_int_equal(r->nnodes, 2);
    assert_int_equal(r->nodes[0].status, UP_DONE_CUTOFF);
    assert_int_equal(r->nodes[0].key_doc.len, 3);
    assert_string_equal(r->nodes[0].inputs[0], "src");
    assert_int_equal(r->nodes[0].size, 77);
    assert_false(r->nodes[1].has_key);
    assert_string_equal(r->config[1].origin, "t.yaml:1:1");
    assert_string_equal(r->provenance[0].name, "blas"); /* sorted */
    assert_int_equal(r->cached, 4);
    up_run_record_free(r);
    up_buf_release(&doc);
}

/* Cut anywhere and changed anywhere: read or refused, never worse. */
static void test_hostile_run(void **state)
{
    struct up_buf doc = UP_BUF_INIT;
    make_run(&doc);
    for (size_t i = 0; i < doc.len; i++) {
        struct up_run_record *r = NULL;
        struct up_err err = {0};
        uint8_t *exact = malloc(i + 1);
        memcpy(exact, doc.data, i);
        assert_int_equal(up_run_record_unpack(&r, (struct up_view){exact, i}, &err), UP_EINVAL);
        assert_true(err.msg[0]);
        free(exact);
        for (unsigned bit = 0; bit < 8; bit++) {
            doc.data[i] ^= (uint8_t)(1u << bit);
            if (!up_run_record_unpack(&r, up_buf_view(&doc), NULL))
                up_run_record_free(r);
            struct up_buf text = UP_BUF_INIT;
            up_pack_text(&text, up_buf_view(&doc), 300);
            assert_true(text.len < 400);
            up_buf_release(&text);
            doc.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    up_buf_release(&doc);
}

static void test_result_round_trip(void **state)
{
    static const struct up_input_ref in[] = {{"a", {{1}}}, {"b", {{0}}}};
    static const struct up_file_ref f[] = {{"src.file", "p/x.csv", {{9}}, 12}};
    static const struct up_pair params[] = {{"src.n", "3"}};
    struct up_result r = {.stage = "src",
                          .version = 2,
                          .digest = {{3}},
                          .sha256 = {{4}},
                          .size = 5000000000,
                          .run = "id",
                          .started = "s",
                          .finished = "f",
                          .seconds = 2,
                          .inputs = in,
                          .ninputs = 2,
                          .params = params,
                          .nparams = 1,
                          .files = f,
                          .nfiles = 1};
    struct up_result back;
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf doc = UP_BUF_INIT;
    up_result_pack(&doc, &r);
    assert_int_equal(up_pack_check(up_buf_view(&doc), NULL), UP_OK);
    assert_int_equal(up_result_unpack(&back, &a, up_buf_view(&doc), NULL), UP_OK);
    assert_int_equal(back.size, r.size);
    assert_memory_equal(&back.sha256, &r.sha256, sizeof r.sha256);
    assert_true(up_digest_zero(back.inputs[1].digest));
    assert_string_equal(back.files[0].path, "p/x.csv");
    assert_int_equal(back.files[0].size, 12);
    assert_string_equal(back.params[0].value, "3");
    struct up_run_record *run = NULL;
    assert_int_equal(up_run_record_unpack(&run, up_buf_view(&doc), NULL), UP_EINVAL);
    up_arena_release(&a);
    up_buf_release(&doc);
}

static void pack_sample(struct up_buf *b, double x, bool more)
{
    static const double v[6] = {0};
    up_pack_map(b, more ? 5 : 4);
    up_pack_str(b, "arr");
    up_pack_array2(b, UP_F64, v, 2, 3);
    up_pack_str(b, "list");
    up_pack_list(b, 2);
    up_pack_str(b, "a\"b");
    up_pack_real(b, x);
    up_pack_str(b, "nil");
    up_pack_nil(b);
    if (more) {
        up_pack_str(b, "only");
        up_pack_bool(b, true);
    }
    up_pack_str(b, "z");
    up_pack_int(b, -3);
}

static void test_text(void **state)
{
    struct up_buf doc = UP_BUF_INIT, text = UP_BUF_INIT;
    pack_sample(&doc, 0.1, false);
    up_pack_text(&text, up_buf_view(&doc), 1000);
    assert_string_equal(
        up_buf_str(&text),
        "{\"arr\": f64[2x3], \"list\": [\"a\\\"b\", 0.1], \"nil\": null, \"z\": -3}");
    up_buf_clear(&text);
    up_pack_text(&text, up_buf_view(&doc), 10);
    assert_string_equal(up_buf_str(&text), "{\"arr\": f6...");
    up_buf_release(&doc);
    up_buf_release(&text);
}

static void gather(void *ctx, const char *path, const char *a, const char *b)
{
    up_buf_printf(ctx, "%s %s %s\n", path, a ? a : "-", b ? b : "-");
}

static void test_docs_diff(void **state)
{
    struct up_buf a = UP_BUF_INIT, b = UP_BUF_INIT, out = UP_BUF_INIT;
    pack_sample(&a, 0.1, false);
    pack_sample(&b, 0.2, true);
    assert_int_equal(up_docs_diff(up_buf_view(&a), up_buf_view(&b), 10, gather, &out), 2);
    assert_string_equal(up_buf_str(&out), "list/1 0.1 0.2\nonly - true\n");
    assert_int_equal(up_docs_diff(up_buf_view(&a), up_buf_view(&b), 1, gather, &out), 1);
    assert_int_equal(up_docs_diff(up_buf_view(&a), up_buf_view(&a), 10, gather, &out), 0);
    up_buf_release(&a);
    up_buf_release(&b);
    up_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_round_trip),    cmocka_unit_test(test_hostile_run),
        cmocka_unit_test(test_result_round_trip), cmocka_unit_test(test_text),
        cmocka_unit_test(test_docs_diff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
