/* scores: computed (kept in parts, whatever the threads) and imported. */
#include "tests/unit/store_folder.h"
#include "tests/unit/stage_job.h"
#include "stages/scores/table.h"
#include "stages/learn/statistics/normal.h"
#include <math.h>

extern const struct up_stage up_stage_space, up_stage_data, up_stage_scores;

static struct up_buf pool = UP_BUF_INIT, data = UP_BUF_INIT;
static struct up_arena arena;
static struct up_err err;

static int setup(void **state)
{
    const char *none[] = {"seed=3", NULL};
    const char *small[] = {"data.batch=4", "data.size=8", "data.draws=2", NULL};
    struct stage_job s = {.stage = &up_stage_space, .sets = none};
    if (stage_job_run(&s, &pool, &err))
        fail_msg("%s", err.msg);
    s = (struct stage_job){.stage = &up_stage_data, .sets = small};
    if (stage_job_run(&s, &data, &err))
        fail_msg("%s", err.msg);
    return 0;
}

static int teardown(void **state)
{
    up_buf_release(&pool);
    up_buf_release(&data);
    up_arena_release(&arena);
    return 0;
}

static const char *average; /* one more setting, or NULL */

/* sets: beside the small network's. */
static struct up_buf compute(struct stage_job *s, struct up_store *store, int threads,
                             const char *limit, const char *proxies, int want)
{
    const char *sets[] = {
        "data.draws=2", "scores.channels=4", "scores.depth=1", limit, proxies, average, NULL};
    struct up_view inputs[] = {up_buf_view(&pool), up_buf_view(&data), {NULL, 0}};
    struct up_buf out = UP_BUF_INIT;
    *s = (struct stage_job){.stage = &up_stage_scores,
                            .sets = sets,
                            .inputs = inputs,
                            .store = store,
                            .threads = threads,
                            .cancel = s->cancel};
    int rc = stage_job_run(s, &out, &err);
    if (rc != want)
        fail_msg("status %d: %s", rc, err.msg);
    return out;
}

static const double *scores_of(const struct up_buf *out, uint64_t dims[4])
{
    const void *v;
    assert_int_equal(
        up_doc_array(up_buf_view(out), "scores", UP_F64, 2, &arena, &v, dims, &err), UP_OK);
    return v;
}

static void assert_same(struct up_buf *a, struct up_buf *b)
{
    assert_true(up_view_equal(up_buf_view(a), up_buf_view(b)));
    up_buf_release(b);
}

static void test_parts_are_kept(void **state)
{
    struct folder f = folder_make();
    struct up_store *store = folder_open(&f);
    struct stage_job s = {0};
    struct up_buf five =
        compute(&s, store, 1, "scores.limit=5", "scores.proxies=[nwot, flops]", 0);
    assert_int_equal(s.first_done, 0);
    struct up_buf again =
        compute(&s, store, 1, "scores.limit=5", "scores.proxies=[nwot, flops]", 0);
    assert_int_equal(s.first_done, 5);
    assert_same(&five, &again);
    /* a longer pool computes what is new, one more proxy its column */
    struct up_buf more =
        compute(&s, store, 1, "scores.limit=21", "scores.proxies=[nwot, flops]", 0);
    assert_int_equal(s.first_done, 5);
    struct up_buf less = compute(&s, store, 1, "scores.limit=18", "scores.proxies=[flops]", 0);
    assert_int_equal(s.first_done, 18);
    up_buf_release(&less);
    struct up_buf three =
        compute(&s, store, 1, "scores.limit=21", "scores.proxies=[synflow, nwot, flops]", 0);
    assert_int_equal(s.first_done, 0);
    uint64_t d2[4], d3[4];
    const double *two = scores_of(&more, d2), *all = scores_of(&three, d3);
    assert_true(d2[0] == 21 && d2[1] == 2 && d3[0] == 21 && d3[1] == 3);
    for (size_t i = 0; i < 21; i++)
        assert_memory_equal(&two[i * 2], &all[i * 3 + 1], 2 * sizeof(double));
    up_buf_release(&three);
    up_buf_release(&more);
    up_buf_release(&five);
    up_store_close(store);
    folder_remove(&f);
}

static void test_threads_change_no_bit(void **state)
{
    struct folder f = folder_make(), g = folder_make();
    struct up_store *a = folder_open(&f), *b = folder_open(&g);
    struct stage_job s = {0};
    struct up_buf one = compute(&s, a, 1, "scores.limit=20", "scores.proxies=[]", UP_OK);
    struct up_buf three = compute(&s, b, 3, "scores.limit=20", "scores.proxies=[]", UP_OK);
    uint64_t dims[4];
    scores_of(&one, dims);
    assert_int_equal(dims[1], 13);
    assert_same(&one, &three);
    up_buf_release(&one);
    up_store_close(a);
    up_store_close(b);
    folder_remove(&f);
    folder_remove(&g);
}

/* The mean over two draws is not the first draw, and a third batch is not there. */
static void test_repeats(void **state)
{
    struct folder f = folder_make();
    struct up_store *store = folder_open(&f);
    struct stage_job s = {0};
    uint64_t dims[4];
    struct up_buf one = compute(&s, store, 2, "scores.limit=3", "scores.repeats=1", UP_OK);
    struct up_buf two = compute(&s, store, 2, "scores.limit=3", "scores.repeats=2", UP_OK);
    assert_int_equal(s.first_done, 3); /* of 6: the first draw is kept */
    const double *a = scores_of(&one, dims), *b = scores_of(&two, dims);
    assert_true(a[1] == b[1] && a[0] != b[0]); /* flops, snip */
    up_buf_release(&two);
    two = compute(&s, store, 1, "scores.limit=3", "scores.repeats=3", UP_EUSAGE);
    assert_non_null(strstr(err.msg, "data.draws"));
    up_buf_release(&two);
    up_buf_release(&one);
    up_store_close(store);
    folder_remove(&f);
}

/* Ranks do not care how the draws are scaled, and what is invalid takes no part. */
static void test_average_of_ranks(void **state)
{
    double v[] = {1e30, 5, -2, 5, 7, 5, NAN, 5};
    const uint8_t s[] = {0, 0, 0, 0, 0, 0, UP_SCORE_NAN, 0};
    up_scores_rank(v, s, 4, 2);
    assert_true(fabs(v[0] - up_normal_quantile(5.0 / 6)) < 1e-15 && v[4] == 0);
    assert_true(fabs(v[0] + v[2]) < 1e-15 && isnan(v[6]) && v[1] == 0 && v[7] == 0);

    struct folder f = folder_make();
    struct up_store *store = folder_open(&f);
    struct stage_job j = {0};
    uint64_t dims[4];
    const char *limit = "scores.limit=8", *two = "scores.repeats=2";
    struct up_buf raw = compute(&j, store, 2, limit, two, UP_OK);
    average = "scores.average=rank-gauss";
    struct up_buf rank = compute(&j, store, 2, limit, two, UP_OK);
    assert_int_equal(j.first_done, 16); /* the draws are kept as they are */
    const double *b = scores_of(&rank, dims);
    for (size_t i = 0; i < 8 * 13; i++) /* normal scores of eight ranks */
        assert_true(fabs(b[i]) <= up_normal_quantile(7.5 / 8));
    assert_memory_not_equal(scores_of(&raw, dims), b, 8 * 13 * sizeof *b);
    up_buf_release(&rank);
    up_buf_release(&raw);
    raw = compute(&j, store, 2, limit, "scores.repeats=1", UP_OK);
    average = NULL;
    rank = compute(&j, store, 2, limit, "scores.repeats=1", UP_OK);
    assert_same(&raw, &rank); /* one draw is not averaged */
    up_buf_release(&raw);
    up_store_close(store);
    folder_remove(&f);
}

/* What shares keep is all that a run of everything needs, and it is the same. */
static void test_shares(void **state)
{
    static const char *const share[] = {"scores.shard=1/3", "scores.shard=2/3",
                                        "scores.shard=3/3"};
    struct folder f = folder_make(), g = folder_make();
    struct up_store *parts = folder_open(&f), *fresh = folder_open(&g);
    struct stage_job s = {0};
    const uint64_t want[] = {32, 32, 17}; /* of 16 blocks and one: 16+16, 16+16, 16+1 */
    uint64_t dims[4];
    for (int i = 0; i < 3; i++) {
        struct up_buf out = compute(&s, parts, 2, "scores.limit=81", share[i], UP_OK);
        assert_int_equal(s.first_done, 0);
        scores_of(&out, dims);
        assert_int_equal(dims[0], want[i]);
        up_buf_release(&out);
    }
    struct up_buf all = compute(&s, parts, 2, "scores.limit=81", "scores.proxies=[]", UP_OK);
    assert_int_equal(s.first_done, 81);
    assert_non_null(strstr(s.notes, "81 architectures, all kept from before"));
    struct up_buf once = compute(&s, fresh, 2, "scores.limit=81", "scores.shard=1/1", UP_OK);
    assert_non_null(strstr(s.notes, "81 architectures, each thread needs up to "));
    assert_same(&all, &once);
    up_buf_release(&all);
    all = compute(&s, parts, 1, "scores.limit=20", "scores.shard=3/3", UP_EUSAGE);
    assert_non_null(strstr(err.msg, "2 blocks of 16"));
    up_buf_release(&all);
    up_store_close(parts);
    up_store_close(fresh);
    folder_remove(&f);
    folder_remove(&g);
}

static void test_refuses(void **state)
{
    struct folder f = folder_make();
    struct up_store *store = folder_open(&f);
    volatile sig_atomic_t cancel = 1;
    struct stage_job s = {.cancel = &cancel};
    struct up_buf out =
        compute(&s, store, 2, "scores.limit=4", "scores.proxies=[flops]", UP_ECANCELED);
    up_buf_release(&out);
    s.cancel = NULL;
    out = compute(&s, store, 1, "scores.limit=4", "scores.proxies=[flops, flips]", UP_EUSAGE);
    assert_non_null(strstr(err.msg, "flips"));
    assert_non_null(strstr(err.msg, "synflow"));
    up_buf_release(&out);
    out = compute(&s, store, 1, "scores.limit=4", "scores.proxies=[flops, flops]", UP_EUSAGE);
    up_buf_release(&out);
    up_store_close(store);
    folder_remove(&f);
}

/* ---- import ---- */
static void pack_names(struct up_buf *b, size_t n, const char *const *name)
{
    up_pack_str(b, "names");
    up_pack_list(b, n);
    for (size_t i = 0; i < n; i++)
        up_pack_str(b, name[i]);
}

/* Rows: a cell with an accuracy alone, the same cell spelled another way twice. */
static void pack_benchmark(struct up_buf *b)
{
    static const char *const proxy[] = {"mine", "flops"};
    static const uint8_t archs[3][6] = {
        {0, 1, 0, 1, 0, 1}, {2, 1, 0, 1, 0, 1}, {3, 1, 0, 1, 0, 1}};
    const double score[3][2] = {{NAN, NAN}, {7, NAN}, {8, 9}};
    static const uint8_t state[3][2] = {{2, 2}, {0, 1}, {0, 0}};
    static const char *const text[] = {"name"}, *const why[] = {"2:9: 'x' is no number"};
    up_pack_map(b, 4);
    up_pack_str(b, "archs");
    up_pack_array2(b, UP_U8, archs, 3, 6);
    up_pack_str(b, "left_out");
    up_pack_map(b, 2);
    pack_names(b, 1, text);
    up_pack_str(b, "why");
    up_pack_list(b, 1);
    up_pack_str(b, why[0]);
    up_pack_str(b, "scores");
    up_pack_map(b, 3);
    pack_names(b, 2, proxy);
    up_pack_str(b, "state");
    up_pack_array2(b, UP_U8, state, 3, 2);
    up_pack_str(b, "values");
    up_pack_array2(b, UP_F64, score, 3, 2);
    up_pack_str(b, "space");
    up_pack_str(b, "nb201");
}

static struct up_buf import(struct up_view benchmark, const char *proxies, int want)
{
    const char *file = benchmark.data ? "benchmark.scores=mine.csv" : NULL;
    const char *sets[] = {"scores.source=import", proxies, file, NULL};
    struct up_view inputs[] = {up_buf_view(&pool), {NULL, 0}, benchmark};
    struct up_buf out = UP_BUF_INIT;
    struct stage_job s = {.stage = &up_stage_scores, .sets = sets, .inputs = inputs};
    int rc = stage_job_run(&s, &out, &err);
    if (rc != want)
        fail_msg("status %d: %s", rc, err.msg);
    return out;
}

static void test_import(void **state)
{
    static const uint8_t cell[] = {0, 1, 0, 1, 0, 1}, status_want[] = {0, UP_ROW_INVALID};
    struct up_buf b = UP_BUF_INIT, out;
    uint64_t dims[4];
    int64_t missing;
    const void *archs, *status;
    pack_benchmark(&b);
    out = import(up_buf_view(&b), "scores.proxies=[]", UP_OK);
    const double *v = scores_of(&out, dims);
    assert_true(dims[0] == 1 && dims[1] == 2);
    assert_true(v[0] == 7 && isnan(v[1])); /* the first row of that form with a score */
    struct up_view doc = up_buf_view(&out);
    assert_int_equal(up_doc_array(doc, "archs", UP_U8, 2, &arena, &archs, dims, &err), UP_OK);
    assert_memory_equal(archs, cell, 6);
    assert_int_equal(up_doc_array(doc, "status", UP_U8, 2, &arena, &status, dims, &err), UP_OK);
    assert_memory_equal(status, status_want, 2);
    assert_int_equal(up_doc_int(doc, "missing", &missing, &err), UP_OK);
    assert_int_equal(missing, 9444);
    up_buf_release(&out);
    out = import(up_buf_view(&b), "scores.proxies=[flops]", UP_OK);
    v = scores_of(&out, dims);
    assert_true(dims[1] == 1 && isnan(v[0]));
    up_buf_release(&out);
    out = import(up_buf_view(&b), "scores.proxies=[flops, zen]", UP_EINVAL);
    assert_non_null(strstr(err.msg, "zen"));
    assert_non_null(strstr(err.msg, "mine"));
    up_buf_release(&out);
    out = import(up_buf_view(&b), "scores.proxies=[flops, name]", UP_EINVAL);
    assert_non_null(strstr(err.msg, "\"name\", a column of benchmark.scores that holds no "
                                    "number: 2:9: 'x' is no number"));
    up_buf_release(&out);
    out = import((struct up_view){0}, "scores.proxies=[]", UP_EUSAGE);
    assert_non_null(strstr(err.msg, "benchmark.scores"));
    up_buf_release(&out);
    up_buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_kept),   cmocka_unit_test(test_threads_change_no_bit),
        cmocka_unit_test(test_repeats),          cmocka_unit_test(test_shares),
        cmocka_unit_test(test_average_of_ranks), cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_import),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
