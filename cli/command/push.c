/* upnas push: hands results over to remotes. */
#include "cli/shared/progress.h"
#include "cli/shared/remotes.h"
#include "cli/shared/workspace.h"
#include "dag/run/clock.h"
#include "dag/run/rate.h"
#include "dag/exchange/share.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <string.h>

struct session {
    struct up_common common;
    struct up_words rest, runs;
    bool plain, repair, dry; /* plain: unsigned */
    const char *key;
    struct up_store *store;
    struct up_team team;
    struct up_progress progress;
    struct up_rate rate;
};

static void say(void *ctx, const char *sentence)
{
    (void)ctx;
    up_cli_warn(sentence);
}

static void tell(void *ctx, uint64_t records)
{
    struct session *s = ctx;
    struct up_event e = {
        .kind = UP_EV_PROGRESS, .node = "push", .done = records, .unit = "records"};
    e.rate = up_rate_add(&s->rate, up_clock_ms(), records);
    up_progress_event(&s->progress, &e);
}

static void as_text(struct up_buf *out, const struct up_share_push *p, const char *name)
{
    const struct up_push_count *c = &p->count;
    char size[24];
    up_say(out,
           "%s: %s %" PRIu64 " results, %" PRIu64 " artifacts of %s, %" PRIu64 " runs; %" PRIu64
           " results were there",
           name, p->opts.dry ? "would push" : "pushed", c->entries, c->objects,
           up_size_text(size, c->bytes), p->runs, c->entries_had);
    if (c->differ)
        up_say(out, ", %" PRIu64 " of them with other bytes", c->differ);
    if (p->left_out)
        up_say(out, "; %" PRIu64 " left out", p->left_out);
    up_buf_puts(out, "\n");
}

static void as_json(struct up_buf *out, const struct up_share_push *p, const char *name)
{
    const struct up_push_count *c = &p->count;
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", "remote");
    up_jw_key_str(&w, "remote", name);
    up_jw_key(&w, "dry_run");
    up_jw_bool(&w, p->opts.dry);
    up_jw_key_int(&w, "results", (int64_t)c->entries);
    up_jw_key_int(&w, "results_had", (int64_t)c->entries_had);
    up_jw_key_int(&w, "artifacts", (int64_t)c->objects);
    up_jw_key_int(&w, "artifacts_had", (int64_t)c->objects_had);
    up_jw_key_int(&w, "bytes", (int64_t)c->bytes);
    up_jw_key_int(&w, "runs", (int64_t)p->runs);
    up_jw_key_int(&w, "differ", (int64_t)c->differ);
    up_jw_key_int(&w, "left_out", (int64_t)p->left_out);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

/* Some runs, or everything. */
static int hand_over(struct session *s, struct up_share_push *p, struct up_err *err)
{
    int rc = UP_OK;
    if (!s->runs.n)
        return up_share_push_all(p, err);
    for (size_t i = 0; !rc && i < s->runs.n; ++i) {
        struct up_run_record *r = NULL;
        rc = up_task_run_find(s->store, s->runs.v[i], &r, err);
        if (!rc)
            rc = up_share_push_run(p, r, err);
        up_run_record_free(r);
    }
    return rc;
}

static int push_to(struct session *s, struct up_member *to, const struct up_secret_key *key,
                   uint64_t *left_out, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_share_push p = {.remotes = &s->team.set,
                              .to = to,
                              .from = s->store,
                              .key = key,
                              .opts = {.repair = s->repair, .dry = s->dry},
                              .say = say,
                              .progress = tell,
                              .ctx = s};
    int rc = hand_over(s, &p, err);
    up_progress_end(&s->progress);
    *left_out += p.left_out + p.count.differ;
    if (s->common.json)
        as_json(&out, &p, to->remote->name);
    else
        as_text(&out, &p, to->remote->name);
    if (!rc)
        rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

/* Those named, which must be writable, or all that are. */
static int choose(struct session *s, size_t *writable, struct up_err *err)
{
    for (size_t i = 0; i < s->team.set.n; ++i) {
        const struct up_member *m = &s->team.set.member[i];
        *writable += m->writable;
        if (s->rest.n && !m->writable)
            return up_fail(err, UP_EUSAGE,
                           "remote %s is read only here; add it with --rw to push to it",
                           m->remote->name);
    }
    return *writable ? UP_OK
                     : up_fail(err, UP_EUSAGE,
                               "there is no remote to push to: upnas remote add NAME ADDRESS "
                               "--rw");
}

static int push(struct session *s, uint64_t *left_out, struct up_err *err)
{
    struct up_secret_key key = {.name = ""};
    size_t writable = 0;
    int rc = up_cli_open_store(&s->store, &s->common, false, err);
    if (!rc)
        rc = up_team_open(&s->team, &s->common, UP_TEAM_STRICT, &s->rest, err);
    if (!rc)
        rc = choose(s, &writable, err);
    if (!rc && !s->plain)
        rc = up_keys_secret(&key, &s->team.keys, s->key, err);
    for (size_t i = 0; !rc && i < s->team.set.n; ++i)
        if (s->team.set.member[i].writable)
            rc = push_to(s, &s->team.set.member[i], s->plain ? NULL : &key, left_out, err);
    up_secret_key_wipe(&key);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct session s = {.common = UP_COMMON_INIT};
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&s.common),
        {"--run", UP_OPT_MANY, &s.runs, "RUN", "only what this run names; repeatable", 0, 0},
        {"--key", UP_OPT_TEXT, &s.key, "NAME", "sign with this key (default: the only one)", 0,
         0},
        {"--unsigned", UP_OPT_FLAG, &s.plain, NULL, "sign nothing", 0, 0},
        {"--repair", UP_OPT_FLAG, &s.repair, NULL,
         "read back what is there, and replace what is damaged", 0, 0},
        {"--dry-run", UP_OPT_FLAG, &s.dry, NULL, "ask, and write nothing", 0, 0},
        {0}};
    uint64_t left_out = 0;

    int rc = up_cli_options(c, opts, argc, argv, &s.rest, err);
    if (rc || s.common.help)
        return rc;
    up_progress_init(&s.progress, s.common.json);
    rc = push(&s, &left_out, err);
    up_progress_end(&s.progress);
    up_team_close(&s.team);
    up_store_close(s.store);
    return rc ? rc : left_out ? UP_EXIT_CORRUPT : UP_EXIT_OK;
}

const struct up_command up_command_push = {
    "push", "[REMOTE...] [--run RUN ...] [--key NAME]", "hand results over to remotes, signed",
    "Every result of the store that the remote lacks, or those of some runs: artifacts first, "
    "then the\n"
    "signed results that name them, then the runs. Signed is what this store computed from "
    "what it\n"
    "computed itself or a trusted key has signed; what a trusted key has signed goes on with "
    "that\n"
    "signature; all else is left out, with a sentence. Stopped half way, it goes on when "
    "started again. Exit status: 0 all is there, 1 "
    "not all,\n"
    "2 usage.",
    run};
