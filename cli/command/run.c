/* upnas run: brings everything up to date and hands over the result. */
#include "cli/shared/openblas.h"
#include "cli/shared/progress.h"
#include "cli/shared/provenance.h"
#include "cli/answer/result.h"
#include "cli/shared/workspace.h"
#include "cli/shared/remotes.h"
#include "cli/answer/outdir.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted; /* the number of the signal */
static volatile sig_atomic_t json;        /* whoever reads standard output wants events */

/* With what follows, less than two seconds even where the machine is busy. */
enum { GRACE_MS = 1400 };

/* What is in flight takes longer than the grace: the program ends all the same. Nothing that
 * was finished is lost, for the store survives its writers, however they end. */
static void on_alarm(int number)
{
    static const char text[] = "upnas: interrupted; what is finished is kept, and the same "
                               "command continues from there\n";
    static const char event[] =
        "{\"event\": \"error\", \"message\": \"interrupted; what is finished is kept, and the "
        "same command continues from there\", \"status\": \"interrupted\"}\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    if (json)
        written = write(STDOUT_FILENO, event, sizeof event - 1);
    (void)written, (void)number;
    signal(interrupted, SIG_DFL);
    raise(interrupted);
}

/* The first signal asks, the second one ends the program. */
static void on_signal(int number)
{
    static const char text[] =
        "\nstopping: parts in flight have two seconds (again to stop at once)\n";
    const struct itimerval grace = {.it_value = {GRACE_MS / 1000, GRACE_MS % 1000 * 1000}};
    int before = errno; /* whoever was interrupted may be about to read it */
    if (interrupted) {
        signal(number, SIG_DFL);
        raise(number);
    }
    interrupted = number;
    (void)setitimer(ITIMER_REAL, &grace, NULL);
    ssize_t written = write(STDERR_FILENO, text, sizeof text - 1);
    (void)written;
    errno = before;
}

static void catch_signals(void)
{
    struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigemptyset(&a.sa_mask);
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    a.sa_handler = on_alarm;
    a.sa_flags = 0;
    sigaction(SIGALRM, &a, NULL);
}

static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);
}

/* The words that would start this run again. */
static const char *const *command_of(int argc, char **argv, size_t *n)
{
    const char **v = malloc(((size_t)argc + 2) * sizeof *v);
    if (!v) {
        *n = 0;
        return NULL;
    }
    v[0] = "upnas";
    v[1] = "run";
    for (int i = 0; i < argc; ++i)
        v[i + 2] = argv[i];
    *n = (size_t)argc + 2;
    return v;
}

static void on_event(void *ctx, const struct up_event *e) { up_progress_event(ctx, e); }

static int execute(struct up_run_record **record, struct up_task *t, struct up_remotes *remotes,
                   int threads, int argc, char **argv, struct up_err *err)
{
    struct up_provenance who;
    struct up_progress progress;
    struct up_run_opts o = {.threads = threads,
                            .target = up_task_target(t),
                            .mode = t->mode,
                            .cancel = &interrupted,
                            .remotes = remotes,
                            .event = on_event,
                            .event_ctx = &progress};

    up_provenance_fill(&who);
    o.provenance = who.pair;
    o.nprovenance = who.n;
    o.command = command_of(argc, argv, &o.ncommand);
    up_progress_init(&progress, t->common.json);
    json = t->common.json;
    int rc = up_run_execute(record, t->config, t->store, &o, err);
    up_progress_end(&progress);
    free((void *)o.command);
    if (rc == UP_ECANCELED)
        return up_fail(err, rc,
                       "interrupted; what is finished is kept in %s, and the same command "
                       "continues from there",
                       t->common.store);
    return rc;
}

/* How many files, and the first of each kind. */
static void files_line(struct up_buf *out, const char *dir, const char *names)
{
    struct up_buf kinds = UP_BUF_INIT, some = UP_BUF_INIT;
    int n = 0;

    for (size_t len; (len = strcspn(names, "\n")); names += len + 1, ++n) {
        const char *dot = memrchr(names, '.', len);
        size_t kind = dot ? (size_t)(names + len - dot) : 0;
        if (!kind || (kinds.len && memmem(kinds.data, kinds.len, dot, kind + 1)))
            continue;
        up_buf_append(&kinds, dot, kind + 1);
        up_say(&some, " %.*s", (int)len, names);
    }
    up_say(out, "\n%d files in %s, such as%s\n", n, dir, up_buf_str(&some));
    up_buf_release(&kinds);
    up_buf_release(&some);
}

/* dir NULL: no files. A run that ends before there are any leaves those of an earlier one. */
static int hand_over(struct up_task *t, const struct up_run_record *r, const char *dir,
                     struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT, names = UP_BUF_INIT;
    char took[24];
    int rc = UP_OK;

    if (dir && up_result_has_files(r) && (rc = up_result_files(dir, &names, t->store, r, err)))
        goto out;
    if (t->common.json) {
        if (!(rc = up_result_event(&out, t->store, r, err)))
            rc = up_cli_print(&out, err);
        goto out;
    }
    if (up_run_record_node(r, "report"))
        up_buf_puts(&out, "\n");
    if ((rc = up_result_text(&out, t->store, r, err)))
        goto out;
    if (names.len)
        files_line(&out, dir, up_buf_str(&names));
    up_say(&out, "run %s: %d executed, %d cached, %s\n", r->id, (int)r->executed,
           (int)r->cached, up_time_text(took, r->seconds));
    rc = up_cli_print(&out, err);
out:
    up_buf_release(&out);
    up_buf_release(&names);
    return rc;
}

/* The last event of a run that has no result. */
static void error_event(int rc, const struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    struct up_jw w;
    up_jw_init(&w, &out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", "error");
    up_jw_key_str(&w, "message", err->msg);
    up_jw_key_str(&w, "status", rc == UP_ECANCELED ? "interrupted" : "failed");
    up_jw_end(&w);
    up_buf_puts(&out, "\n");
    (void)up_cli_print(&out, NULL); /* what failed may be standard output */
    up_buf_release(&out);
}

static int open_team(struct up_team *team, const struct up_common *c, int64_t seconds,
                     struct up_err *err)
{
    int rc = up_team_open(team, c, UP_TEAM_READ, NULL, err);
    team->set.patience_ms = (uint64_t)seconds * 1000;
    for (size_t i = 0; !rc && i < team->set.n; ++i)
        team->set.member[i].remote->cancel = &interrupted;
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_task t = UP_TASK_INIT;
    const char *out = "results";
    bool no_out = false, offline = false;
    int64_t threads = 0, remote_seconds = 0;
    const struct up_opt opts[] = {
        UP_OPT_TASK(&t),
        {"--threads", UP_OPT_INT, &threads, "N",
         "threads (default: the cores); results do not depend on it", 1, 1024},
        {"--out", UP_OPT_TEXT, &out, "DIR", "where the result's files go (default results)", 0,
         0},
        {"--no-out", UP_OPT_FLAG, &no_out, NULL, "write no files", 0, 0},
        {"--offline", UP_OPT_FLAG, &offline, NULL, "ask no remote", 0, 0},
        UP_OPT_REMOTE_SECONDS(&remote_seconds),
        {0}};
    struct up_run_record *record = NULL;
    struct up_team team = {.set = {.n = 0}};

    int rc = up_cli_options(c, opts, argc, argv, &t.rest, err);
    if (rc || t.common.help)
        return rc;
    if ((rc = up_cli_words(c, &t.rest, 1, 2, "a config, such as configs/quick.yaml", err)) ||
        (rc = up_task_config(&t, err)) ||
        (!no_out && !up_task_target(&t) && (rc = up_outdir_check(out, err))) ||
        (rc = up_pin_kernels(t.config->native, err)))
        goto out;
    up_task_warn(&t);
    catch_signals();
    t.common.cancel = &interrupted;
    if (!(rc = up_cli_open_store(&t.store, &t.common, true, err)) &&
        (offline || !(rc = open_team(&team, &t.common, remote_seconds, err))) &&
        !(rc = execute(&record, &t, team.set.n ? &team.set : NULL,
                       threads ? (int)threads : cores(), argc, argv, err)) &&
        !(rc = up_team_report(&team, t.common.json, err)))
        rc = hand_over(&t, record, no_out ? NULL : out, err);
out:
    if (rc && t.common.json)
        error_event(rc, err);
    up_run_record_free(record);
    up_team_close(&team);
    up_task_release(&t);
    return rc;
}

const struct up_command up_command_run = {
    "run", "CONFIG [NODE] [--set KEY=VALUE ...] [--threads N] [--out DIR] [--offline]",
    "compute what is missing and print the best architectures",
    "Prints a line for every node: cached, or ran and why. With NODE, such as scores, that "
    "node\n"
    "and what it reads alone. Interrupted by Ctrl-C or killed, it continues where it was when\n"
    "started again.",
    run};
