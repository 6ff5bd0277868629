/* upnas show: a run, an artifact, or one number of it, with where it came from. */
#include "cli/answer/subject.h"
#include "cli/answer/archs_csv.h"
#include "cli/answer/document_json.h"
#include "cli/shared/workspace.h"
#include "dag/record/record.h"
#include "cli/shared/say.h"
#include "cli/shared/remotes.h"
#include "dag/record/trust.h"
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct show {
    struct up_common common;
    struct up_words rest; /* NAME [PATH] */
    bool raw, csv, why;
    struct up_store *store;
    struct up_buf out;
};

/* ---- a run ---- */

static void run_text(struct up_buf *out, const struct up_run_record *r)
{
    char hex[UP_DIGEST_HEX], took[24];

    up_say(out, "run       %s\nstatus    %s%s%s\nstarted   %s\ntook      %s\nmode      %s\n",
           r->id, r->status, r->error ? ": " : "", r->error ? r->error : "", r->started,
           up_time_text(took, r->seconds), r->mode);
    up_buf_puts(out, "command  ");
    for (size_t i = 0; i < r->ncommand; ++i)
        up_say(out, " %s", r->command[i]);
    up_buf_puts(out, "\n\nnodes\n");
    for (size_t i = 0; i < r->nnodes; ++i) {
        const struct up_run_node *n = &r->nodes[i];
        up_say(out, "  %-10s %-8s %-32s %s\n", n->stage, up_done_name(n->status),
               up_digest_zero(n->digest) ? "" : up_digest_hex(n->digest, hex), n->why);
    }
    up_buf_puts(out, "\nsettings\n");
    for (size_t i = 0; i < r->nconfig; ++i)
        up_say(out, "  %-24s %-28s %s\n", r->config[i].name, r->config[i].value,
               r->config[i].origin);
    up_buf_puts(out, "\ncomputed by\n");
    for (size_t i = 0; i < r->nprovenance; ++i)
        up_say(out, "  %-10s %s\n", r->provenance[i].name, r->provenance[i].value);
}

static void pairs_json(struct up_jw *w, const char *key, const struct up_pair *v, size_t n)
{
    up_jw_key(w, key);
    up_jw_object(w);
    for (size_t i = 0; i < n; ++i)
        up_jw_key_str(w, v[i].name, v[i].value);
    up_jw_end(w);
}

static void run_nodes_json(struct up_jw *w, const struct up_run_record *r)
{
    char hex[UP_DIGEST_HEX];
    up_jw_key(w, "nodes");
    up_jw_list(w);
    for (size_t i = 0; i < r->nnodes; ++i) {
        const struct up_run_node *n = &r->nodes[i];
        up_jw_object(w);
        up_jw_key_str(w, "node", n->stage);
        up_jw_key_str(w, "status", up_done_name(n->status));
        up_jw_key_str(w, "why", n->why);
        up_jw_key_str(w, "key", n->has_key ? up_digest_hex(n->key, hex) : NULL);
        up_jw_key_str(w, "digest",
                      up_digest_zero(n->digest) ? NULL : up_digest_hex(n->digest, hex));
        up_jw_key_int(w, "size", (int64_t)n->size);
        up_jw_key_real(w, "seconds", n->seconds);
        up_jw_end(w);
    }
    up_jw_end(w);
}

static void run_json(struct up_buf *out, const struct up_run_record *r)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "run", r->id);
    up_jw_key_str(&w, "status", r->status);
    up_jw_key_str(&w, "error", r->error);
    up_jw_key_str(&w, "started", r->started);
    up_jw_key_str(&w, "finished", r->finished);
    up_jw_key_real(&w, "seconds", r->seconds);
    up_jw_key_int(&w, "executed", r->executed);
    up_jw_key_int(&w, "cached", r->cached);
    up_jw_key_str(&w, "mode", r->mode);
    run_nodes_json(&w, r);
    up_jw_key(&w, "config");
    up_jw_list(&w);
    for (size_t i = 0; i < r->nconfig; ++i) {
        up_jw_object(&w);
        up_jw_key_str(&w, "name", r->config[i].name);
        up_jw_key_str(&w, "value", r->config[i].value);
        up_jw_key_str(&w, "origin", r->config[i].origin);
        up_jw_end(&w);
    }
    up_jw_end(&w);
    pairs_json(&w, "provenance", r->provenance, r->nprovenance);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

/* ---- an artifact ---- */

static void provenance_text(struct up_buf *out, const struct up_result *r)
{
    char hex[UP_DIGEST_HEX], sha[UP_SHA256_HEX], size[24], took[24];

    up_say(out,
           "artifact  %s version %" PRId64
           "\ndigest    %s\nsha256    %s\nsize      %s\nrun       %s\n"
           "computed  %s, took %s\n",
           r->stage, r->version, up_digest_hex(r->digest, hex), up_sha256_hex(r->sha256, sha),
           up_size_text(size, r->size), r->run, r->finished, up_time_text(took, r->seconds));
    if (r->from != UP_CAME_HERE)
        up_say(out, "from      %s\n", r->source);
    for (size_t i = 0; i < r->ninputs; ++i)
        up_say(out, "input     %-10s %s\n", r->inputs[i].stage,
               up_digest_zero(r->inputs[i].digest) ? "absent"
                                                   : up_digest_hex(r->inputs[i].digest, hex));
    for (size_t i = 0; i < r->nfiles; ++i)
        up_say(out, "file      %s %s (%s)\n", r->files[i].param, r->files[i].path,
               up_digest_hex(r->files[i].digest, hex));
    for (size_t i = 0; i < r->nparams; ++i)
        up_say(out, "param     %s: %s\n", r->params[i].name, r->params[i].value);
    for (size_t i = 0; i < r->nprovenance; ++i)
        up_say(out, "by        %s: %s\n", r->provenance[i].name, r->provenance[i].value);
}

static void provenance_json(struct up_jw *w, const struct up_result *r)
{
    char hex[UP_DIGEST_HEX], sha[UP_SHA256_HEX];

    up_jw_key_str(w, "artifact", r->stage);
    up_jw_key_int(w, "version", r->version);
    up_jw_key_str(w, "digest", up_digest_hex(r->digest, hex));
    up_jw_key_str(w, "sha256", up_sha256_hex(r->sha256, sha));
    up_jw_key_int(w, "size", (int64_t)r->size);
    up_jw_key_str(w, "run", r->run);
    up_jw_key_str(w, "remote", r->from == UP_CAME_REMOTE ? r->source + sizeof "remote" : NULL);
    up_jw_key_str(w, "from", r->source);
    up_jw_key_str(w, "started", r->started);
    up_jw_key_str(w, "finished", r->finished);
    up_jw_key_real(w, "seconds", r->seconds);
    up_jw_key(w, "inputs");
    up_jw_object(w);
    for (size_t i = 0; i < r->ninputs; ++i)
        up_jw_key_str(w, r->inputs[i].stage,
                      up_digest_zero(r->inputs[i].digest)
                          ? NULL
                          : up_digest_hex(r->inputs[i].digest, hex));
    up_jw_end(w);
    up_jw_key(w, "files");
    up_jw_list(w);
    for (size_t i = 0; i < r->nfiles; ++i) {
        up_jw_object(w);
        up_jw_key_str(w, "param", r->files[i].param);
        up_jw_key_str(w, "path", r->files[i].path);
        up_jw_key_str(w, "digest", up_digest_hex(r->files[i].digest, hex));
        up_jw_end(w);
    }
    up_jw_end(w);
    pairs_json(w, "params", r->params, r->nparams);
    pairs_json(w, "provenance", r->provenance, r->nprovenance);
}

static void value_text(struct up_buf *out, struct up_view value, size_t limit)
{
    struct up_buf text = UP_BUF_INIT;
    up_pack_text(&text, value, limit);
    up_say_text(out, up_buf_view(&text), false);
    up_buf_release(&text);
}

static int content_text(struct up_buf *out, struct up_cursor c, struct up_err *err)
{
    struct up_view key, value;
    size_t n;
    int rc;

    if (up_cur_peek(&c) != UP_T_MAP) {
        if (!(rc = up_cur_raw(&c, &value, err)))
            value_text(out, value, 4000);
        up_buf_puts(out, "\n");
        return rc;
    }
    rc = up_cur_map(&c, &n, err);
    for (size_t i = 0; i < n && !rc; ++i) {
        if ((rc = up_cur_str(&c, &key, err)) || (rc = up_cur_raw(&c, &value, err)))
            break;
        up_say(out, "%-12.*s  ", (int)key.len, (const char *)key.data);
        value_text(out, value, 160);
        up_buf_puts(out, "\n");
    }
    return rc;
}

/* The value at the path, in the form asked for. */
static int content(struct show *s, struct up_view doc, struct up_jw *w, struct up_err *err)
{
    struct up_cursor c = up_cursor_of(doc);
    struct up_array a = {0};
    struct up_view v;
    enum up_type t;
    int rc = up_document_walk(&c, s->rest.n > 1 ? s->rest.v[1] : "", &a, &t, err);

    if (rc)
        return rc;
    if (s->raw) {
        if (t != UP_T_BIN && t != UP_T_STR)
            return up_fail(err, UP_EUSAGE,
                           "--raw needs a path to a text or a binary, such as files/NAME");
        rc = t == UP_T_BIN ? up_cur_bin(&c, &v, err) : up_cur_str(&c, &v, err);
        if (!rc)
            up_buf_append(&s->out, v.data, v.len);
        return rc;
    }
    if (w) {
        if (t != UP_T_ARRAY || !a.data)
            return up_document_json(w, &c, err);
        up_document_array_json(w, &a);
        return UP_OK;
    }
    if (t == UP_T_ARRAY && a.data) {
        struct up_jw plain;
        up_jw_init(&plain, &s->out, 0);
        up_document_array_json(&plain, &a);
        up_buf_puts(&s->out, "\n");
        return UP_OK;
    }
    return content_text(&s->out, c, err);
}

static int artifact(struct show *s, const struct up_result *r, struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_jw w;
    int rc = up_store_get(s->store, r->digest, &doc, err);

    if (rc == UP_ECORRUPT)
        rc = up_fail_in(err, rc, "%s (run it again: it is computed anew)", r->stage);
    if (rc)
        goto out;
    if (s->csv) {
        rc = up_archs_csv(&s->out, r->stage, up_buf_view(&doc), err);
    } else if (s->common.json && !s->raw) {
        up_jw_init(&w, &s->out, 0);
        up_jw_object(&w);
        provenance_json(&w, r);
        up_jw_key(&w, "value");
        if ((rc = content(s, up_buf_view(&doc), &w, err)))
            goto out;
        up_jw_end(&w);
        up_buf_puts(&s->out, "\n");
    } else {
        if (!s->raw) {
            provenance_text(&s->out, r);
            up_buf_puts(&s->out, "\n");
        }
        rc = content(s, up_buf_view(&doc), NULL, err);
    }
out:
    up_buf_release(&doc);
    return rc;
}

static int csv_usage(struct up_err *err)
{
    return up_fail(err, UP_EUSAGE,
                   "--csv prints a whole artifact, without --json, --raw or a path, as in "
                   "'upnas show scores --csv'");
}

/* NAME is an artifact, or else a run; the sentence is the artifact's when it is neither. */
static int show(struct show *s, struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_run_record *r = NULL;
    struct up_result result;
    const char *name = s->rest.n ? s->rest.v[0] : "last";
    int rc = UP_ENOTFOUND;

    bool last = s->rest.n < 2 && !strncmp(name, "last", 4) && (!name[4] || name[4] == '~') &&
                !strchr(name, ':'); /* can be nothing but a run */
    if (s->csv && last)
        return csv_usage(err);
    if (s->rest.n < 2 && !s->csv &&
        !(rc = up_task_run_find(s->store, name, &r, last ? err : NULL))) {
        (s->common.json ? run_json : run_text)(&s->out, r);
    } else if (!last && !(rc = up_result_find(s->store, name, &result, &arena, err))) {
        rc = artifact(s, &result, err);
    }
    up_run_record_free(r);
    up_arena_release(&arena);
    return rc;
}

static int why(struct show *s, struct up_err *err)
{
    struct up_answer a;
    struct up_team team = {.arena = UP_ARENA_INIT};
    struct up_judge *j = NULL;
    int rc = up_answer_find(&a, s->store, s->rest.n ? s->rest.v[0] : "last",
                            s->rest.n > 1 ? s->rest.v[1] : NULL, err);
    if (!rc)
        rc = up_team_open(&team, &s->common, UP_TEAM_NAMES, NULL, err);
    if (!rc)
        rc = up_judge_make(&j, s->store, &team.set, err);
    if (!rc)
        up_judge_lineage(j, a.lineage);
    if (!rc)
        (s->common.json ? up_provenance_json : up_provenance_text)(&s->out, &a.asked,
                                                                   a.lineage);
    up_judge_free(j);
    up_team_close(&team);
    up_answer_release(&a);
    return rc;
}

/* The bytes as they are, for a file or another program; a terminal might obey them. */
static int print_file(struct up_buf *out, struct up_err *err)
{
    struct up_buf plain = UP_BUF_INIT;
    up_say_text(&plain, up_buf_view(out), true);
    bool same = up_view_equal(up_buf_view(&plain), up_buf_view(out));
    up_buf_release(&plain);
    if (!same && isatty(STDOUT_FILENO))
        return up_fail(err, UP_EUSAGE,
                       "this has bytes that a terminal would obey; send it into a file: upnas "
                       "show ... --raw >FILE");
    return up_cli_print_raw(out, err);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct show s = {.common = UP_COMMON_INIT};
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&s.common),
        {"--why", UP_OPT_FLAG, &s.why, NULL,
         "all it was made of, down to source files, settings and machines", 0, 0},
        {"--raw", UP_OPT_FLAG, &s.raw, NULL,
         "only the bytes of a text or binary, for a file or pipe", 0, 0},
        {"--csv", UP_OPT_FLAG, &s.csv, NULL,
         "the architectures of space, scores or benchmark as a table", 0, 0},
        {0}};

    int rc = up_cli_options(c, opts, argc, argv, &s.rest, err);
    if (rc || s.common.help)
        return rc;
    if (s.csv && (s.raw || s.common.json || s.rest.n != 1))
        return csv_usage(err);
    if (s.why && (s.raw || s.csv))
        return up_fail(err, UP_EUSAGE, "--why goes with --json, not with --raw or --csv");
    if (!(rc = up_cli_words(c, &s.rest, 0, 2, "", err)) &&
        !(rc = up_cli_open_store(&s.store, &s.common, false, err)) &&
        !(rc = (s.why ? why : show)(&s, err)))
        rc = (s.raw ? print_file : up_cli_print)(&s.out, err);
    up_buf_release(&s.out);
    up_store_close(s.store);
    return rc;
}

const struct up_command up_command_show = {
    "show", "[NAME [PATH] | NUMBER --why]",
    "a run, an artifact, or one value, with its provenance",
    "NAME: a run (an id, part of one, last, last~1), a node of the last run (lambda), "
    "RUN:NODE,\n"
    "or the first digits of a digest. PATH leads into the artifact: weights, best/0/arch,\n"
    "scores/17/3, files/cell-1.svg (with --raw, into a file). With --csv the scored\n"
    "architectures (scores), the pool (space) or a published table (benchmark) are a CSV that\n"
    "benchmark.scores and space.list read again. With --why everything it was made of: NAME "
    "and\n"
    "PATH as before (or NODE/PATH), or a NUMBER as results print it, which is looked for in "
    "what\n"
    "the last run made (RUN:NUMBER: in another).",
    run};
