/* Whom a store believes: verify's other half, and what import and merge are told of. */
#ifndef UP_CLI_COMMAND_VERIFY_TRUST_H
#define UP_CLI_COMMAND_VERIFY_TRUST_H
#include "cli/shared/remotes.h"
#include "dag/record/origin.h"

/* Warns of each result that is not to be believed (dag/record/trust.h), with why, and counts
 * them. What is trusted is what remotes, keys, and --trust at the time of import or merge say.
 */
int up_verify_trust(const struct up_common *c, struct up_store *store, size_t *untrusted,
                    struct up_err *err);

#define UP_OPT_TRUST(words)                                                                    \
    {                                                                                          \
        "--trust", UP_OPT_MANY, words, "KEY",                                                  \
            "take only what this key has signed; repeatable; any: unsigned, too", 0, 0         \
    }
/* What --trust says of what comes by a file or a folder of that name. The team has been opened
 * by names and outlives it. Warns of keys that are not known. */
struct up_admit up_trust_admit(const struct up_team *t, enum up_came came, const char *name,
                               const struct up_words *trust);

#endif
