/* Chains of provenance: the right one of several results with equal bytes, with and without
 * run records, and with records missing. links: up_dag up_store up_base */
#include "tests/unit/dag_fake.h"

#include "dag/record/lineage.h"
#include "dag/run/run.h"

static struct up_store *open_store(const char *name)
{
    struct up_store *s = NULL;
    struct up_err err = {0};
    struct up_store_opts o = {.create = true};
    if (up_store_open(&s, fake_path(name), &o, &err))
        fail_msg("%s", err.msg);
    return s;
}

static struct up_run_record *run(struct up_store *s, const char *set)
{
    static const struct up_pair prov[] = {{"user", "eve"}};
    struct up_config *c = fake_config("src: {kind: flat}", &set, 1);
    struct up_run_opts o = {.mode = {"Haswell", "avx2"}, .provenance = prov, .nprovenance = 1};
    struct up_run_record *r = NULL;
    struct up_err err = {0};
    if (up_run_execute(&r, c, s, &o, &err))
        fail_msg("%s", err.msg);
    up_config_free(c);
    return r;
}

static const struct up_ancestor *of(const struct up_lineage *l, const char *stage)
{
    size_t at = up_lineage_find(l, stage);
    assert_int_not_equal(at, UP_ABSENT);
    return &l->node[at];
}

static const char *param(const struct up_ancestor *a, const char *name)
{
    for (size_t i = 0; i < a->result.nparams; i++)
        if (!strcmp(a->result.params[i].name, name))
            return a->result.params[i].value;
    return "";
}

/* n = 10 and n = 11 give other src, and the same half and sum: the second run cuts off. */
static void test_equal_bytes(void **state)
{
    struct up_store *s = open_store("store");
    struct up_run_record *a = run(s, "src.n=10"), *b = run(s, "src.n=11");
    struct up_arena arena = UP_ARENA_INIT;
    struct up_result sum;
    struct up_lineage *l = NULL;
    assert_int_equal(b->nodes[2].status, UP_DONE_CUTOFF);
    assert_int_equal(up_result_find(s, "sum", &sum, &arena, NULL), UP_OK);

    assert_int_equal(up_lineage_of_result(&l, s, NULL, &sum, NULL), UP_OK);
    assert_int_equal(l->n, 3); /* as the run that computed it had it */
    assert_string_equal(l->node[0].stage, "sum");
    assert_string_equal(l->node[0].result.run, a->id);
    assert_string_equal(param(of(l, "src"), "src.n"), "10");
    assert_string_equal(up_ancestor_origin(of(l, "src"), "src.n"), "--set src.n=10");
    assert_string_equal(up_ancestor_origin(of(l, "src"), "src.kind"), "dir/t.yaml:1:7");
    assert_string_equal(up_ancestor_origin(of(l, "src"), "src.none"), "");
    assert_string_equal(of(l, "half")->mode, "portable");
    assert_true(up_digest_equal(of(l, "half")->key, a->nodes[1].key));
    assert_int_equal(of(l, "half")->inputs[0], up_lineage_find(l, "src"));
    up_lineage_free(l);

    assert_int_equal(up_lineage_of_result(&l, s, b, &sum, NULL), UP_OK);
    assert_string_equal(param(of(l, "src"), "src.n"), "11"); /* as that run has it */
    up_lineage_free(l);

    assert_int_equal(up_lineage_of_run(&l, s, b, NULL), UP_OK);
    assert_int_equal(l->n, 3);
    assert_string_equal(l->node[0].stage, "src");
    assert_string_equal(l->node[1].result.run, b->id);
    assert_string_equal(l->node[2].result.run, a->id);
    up_lineage_free(l);
    up_arena_release(&arena);
    up_run_record_free(a);
    up_run_record_free(b);
    up_store_close(s);
}

struct copy {
    struct up_store *to;
    const char *leave; /* a stage whose results stay behind */
};

static int copy_result(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    const struct copy *c = ctx;
    struct up_arena arena = UP_ARENA_INIT;
    struct up_result r;
    assert_int_equal(up_result_unpack(&r, &arena, value, NULL), UP_OK);
    if (strcmp(r.stage, c->leave) != 0)
        assert_int_equal(up_store_result_put(c->to, doc, value, NULL), UP_OK);
    up_arena_release(&arena);
    return 0;
}

/* A store that got results from elsewhere has no run records, and perhaps not all results. */
static void test_without_runs(void **state)
{
    struct up_store *s = open_store("store"), *t = open_store("other");
    struct up_run_record *a = run(s, "src.n=10");
    struct up_lineage *l = NULL;
    struct copy c = {t, "none"};
    assert_int_equal(up_store_walk(s, UP_STORE_RESULT, false, copy_result, &c, NULL), UP_OK);
    struct up_arena arena = UP_ARENA_INIT;
    struct up_result sum;
    char hex[UP_DIGEST_HEX];
    assert_int_equal(
        up_result_find(t, up_digest_hex(a->nodes[2].digest, hex), &sum, &arena, NULL), UP_OK);
    assert_int_equal(up_lineage_of_result(&l, t, NULL, &sum, NULL), UP_OK);
    assert_int_equal(l->n, 3);
    assert_true(of(l, "src")->found && !of(l, "src")->run);
    assert_string_equal(param(of(l, "src"), "src.n"), "10");
    assert_string_equal(up_ancestor_origin(of(l, "src"), "src.n"), "");
    assert_true(up_digest_equal(of(l, "src")->key, a->nodes[0].key));
    up_lineage_free(l);
    up_store_close(t);

    struct up_store *u = open_store("third");
    c = (struct copy){u, "half"};
    assert_int_equal(up_store_walk(s, UP_STORE_RESULT, false, copy_result, &c, NULL), UP_OK);
    assert_int_equal(up_lineage_of_result(&l, u, NULL, &sum, NULL), UP_OK);
    assert_int_equal(l->n, 2); /* what half was made of nobody knows */
    assert_false(of(l, "half")->found);
    assert_string_equal(of(l, "half")->mode, "");
    up_lineage_free(l);
    up_arena_release(&arena);
    up_run_record_free(a);
    up_store_close(s);
    up_store_close(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal_bytes, fake_setup, fake_teardown),
        cmocka_unit_test_setup_teardown(test_without_runs, fake_setup, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
