/* Who is to be believed: results of one's own, from elsewhere, signed or not, and what was
 * computed from them; inputs that cannot be read.
 * links: up_dag up_store up_base */
#include "tests/unit/dag_fake.h"

#include "dag/exchange/bundle.h"
#include "dag/record/trust.h"
#include "dag/exchange/merge.h"
#include "dag/run/run.h"
#include "dag/exchange/sign.h"

struct people {
    struct up_secret_key alice;
    struct up_keyring ring;
    struct up_remotes set;
};

static void meet(struct people *p, bool known)
{
    *p = (struct people){.ring = {0}};
    assert_int_equal(up_key_generate(&p->alice, "alice-1", NULL), UP_OK);
    struct up_public_key k = up_key_public(&p->alice);
    if (known)
        assert_int_equal(up_keyring_add(&p->ring, &k, NULL), UP_OK);
    p->set = (struct up_remotes){.keyring = &p->ring};
}

static void part_ways(struct people *p) { up_keyring_release(&p->ring); }

static struct up_store *store(const char *name)
{
    struct up_store *s = NULL;
    struct up_store_opts o = {.create = true};
    assert_int_equal(up_store_open(&s, fake_path(name), &o, NULL), UP_OK);
    return s;
}

static int run_as(struct up_store *s, struct up_err *err)
{
    struct up_config *c = fake_config("", NULL, 0);
    struct up_run_opts o = {.mode = {"Haswell", "avx2"}, .cancel = &fake_cancel};
    struct up_run_record *r = NULL;
    fake_cancel = 0;
    int rc = up_run_execute(&r, c, s, &o, err);
    up_run_record_free(r);
    up_config_free(c);
    return rc;
}

static void run(struct up_store *s)
{
    struct up_err err = {""};
    if (run_as(s, &err) != UP_OK)
        fail_msg("%s", err.msg);
}

/* Of the stage's only result. */
static enum up_verdict verdict(struct up_store *s, const struct people *p, const char *stage,
                               bool *clean)
{
    struct up_judge *j = NULL;
    struct up_judged *found = NULL;
    assert_int_equal(up_judge_make(&j, s, &p->set, NULL), UP_OK);
    for (size_t i = 0; i < j->n; i++)
        if (!strcmp(j->result[i].stage, stage)) {
            assert_null(found);
            found = &j->result[i];
        }
    assert_non_null(found);
    assert_ptr_equal(up_judge_of(j, found->key), found);
    *clean = up_judge_clean(j, found);
    enum up_verdict v = found->verdict;
    if (!*clean) {
        struct up_arena a = UP_ARENA_INIT;
        assert_non_null(strstr(up_judge_why(j, found, &a), stage));
        up_arena_release(&a);
    }
    up_judge_free(j);
    return v;
}

static void is(struct up_store *s, const struct people *p, const char *stage,
               enum up_verdict want, bool want_clean)
{
    bool clean;
    enum up_verdict v = verdict(s, p, stage, &clean);
    if (v != want || clean != want_clean)
        fail_msg("%s: verdict %d, clean %d", stage, (int)v, clean);
}

/* ---- results ---- */

struct kept {
    struct up_memo_item item;
    struct up_buf key, value;
};

static int keep_stage(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct kept *k = ctx;
    struct up_arena a = UP_ARENA_INIT;
    struct up_result r;
    (void)name;
    assert_int_equal(up_result_unpack(&r, &a, value, NULL), UP_OK);
    if (!strcmp(r.stage, "src")) {
        up_buf_append(&k->key, doc.data, doc.len);
        up_buf_append(&k->value, value.data, value.len);
    }
    up_arena_release(&a);
    return 0;
}

/* The record of src, with another origin. */
static void say_it_came(struct up_store *s, const struct up_whence *o)
{
    struct kept k = {.key = UP_BUF_INIT};
    struct up_buf out = UP_BUF_INIT;
    assert_int_equal(up_store_walk(s, UP_STORE_RESULT, false, keep_stage, &k, NULL), 0);
    assert_int_equal(up_whence_put(&out, up_buf_view(&k.value), o, NULL), UP_OK);
    assert_int_equal(up_pack_check(up_buf_view(&out), NULL), UP_OK);
    assert_int_equal(up_store_result_put(s, up_buf_view(&k.key), up_buf_view(&out), NULL),
                     UP_OK);
    up_buf_release(&k.key);
    up_buf_release(&k.value);
    up_buf_release(&out);
}

static void what_rests_on_others_is_not_clean(void **state)
{
    struct people p;
    meet(&p, true);
    struct up_store *s = store("s");
    (void)state;
    run(s);
    is(s, &p, "src", UP_V_OWN, true);
    is(s, &p, "sum", UP_V_OWN, true);
    static const enum up_came ways[] = {UP_CAME_FILE, UP_CAME_STORE, UP_CAME_REMOTE};
    for (size_t i = 0; i < 3; i++) {
        const struct up_whence o = {.from = ways[i], .name = "x"};
        say_it_came(s, &o);
        is(s, &p, "src", UP_V_DOUBTED, false);
        is(s, &p, "half", UP_V_OWN, false);
        is(s, &p, "sum", UP_V_OWN, false); /* through half */
    }
    const char *any = "any";
    const struct up_whence admitted = {
        .from = UP_CAME_FILE, .name = "x", .trust = &any, .ntrust = 1};
    say_it_came(s, &admitted);
    is(s, &p, "src", UP_V_ADMITTED, false);
    const struct up_signature lie = {.name = "alice-1"};
    const char *alice = "alice-1";
    const struct up_whence forged = {.from = UP_CAME_FILE,
                                     .name = "x",
                                     .trust = &alice,
                                     .ntrust = 1,
                                     .signatures = &lie,
                                     .nsignatures = 1};
    say_it_came(s, &forged);
    is(s, &p, "src", UP_V_DOUBTED, false);
    const struct up_whence here = {.from = UP_CAME_HERE};
    say_it_came(s, &here);
    is(s, &p, "sum", UP_V_OWN, true);
    up_store_close(s);
    part_ways(&p);
}

/* ---- bundles ---- */

static int gather(void *ctx, struct up_view bytes, struct up_err *err)
{
    (void)err;
    up_buf_append(ctx, bytes.data, bytes.len);
    return UP_OK;
}

static void export(struct up_store *s, struct up_buf *out)
{
    struct up_bundle_count c;
    up_buf_clear(out);
    assert_int_equal(up_bundle_write(s, "last", gather, out, &c, NULL), UP_OK);
}

static void a_signed_run_is_believed_after_import(void **state)
{
    struct people p;
    struct up_sign_count n;
    struct up_bundle_count c;
    struct up_buf plain = UP_BUF_INIT, signd = UP_BUF_INIT, again = UP_BUF_INIT;
    struct up_err err = {""};
    const char *alice = "alice-1";
    (void)state;
    meet(&p, true);
    struct up_store *s = store("s"), *t = store("t");
    run(s);
    export(s, &plain);
    assert_int_equal(up_sign_store(s, &p.set, &p.alice, &n, NULL), UP_OK);
    assert_int_equal(n.results, 3);
    assert_int_equal(n.runs, 1);
    assert_int_equal(n.left_out, 0);
    export(s, &signd);
    struct up_admit admit = {UP_CAME_FILE, "f", &p.set, &alice, 1, true};
    assert_int_equal(up_bundle_take(t, up_buf_view(&plain), &admit, &c, &err), UP_EINVAL);
    assert_non_null(strstr(err.msg, "it is not signed; nothing was taken"));
    struct up_store_counts counts;
    assert_int_equal(up_store_count(t, &counts, NULL), UP_OK);
    assert_int_equal(counts.results + counts.objects + counts.runs, 0);
    struct up_admit anybody = {UP_CAME_FILE, "f", &p.set, NULL, 0, false};
    assert_int_equal(up_bundle_take(t, up_buf_view(&plain), &anybody, &c, &err), UP_OK);
    is(t, &p, "sum", UP_V_DOUBTED, false);
    assert_int_equal(up_bundle_take(t, up_buf_view(&signd), &admit, &c, &err), UP_OK);
    assert_int_equal(c.vouched, 3); /* takes the place of what was unsigned */
    is(t, &p, "sum", UP_V_VOUCHED, true);
    export(t, &again);
    assert_true(up_view_equal(up_buf_view(&signd), up_buf_view(&again)));
    struct people others;
    meet(&others, false);
    is(t, &others, "sum", UP_V_DOUBTED, false);
    part_ways(&others);
    up_buf_release(&plain);
    up_buf_release(&signd);
    up_buf_release(&again);
    up_store_close(s);
    up_store_close(t);
    part_ways(&p);
}

/* ---- parts of a node under way ---- */

static void ignore(void *ctx, const char *sentence) { (void)ctx, (void)sentence; }

enum how { UNSIGNED, SIGNED, ANY, STRICT };

static void with_parts(enum how how, enum up_verdict want, bool clean, int hits)
{
    struct people p;
    struct up_err err = {""};
    struct up_sign_count n;
    struct up_merge_count c = {{0}, {0}, 0, 0};
    const char *name = how == ANY ? "any" : "alice-1";
    meet(&p, true);
    struct up_store *s = store("s"), *t = store("t");
    cancel_after = 4; /* parts, and then the user interrupts */
    assert_int_equal(run_as(s, &err), UP_ECANCELED);
    cancel_after = -1;
    if (how == SIGNED)
        assert_int_equal(up_sign_store(s, &p.set, &p.alice, &n, NULL), UP_OK);
    struct up_merge m = {
        .to = t,
        .say = ignore,
        .admit = {UP_CAME_STORE, "s", &p.set, &name, how != UNSIGNED, how != UNSIGNED}};
    assert_int_equal(up_merge_from(&m, s, &c, &err), UP_OK);
    up_merge_release(&m);
    memo_hits = 0;
    run(t);
    assert_int_equal(memo_hits, hits);
    is(t, &p, "src", want, clean);
    is(t, &p, "sum", UP_V_OWN, clean);
    if (clean) { /* and who is no longer known has not signed */
        struct people others;
        meet(&others, false);
        is(t, &others, "src", hits ? UP_V_DOUBTED : UP_V_OWN, !hits);
        part_ways(&others);
    }
    up_store_close(s);
    up_store_close(t);
    part_ways(&p);
}

static void unsigned_parts_are_told(void **state)
{
    (void)state;
    with_parts(UNSIGNED, UP_V_DOUBTED, false, 4);
}

static void signed_parts_are_believed(void **state)
{
    (void)state;
    with_parts(SIGNED, UP_V_OWN, true, 4);
}

static void any_parts_are_admitted(void **state)
{
    (void)state;
    with_parts(ANY, UP_V_ADMITTED, false, 4);
}

static void unsigned_parts_are_not_taken(void **state)
{
    (void)state;
    with_parts(STRICT, UP_V_OWN, true, 0);
}

/* ---- records without an origin ---- */

static int strip_one(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct up_buf out = UP_BUF_INIT;
    (void)name;
    assert_int_equal(up_whence_strip(&out, value, NULL), UP_OK);
    struct up_memo_item item = {doc, up_buf_view(&out)};
    assert_int_equal(up_store_results_put(ctx, &item, 1, NULL), UP_OK);
    up_buf_release(&out);
    return 0;
}

static int strip_run(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct up_buf out = UP_BUF_INIT;
    char id[64] = "";
    (void)doc;
    memcpy(id, name.data, name.len);
    assert_int_equal(up_whence_strip(&out, value, NULL), UP_OK);
    assert_int_equal(up_store_run_put(ctx, id, up_buf_view(&out), NULL), UP_OK);
    up_buf_release(&out);
    return 0;
}

/* As an import of a program that kept no origins left it: written after the run was over. */
static void what_is_of_unknown_origin_and_written_late_is_doubted(void **state)
{
    struct people p;
    (void)state;
    meet(&p, true);
    struct up_store *s = store("s");
    run(s);
    usleep(5000);
    assert_int_equal(up_store_walk(s, UP_STORE_RESULT, false, strip_one, s, NULL), 0);
    assert_int_equal(up_store_walk(s, UP_STORE_RUN, false, strip_run, s, NULL), 0);
    is(s, &p, "src", UP_V_DOUBTED, false);
    is(s, &p, "sum", UP_V_DOUBTED, false);
    up_store_close(s);
    part_ways(&p);
}

/* ---- inputs that cannot be read ---- */

/* In place of src's artifact: another, under a record that fits it. */
static void plant(struct up_store *s, const char *doc, size_t n, enum up_came came)
{
    struct kept k = {.key = UP_BUF_INIT};
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf plain = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_result r;
    const struct up_whence o = {.from = came, .name = "x"};
    assert_int_equal(up_store_walk(s, UP_STORE_RESULT, false, keep_stage, &k, NULL), 0);
    assert_int_equal(up_result_unpack(&r, &a, up_buf_view(&k.value), NULL), UP_OK);
    struct up_view bytes = {(const uint8_t *)doc, n};
    assert_int_equal(up_store_put(s, bytes, &r.digest, &r.sha256, NULL), UP_OK);
    r.size = n;
    up_result_pack(&plain, &r);
    assert_int_equal(up_whence_put(&out, up_buf_view(&plain), &o, NULL), UP_OK);
    assert_int_equal(up_store_result_put(s, up_buf_view(&k.key), up_buf_view(&out), NULL),
                     UP_OK);
    up_buf_release(&k.key);
    up_buf_release(&k.value);
    up_buf_release(&plain);
    up_buf_release(&out);
    up_arena_release(&a);
}

static void what_cannot_be_read_is_computed_again(void **state)
{
    static const struct {
        const char *doc;
        size_t n;
    } odd[] = {{"\x81\xa1n\xa3two", 7}, {"\x80", 1}, {"\x81\xa1m\x01", 4}, {"\x07", 1}};
    struct people p;
    (void)state;
    meet(&p, true);
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct up_store *s = store("s");
        run(s);
        ran_src = ran_half = 0;
        plant(s, odd[i].doc, odd[i].n, i % 2 ? UP_CAME_FILE : UP_CAME_HERE);
        run(s);
        assert_int_equal(ran_src, 1);
        assert_int_equal(ran_half, 1); /* which failed; then its own result was there */
        is(s, &p, "sum", UP_V_OWN, true);
        run(s);
        assert_int_equal(ran_src, 1);
        up_store_close(s);
        fake_empty(fake_path("s"));
    }
    part_ways(&p);
}

static int broken_src(struct up_job *j, struct up_err *err)
{
    (void)err;
    ran_src++;
    up_pack_map(up_job_out(j), 0);
    return UP_OK;
}

static void the_same_bytes_again_are_a_failure(void **state)
{
    struct up_stage src = fake_stage_src;
    const struct up_stage *const stages[] = {&src, &fake_stage_half, NULL};
    struct up_config *c = NULL;
    struct up_run_opts o = {.mode = {"Haswell", "avx2"}, .target = "src"};
    struct up_run_record *r = NULL;
    struct up_err err = {""};
    struct up_store *s = store("s");
    (void)state;
    src.run = broken_src;
    ran_src = 0;
    assert_int_equal(up_config_parse(&c, stages, "t.yaml", up_view_str(""), NULL, 0, &err),
                     UP_OK);
    assert_int_equal(up_run_execute(&r, c, s, &o, &err), UP_OK);
    up_run_record_free(r);
    o.target = NULL;
    assert_int_equal(up_run_execute(&r, c, s, &o, &err), UP_ECORRUPT);
    assert_int_equal(ran_src, 2);
    assert_non_null(strstr(err.msg, "the artifact of src cannot be read"));
    assert_non_null(strstr(err.msg, "has the same bytes"));
    up_run_record_free(r);
    up_config_free(c);
    up_store_close(s);
}

static int fresh(void **state)
{
    ran_src = ran_half = ran_sum = memo_hits = 0;
    return fake_setup(state);
}

#define T(f) cmocka_unit_test_setup_teardown(f, fresh, fake_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        T(what_rests_on_others_is_not_clean),
        T(a_signed_run_is_believed_after_import),
        T(unsigned_parts_are_told),
        T(signed_parts_are_believed),
        T(any_parts_are_admitted),
        T(unsigned_parts_are_not_taken),
        T(what_is_of_unknown_origin_and_written_late_is_doubted),
        T(what_cannot_be_read_is_computed_again),
        T(the_same_bytes_again_are_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
