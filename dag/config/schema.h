/* Laying values over the defaults, one key at a time; shared by file and --set. */
#ifndef UP_DAG_CONFIG_SCHEMA_H
#define UP_DAG_CONFIG_SCHEMA_H
#include "dag/config/config.h"
#include "dag/config/value.h"

/* The entry of a full name, to be changed; NULL when there is none. */
struct up_entry *up_schema_find(struct up_config *c, const char *name);
/* Sentence for a key that is not in the schema, with the nearest one that is. */
int up_schema_unknown(const struct up_config *c, const struct up_place *at,
                      const struct up_yaml *y, const char *name, struct up_err *err);
/* One --set text, "a.b=value". */
int up_schema_set(struct up_config *c, const char *text, struct up_err *err);

#endif
