/* scores: what each proxy gives each architecture.
 *
 * {archs u8[n][genes] canonical, pool order; missing int, pool architectures the
 * benchmark does not have (0 when computed); names [str]; net the scored network's
 * size, see space/net_size.h; reasons [str], what each status means; schema; scores f64[n][M],
 * NaN where status is not 0; source; space; status u8[n][M]} */
#include "dag/stage.h"
#include "stages/scores/chunks.h"
#include "stages/scores/table.h"
#include "stages/space/net_size.h"
#include "store/base/pack.h"
#include <stdio.h>
#include <string.h>

static const char *const averages[] = {"raw", "rank-gauss", NULL};
static const char *const sources[] = {"compute", "import", NULL};

static const struct up_param params[] = {
    {.name = "source",
     .kind = UP_P_ENUM,
     .def = "compute",
     .choices = sources,
     .doc = "compute: score the networks here; import: read the scores of the benchmark"},
    {.name = "proxies",
     .kind = UP_P_LIST,
     .def = "[]",
     .doc = "names of the proxies wanted; empty: all (import: all the benchmark has)"},
    {.name = "limit",
     .kind = UP_P_INT,
     .def = "0",
     .min = 0,
     .max = 100000000,
     .doc = "number of architectures to score, from the start of the pool; 0: all"},
    {.name = "shard",
     .kind = UP_P_STR,
     .def = "1/1",
     .when = "scores.source=compute&scores.shard!=1/1",
     .doc = "i/n: score the i-th of n shares of them, for n runs at once (see upnas merge)"},
    {.name = "repeats",
     .kind = UP_P_INT,
     .def = "1",
     .min = 1,
     .max = 1024,
     .when = "scores.source=compute",
     .doc = "number of independent draws of weights and batch whose scores are averaged; "
            "data.draws must be at least as many"},
    {.name = "average",
     .kind = UP_P_ENUM,
     .def = "raw",
     .choices = averages,
     .when = "scores.source=compute&scores.repeats!=1",
     .doc = "what is averaged: the scores themselves (raw), or normal quantiles of their ranks "
            "(rank-gauss)"},
    {.name = "channels",
     .kind = UP_P_INT,
     .min = 1,
     .max = 1024,
     .when = "scores.source=compute",
     .doc = "channels of the first stage of the scored network; null: as in the published "
            "network"},
    {.name = "depth",
     .kind = UP_P_INT,
     .min = 1,
     .max = 100,
     .when = "scores.source=compute",
     .doc = "depth of the scored network: cells a stage (nb201) or in all (darts); null: as in "
            "the published network"},
    {.name = "seed",
     .kind = UP_P_INT,
     .seed = true,
     .when = "scores.source=compute",
     .doc = "seed of the weights that are drawn"},
    {0},
};
static const struct up_stage_input inputs[] = {
    {"space", NULL},
    {"data", "scores.source=compute"},
    {"benchmark", "scores.source=import"},
    {0},
};

const char *up_row_reason(int state)
{
    if (state == UP_ROW_INVALID)
        return "the imported table marks it as invalid";
    if (state == UP_ROW_ABSENT)
        return "the imported table has no value";
    return state == UP_SCORE_OK ? "" : up_score_reason((enum up_score_state)state);
}

static void write_out(struct up_buf *out, const struct up_score_table *t, const char *source)
{
    up_pack_map(out, 10);
    up_pack_str(out, "archs");
    up_pack_array2(out, UP_U8, t->archs, t->n, (size_t)t->space->genes);
    up_pack_str(out, "missing");
    up_pack_uint(out, t->missing);
    up_pack_str(out, "names");
    up_pack_list(out, t->m);
    for (size_t i = 0; i < t->m; i++)
        up_pack_str(out, t->names[i]);
    up_pack_str(out, "net");
    up_net_size_pack(out, &t->net);
    up_pack_str(out, "reasons");
    up_pack_list(out, UP_ROW_STATES);
    for (int i = 0; i < UP_ROW_STATES; i++)
        up_pack_str(out, up_row_reason(i));
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.scores/1");
    up_pack_str(out, "scores");
    up_pack_array2(out, UP_F64, t->value, t->n, t->m);
    up_pack_str(out, "source");
    up_pack_str(out, source);
    up_pack_str(out, "space");
    up_pack_str(out, t->space->name);
    up_pack_str(out, "status");
    up_pack_array2(out, UP_U8, t->state, t->n, t->m);
}

static int import(struct up_score_table *t, const uint8_t *pool, size_t n_pool,
                  struct up_job *job, struct up_err *err)
{
    struct up_view benchmark = {0};
    UP_CHECK(up_job_input(job, "benchmark", &benchmark));
    int rc = up_scores_import(t, benchmark, pool, n_pool, (size_t)up_job_int(job, "limit"),
                              up_job_arena(job), err);
    if (!rc)
        up_job_note(job,
                    "%zu architectures, %zu proxies; %zu of the pool are not in the benchmark",
                    t->n, t->m, t->missing);
    return rc;
}

static void all_proxies(struct up_score_table *t, struct up_arena *arena)
{
    const char **names = UP_NEW(arena, UP_PROXIES, const char *);
    for (size_t i = 0; i < UP_PROXIES; i++)
        names[i] = up_proxies[i].name;
    t->names = names;
    t->m = UP_PROXIES;
}

/* The share of the first `limit` of the pool that this run scores. */
static int portion_of(struct up_portion *p, size_t genes, struct up_job *job,
                      struct up_err *err)
{
    struct up_share share;
    size_t limit = (size_t)up_job_int(job, "limit"), all;
    UP_CHECK(up_share_parse(&share, up_job_str(job, "shard")));
    p->n = all = limit && limit < p->pool ? limit : p->pool;
    up_share_take(p, share, genes, up_job_arena(job));
    if (p->n == 0)
        return up_fail(err, UP_EUSAGE,
                       "scores.shard is %zu/%zu, but %zu architectures are only %zu blocks of "
                       "%d to share out; cut them into %zu shares at most",
                       share.i, share.n, all, (all + UP_BLOCK - 1) / UP_BLOCK, UP_BLOCK,
                       (all + UP_BLOCK - 1) / UP_BLOCK);
    if (share.n > 1)
        up_job_note(job, "share %zu of %zu: %zu of %zu architectures", share.i, share.n, p->n,
                    all);
    return UP_OK;
}

static int compute(struct up_score_table *t, const uint8_t *pool, size_t n_pool,
                   struct up_job *job, struct up_err *err)
{
    struct up_view data = {0};
    size_t failed = 0;
    struct up_scores_plan plan = {
        .channels = up_job_set(job, "channels") ? (int)up_job_int(job, "channels") : 0,
        .depth = up_job_set(job, "depth") ? (int)up_job_int(job, "depth") : 0,
        .repeats = (size_t)up_job_int(job, "repeats"),
        .by_rank = strcmp(up_job_str(job, "average"), "rank-gauss") == 0,
        .portion = {.archs = pool, .pool = n_pool},
        .seed = up_job_seed(job, "seed"),
    };
    UP_CHECK(up_job_input(job, "data", &data));
    if (t->m == 0)
        all_proxies(t, up_job_arena(job));
    int rc = portion_of(&plan.portion, (size_t)t->space->genes, job, err);
    if (!rc)
        rc = up_scores_compute(t, &plan, data, job, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < t->n * t->m; i++)
        failed += t->state[i] != UP_SCORE_OK;
    up_job_note(job, "%zu architectures, %zu proxies, %zu scores without a value", t->n, t->m,
                failed);
    return UP_OK;
}

static int run(struct up_job *job, struct up_err *err)
{
    struct up_score_table t = {0};
    struct up_view doc = {0};
    const char *name, *source = up_job_str(job, "source");
    const void *pool;
    uint64_t dims[4];
    UP_CHECK(up_job_input(job, "space", &doc));
    int rc = up_doc_str(doc, "space", up_job_arena(job), &name, err);
    if (!rc)
        rc = up_space_find(&t.space, name, err);
    if (!rc)
        rc = up_doc_array(doc, "archs", UP_U8, 2, up_job_arena(job), &pool, dims, err);
    if (!rc)
        rc = up_space_check(t.space, pool, dims[0], dims[1], err);
    rc = up_job_read(job, "space", rc, err);
    if (!rc)
        t.net = t.space->net;
    t.m = up_job_list(job, "proxies", &t.names);
    if (!rc && strcmp(source, "import") == 0)
        rc = import(&t, pool, (size_t)dims[0], job, err);
    else if (!rc)
        rc = compute(&t, pool, (size_t)dims[0], job, err);
    if (rc)
        return rc;
    write_out(up_job_out(job), &t, source);
    return UP_OK;
}

static int unknown_proxy(const struct up_config *c, const char *name, struct up_err *err)
{
    char known[512] = "";
    for (size_t k = 0, len = 0; k < UP_PROXIES; k++, len = strlen(known))
        snprintf(known + len, sizeof known - len, "%s%s", k ? ", " : "", up_proxies[k].name);
    return up_setting_fail(c, "scores.proxies", err,
                           "scores.proxies: there is no \"%.80s\" to compute; there are: %s. "
                           "(Columns of your own come with scores.source import.)",
                           name, known);
}

static int check_compute(const struct up_config *c, struct up_err *err)
{
    const char *const *names;
    struct up_share share;
    size_t n = up_setting_names(c, "scores.proxies", &names, NULL);
    int64_t repeats = up_setting_int(c, "scores.repeats"),
            draws = up_setting_int(c, "data.draws"), size = up_setting_int(c, "data.size");
    for (size_t i = 0; i < n; i++)
        if (up_proxy_find(names[i]) < 0)
            return unknown_proxy(c, names[i], err);
    if (!up_share_parse(&share, up_setting_str(c, "scores.shard")))
        return up_setting_fail(c, "scores.shard", err,
                               "scores.shard is \"%.40s\"; write i/n with 1 <= i <= n <= %d: "
                               "1/3, 2/3 and 3/3 are three shares of a sweep",
                               up_setting_str(c, "scores.shard"), UP_SHARES_MAX);
    if (repeats > draws)
        return up_fail(err, UP_EUSAGE,
                       "scores.repeats is %lld, but data.draws makes a batch for %lld; set "
                       "data.draws to %lld",
                       (long long)repeats, (long long)draws, (long long)repeats);
    if (up_setting_is(c, "data.source", "synthetic") && size % 4)
        return up_fail(
            err, UP_EUSAGE,
            "data.size is %lld, and the network scored halves its images twice; make "
            "it %lld, a multiple of 4",
            (long long)size, (long long)(size + 4 - size % 4));
    return UP_OK;
}

static int check(const struct up_config *c, struct up_err *err)
{
    if (up_setting_is(c, "scores.source", "compute"))
        return check_compute(c, err);
    if (!up_setting_set(c, "benchmark.scores"))
        return up_fail(err, UP_EUSAGE,
                       "scores.source is import, but benchmark.scores is not set; name a file "
                       "with proxy scores");
    return UP_OK;
}

const struct up_stage up_stage_scores = {
    .name = "scores",
    .version = 2,
    .does = "scores architectures by zero-cost proxies",
    .params = params,
    .inputs = inputs,
    .run = run,
    .check = check,
};
