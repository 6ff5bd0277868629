/* Plan, run, early cutoff, damage, interruption, records and lookups, on the real store.
 * links: up_dag up_store up_base */
#include "tests/unit/dag_fake.h"

#include "dag/plan/diff.h"
#include "dag/run/run.h"

struct heard {
    int start, progress, note, warn, damage, finish;
    char last_warn[600], last_damage[600];
};
static struct heard heard;
static uint64_t verify_bytes;

static void listen(void *ctx, const struct up_event *e)
{
    struct heard *h = ctx;
    h->start += e->kind == UP_EV_START;
    h->progress += e->kind == UP_EV_PROGRESS;
    h->note += e->kind == UP_EV_NOTE;
    h->finish += e->kind == UP_EV_FINISH;
    if (e->kind == UP_EV_WARN) {
        h->warn++;
        (void)snprintf(h->last_warn, sizeof h->last_warn, "%.599s", e->text);
    }
    if (e->kind == UP_EV_DAMAGE) {
        h->damage++;
        (void)snprintf(h->last_damage, sizeof h->last_damage, "%.599s", e->text);
    }
    assert_non_null(e->node);
    assert_true(e->index < e->count);
}

static struct up_store *open_store(void)
{
    struct up_store *s = NULL;
    struct up_err err = {0};
    struct up_store_opts o = {.create = true};
    if (up_store_open(&s, fake_path("store"), &o, &err))
        fail_msg("%s", err.msg);
    return s;
}

static struct up_run_record *run(struct up_store *s, const char *yaml, const char *set,
                                 int want)
{
    static const struct up_pair prov[] = {{"user", "eve"}, {"host", "h"}};
    static const char *const command[] = {"upnas", "run"};
    const char *sets[] = {set};
    struct up_config *c = fake_config(yaml, sets, set ? 1 : 0);
    struct up_run_opts o = {.threads = 2,
                            .mode = {"Haswell", "avx2"},
                            .provenance = prov,
                            .nprovenance = 2,
                            .command = command,
                            .ncommand = 2,
                            .cancel = &fake_cancel,
                            .verify_bytes = verify_bytes,
                            .event = listen,
                            .event_ctx = &heard};
    struct up_run_record *r = NULL;
    struct up_err err = {0};
    heard = (struct heard){0};
    int rc = up_run_execute(&r, c, s, &o, &err);
    if (rc != want)
        fail_msg("status %d, not %d: %s", rc, want, err.msg);
    up_config_free(c);
    return r;
}

static int fresh(void **state)
{
    ran_src = ran_opt = ran_half = ran_sum = memo_hits = 0;
    fake_cancel = 0;
    cancel_after = -1;
    src_version_salt = 0;
    verify_bytes = 0;
    return fake_setup(state);
}

static const struct up_plan_node *planned(struct up_plan **p, struct up_store *s,
                                          const char *yaml, const char *set, const char *node)
{
    const char *sets[] = {set};
    struct up_float mode = {"Haswell", "avx2"};
    struct up_err err = {0};
    struct up_config *c = fake_config(yaml, sets, set ? 1 : 0);
    if (up_plan_make(p, c, NULL, s, &mode, &err))
        fail_msg("%s", err.msg);
    up_config_free(c);
    return up_plan_find(*p, node);
}

static void test_second_run_executes_nothing(void **state)
{
    struct up_store *s = open_store();
    struct up_run_record *r = run(s, "", NULL, UP_OK);
    assert_int_equal(r->executed, 3);
    assert_int_equal(r->cached, 0);
    assert_int_equal(heard.start, 3);
    assert_int_equal(heard.finish, 3);
    assert_int_equal(heard.note, 1);
    assert_true(heard.progress >= 1);
    assert_string_equal(r->nodes[0].why, "never run before");
    up_run_record_free(r);
    r = run(s, "src: {n: 10}", NULL, UP_OK);
    assert_int_equal(r->executed, 0);
    assert_int_equal(r->cached, 3);
    assert_string_equal(r->status, "ok");
    up_run_record_free(r);
    up_store_close(s);
    assert_int_equal(ran_src + ran_half + ran_sum, 3);
}

static void test_change_at_the_end(void **state)
{
    struct up_store *s = open_store();
    up_run_record_free(run(s, "", NULL, UP_OK));
    struct up_plan *p = NULL;
    const struct up_plan_node *n = planned(&p, s, "", "sum.scale=2.5", "sum");
    assert_int_equal(p->cached, 2);
    assert_int_equal(p->run, 1);
    assert_int_equal(n->state, UP_NODE_RUN);
    assert_string_equal(n->why, "sum.scale: 1 -> 2.5");
    assert_int_equal(n->nreasons, 1);
    assert_non_null(n->nearest);
    up_plan_free(p);
    struct up_run_record *r = run(s, "", "sum.scale=2.5", UP_OK);
    assert_int_equal(r->executed, 1);
    assert_int_equal(ran_sum, 2);
    assert_string_equal(up_run_record_node(r, "sum")->why, "sum.scale: 1 -> 2.5");
    up_run_record_free(r);
    up_store_close(s);
}

/* 10 / 2 = 11 / 2: src runs, half runs, sum is saved by equal bytes. */
static void test_early_cutoff(void **state)
{
    struct up_store *s = open_store();
    up_run_record_free(run(s, "", NULL, UP_OK));
    struct up_plan *p = NULL;
    const struct up_plan_node *n = planned(&p, s, "", "src.n=11", "half");
    assert_int_equal(n->state, UP_NODE_PENDING);
    assert_string_equal(n->why, "input src may change");
    assert_string_equal(up_plan_find(p, "src")->why, "src.n: 10 -> 11");
    assert_int_equal(up_plan_find(p, "sum")->state, UP_NODE_PENDING);
    up_plan_free(p);
    struct up_run_record *r = run(s, "", "src.n=11", UP_OK);
    assert_int_equal(r->executed, 2);
    assert_int_equal(ran_sum, 1);
    assert_int_equal(up_run_record_node(r, "sum")->status, UP_DONE_CUTOFF);
    assert_string_equal(up_run_record_node(r, "half")->why, "input src changed");
    up_run_record_free(r);
    up_store_close(s);
}

static void test_pending_with_its_own_change(void **state)
{
    struct up_store *s = open_store();
    up_run_record_free(run(s, "", NULL, UP_OK));
    struct up_plan *p = NULL;
    const struct up_plan_node *n = planned(&p, s, "src: {n: 50}", "sum.scale=3", "sum");
    assert_int_equal(n->state, UP_NODE_PENDING);
    assert_string_equal(n->why, "sum.scale: 1 -> 3 (and 1 more)");
    assert_string_equal(n->reasons[1].field, "input half");
    assert_string_equal(n->reasons[1].after, "not known yet");
    up_plan_free(p);
    up_store_close(s);
}

static void test_optional_and_required_inputs(void **state)
{
    struct up_store *s = open_store();
    struct up_config *c = NULL;
    char set[700];
    fake_write("o.csv", "12345");
    (void)snprintf(set, sizeof set, "opt.file=%s", fake_path("o.csv"));
    struct up_run_record *r = run(s, "", set, UP_OK);
    assert_int_equal(r->nnodes, 4);
    assert_int_equal(ran_opt, 1);
    up_run_record_free(r);
    fake_write("o.csv", "12346");
    struct up_plan *p = NULL;
    const struct up_plan_node *n = planned(&p, s, "", set, "opt");
    if (strncmp(n->why, "opt.file: bytes ", 16) != 0)
        assert_string_equal(n->why, "opt.file: bytes ");
    up_plan_free(p);
    up_config_free(c);
    up_store_close(s);
}

static void test_interrupt_and_resume(void **state)
{
    struct up_store *s = open_store();
    cancel_after = 5;
    struct up_run_record *r = run(s, "", NULL, UP_ECANCELED);
    assert_string_equal(r->status, "interrupted");
    assert_int_equal(r->executed, 0);
    assert_int_equal(up_run_record_node(r, "half")->status, UP_DONE_NOT);
    up_run_record_free(r);
    assert_int_equal(memo_hits, 0);
    fake_cancel = 0;
    cancel_after = -1;
    r = run(s, "", NULL, UP_OK);
    assert_int_equal(memo_hits, 5);
    assert_int_equal(r->executed, 3);
    up_run_record_free(r);
    up_store_close(s);
}

static void test_failure_is_recorded(void **state)
{
    struct up_store *s = open_store();
    struct up_run_record *r = run(s, "src: {n: 99}", NULL, UP_EINVAL);
    assert_string_equal(r->status, "failed");
    assert_string_equal(r->error, "half: 99 cannot be halved; choose another n");
    assert_int_equal(up_run_record_node(r, "src")->status, UP_DONE_RAN);
    assert_int_equal(up_run_record_node(r, "half")->status, UP_DONE_FAILED);
    up_run_record_free(r);
    up_store_close(s);
}

/* ---- damage ---- */

/* Flips one bit of the first place in the store's file where the bytes occur. */
static int flip_in_file(const char *path, const uint8_t *what, size_t n, size_t *places)
{
    FILE *f = fopen(path, "r+b");
    if (!f)
        return -1;
    static uint8_t all[64 << 20];
    size_t len = fread(all, 1, sizeof all, f);
    for (size_t i = 0; i + n <= len; i++)
        if (!memcmp(all + i, what, n)) {
            uint8_t b = all[i + n - 1] ^ 4;
            (void)fseek(f, (long)(i + n - 1), SEEK_SET);
            (void)fwrite(&b, 1, 1, f);
            ++*places;
        }
    return fclose(f);
}

static size_t flip(const uint8_t *what, size_t n)
{
    size_t places = 0;
    DIR *d = opendir(fake_path("store"));
    struct up_arena a = UP_ARENA_INIT;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.')
            (void)flip_in_file(up_arena_printf(&a, "%s/%s", fake_path("store"), e->d_name),
                               what, n, &places);
    (void)closedir(d);
    up_arena_release(&a);
    return places;
}

static void test_damaged_artifact(void **state)
{
    struct up_store *s = open_store();
    struct up_run_record *r = run(s, "", NULL, UP_OK);
    struct up_digest sum = up_run_record_node(r, "sum")->digest;
    up_run_record_free(r);
    up_store_close(s);
    static const uint8_t half[] = "\x81\xa4half\x05"; /* the whole artifact of half */
    assert_true(flip(half, sizeof half - 1) > 0);
    s = open_store();
    r = run(s, "", NULL, UP_OK);
    assert_int_equal(ran_src, 1);
    assert_int_equal(ran_half, 2);
    assert_int_equal(ran_sum, 1);
    assert_int_equal(heard.damage, 1);
    assert_int_equal(heard.warn, 0);
    assert_string_equal(up_run_record_node(r, "half")->why, "its stored bytes were damaged");
    assert_int_equal(up_run_record_node(r, "sum")->status, UP_DONE_CUTOFF);
    assert_true(up_digest_equal(up_run_record_node(r, "sum")->digest, sum));
    up_run_record_free(r);
    r = run(s, "", NULL, UP_OK);
    assert_int_equal(r->executed, 0);
    up_run_record_free(r);
    up_store_close(s);
}

static void test_stage_that_is_not_deterministic(void **state)
{
    struct up_store *s = open_store();
    up_run_record_free(run(s, "", NULL, UP_OK));
    up_store_close(s);
    static const uint8_t salt[] = "salt\x00\xa4seed";
    assert_true(flip(salt, 5) > 0);
    src_version_salt = 1;
    s = open_store();
    struct up_run_record *r = run(s, "", NULL, UP_OK);
    assert_int_equal(heard.damage, 1);
    assert_int_equal(heard.warn, 1);
    assert_non_null(strstr(heard.last_warn, "the stage is not deterministic"));
    assert_int_equal(ran_half, 2);
    up_run_record_free(r);
    up_store_close(s);
}

static void test_damaged_result_record(void **state)
{
    struct up_store *s = open_store();
    struct up_run_record *a = run(s, "", NULL, UP_OK), *b;
    up_store_close(s);
    static const uint8_t key[] = "stage\xa4half\xa7version\x03";
    assert_true(flip(key, sizeof key - 1) > 0);
    s = open_store();
    b = run(s, "", NULL, UP_OK);
    assert_int_equal(b->executed, 1);
    assert_int_equal(ran_half, 2);
    assert_non_null(
        strstr(up_run_record_node(b, "half")->why, "its result record was damaged"));
    for (size_t i = 0; i < 3; i++)
        assert_true(up_digest_equal(a->nodes[i].digest, b->nodes[i].digest));
    up_run_record_free(a);
    up_run_record_free(b);
    up_store_close(s);
}

/* The bytes of src are damaged, its record is fine, and only a node further down notices. */
static void damaged_upstream(int salt, int halves)
{
    struct up_store *s = open_store();
    up_run_record_free(run(s, "", NULL, UP_OK));
    up_store_close(s);
    assert_true(flip((const uint8_t *)"salt", 5) > 0);
    verify_bytes = 1;
    src_version_salt = salt;
    s = open_store();
    struct up_run_record *r = run(s, "", "sum.with=both", UP_OK);
    assert_int_equal(ran_src, 2);
    assert_int_equal(ran_half, halves);
    assert_int_equal(ran_sum, 2);
    assert_int_equal(heard.damage, 1);
    assert_int_equal(heard.warn, salt);
    assert_int_equal(r->executed, halves + 1);
    assert_string_equal(r->status, "ok");
    up_run_record_free(r);
    verify_bytes = 0;
    r = run(s, "", "sum.with=both", UP_OK);
    assert_int_equal(r->executed, 0);
    up_run_record_free(r);
    up_store_close(s);
}

static void test_damaged_upstream(void **state) { damaged_upstream(0, 1); }

static void test_damaged_upstream_with_other_bytes(void **state) { damaged_upstream(1, 2); }

/* ---- looking up ---- */

static int count_runs(void *ctx, const struct up_run_record *r)
{
    assert_string_equal(r->command[1], "run");
    assert_string_equal(r->provenance[0].value, "h");
    ++*(int *)ctx;
    return 0;
}

static void test_find(void **state)
{
    struct up_store *s = open_store();
    struct up_run_record *a = run(s, "", NULL, UP_OK), *r = NULL;
    struct up_run_record *b = run(s, "", "src.n=20", UP_OK);
    struct up_err err = {0};
    int n = 0;
    assert_int_equal(up_runs_walk(s, count_runs, &n, &err), UP_OK);
    assert_int_equal(n, 2);
    assert_int_equal(up_run_find(s, "last", &r, &err), UP_OK);
    assert_string_equal(r->id, b->id);
    up_run_record_free(r);
    assert_int_equal(up_run_find(s, "last~1", &r, &err), UP_OK);
    assert_string_equal(r->id, a->id);
    up_run_record_free(r);
    assert_int_equal(up_run_find(s, a->id + strlen(a->id) - 6, &r, &err), UP_OK);
    assert_string_equal(r->id, a->id);
    up_run_record_free(r);
    assert_int_equal(up_run_find(s, "20", &r, &err), UP_EUSAGE);
    assert_non_null(strstr(err.msg, "more than one run"));
    assert_int_equal(up_run_find(s, "last~7", &r, &err), UP_EUSAGE);
    assert_int_equal(up_run_find(s, "nothing", &r, &err), UP_EUSAGE);

    struct up_arena arena = UP_ARENA_INIT;
    struct up_result res;
    char hex[UP_DIGEST_HEX];
    assert_int_equal(up_result_find(s, "half", &res, &arena, &err), UP_OK);
    assert_string_equal(res.run, b->id);
    assert_string_equal(res.stage, "half");
    assert_int_equal(res.version, 3);
    assert_string_equal(res.inputs[0].stage, "src");
    const char *name = up_arena_printf(&arena, "%s:src", a->id);
    assert_int_equal(up_result_find(s, name, &res, &arena, &err), UP_OK);
    assert_string_equal(res.run, a->id);
    assert_string_equal(res.params[0].name, "src.fast");
    (void)up_digest_hex(up_run_record_node(a, "sum")->digest, hex);
    hex[9] = 0;
    assert_int_equal(up_result_find(s, hex, &res, &arena, &err), UP_OK);
    assert_string_equal(res.stage, "sum");
    assert_int_equal(up_result_find(s, "nobody", &res, &arena, &err), UP_EUSAGE);
    assert_int_equal(up_result_find(s, "0123456789", &res, &arena, &err), UP_EUSAGE);
    up_arena_release(&arena);
    up_run_record_free(a);
    up_run_record_free(b);
    up_store_close(s);
}

static void test_diff(void **state)
{
    struct up_store *s = open_store();
    struct up_run_record *a = run(s, "", NULL, UP_OK), *b = run(s, "", "src.n=20", UP_OK);
    struct up_diff *d = up_diff_make(a, b);
    assert_int_equal(d->nconfig, 1);
    assert_string_equal(d->config[0].name, "src.n");
    assert_string_equal(d->config[0].a, "10");
    assert_string_equal(d->config[0].b, "20");
    assert_int_equal(d->nnodes, 3);
    assert_true(d->nodes[0].root && d->nodes[0].key_differs && d->nodes[0].output_differs);
    assert_true(!d->nodes[1].root && d->nodes[1].key_differs && d->nodes[1].output_differs);
    assert_true(!d->nodes[2].root && d->nodes[2].key_differs);
    assert_string_equal(d->nodes[1].reasons[0].field, "input src");
    assert_int_equal(d->nodes[0].nbecause, 0);
    assert_int_equal(d->nodes[1].nbecause, 1);
    assert_string_equal(d->nodes[1].because[0], "src");
    assert_int_equal(d->nodes[2].nbecause, 1);
    assert_string_equal(d->nodes[2].because[0], "src");
    up_diff_free(d);
    d = up_diff_make(b, b);
    assert_int_equal(d->nconfig, 0);
    assert_false(d->nodes[0].root);
    up_diff_free(d);
    up_run_record_free(a);
    up_run_record_free(b);
    up_store_close(s);
}

/* What a stage's check refuses is refused by plan and run, and leaves no run behind. */
static void test_check(void **state)
{
    struct up_store *s = open_store();
    const char *sets[] = {"src.n=77"};
    struct up_config *c = fake_config("", sets, 1);
    struct up_float mode = {"Haswell", "avx2"};
    struct up_run_opts o = {.mode = mode};
    struct up_plan *plan = NULL;
    struct up_run_record *r = NULL;
    struct up_err err = {0};
    assert_int_equal(up_plan_make(&plan, c, NULL, s, &mode, &err), UP_EUSAGE);
    assert_string_equal(err.msg, "--set src.n=77: src.n is 77; choose another");
    assert_int_equal(up_run_execute(&r, c, s, &o, &err), UP_EUSAGE);
    assert_null(r);
    up_config_free(c);
    assert_int_equal(up_run_find(s, "last~3", &r, &err), UP_EUSAGE);
    assert_string_equal(err.msg, "\"last~3\": there are only 0 runs in this store");
    up_store_close(s);
}

/* A node and what it reads, and nothing behind it. */
static void test_target(void **state)
{
    struct up_store *s = open_store();
    struct up_config *c = fake_config("", NULL, 0);
    struct up_float mode = {"Haswell", "avx2"};
    struct up_run_opts o = {.mode = mode, .target = "half"};
    struct up_plan *plan = NULL;
    struct up_run_record *r = NULL;
    struct up_err err = {0};
    assert_int_equal(up_plan_make(&plan, c, "half", s, &mode, &err), UP_OK);
    assert_int_equal(plan->n, 2);
    up_plan_free(plan);
    assert_int_equal(up_run_execute(&r, c, s, &o, &err), UP_OK);
    assert_int_equal(r->executed, 2);
    assert_int_equal(r->nnodes, 2);
    assert_string_equal(r->nodes[1].stage, "half");
    up_run_record_free(r);
    o.target = "hal";
    assert_int_equal(up_run_execute(&r, c, s, &o, &err), UP_EUSAGE);
    assert_string_equal(err.msg, "this config has no node 'hal'; it has: src, half, sum");
    assert_null(r);
    r = run(s, "", NULL, UP_OK);
    assert_int_equal(r->executed, 1);
    assert_int_equal(r->cached, 2);
    up_run_record_free(r);
    up_config_free(c);
    up_store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_target, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_second_run_executes_nothing, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_change_at_the_end, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_early_cutoff, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_pending_with_its_own_change, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_optional_and_required_inputs, fresh,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_interrupt_and_resume, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_failure_is_recorded, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_artifact, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_stage_that_is_not_deterministic, fresh,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_result_record, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_upstream, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_upstream_with_other_bytes, fresh,
                                        fake_teardown),
        cmocka_unit_test_setup_teardown(test_find, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_check, fresh, fake_teardown),
        cmocka_unit_test_setup_teardown(test_diff, fresh, fake_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
