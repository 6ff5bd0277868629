/* A store's remotes as a command has them open: list, keys, credentials, connections.
 *
 * The list is STORE/remotes (store/remote/list.h). Credentials of a remote NAME come from
 * UPNAS_NAME_TOKEN, or UPNAS_NAME_USER and UPNAS_NAME_PASSWORD (NAME in capitals, - as _); of
 * S3 with the access key as USER and the secret key as PASSWORD, and from AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else from the file that `credentials` names,
 * with lines user = ..., password = ..., token = .... */
#ifndef UP_CLI_SHARED_REMOTES_H
#define UP_CLI_SHARED_REMOTES_H
#include "cli/shared/cli.h"
#include "cli/shared/keys.h"
#include "store/remote/list.h"
#include "store/remote/remotes.h"

/* The row of an option that bounds struct up_remotes' patience. */
#define UP_OPT_REMOTE_SECONDS(to)                                                              \
    {                                                                                          \
        "--remote-seconds", UP_OPT_INT, (to), "N",                                             \
            "ask remotes for so many seconds in all, then go on without them", 1, 1000000      \
    }

struct up_team { /* up_team_close */
    struct up_remote_list list;
    struct up_keys keys;
    struct up_remotes set;
    struct up_arena arena;
};
enum up_team_how {
    UP_TEAM_NAMES, /* connections are not opened: for questions about trust */
    UP_TEAM_READ,  /* a remote that cannot be opened is warned of, and left out */
    UP_TEAM_STRICT /* it is an error */
};
/* The list alone; none is an empty one. */
int up_team_list(struct up_remote_list *l, const char *store, struct up_err *err);
/* only: names of the remotes wanted; of none all. UP_EUSAGE: there is no such remote. */
int up_team_open(struct up_team *t, const struct up_common *c, enum up_team_how how,
                 const struct up_words *only, struct up_err *err);
/* A line for each remote that was asked something; with --json an event. */
int up_team_report(const struct up_team *t, bool json, struct up_err *err);
/* UP_EIO when one of them did not answer. */
int up_team_whole(const struct up_team *t, struct up_err *err);
void up_team_close(struct up_team *t);

#endif
