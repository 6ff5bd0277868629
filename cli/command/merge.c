/* upnas merge: takes over what other stores have and this one lacks. */
#include "dag/exchange/merge.h"
#include "cli/shared/progress.h"
#include "cli/shared/workspace.h"
#include "dag/run/clock.h"
#include "dag/run/rate.h"
#include "cli/shared/say.h"
#include "cli/command/verify_trust.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct session {
    struct up_common common;
    bool dry;
    struct up_words trust;
    struct up_team team;
    struct up_merge merge;
    struct up_progress progress;
    struct up_rate rate;
    struct up_store *to;
    const char *name;       /* of the store being read */
    struct up_digest *said; /* sentences, each told once: opening and reading may both tell */
    size_t n_said, before;  /* before: those of earlier stores */
};

/* A record that is not taken, or a difference. */
static void say(void *ctx, const char *sentence)
{
    struct session *s = ctx;
    struct up_buf text = UP_BUF_INIT;
    up_say(&text, "%s: %s", s->name, sentence);
    struct up_digest d = up_digest_of(text.data, text.len);
    bool told = false;
    for (size_t i = s->before; i < s->n_said && !told; ++i)
        told = up_digest_equal(s->said[i], d);
    if (!told) {
        s->said = up_realloc(s->said, (s->n_said + 1) * sizeof *s->said);
        s->said[s->n_said++] = d;
        up_cli_warn(up_buf_str(&text));
    }
    up_buf_release(&text);
}

static void tell(void *ctx, uint64_t records)
{
    struct session *s = ctx;
    struct up_event e = {
        .kind = UP_EV_PROGRESS, .node = "merge", .done = records, .unit = "records"};
    e.rate = up_rate_add(&s->rate, up_clock_ms(), records);
    up_progress_event(&s->progress, &e);
}

static int open_to(struct session *s, struct up_err *err)
{
    int rc = up_cli_open_store(&s->to, &s->common, !s->dry, err);
    if (rc == UP_ENOTFOUND && s->dry) { /* it would be made */
        s->to = NULL;
        rc = UP_OK;
    }
    s->merge = (struct up_merge){.to = s->to, .dry = s->dry, .say = say, .progress = tell};
    s->merge.ctx = s;
    return rc;
}

static bool same_folder(const char *a, const char *b)
{
    struct stat x, y;
    return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int open_from(struct session *s, struct up_store **from, struct up_err *err)
{
    struct up_store_opts o = {.read_only = true,
                              .allow_network_fs = s->common.network,
                              .on_damage = say,
                              .damage_ctx = s};
    if (same_folder(s->name, s->common.store))
        return up_fail(err, UP_EUSAGE,
                       "%s is the store that is merged into; name the other ones, and with "
                       "--store this one",
                       s->name);
    int rc = up_store_open(from, s->name, &o, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, rc, "there is no store in %s", s->name);
    return rc;
}

/* ---- what was done ---- */

static void as_text(struct up_buf *out, const struct session *s, const char *what,
                    const struct up_merge_count *c, uint64_t skipped)
{
    char size[24];
    uint64_t had = 0;
    for (int k = 0; k < UP_MERGE_KINDS; ++k)
        had += c->had[k];
    up_say(out,
           "%s: %s %" PRIu64 " results, %" PRIu64 " artifacts of %s, %" PRIu64
           " parts; %" PRIu64 " records were here",
           what, s->dry ? "would copy" : "copied", c->copied[UP_MERGE_RESULT],
           c->copied[UP_MERGE_ARTIFACT], up_size_text(size, c->bytes), c->copied[UP_MERGE_PART],
           had);
    if (c->differ)
        up_say(out, ", %" PRIu64 " of them with other bytes", c->differ);
    if (skipped)
        up_say(out, "; %" PRIu64 " damaged and not taken", skipped);
    up_buf_puts(out, "\n");
}

static void counts_json(struct up_jw *w, const char *key, const uint64_t *n)
{
    static const char *const kind[UP_MERGE_KINDS] = {"results", "artifacts", "parts"};
    up_jw_key(w, key);
    up_jw_object(w);
    for (int k = 0; k < UP_MERGE_KINDS; ++k)
        up_jw_key_int(w, kind[k], (int64_t)n[k]);
    up_jw_end(w);
}

/* store NULL: of all stores. */
static void as_json(struct up_buf *out, const struct session *s, const char *store,
                    const struct up_merge_count *c, uint64_t skipped)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", store ? "store" : "result");
    if (store)
        up_jw_key_str(&w, "store", store);
    up_jw_key(&w, "dry_run");
    up_jw_bool(&w, s->dry);
    counts_json(&w, "copied", c->copied);
    counts_json(&w, "had", c->had);
    up_jw_key_int(&w, "bytes", (int64_t)c->bytes);
    up_jw_key_int(&w, "differ", (int64_t)c->differ);
    up_jw_key_int(&w, "skipped", (int64_t)skipped);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int report(const struct session *s, const char *store, const struct up_merge_count *c,
                  uint64_t said, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    uint64_t skipped = said - c->differ;
    if (s->common.json)
        as_json(&out, s, store, c, skipped);
    else
        as_text(&out, s, store ? store : "together", c, skipped);
    int rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

static void add(struct up_merge_count *sum, const struct up_merge_count *c)
{
    for (int k = 0; k < UP_MERGE_KINDS; ++k) {
        sum->copied[k] += c->copied[k];
        sum->had[k] += c->had[k];
    }
    sum->bytes += c->bytes;
    sum->differ += c->differ;
}

static int merge(struct session *s, const struct up_words *stores, struct up_err *err)
{
    struct up_merge_count sum = {{0}, {0}, 0, 0};
    int rc = open_to(s, err);
    if (!rc)
        rc = up_team_open(&s->team, &s->common, UP_TEAM_NAMES, NULL, err);
    for (size_t i = 0; !rc && i < stores->n; ++i) {
        struct up_merge_count c = {{0}, {0}, 0, 0};
        struct up_store *from = NULL;
        s->name = stores->v[i];
        s->before = s->n_said;
        rc = open_from(s, &from, err);
        s->merge.admit = up_trust_admit(&s->team, UP_CAME_STORE, s->name, &s->trust);
        if (!rc)
            rc = up_merge_from(&s->merge, from, &c, err);
        up_store_close(from);
        if (rc)
            break;
        up_progress_end(&s->progress);
        rc = report(s, s->name, &c, s->n_said - s->before, err);
        add(&sum, &c);
    }
    if (!rc && (stores->n > 1 || s->common.json))
        rc = report(s, NULL, &sum, s->n_said, err);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct session s = {.common = UP_COMMON_INIT, .team = {.arena = UP_ARENA_INIT}};
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&s.common),
                                  {"--dry-run", UP_OPT_FLAG, &s.dry, NULL,
                                   "read and check everything, and copy nothing", 0, 0},
                                  UP_OPT_TRUST(&s.trust),
                                  {0}};

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || s.common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 1, UP_WORDS_MAX, "the stores to take from", err)))
        return rc;
    up_progress_init(&s.progress, s.common.json);
    rc = merge(&s, &rest, err);
    up_progress_end(&s.progress);
    up_merge_release(&s.merge);
    up_team_close(&s.team);
    up_store_close(s.to);
    bool incomplete = s.n_said > 0;
    free(s.said);
    return rc ? rc : incomplete ? UP_EXIT_CORRUPT : UP_EXIT_OK;
}

const struct up_command up_command_merge = {
    "merge", "STORE... [--dry-run] [--trust KEY ...]",
    "take over what other stores have and this one lacks",
    "Copies results, artifacts and kept parts (the blocks of a sweep's shares) into --store,\n"
    "checking every digest; runs stay where they were. Damaged records are left out, each "
    "with\n"
    "a warning. What is taken is marked as come from that store, with the signatures it has "
    "(upnas\n"
    "key sign); with --trust only what these keys or one's own have signed is taken. Killed "
    "half way, it goes on when started again. Exit status: 0 all taken, 1 "
    "not\n"
    "all, 2 usage.",
    run};
