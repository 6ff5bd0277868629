/* upnas verify: reads every record against both digests, and names the runs that
 * lost something. Exit status: 0 sound, 1 corrupt, 2 not trusted, 4 other trouble, added up. */
#include "cli/shared/openblas.h"
#include "cli/command/verify_rebuild.h"
#include "cli/command/verify_trust.h"
#include "dag/record/record.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct affected {
    struct up_store *store;
    struct up_buf run;
    struct up_buf runs; /* ids, each with its terminator */
};

/* A run is affected when a node's artifact, which it once had, is not readable any more. */
static int visit(void *ctx, const struct up_run_record *r)
{
    struct affected *a = ctx;
    for (size_t i = 0; i < r->nnodes; ++i) {
        if (up_digest_zero(r->nodes[i].digest) || up_store_has(a->store, r->nodes[i].digest))
            continue;
        if (up_store_run_get(a->store, r->id, &a->run, NULL) == UP_ENOTFOUND)
            break; /* a collector has removed the run, and its artifacts with it */
        up_buf_append(&a->runs, r->id, strlen(r->id) + 1);
        break;
    }
    return 0;
}

static const char *run_at(const struct affected *a, size_t at)
{
    return (const char *)a->runs.data + at;
}

static void print(struct up_buf *out, const struct up_common *c,
                  const struct up_store_health *h, const struct affected *a)
{
    char size[24];
    struct up_jw w;

    if (!c->json) {
        up_say(out, "%" PRIu64 " records, %s: ", h->records, up_size_text(size, h->bytes));
        if (h->bad)
            up_say(out, "%" PRIu64 " damaged; 'upnas run' computes what is missing\n", h->bad);
        else
            up_buf_puts(out, "sound\n");
        for (size_t at = 0; at < a->runs.len; at += strlen(run_at(a, at)) + 1)
            up_say(out, "affected: run %s\n", run_at(a, at));
        return;
    }
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_int(&w, "records", (int64_t)h->records);
    up_jw_key_int(&w, "bytes", (int64_t)h->bytes);
    up_jw_key_int(&w, "bad", (int64_t)h->bad);
    up_jw_key(&w, "affected");
    up_jw_list(&w);
    for (size_t at = 0; at < a->runs.len; at += strlen(run_at(a, at)) + 1)
        up_jw_str(&w, run_at(a, at));
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int verify(const struct up_common *c, struct up_store *store, struct up_store_health *h,
                  size_t *untrusted, struct up_err *err)
{
    struct affected a = {.store = store};
    struct up_buf out = UP_BUF_INIT;
    int rc = up_store_verify(store, h, err);

    if (!rc && h->bad)
        rc = up_runs_walk(store, visit, &a, err);
    if (!rc)
        rc = up_verify_trust(c, store, untrusted, err);
    if (!rc) {
        print(&out, c, h, &a);
        rc = up_cli_print(&out, err);
    }
    up_buf_release(&out);
    up_buf_release(&a.runs);
    up_buf_release(&a.run);
    return rc;
}

static int rebuild(struct up_task *t, size_t n, size_t *differ, struct up_err *err)
{
    struct up_rebuilt r = {0};
    struct up_buf line = UP_BUF_INIT;
    struct up_jw w;
    int rc = up_rebuild(&r, t, n, err);

    if (!rc && t->common.json) {
        up_jw_init(&w, &line, 0);
        up_jw_object(&w);
        up_jw_key_int(&w, "rebuilt", (int64_t)r.n);
        up_jw_key_int(&w, "differ", (int64_t)r.differ);
        up_jw_key_int(&w, "adopted", (int64_t)r.adopted);
        up_jw_end(&w);
        up_buf_puts(&line, "\n");
    } else if (!rc) {
        up_buf_append(&line, r.report.data, r.report.len);
        up_say(&line, "%zu nodes computed again, %zu with other bytes\n", r.n, r.differ);
    }
    if (!rc)
        rc = up_cli_print(&line, err);
    *differ = r.differ;
    up_buf_release(&r.report);
    up_buf_release(&line);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_task t = UP_TASK_INIT;
    int64_t n = 0;
    size_t differ = 0, untrusted = 0;
    const struct up_opt opts[] = {UP_OPT_TASK(&t),
                                  {"--rebuild", UP_OPT_INT, &n, "N",
                                   "compute N of the config's cached nodes again, and compare",
                                   1, 1000},
                                  {0}};
    struct up_store_health h = {0};

    int rc = up_cli_options(c, opts, argc, argv, &t.rest, err);
    if (!rc && t.common.help)
        return UP_EXIT_OK;
    if (rc || (rc = up_cli_words(c, &t.rest, n > 0, n > 0, "a config with --rebuild", err)) ||
        (n && (rc = up_task_config(&t, err))) ||
        (n && (rc = up_pin_kernels(t.config->native, err))))
        goto out;
    rc = n ? up_cli_open_existing(&t.store, &t.common, true, err)
           : up_cli_open_damaged(&t.store, &t.common, err);
    if (!rc)
        rc = n ? rebuild(&t, (size_t)n, &differ, err)
               : verify(&t.common, t.store, &h, &untrusted, err);
out:
    up_task_release(&t);
    int exit = (h.bad || differ || rc == UP_ECORRUPT ? UP_EXIT_CORRUPT : UP_EXIT_OK) +
               (untrusted ? UP_EXIT_UNTRUSTED : 0);
    if (rc)
        up_cli_error(err->msg);
    return (rc && rc != UP_ECORRUPT) || up_cli_store_lost() ? exit + UP_EXIT_OTHER : exit;
}

const struct up_command up_command_verify = {
    "verify", "[--rebuild N CONFIG [--set KEY=VALUE ...]]",
    "check every record against its digests",
    "Exit status: 0 sound, 1 corrupt, 2 results from elsewhere (remotes, import, merge) that "
    "no "
    "key\n"
    "trusted today has signed, 4 other trouble such as wrong usage; added up. The next run "
    "moves\n"
    "damaged records aside and computes them again, with the same bytes. With --rebuild, N "
    "nodes are\n"
    "computed again in a store of their own, and their bytes compared: what came from "
    "elsewhere "
    "is\n"
    "this store's own afterwards, with the bytes that were computed.",
    run};
