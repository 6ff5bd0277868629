/* upnas completion: prints the script with which a shell completes commands, options and
 * settings. The script is made from the tables of commands, options and settings at the moment
 * it is asked for, so it knows exactly what this program knows. */
#include "cli/shared/cli.h"
#include "dag/config/config.h"
#include "stages/stages.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Options whose value is a word of a closed set, which a setting has too. */
static const struct {
    const char *option, *setting;
} same[] = {{"--space", "space.name"},
            {"--dataset", "data.dataset"},
            {"--calibrate", "calibrate.method"},
            {"--lambda", "lambda.preset"}};

/* What completes the words of a command that are no options, by what its synopsis calls them.
 */
static const char *files_for(const char *args)
{
    if (strstr(args, "CONFIG"))
        return "compgen -f -X '!*.yaml'";
    bool first_is_option = args[0] == '-' || args[0] == '[';
    return !first_is_option && strstr(args, "FILE") ? "compgen -f" : "";
}

/* The settings as --set takes them: "lambda.preset=". */
static void settings(const struct up_config *c)
{
    printf("_upnas_settings=\"");
    for (size_t i = 0; i < c->n; ++i)
        printf("%s%s=", i ? " " : "", c->entries[i].name);
    printf("\"\n");
    for (size_t i = 0; i < sizeof same / sizeof *same; ++i) {
        const struct up_entry *e = up_config_find(c, same[i].setting);
        UP_CHECK(e && e->param->choices);
        printf("_upnas_values_%s=\"", same[i].option + 2);
        for (const char *const *w = e->param->choices; *w; ++w)
            printf("%s%s", *w, w[1] ? " " : "");
        printf("\"\n");
    }
}

/* The words with which a synopsis says that an alternative begins: "add NAME | list". */
static void verbs(const char *args)
{
    for (const char *p = args; p; p = strstr(p, "| ")) {
        p += p == args ? 0 : 2;
        size_t len = strcspn(p, " ");
        bool word = len > 0;
        for (size_t i = 0; i < len; ++i)
            word = word && islower((unsigned char)p[i]);
        if (word)
            printf("%.*s ", (int)len, p);
    }
}

/* One entry of each table: the words of a command, what completes them, its options. */
static int command(const struct up_command *c, struct up_err *err)
{
    char word[] = UP_OPT_LIST, *argv[] = {word};
    printf("_upnas_verbs[%s]=\"", c->name);
    verbs(c->args);
    printf("\"\n");
    printf("_upnas_files[%s]=\"%s\"\n", c->name, files_for(c->args));
    printf("_upnas_options[%s]=\"\n", c->name);
    int rc = c->run(c, 1, argv, err);
    printf("\"\n");
    return rc;
}

static const char reader[] =
    "_upnas() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
    "    local command=${COMP_WORDS[1]-} names='' takes='' name rest\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        mapfile -t COMPREPLY < <(compgen -W \"$_upnas_commands\" -- \"$word\")\n"
    "        return\n"
    "    fi\n"
    "    while read -r name rest; do\n"
    "        [ -n \"$name\" ] || continue\n"
    "        names+=\" $name\"\n"
    "        [ \"$name\" != \"$before\" ] || takes=$rest\n"
    "    done <<<\"${_upnas_options[$command]-}\"\n"
    "    name=_upnas_values_${before#--}\n"
    "    case \"$takes\" in\n"
    "        '') ;;\n"
    "        KEY=VALUE) compopt -o nospace\n"
    "            mapfile -t COMPREPLY < <(compgen -W \"$_upnas_settings\" -- \"$word\")\n"
    "            return ;;\n"
    "        DIR*) mapfile -t COMPREPLY < <(compgen -d -- \"$word\") && return ;;\n"
    "        FILE* | F.*) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") && return ;;\n"
    "        *)\n"
    "            [ -z \"${!name-}\" ] || mapfile -t COMPREPLY < <(compgen -W \"${!name}\" -- "
    "\"$word\")\n"
    "            return ;;\n"
    "    esac\n"
    "    case \"$word\" in\n"
    "        -*) mapfile -t COMPREPLY < <(compgen -W \"$names\" -- \"$word\") ;;\n"
    "        *) mapfile -t COMPREPLY < <(compgen -W \"${_upnas_verbs[$command]-}\" -- "
    "\"$word\"\n"
    "            [ -z \"${_upnas_files[$command]-}\" ] || eval \"${_upnas_files[$command]} -- "
    "\\\"\\$word\\\"\"\n"
    "            compgen -d -- \"$word\") ;;\n"
    "    esac\n"
    "}\n"
    "complete -o filenames -F _upnas upnas\n";

static int bash(const struct up_config *c, struct up_err *err)
{
    int rc = UP_OK;
    printf("# Completion of upnas %s for bash. Printed by: upnas completion bash\n"
           "_upnas_commands=\"",
           UP_VERSION);
    for (const struct up_command *const *i = up_commands; *i; ++i)
        printf("%s ", (*i)->name);
    printf("help version --help --version\"\n");
    settings(c);
    printf("declare -gA _upnas_verbs _upnas_files _upnas_options\n");
    for (const struct up_command *const *i = up_commands; !rc && *i; ++i)
        rc = command(*i, err);
    printf("%s", reader);
    if (!rc && (fflush(stdout) || ferror(stdout)))
        rc = up_fail_errno(err, "cannot write the script");
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {.n = 0};
    struct up_config *config = NULL;
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), {0}};
    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help || (rc = up_cli_words(c, &rest, 1, 1, "a shell", err)))
        return rc;
    if (strcmp(rest.v[0], "bash"))
        return up_fail(err, UP_EUSAGE, "there is a completion for bash, not for '%s'",
                       rest.v[0]);
    if (!(rc = up_config_load(&config, up_stages, NULL, NULL, 0, err)))
        rc = bash(config, err);
    up_config_free(config);
    return rc;
}

const struct up_command up_command_completion = {
    "completion", "bash", "print the script that lets a shell complete commands and options",
    "To use it, add this line to ~/.bashrc:  source <(upnas completion bash)", run};
