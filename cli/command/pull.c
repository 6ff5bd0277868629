/* upnas pull: fetches what a config needs, or what a run made, from remotes. */
#include "cli/shared/progress.h"
#include "cli/shared/remotes.h"
#include "cli/shared/workspace.h"
#include "dag/exchange/share.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>

struct session {
    struct up_task task;
    struct up_words from;
    const char *run;
    int64_t seconds; /* 0: without limit */
    struct up_team team;
    struct up_progress progress;
};

/* ---- by config ---- */

static int by_config(struct session *s, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_plan *plan = NULL;
    const struct up_reach reach = {&s->team.set, true};
    int rc = up_task_config(&s->task, err);
    if (!rc)
        rc = up_plan_reach(&plan, s->task.config, up_task_target(&s->task), s->task.store,
                           &s->task.mode, &reach, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < plan->n; ++i)
        if (plan->nodes[i].refused)
            up_cli_warn(plan->nodes[i].refused);
    if (s->task.common.json) {
        up_plan_json(&out, plan, NULL);
    } else {
        up_plan_nodes(&out, plan, false);
        up_say(&out, "%zu here, %zu to run\n", plan->cached, plan->run + plan->pending);
    }
    rc = up_cli_print(&out, err);
    up_plan_free(plan);
    up_buf_release(&out);
    return rc;
}

/* ---- by run ---- */

/* Result and bytes are here. */
static bool is_here(struct up_store *store, const struct up_run_node *n)
{
    struct up_buf record = UP_BUF_INIT;
    bool yes = up_store_result_get(store, n->key_doc, &record, NULL) == UP_OK &&
               up_store_has(store, n->digest);
    up_buf_release(&record);
    return yes;
}

static void run_json(struct up_buf *out, const char *id, size_t here, size_t all)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", "run");
    up_jw_key_str(&w, "run", id);
    up_jw_key_int(&w, "here", (int64_t)here);
    up_jw_key_int(&w, "results", (int64_t)all);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int by_run(struct session *s, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_shared got;
    struct up_buf out = UP_BUF_INIT;
    struct up_run_record *r = NULL;
    const struct up_reach reach = {&s->team.set, true};
    size_t missing = 0, all = 0;
    int rc = up_share_fetch_run(&s->team.set, s->task.store, s->run, &got, &a, err);
    if (rc == UP_ENOTFOUND)
        rc = up_fail(err, rc, "run %s: %s", s->run,
                     got.why ? got.why
                             : "no remote has it under this name, which must be whole");
    if (!rc)
        rc = up_run_find(s->task.store, s->run, &r, err);
    for (size_t i = 0; !rc && i < r->nnodes; ++i) {
        const struct up_run_node *n = &r->nodes[i];
        all += !up_digest_zero(n->digest);
        if (up_digest_zero(n->digest) || is_here(s->task.store, n))
            continue;
        rc = up_share_fetch(&got, &reach, s->task.store, n->key_doc, NULL, &a, err);
        if (got.why)
            up_cli_warn(got.why);
        missing += rc == UP_ENOTFOUND;
        rc = rc == UP_ENOTFOUND ? UP_OK : rc;
    }
    if (!rc && s->task.common.json)
        run_json(&out, r->id, all - missing, all);
    else if (!rc)
        up_say(&out, "run %s: %zu of %zu results here\n", r->id, all - missing, all);
    if (!rc)
        rc = up_cli_print(&out, err);
    up_run_record_free(r);
    up_buf_release(&out);
    up_arena_release(&a);
    return rc;
}

static void on_download(void *ctx, const struct up_remote *r, uint64_t got, uint64_t whole)
{
    struct session *s = ctx;
    char unit[64];
    (void)snprintf(unit, sizeof unit, "KiB from remote %.40s", r->name);
    const struct up_event e = {.kind = UP_EV_PROGRESS,
                               .node = "pull",
                               .done = got >> 10,
                               .total = whole >> 10,
                               .unit = unit};
    up_progress_event(&s->progress, &e);
}

static int fetch(struct session *s, struct up_err *err)
{
    s->team.set.patience_ms = (uint64_t)s->seconds * 1000;
    s->team.set.progress = on_download;
    s->team.set.progress_ctx = s;
    up_progress_init(&s->progress, s->task.common.json);
    int rc = s->run ? by_run(s, err) : by_config(s, err);
    up_progress_end(&s->progress);
    return rc;
}

static int pull(struct session *s, struct up_err *err)
{
    int rc = up_cli_open_store(&s->task.store, &s->task.common, true, err);
    if (!rc)
        rc = up_team_open(&s->team, &s->task.common, UP_TEAM_STRICT, &s->from, err);
    if (!rc && !s->team.set.n)
        rc = up_fail(err, UP_EUSAGE,
                     "there is no remote to pull from: upnas remote add NAME ADDRESS");
    if (!rc)
        rc = fetch(s, err);
    if (!rc)
        rc = up_team_report(&s->team, s->task.common.json, err);
    return rc ? rc : up_team_whole(&s->team, err);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct session s = {.task = UP_TASK_INIT};
    const struct up_opt opts[] = {
        UP_OPT_TASK(&s.task),
        {"--from", UP_OPT_MANY, &s.from, "REMOTE", "ask this one alone; repeatable", 0, 0},
        {"--run", UP_OPT_TEXT, &s.run, "RUN",
         "all results of this run (its whole name), and its record", 0, 0},
        UP_OPT_REMOTE_SECONDS(&s.seconds),
        {0}};

    int rc = up_cli_options(c, opts, argc, argv, &s.task.rest, err);
    if (rc || s.task.common.help)
        return rc;
    if (!(rc = up_cli_words(c, &s.task.rest, !s.run, s.run ? 0 : 2, "a config, or --run RUN",
                            err)))
        rc = pull(&s, err);
    up_team_close(&s.team);
    up_task_release(&s.task);
    return rc;
}

const struct up_command up_command_pull = {
    "pull", "CONFIG [NODE] [--set KEY=VALUE ...] [--from REMOTE ...] | --run RUN",
    "fetch from remotes what a config needs and this store lacks",
    "run does the same by itself, node by node; pull computes nothing. Only what is signed by "
    "a key\n"
    "that the remote trusts (upnas remote, upnas key) is taken; all else is a miss, and said "
    "why.",
    run};
