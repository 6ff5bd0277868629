#include "cli/shared/cli.h"
#include "dag/config/suggest.h"
#include "store/base/arena.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct up_opt *find(const struct up_opt *opts, const char *word, size_t len)
{
    for (; opts->name; ++opts)
        if (!strncmp(opts->name, word, len) && !opts->name[len])
            return opts;
    return NULL;
}

static int unknown(const struct up_command *c, const struct up_opt *opts, const char *word,
                   struct up_err *err)
{
    struct up_suggest near = up_suggest_for(word);
    for (; opts->name; ++opts)
        up_suggest_offer(&near, opts->name);
    return up_fail(err, UP_EUSAGE, "%s has no option '%s'%s%s; see 'upnas %s --help'", c->name,
                   word, near.best ? ", did you mean " : "", near.best ? near.best : "",
                   c->name);
}

static int words_add(struct up_words *w, const char *word, struct up_err *err)
{
    if (w->n == UP_WORDS_MAX)
        return up_fail(err, UP_EUSAGE, "more than %d words of one kind, from '%s' on",
                       UP_WORDS_MAX, word);
    w->v[w->n++] = word;
    return UP_OK;
}

static int set_int(const struct up_opt *o, const char *value, struct up_err *err)
{
    char *end;
    errno = 0;
    long long v = strtoll(value, &end, 10);
    if (errno || end == value || *end || v < o->min || v > o->max)
        return up_fail(err, UP_EUSAGE,
                       "%s takes a whole number from %" PRId64 " to %" PRId64 ", not '%s'",
                       o->name, o->min, o->max, value);
    *(int64_t *)o->to = v;
    return UP_OK;
}

static int set(const struct up_opt *o, const char *value, struct up_err *err)
{
    if (o->kind == UP_OPT_INT)
        return set_int(o, value, err);
    if (o->kind == UP_OPT_MANY)
        return words_add(o->to, value, err);
    *(const char **)o->to = value;
    return UP_OK;
}

static void help(const struct up_command *c, const struct up_opt *opts)
{
    printf("usage: upnas %s %s\n\n%s\n", c->name, c->args, c->does);
    if (c->more)
        printf("%s\n", c->more);
    printf("\noptions:\n");
    for (; opts->name; ++opts) {
        char left[40];
        snprintf(left, sizeof left, "%s %s", opts->name, opts->arg ? opts->arg : "");
        printf("  %-22s %s\n", left, opts->doc);
    }
}

/* One line an option, for cli/command/completion.c: its name, and what follows it. */
static void list(const struct up_opt *opts)
{
    for (; opts->name; ++opts)
        printf("%s%s%s\n", opts->name, opts->arg ? " " : "", opts->arg ? opts->arg : "");
}

int up_cli_options(const struct up_command *c, const struct up_opt *opts, int argc, char **argv,
                   struct up_words *rest, struct up_err *err)
{
    bool only_words = false, asked = false;
    int rc;
    if (argc == 1 && !strcmp(argv[0], UP_OPT_LIST)) {
        *(bool *)find(opts, "--help", strlen("--help"))->to = true;
        list(opts);
        return UP_OK;
    }
    for (int i = 0; i < argc; ++i) {
        const char *word = strcmp(argv[i], "-h") ? argv[i] : "--help";
        bool number = word[0] == '-' && strchr("0123456789.", word[1]); /* or a single '-' */
        if (only_words || word[0] != '-' || number) {
            if ((rc = words_add(rest, argv[i], err)))
                return rc;
            continue;
        }
        if (!strcmp(word, "--")) {
            only_words = true;
            continue;
        }
        const char *eq = strchr(word, '=');
        const struct up_opt *o = find(opts, word, eq ? (size_t)(eq - word) : strlen(word));
        if (!o)
            return unknown(c, opts, word, err);
        if (o->kind == UP_OPT_FLAG) {
            if (eq)
                return up_fail(err, UP_EUSAGE, "%s takes no value", o->name);
            *(bool *)o->to = true;
            asked = asked || !strcmp(o->name, "--help");
            continue;
        }
        if (!eq && i + 1 == argc)
            return up_fail(err, UP_EUSAGE, "%s needs a value: %s %s", o->name, o->name, o->arg);
        if ((rc = set(o, eq ? eq + 1 : argv[++i], err)))
            return rc;
    }
    if (asked)
        help(c, opts);
    return UP_OK;
}

int up_cli_words(const struct up_command *c, const struct up_words *rest, size_t min,
                 size_t max, const char *what, struct up_err *err)
{
    if (rest->n < min)
        return up_fail(err, UP_EUSAGE, "%s needs %s: upnas %s %s", c->name, what, c->name,
                       c->args);
    if (rest->n > max)
        return up_fail(err, UP_EUSAGE, "%s does not know what to do with '%s': upnas %s %s",
                       c->name, rest->v[max], c->name, c->args);
    return UP_OK;
}
