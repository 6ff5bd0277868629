/* upnas pin: gives runs and artifacts names, under which gc never removes them. */
#include "cli/shared/cli.h"
#include "dag/record/record.h"
#include "cli/shared/say.h"
#include "cli/shared/workspace.h"
#include "stages/format/json_write.h"
#include <stdio.h>
#include <string.h>

struct session {
    struct up_common common;
    struct up_store *store;
    struct up_buf out;
};

static void line(struct session *s, const char *name, const char *what)
{
    if (s->common.json) {
        struct up_jw w;
        up_jw_init(&w, &s->out, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "pin", name);
        up_jw_key_str(&w, "of", what);
        up_jw_end(&w);
        up_buf_puts(&s->out, "\n");
        return;
    }
    up_say(&s->out, "%-24s %s\n", name, what);
}

static int visit(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    char n[256], what[600];
    (void)doc;
    (void)snprintf(n, sizeof n, "%.*s", (int)name.len, (const char *)name.data);
    (void)snprintf(what, sizeof what, "%.*s", (int)value.len, (const char *)value.data);
    line(ctx, n, what);
    return 0;
}

/* Reading through a handle that may write holds what is read, so that a collector at work
 * leaves it until the pin is there: the artifact, what made it, and what that read. */
static int hold_provenance(struct session *s, struct up_digest d, int depth, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_result r;
    char hex[UP_DIGEST_HEX];
    if (!up_store_has(s->store, d)) {
        int rc = up_fail(err, UP_ENOTFOUND, "artifact %s is damaged or missing",
                         up_digest_hex(d, hex));
        return depth ? UP_OK : rc;
    }
    int rc = up_result_find(s->store, up_digest_hex(d, hex), &r, &a, err);
    for (size_t i = 0; !rc && i < r.ninputs; ++i)
        if (!up_digest_zero(r.inputs[i].digest))
            rc = hold_provenance(s, r.inputs[i].digest, depth + 1, err);
    up_arena_release(&a);
    return depth ? UP_OK : rc; /* what is gone from far up the chain cannot be held */
}

static int pin_what(struct session *s, const char *what, struct up_buf *text,
                    struct up_err *err)
{
    struct up_run_record *run = NULL;
    struct up_arena a = UP_ARENA_INIT;
    struct up_result r;
    char hex[UP_DIGEST_HEX];
    struct up_err as_run = {""};
    int rc = up_task_run_find(s->store, what, &run, &as_run);
    if (!rc) {
        up_say(text, "run %s", run->id);
    } else if (!(rc = up_result_find(s->store, what, &r, &a, err))) {
        up_say(text, "artifact %s", up_digest_hex(r.digest, hex));
        rc = hold_provenance(s, r.digest, 0, err);
    } else if (strstr(as_run.msg, "more than one")) {
        rc = up_fail(err, UP_EUSAGE, "%s", as_run.msg);
    }
    up_run_record_free(run);
    up_arena_release(&a);
    return rc;
}

static int add(struct session *s, const struct up_words *w, struct up_err *err)
{
    struct up_buf what = UP_BUF_INIT, there = UP_BUF_INIT;
    int rc = pin_what(s, w->v[1], &what, err);
    if (rc == UP_OK) {
        const char *text = up_buf_str(&what);
        const char *name = w->n > 2 ? w->v[2] : strchr(text, ' ') + 1;
        rc = up_store_pin_get(s->store, name, &there, NULL);
        if (!rc && strcmp(up_buf_str(&there), text) != 0)
            rc = up_fail(err, UP_EUSAGE,
                         "the pin \"%s\" is of %s; `upnas pin remove %s` gives the name free",
                         name, up_buf_str(&there), name);
        else if (!(rc = up_store_pin_put(s->store, name, text, err)))
            line(s, name, text);
    }
    up_buf_release(&what);
    up_buf_release(&there);
    return rc;
}

static int act(struct session *s, const struct up_words *w, struct up_err *err)
{
    const char *verb = w->n ? w->v[0] : "list";
    bool adds = !strcmp(verb, "add"), removes = !strcmp(verb, "remove");
    if (!adds && !removes && strcmp(verb, "list") != 0)
        return up_fail(err, UP_EUSAGE, "pin knows add, list and remove, not '%s'", verb);
    if (w->n > (adds ? 3u : removes ? 2u : 1u) || (w->n < 2 && (adds || removes)))
        return up_fail(err, UP_EUSAGE,
                       "pin takes add RUN-OR-ARTIFACT [NAME], remove NAME, or "
                       "list");
    int rc = up_cli_open_existing(&s->store, &s->common, adds || removes, err);
    if (rc)
        return rc;
    if (adds)
        rc = add(s, w, err);
    else if (removes)
        rc = up_store_pin_remove(s->store, w->v[1], err);
    else
        rc = up_store_walk(s->store, UP_STORE_PIN, false, visit, s, err);
    return rc ? rc : up_cli_print(&s->out, err);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct session s = {.common = UP_COMMON_INIT};
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&s.common), {0}};
    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || s.common.help)
        return rc;
    rc = act(&s, &rest, err);
    up_store_close(s.store);
    up_buf_release(&s.out);
    return rc;
}

const struct up_command up_command_pin = {
    "pin", "add RUN-OR-ARTIFACT [NAME] | list | remove NAME", "name what gc must never remove",
    "A pinned run, or artifact (by node name, RUN:NODE or digest), stays with everything it "
    "came\n"
    "from. NAME is then a name for the run, as in `upnas show NAME`.",
    run};
