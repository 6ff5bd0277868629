/* upnas: the table of commands, and what a failed one says. */
#include "cli/shared/cli.h"
#include "dag/config/suggest.h"
#include "store/base/fp.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

extern const struct up_command up_command_init, up_command_run, up_command_plan,
    up_command_status, up_command_explain, up_command_log, up_command_show, up_command_diff,
    up_command_verify, up_command_merge, up_command_score, up_command_rank, up_command_remote,
    up_command_push, up_command_pull, up_command_key, up_command_gc, up_command_pin,
    up_command_export, up_command_import, up_command_report, up_command_serve,
    up_command_completion;

/* How to add a command: write cli/NAME.c that defines `const struct up_command
 * up_command_NAME` (name, synopsis, one line, run), with UP_OPT_COMMON first in
 * its option table; declare it above, put it into the list below where --help
 * should show it, and add the file to cli/CMakeLists.txt and man/upnas.1. */
const struct up_command *const up_commands[] = {
    &up_command_init,    &up_command_run,   &up_command_plan,       &up_command_status,
    &up_command_explain, &up_command_log,   &up_command_show,       &up_command_diff,
    &up_command_verify,  &up_command_merge, &up_command_score,      &up_command_rank,
    &up_command_remote,  &up_command_push,  &up_command_pull,       &up_command_key,
    &up_command_gc,      &up_command_pin,   &up_command_export,     &up_command_import,
    &up_command_report,  &up_command_serve, &up_command_completion, NULL};

static int usage(FILE *to, int status)
{
    fprintf(to,
            "usage: upnas COMMAND [OPTION...]\n\n"
            "Finds a neural architecture without training one; computes nothing twice.\n\n");
    for (const struct up_command *const *c = up_commands; *c; ++c)
        fprintf(to, "  %-10s %s\n", (*c)->name, (*c)->does);
    fprintf(
        to,
        "\n'upnas COMMAND --help' says more. Every command takes --json and --store DIR.\n");
    return status;
}

static int unknown(const char *word)
{
    struct up_suggest near = up_suggest_for(word);
    for (const struct up_command *const *c = up_commands; *c; ++c)
        up_suggest_offer(&near, (*c)->name);
    struct up_err err;
    (void)up_fail(&err, UP_EUSAGE, "there is no command '%s'%s%s; see 'upnas --help'", word,
                  near.best ? ", did you mean " : "", near.best ? near.best : "");
    up_cli_error(err.msg);
    return 2;
}

int main(int argc, char **argv)
{
    struct up_err err = {0};

    up_fp_reset();            /* settings are read as numbers too */
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write, said in a sentence */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file over ulimit -f */
    if (argc < 2)
        return usage(stderr, 2);
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
        return usage(stdout, 0);
    if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version"))
        return printf("upnas %s\n", UP_VERSION) < 0;
    for (const struct up_command *const *c = up_commands; *c; ++c) {
        if (strcmp((*c)->name, argv[1]))
            continue;
        int rc = (*c)->run(*c, argc - 2, argv + 2, &err);
        if (rc < 0)
            up_cli_error(err.msg[0] ? err.msg : "failed without a reason");
        if (rc == 0 && up_cli_store_lost())
            return 1;
        return rc == UP_EUSAGE ? 2 : rc < 0 ? 1 : rc;
    }
    return unknown(argv[1]);
}
