/* What every command shares: its row in the table, its options, how it ends.
 *
 * A command's run() gets the words after its name. It prints to stdout, returns
 * UP_OK or a negative status with the sentence in err, and main turns that into
 * "upnas: sentence" on stderr and the exit status: 0, 2 for usage, 1 for the rest. */
#ifndef UP_CLI_SHARED_CLI_H
#define UP_CLI_SHARED_CLI_H
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/store.h"

struct up_command {
    const char *name;
    const char *args; /* synopsis after the name: "CONFIG [--set KEY=VALUE ...]" */
    const char *does; /* one line */
    const char *more; /* further lines of --help, or NULL */
    int (*run)(const struct up_command *c, int argc, char **argv, struct up_err *err);
};
extern const struct up_command *const up_commands[]; /* NULL-terminated */

/* verify has exit statuses of its own; it returns one of these instead. */
enum { UP_EXIT_OK = 0, UP_EXIT_CORRUPT = 1, UP_EXIT_UNTRUSTED = 2, UP_EXIT_OTHER = 4 };

/* ---- options ---- */
enum up_opt_kind {
    UP_OPT_FLAG, /* bool * */
    UP_OPT_TEXT, /* const char ** */
    UP_OPT_INT,  /* int64_t *, min..max */
    UP_OPT_MANY  /* struct up_words *: may be given again and again */
};
enum { UP_WORDS_MAX = 256 };
struct up_words { /* argv's own strings */
    const char *v[UP_WORDS_MAX];
    size_t n;
};
struct up_opt {
    const char *name; /* "--set" */
    enum up_opt_kind kind;
    void *to;
    const char *arg; /* what follows it in --help; NULL for a flag */
    const char *doc;
    int64_t min, max;
};

struct up_common { /* in every command */
    bool help, json, network;
    const char *store;
    /* Not zero once the user has interrupted; NULL: a signal ends the program. */
    const volatile sig_atomic_t *cancel;
};
#define UP_COMMON_INIT                                                                         \
    {                                                                                          \
        false, false, false, ".upnas", NULL                                                    \
    }
/* Four rows that begin every option table. */
#define UP_OPT_COMMON(c)                                                                       \
    {"--help", UP_OPT_FLAG, &(c)->help, NULL, "this text", 0, 0},                              \
        {"--json",                                                                             \
         UP_OPT_FLAG,                                                                          \
         &(c)->json,                                                                           \
         NULL,                                                                                 \
         "machine-readable output, one document a line",                                       \
         0,                                                                                    \
         0},                                                                                   \
        {"--store", UP_OPT_TEXT, &(c)->store, "DIR", "the store's folder (default .upnas)", 0, \
         0},                                                                                   \
    {                                                                                          \
        "--allow-network-store", UP_OPT_FLAG, &(c)->network, NULL,                             \
            "take a store on NFS, SMB, ..., for one machine at a time", 0, 0                   \
    }

/* The one word that makes a command print the options of its table, a line each, instead of
 * --help; `upnas completion` asks every command in this way. */
#define UP_OPT_LIST "--list-options"
/* Reads options into their targets and leaves the other words, in order, in
 * rest. `--` ends the options; --name=value works too. When --help is among
 * them prints the help. UP_EUSAGE names the word, and the nearest option. */
int up_cli_options(const struct up_command *c, const struct up_opt *opts, int argc, char **argv,
                   struct up_words *rest, struct up_err *err);
/* UP_EUSAGE unless min <= rest.n <= max; `what` names the words: "CONFIG". */
int up_cli_words(const struct up_command *c, const struct up_words *rest, size_t min,
                 size_t max, const char *what, struct up_err *err);

/* ---- output ---- */
/* Writes the buffer to stdout and empties it; a failed write is UP_EIO. What a terminal would
 * obey is escaped (cli/shared/say.h), newlines and tabs aside: text is built with up_say. */
int up_cli_print(struct up_buf *b, struct up_err *err);
/* As it is: a file or a page that somebody asked for. */
int up_cli_print_raw(struct up_buf *b, struct up_err *err);
void up_cli_warn(const char *sentence);  /* "upnas: warning: ..." on stderr */
void up_cli_error(const char *sentence); /* "upnas: ..." on stderr */
/* The store at c->store, warning about every damaged record. */
int up_cli_open_store(struct up_store **s, const struct up_common *c, bool create,
                      struct up_err *err);
/* The same, for commands that never make a store; write: they change it. */
int up_cli_open_existing(struct up_store **s, const struct up_common *c, bool write,
                         struct up_err *err);
/* For reading, and though its file is damaged: then what is sound in it is there. */
int up_cli_open_damaged(struct up_store **s, const struct up_common *c, struct up_err *err);

/* A store that was closed was no longer there, and that has been said: the command has failed,
 * whatever it printed. */
bool up_cli_store_lost(void);

#endif
