/* What a stage is, and all that a stage sees.
 *
 * A stage is a row in stages/stages.c: a name, a version, its parameters, the
 * stages it reads, and a function. The graph, the key and the cache are made
 * from that row alone; dag/ never knows what a stage computes.
 *
 * Parameters are named "section.key", the section being the stage's name. Their
 * defaults, ranges and choices are the config schema. A parameter whose `when`
 * does not hold is left out of the key: changing it then recomputes nothing. */
#ifndef UP_DAG_STAGE_H
#define UP_DAG_STAGE_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"

enum up_param_kind {
    UP_P_BOOL,
    UP_P_INT,
    UP_P_REAL,
    UP_P_STR,
    UP_P_ENUM, /* one of choices */
    UP_P_LIST, /* list of strings, each one of choices when given; order kept */
    UP_P_MAP,  /* name -> real; names from choices when given; sorted in the key */
    UP_P_FILE, /* a path; the key holds the digest of the bytes, never the path */
    UP_P_DIR   /* a folder; the key holds names and digests of the files that match glob */
};

struct up_param {
    const char *name; /* without the section */
    enum up_param_kind kind;
    const char *def;            /* default as YAML text; NULL = null (unset) */
    double min, max;            /* INT and REAL; min == max == 0: no bounds */
    const char *const *choices; /* NULL-terminated, or NULL */
    const char *glob;           /* DIR: patterns joined by "|": "*.bin|*.dat" */
    const char *when;           /* condition, see up_stage_input; NULL = always */
    const char *doc;            /* one line, for --help and the man page */
    bool seed;                  /* INT, default null: then derived from the top-level seed */
};

struct up_stage_input {
    const char *stage; /* name of the stage read */
    /* "section.key=value|value" holds when the parameter is one of the values, with "!="
     * when it is none of them, "section.key" when it is set (not null), NULL always. Terms
     * joined by "&". A parameter may name itself: "a.b!=1/1" leaves a value that
     * changes nothing out of the key. */
    const char *when;
};

struct up_job;
struct up_config;
struct up_stage {
    const char *name;
    int version;                         /* raise when the same inputs may give other bytes */
    const char *does;                    /* one line */
    const struct up_param *params;       /* ends with a NULL name */
    const struct up_stage_input *inputs; /* ends with a NULL stage; order is part of the key */
    const char *when;                    /* in the graph only if; NULL = always */
    int (*run)(struct up_job *job, struct up_err *err);
    /* What the settings alone tell to be wrong: asked of every stage of the graph before
     * anything is read or executed. UP_EUSAGE. NULL: nothing. */
    int (*check)(const struct up_config *settings, struct up_err *err);
    /* Of an artifact that was not computed here and that people read, not only stages: whether
     * what they are shown is there. UP_EINVAL. NULL: whoever reads it finds out. */
    int (*sound)(struct up_view artifact, struct up_err *err);
};

/* ---- what check() may call; full names, "section.key", of any stage. A name that is not
 * in a table, or of another kind, is a bug, and so is reading what is not set. ---- */
bool up_setting_set(const struct up_config *c, const char *name);
int64_t up_setting_int(const struct up_config *c, const char *name);
double up_setting_real(const struct up_config *c, const char *name);
bool up_setting_bool(const struct up_config *c, const char *name);
bool up_setting_is(const struct up_config *c, const char *name, const char *word);
const char *up_setting_str(const struct up_config *c, const char *name); /* NULL: unset */
/* UP_EUSAGE: the sentence, after the place where the parameter was set ("tiny.yaml:3:5: "). */
int up_setting_fail(const struct up_config *c, const char *name, struct up_err *err,
                    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* LIST and MAP; values of a MAP may be NULL when nobody wants them. */
size_t up_setting_names(const struct up_config *c, const char *name, const char *const **names,
                        const double **values);

/* ---- what run() may call; names without the section. A name that is not in
 * the stage's table is a bug. ---- */
int64_t up_job_int(const struct up_job *j, const char *name);
double up_job_real(const struct up_job *j, const char *name);
bool up_job_bool(const struct up_job *j, const char *name);
const char *up_job_str(const struct up_job *j, const char *name); /* NULL when unset */
bool up_job_set(const struct up_job *j, const char *name);        /* not null */
uint64_t up_job_seed(const struct up_job *j, const char *name);   /* a `seed` parameter */
size_t up_job_list(const struct up_job *j, const char *name, const char *const **items);
/* MAP: sorted by name. */
size_t up_job_map(const struct up_job *j, const char *name, const char *const **names,
                  const double **values);

/* The artifact of an input stage; false when that input is not part of this run. */
bool up_job_input(const struct up_job *j, const char *stage, struct up_view *doc);
/* What reading inputs came to. An artifact may have come from elsewhere and be anything, under
 * digests that fit: a reader checks what it relies on. rc UP_EINVAL, UP_ENOTFOUND, UP_EUSAGE or
 * UP_EUNSUPPORTED: the artifact of one of these stages ("scores|calibrate") cannot be what it
 * should; the runner may set it aside and compute it again. Returns UP_ECORRUPT then, which the
 * stage returns as it is, else rc. */
int up_job_read(struct up_job *j, const char *stages, int rc, struct up_err *err);

struct up_file {
    const char *name; /* file name, or for FILE the path's last component */
    const char *path; /* as the user wrote it, for error sentences */
    struct up_view bytes;
};
/* FILE gives one, DIR as many as match, sorted by name; zero when unset. The
 * bytes are those whose digest is in the key. */
size_t up_job_files(const struct up_job *j, const char *name, const struct up_file **files);

struct up_arena *up_job_arena(struct up_job *j); /* lives until run() returned */
struct up_buf *up_job_out(struct up_job *j); /* the artifact: one canonical MessagePack map */
int up_job_threads(const struct up_job *j);  /* >= 1; must not change the bytes */
/* Ask often (every 100 ms of work); return UP_ECANCELED when true. Any thread. */
bool up_job_canceled(const struct up_job *j);
/* Progress: units done of total, unit name ("architectures"). The first call says what was
 * done before (kept parts): speed and time left are those of what follows. Any thread. */
void up_job_progress(struct up_job *j, uint64_t done, uint64_t total, const char *unit);
/* One line under the node's line, and before that under its first progress line: what a
 * user should know. */
void up_job_note(struct up_job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void up_job_warn(struct up_job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Finished parts that survive an interruption. The key names everything the
 * value depends on (the runner adds stage name, version and float mode); any
 * thread may call. get: UP_ENOTFOUND is a miss. */
int up_job_memo_get(struct up_job *j, struct up_view key, struct up_buf *value,
                    struct up_err *err);
int up_job_memo_put(struct up_job *j, const struct up_memo_item *items, size_t n,
                    struct up_err *err);

#endif
