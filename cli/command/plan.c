/* upnas plan: what a run would do and why, without doing it. */
#include "cli/shared/workspace.h"
#include "cli/shared/remotes.h"
#include "dag/exchange/share.h"
#include "cli/shared/say.h"

static void print(struct up_buf *out, const struct up_plan *p)
{
    up_plan_nodes(out, p, false);
    up_say(out, "%zu cached, ", p->cached);
    if (p->remote)
        up_say(out, "%zu to fetch, ", p->remote);
    up_say(out, "%zu to run", p->run);
    if (p->pending)
        up_say(out, ", %zu behind them (each runs only if the bytes it reads change)",
               p->pending);
    up_buf_puts(out, "\n");
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_task t = UP_TASK_INIT;
    bool offline = false;
    const struct up_opt opts[] = {
        UP_OPT_TASK(&t),
        {"--offline", UP_OPT_FLAG, &offline, NULL, "ask no remote", 0, 0},
        {0}};
    struct up_team team = {.set = {.n = 0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_plan *plan = NULL;

    int rc = up_cli_options(c, opts, argc, argv, &t.rest, err);
    if (rc || t.common.help)
        return rc;
    if ((rc = up_cli_words(c, &t.rest, 1, 2, "a config", err)) ||
        (rc = up_task_config(&t, err)))
        goto out;
    up_task_warn(&t);
    if ((rc = up_task_peek_store(&t, err)) ||
        (!offline && (rc = up_team_open(&team, &t.common, UP_TEAM_READ, NULL, err))))
        goto out;
    const struct up_reach reach = {&team.set, false};
    if ((rc = up_plan_reach(&plan, t.config, up_task_target(&t), t.store, &t.mode,
                            team.set.n ? &reach : NULL, err)))
        goto out;
    for (size_t i = 0; i < plan->n; ++i)
        if (plan->nodes[i].refused)
            up_cli_warn(plan->nodes[i].refused);
    if (t.common.json)
        up_plan_json(&out, plan, NULL);
    else
        print(&out, plan);
    rc = up_cli_print(&out, err);
out:
    up_plan_free(plan);
    up_team_close(&team);
    up_buf_release(&out);
    up_task_release(&t);
    return rc;
}

const struct up_command up_command_plan = {"plan",
                                           "CONFIG [NODE] [--set KEY=VALUE ...] [--offline]",
                                           "say what a run would compute, and why", NULL, run};
