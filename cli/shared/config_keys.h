/* The keys that a configuration may have, as `upnas explain --keys` lists them. They are
 * printed from the stages' own tables, so that no second list can go out of date. */
#ifndef UP_CLI_SHARED_CONFIG_KEYS_H
#define UP_CLI_SHARED_CONFIG_KEYS_H
#include "dag/config/config.h"

enum up_keys_form {
    UP_KEYS_TEXT,    /* one line a key: name, default, what it is for */
    UP_KEYS_JSON,    /* one document a key, with the values allowed */
    UP_KEYS_MARKDOWN /* one table a section: the tables of docs/configuration.md */
};
/* Appends all keys of the schema of c, or those of one section; section may be NULL.
 * UP_EUSAGE: there is no such section. */
int up_keys_of_config(struct up_buf *out, const struct up_config *c, const char *section,
                      enum up_keys_form form, struct up_err *err);

#endif
