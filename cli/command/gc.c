/* upnas gc: removes what no run and no pin needs. */
#include "dag/gc/gc.h"
#include "cli/shared/cli.h"
#include "cli/shared/workspace.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRACE_DAYS = 14 };

struct session {
    struct up_common common;
    bool dry, keep_file;
    const char *grace, *max_size;
    int64_t keep;
    struct up_buf lines;
};

static void gone(void *ctx, const struct up_gc_gone *g)
{
    struct session *s = ctx;
    char size[24];
    if (s->common.json) {
        struct up_jw w;
        up_jw_init(&w, &s->lines, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "event", "remove");
        up_jw_key_str(&w, "kind", up_gc_kind_name(g->kind));
        up_jw_key_str(&w, "name", g->name);
        up_jw_key_str(&w, "stage", *g->stage ? g->stage : NULL);
        up_jw_key_int(&w, "bytes", (int64_t)g->bytes);
        up_jw_end(&w);
        up_buf_puts(&s->lines, "\n");
        return;
    }
    up_say(&s->lines, "%-8s %s  %s%s%s\n", up_gc_kind_name(g->kind), g->name,
           up_size_text(size, g->bytes), *g->stage ? "  " : "", g->stage);
}

static void counts_json(struct up_jw *w, const char *key, const uint64_t *n)
{
    up_jw_key(w, key);
    up_jw_object(w);
    for (int k = 0; k < UP_GC_KINDS; ++k)
        up_jw_key_int(w, up_gc_kind_name((enum up_gc_kind)k), (int64_t)n[k]);
    up_jw_end(w);
}

static void report(struct up_buf *out, const struct session *s, const struct up_gc_count *c,
                   const struct up_store_counts *file)
{
    char a[24], b[24], d[24];
    if (s->common.json) {
        struct up_jw w;
        up_jw_init(&w, out, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "event", "result");
        up_jw_key(&w, "dry_run");
        up_jw_bool(&w, s->dry);
        counts_json(&w, "removed", c->removed);
        counts_json(&w, "kept", c->kept);
        up_jw_key_int(&w, "bytes", (int64_t)c->bytes);
        up_jw_key_int(&w, "left", (int64_t)c->left);
        up_jw_key_int(&w, "file", (int64_t)file->file);
        up_jw_end(&w);
        up_buf_puts(out, "\n");
        return;
    }
    up_buf_puts(out, s->dry ? "would remove" : "removed");
    for (int k = 0; k < UP_GC_KINDS; ++k)
        if (k != UP_GC_CHUNK || c->removed[k])
            up_say(out, "%s %" PRIu64 " %ss", k ? "," : "", c->removed[k],
                   up_gc_kind_name((enum up_gc_kind)k));
    up_say(out, " (%s); %s of records stay, in a file of %s\n", up_size_text(a, c->bytes),
           up_size_text(b, c->left), up_size_text(d, file->file));
}

/* "14d", "36h", "0" as microseconds; "3GiB", "500M" as bytes: a number and what it is times. */
static int read_amount(const char *option, const char *text, const char *const *unit,
                       const uint64_t *times, uint64_t *out, struct up_err *err)
{
    char *end = NULL;
    double v = strtod(text, &end);
    for (size_t i = 0; end != text && v >= 0 && unit[i]; ++i)
        if (!strcmp(end, unit[i]) && v * (double)times[i] < 9e18) {
            *out = (uint64_t)(v * (double)times[i]);
            return UP_OK;
        }
    return up_fail(
        err, UP_EUSAGE, "%s takes %s, not '%s'", option,
        times[0] == 1 ? "a size such as 500M or 20G" : "a time such as 14d, 36h or 0", text);
}

static int read_options(const struct session *s, struct up_gc_opts *o, struct up_err *err)
{
    static const char *const time[] = {"d", "", "h", "m", "s", NULL};
    static const uint64_t us[] = {86400000000, 86400000000, 3600000000, 60000000, 1000000};
    static const char *const size[] = {"",  "B",   "K", "KiB", "M", "MiB",
                                       "G", "GiB", "T", "TiB", NULL};
    static const uint64_t bytes[] = {1,       1,       1 << 10, 1 << 10,    1 << 20,
                                     1 << 20, 1 << 30, 1 << 30, 1ull << 40, 1ull << 40};
    int rc = UP_OK;
    if (s->grace)
        rc = read_amount("--grace", s->grace, time, us, &o->grace, err);
    if (!rc && s->max_size)
        rc = read_amount("--max-size", s->max_size, size, bytes, &o->max_size, err);
    if (!rc && s->max_size && !o->max_size)
        rc = up_fail(err, UP_EUSAGE, "--max-size takes a size above 0");
    return rc;
}

static int collect(struct session *s, const struct up_gc_opts *o, struct up_err *err)
{
    struct up_store *store = NULL;
    struct up_gc_count c;
    struct up_store_counts file;
    struct up_err why = {""};
    struct up_store_counts before;
    int rc = up_cli_open_existing(&store, &s->common, !s->dry, err);
    if (!rc)
        rc = up_gc(store, o, &c, err);
    if (!rc)
        rc = up_store_count(store, &before, err);
    /* worth while from a tenth of the file on */
    if (!rc && !s->dry && !s->keep_file && before.file - before.used > before.file / 10 &&
        up_store_compact(store, &why))
        up_cli_warn(why.msg);
    if (!rc)
        rc = up_store_count(store, &file, err);
    if (!rc) {
        report(&s->lines, s, &c, &file);
        rc = up_cli_print(&s->lines, err);
    }
    if (!rc && o->max_size && c.left > o->max_size)
        up_cli_warn(
            "what stays is larger than --max-size: it is pinned, or in use by a running "
            "process");
    up_store_close(store);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct session s = {.common = UP_COMMON_INIT};
    struct up_words rest = {0};
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&s.common),
        {"--dry-run", UP_OPT_FLAG, &s.dry, NULL, "list what would go, and remove nothing", 0,
         0},
        {"--grace", UP_OPT_TEXT, &s.grace, "TIME",
         "keep what was written since, as 36h or 14d (default 14d)", 0, 0},
        {"--max-size", UP_OPT_TEXT, &s.max_size, "SIZE",
         "go on until the records fit: what is unused, then the oldest runs", 0, 0},
        {"--keep", UP_OPT_INT, &s.keep, "N",
         "forget all runs but the newest N and the pinned ones", 1, INT32_MAX},
        {"--no-compact", UP_OPT_FLAG, &s.keep_file, NULL, "leave the file as large as it is", 0,
         0},
        {0}};
    struct up_gc_opts o = {
        .grace = (uint64_t)GRACE_DAYS * 86400000000, .gone = gone, .ctx = &s};

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || s.common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)) || (rc = read_options(&s, &o, err)))
        return rc;
    o.dry = s.dry;
    o.keep = (uint64_t)s.keep;
    rc = collect(&s, &o, err);
    up_buf_release(&s.lines);
    return rc;
}

const struct up_command up_command_gc = {
    "gc", "[--dry-run] [--grace TIME] [--max-size SIZE] [--keep N]",
    "remove what no run and no pin needs",
    "Keeps all runs and pins with everything they read or made, what is younger than --grace\n"
    "(such as what was merged or imported and not used yet), and what running processes rely "
    "on.\n"
    "Parts of a node's work stay while a run needs them. With --max-size what nobody needs "
    "goes\n"
    "first, least recently written first, then parts of finished nodes, then whole runs, "
    "oldest\n"
    "first; never what is pinned. Prints a line for every record; --dry-run prints the same "
    "lines.\n"
    "The file is rewritten when that makes it smaller and no other process has it open.",
    run};
