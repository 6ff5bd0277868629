/* verify's other half: are results that came from remotes still signed by who is trusted? */
#ifndef UP_CLI_COMMAND_VERIFY_TRUST_H
#define UP_CLI_COMMAND_VERIFY_TRUST_H
#include "cli/shared/cli.h"

/* Warns of each that is not, with why, and counts them. What is trusted is what remotes and
 * keys say today. */
int up_verify_trust(const struct up_common *c, struct up_store *store, size_t *untrusted,
                    struct up_err *err);

#endif
