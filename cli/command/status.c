/* upnas status: what the store holds and how the last run ended; with a config,
 * how much of it is up to date. */
#include "cli/shared/workspace.h"
#include "dag/record/record.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>

static void as_json(struct up_buf *out, const char *dir, const struct up_store_counts *n,
                    const struct up_run_record *last, const struct up_plan *p)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "store", dir);
    up_jw_key_int(&w, "runs", (int64_t)n->runs);
    up_jw_key_int(&w, "results", (int64_t)n->results);
    up_jw_key_int(&w, "artifacts", (int64_t)n->objects);
    up_jw_key_int(&w, "bytes", (int64_t)n->used);
    up_jw_key_int(&w, "file", (int64_t)n->file);
    up_jw_key_int(&w, "parts", (int64_t)n->memo);
    up_jw_key_int(&w, "pins", (int64_t)n->pins);
    up_jw_key_str(&w, "last", last ? last->id : NULL);
    up_jw_key_str(&w, "last_status", last ? last->status : NULL);
    if (p) {
        up_jw_key_int(&w, "cached", (int64_t)p->cached);
        up_jw_key_int(&w, "run", (int64_t)p->run);
        up_jw_key_int(&w, "pending", (int64_t)p->pending);
    }
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static void as_text(struct up_buf *out, const char *dir, const struct up_store_counts *n,
                    const struct up_run_record *last, const struct up_plan *p)
{
    char size[24], file[24];
    up_say(out,
           "store %s: %" PRIu64 " runs, %" PRIu64 " results, %" PRIu64 " artifacts, %" PRIu64
           " parts kept; %s of a file of %s\n",
           dir, n->runs, n->results, n->objects, n->memo, up_size_text(size, n->used),
           up_size_text(file, n->file));
    if (last)
        up_say(out, "last run %s: %s%s%s\n", last->id, last->status, last->error ? ", " : "",
               last->error ? last->error : "");
    if (p)
        up_say(out, "this config: %zu nodes up to date, %zu to run, %zu behind them\n",
               p->cached, p->run, p->pending);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_task t = UP_TASK_INIT;
    const struct up_opt opts[] = {UP_OPT_TASK(&t), {0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_plan *plan = NULL;
    struct up_run_record *last = NULL;
    struct up_store_counts n;

    int rc = up_cli_options(c, opts, argc, argv, &t.rest, err);
    if (rc || t.common.help)
        return rc;
    if ((rc = up_cli_words(c, &t.rest, 0, 1, "", err)) ||
        (t.rest.n && (rc = up_task_config(&t, err))) ||
        (rc = up_cli_open_store(&t.store, &t.common, false, err)))
        goto out;
    if ((rc = up_store_count(t.store, &n, err)) ||
        (n.runs && (rc = up_task_run_find(t.store, "last", &last, err))) ||
        (t.config && (rc = up_plan_make(&plan, t.config, NULL, t.store, &t.mode, err))))
        goto out;
    (t.common.json ? as_json : as_text)(&out, t.common.store, &n, last, plan);
    rc = up_cli_print(&out, err);
out:
    up_plan_free(plan);
    up_run_record_free(last);
    up_buf_release(&out);
    up_task_release(&t);
    return rc;
}

const struct up_command up_command_status = {"status", "[CONFIG [--set KEY=VALUE ...]]",
                                             "what the store holds, and what is stale", NULL,
                                             run};
