/* Values: from YAML by a parameter's kind, and back to text and canonical bytes. */
#ifndef UP_DAG_CONFIG_VALUE_H
#define UP_DAG_CONFIG_VALUE_H
#include "dag/config/config.h"
#include "dag/config/yaml.h"

/* Where a value stands, for the sentence when it is wrong. */
struct up_place {
    const char *what; /* the file, or "--set a.b=c" */
    bool positions;   /* add ":LINE:COL" */
    const char *name; /* "section.key" */
};
/* "WHAT:LINE:COL: " in front of a sentence; NULL y leaves the position out. */
int up_place_fail(const struct up_place *p, const struct up_yaml *y, struct up_err *err,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* UP_EUSAGE when the value is not of the parameter's kind, out of its range or not one
 * of its choices. folder is put before a relative FILE or DIR; NULL: leave it. */
int up_value_read(struct up_value *v, const struct up_param *p, const struct up_yaml *y,
                  const struct up_place *at, const char *folder, struct up_arena *arena,
                  struct up_err *err);
/* Canonical bytes, the same for equal values; FILE and DIR as the text written. */
void up_value_pack(struct up_buf *out, const struct up_param *p, const struct up_value *v);
/* The shortest text that reads back as the same double, with a point. */
void up_real_text(struct up_buf *out, double r);

#endif
