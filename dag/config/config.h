/* The configuration: a strict YAML file laid over defaults, and --set over both.
 *
 * The schema is the stages' parameter tables: one section per stage, plus two
 * keys at the top, `seed` (int, 0) and `mode` (portable or native). A user's
 * mistake is UP_EUSAGE, and its sentence starts with FILE:LINE:COL (or with
 * "--set a.b=c") and ends with what is allowed. */
#ifndef UP_DAG_CONFIG_CONFIG_H
#define UP_DAG_CONFIG_CONFIG_H
#include "dag/stage.h"
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum up_origin_kind {
    UP_FROM_DEFAULT, /* nobody said anything */
    UP_FROM_FILE,    /* where:line:col */
    UP_FROM_SET,     /* where is the text after --set */
    UP_FROM_SEED     /* a seed parameter derived from the top-level seed */
};
struct up_origin {
    enum up_origin_kind kind;
    const char *where;  /* config file, or "a.b=c"; NULL for the others */
    unsigned line, col; /* from 1 */
};

struct up_value {
    bool set;                 /* false: null; nothing below means anything */
    bool b;                   /* BOOL */
    int64_t i;                /* INT; of a seed parameter the bits of its uint64 */
    double r;                 /* REAL */
    const char *s;            /* STR, ENUM; FILE and DIR as the user wrote it */
    const char *path;         /* FILE, DIR: s as seen from the working folder */
    size_t n;                 /* LIST, MAP */
    const char *const *names; /* LIST: the items in order; MAP: ascending by bytes */
    const double *reals;      /* MAP */
};

struct up_entry {
    const char *name;             /* "lambda.preset"; at the top "seed", "mode" */
    const struct up_stage *stage; /* NULL at the top */
    const struct up_param *param;
    struct up_value value;
    struct up_origin origin;
};

struct up_config {
    struct up_arena arena;                /* owns everything below but the tables */
    const struct up_stage *const *stages; /* NULL-terminated, borrowed */
    const char *file;                     /* as given; NULL when there is none */
    struct up_entry *entries; /* top-level keys, then stage by stage in table order */
    size_t n;
    uint64_t seed; /* the top-level keys again */
    bool native;
};

/* file may be NULL: defaults alone. sets are the texts after --set, later ones
 * win. Paths in the file are relative to its folder, those in sets to the working
 * folder. *out is the caller's: up_config_free. Errors: UP_EUSAGE, and UP_EIO or
 * UP_ENOTFOUND when the file cannot be read. */
int up_config_load(struct up_config **out, const struct up_stage *const *stages,
                   const char *file, const char *const *sets, size_t nsets, struct up_err *err);
/* The same from bytes; `file` names them in sentences and gives the folder. */
int up_config_parse(struct up_config **out, const struct up_stage *const *stages,
                    const char *file, struct up_view text, const char *const *sets,
                    size_t nsets, struct up_err *err);
void up_config_free(struct up_config *c); /* NULL is fine */

/* "section.key" or a top-level key; NULL when there is none. */
const struct up_entry *up_config_find(const struct up_config *c, const char *name);
/* Of one stage, by the bare key. */
const struct up_entry *up_config_of(const struct up_config *c, const struct up_stage *stage,
                                    const char *key);
/* Whether a condition as in dag/stage.h holds: terms joined by "&"; a term is
 * "a.b=v|w" (one of the values), "a.b!=v|w" (none of them; null is a value) or "a.b|c.d"
 * (any of them is set). NULL holds. A condition that names no parameter is a bug. */
bool up_when_holds(const struct up_config *c, const char *when);
/* Whether the parameter matters: its own `when` holds. */
bool up_entry_relevant(const struct up_config *c, const struct up_entry *e);

/* Says of every parameter that somebody set, and that cannot matter because its `when` does
 * not hold, where it was set and what it needs: one sentence each. */
void up_config_idle(const struct up_config *c, void (*say)(void *ctx, const char *sentence),
                    void *ctx);

/* One-line text of a value, as YAML flow would spell it; "null" when unset. */
void up_value_text(struct up_buf *out, const struct up_param *p, const struct up_value *v);
/* "default", "file.yaml:3:5", "--set a.b=c", "derived from seed". */
void up_origin_text(struct up_buf *out, const struct up_origin *o);

#ifdef __cplusplus
}
#endif

#endif
