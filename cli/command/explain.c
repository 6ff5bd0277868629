/* upnas explain: for each node, the fields of its key that differ from the
 * nearest earlier result, with both values; for a node that is up to date, which
 * run computed it and why it did then. */
#include "cli/shared/config_keys.h"
#include "cli/shared/workspace.h"
#include "dag/record/record.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include "stages/stages.h"
#include <string.h>

/* The reason recorded when a cached node was computed. */
static int history(struct up_buf *out, struct up_task *t, const struct up_plan_node *n,
                   struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_run_record *r = NULL;
    const struct up_run_node *node;
    struct up_result result;
    char hex[UP_DIGEST_HEX];
    int rc = up_result_find(t->store, up_digest_hex(n->output, hex), &result, &arena, err);

    if (!rc && !(rc = up_run_find(t->store, result.run, &r, err)) &&
        (node = up_run_record_node(r, n->stage->name)))
        up_say(out, "           computed by run %s: %s\n", r->id, node->why);
    else if (rc == UP_EUSAGE) /* its run record is gone; not worth a failure */
        rc = UP_OK;
    up_run_record_free(r);
    up_arena_release(&arena);
    return rc;
}

static int explain_node(struct up_buf *out, struct up_task *t, const struct up_plan_node *n,
                        struct up_err *err)
{
    struct up_plan one = {.nodes = (struct up_plan_node *)(uintptr_t)n, .n = 1};
    up_plan_nodes(out, &one, true);
    return n->state == UP_NODE_CACHED && t->store ? history(out, t, n, err) : UP_OK;
}

static int explain(struct up_buf *out, struct up_task *t, const struct up_plan *plan,
                   const char *stage, struct up_err *err)
{
    int rc = UP_OK;
    if (stage && !up_plan_find(plan, stage))
        return up_fail(err, UP_EUSAGE, "this config has no node '%s'; see 'upnas plan %s'",
                       stage, t->rest.v[0]);
    if (t->common.json) {
        up_plan_json(out, plan, stage);
        return UP_OK;
    }
    for (size_t i = 0; i < plan->n && !rc; ++i)
        if (!stage || !strcmp(stage, plan->nodes[i].stage->name))
            rc = explain_node(out, t, &plan->nodes[i], err);
    return rc;
}

static int keys(struct up_task *t, enum up_keys_form form, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    int rc = up_config_load(&t->config, up_stages, NULL, NULL, 0, err);
    if (!rc)
        rc = up_keys_of_config(&out, t->config, t->rest.n ? t->rest.v[0] : NULL, form, err);
    if (!rc)
        rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_task t = UP_TASK_INIT;
    bool list = false, markdown = false;
    const struct up_opt opts[] = {UP_OPT_TASK(&t),
                                  {"--keys", UP_OPT_FLAG, &list, NULL,
                                   "list the keys of a config (or of one SECTION)", 0, 0},
                                  {"--markdown", UP_OPT_FLAG, &markdown, NULL,
                                   "with --keys: as tables, with the values allowed", 0, 0},
                                  {0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_plan *plan = NULL;

    int rc = up_cli_options(c, opts, argc, argv, &t.rest, err);
    if (rc || t.common.help)
        return rc;
    if (list) {
        if (!(rc = up_cli_words(c, &t.rest, 0, 1, "", err)))
            rc = keys(&t,
                      markdown        ? UP_KEYS_MARKDOWN
                      : t.common.json ? UP_KEYS_JSON
                                      : UP_KEYS_TEXT,
                      err);
        goto out;
    }
    if ((rc = up_cli_words(c, &t.rest, 1, 2, "a config", err)) ||
        (rc = up_task_config(&t, err)) || (rc = up_task_peek_store(&t, err)) ||
        (rc = up_plan_make(&plan, t.config, NULL, t.store, &t.mode, err)) ||
        (rc = explain(&out, &t, plan, t.rest.n > 1 ? t.rest.v[1] : NULL, err)))
        goto out;
    rc = up_cli_print(&out, err);
out:
    up_plan_free(plan);
    up_buf_release(&out);
    up_task_release(&t);
    return rc;
}

const struct up_command up_command_explain = {
    "explain", "CONFIG [NODE] [--set KEY=VALUE ...] | --keys [SECTION] [--markdown]",
    "name the fields that make a node run, old and new value", NULL, run};
