/* upnas log: the runs of this store, newest first. */
#include "cli/shared/workspace.h"
#include "dag/record/record.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <string.h>

struct list {
    struct up_buf out;
    bool json;
    int64_t left;
};

static void command_text(struct up_buf *out, const struct up_run_record *r)
{
    for (size_t i = 0; i < r->ncommand; ++i)
        up_say(out, "%s%s", i ? " " : "", r->command[i]);
}

static void as_json(struct up_buf *out, const struct up_run_record *r)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "run", r->id);
    up_jw_key_str(&w, "status", r->status);
    up_jw_key_str(&w, "error", r->error);
    up_jw_key_str(&w, "started", r->started);
    up_jw_key_real(&w, "seconds", r->seconds);
    up_jw_key_int(&w, "executed", r->executed);
    up_jw_key_int(&w, "cached", r->cached);
    up_jw_key(&w, "command");
    up_jw_list(&w);
    for (size_t i = 0; i < r->ncommand; ++i)
        up_jw_str(&w, r->command[i]);
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int visit(void *ctx, const struct up_run_record *r)
{
    struct list *l = ctx;
    char took[24];

    up_task_warn_ahead(r);
    if (l->json) {
        as_json(&l->out, r);
    } else {
        up_say(&l->out, "%s  %-11s %2d executed %2d cached %9s  ", r->id, r->status,
               (int)r->executed, (int)r->cached, up_time_text(took, r->seconds));
        command_text(&l->out, r);
        up_buf_puts(&l->out, "\n");
    }
    return --l->left <= 0;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    struct list l = {.left = 20};
    struct up_store *store = NULL;
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&common),
        {"--limit", UP_OPT_INT, &l.left, "N", "at most N runs (default 20)", 1, INT32_MAX},
        {0}};

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    l.json = common.json;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)) ||
        (rc = up_cli_open_store(&store, &common, false, err)))
        return rc;
    if (!(rc = up_runs_walk(store, visit, &l, err))) {
        if (!l.out.len && !l.json)
            up_buf_puts(&l.out, "no runs yet\n");
        rc = up_cli_print(&l.out, err);
    }
    up_buf_release(&l.out);
    up_store_close(store);
    return rc;
}

const struct up_command up_command_log = {"log", "[--limit N]", "list runs, newest first", NULL,
                                          run};
