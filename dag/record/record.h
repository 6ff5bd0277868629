/* Records: what is kept about a result and about a run. MessagePack maps; the
 * formats are written out in record.c. */
#ifndef UP_DAG_RECORD_RECORD_H
#define UP_DAG_RECORD_RECORD_H
#include "store/base/arena.h"
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/base/hash.h"

struct up_store;

struct up_pair {
    const char *name, *value;
};
enum up_done { UP_DONE_CACHED, UP_DONE_RAN, UP_DONE_CUTOFF, UP_DONE_FAILED, UP_DONE_NOT };
const char *up_done_name(enum up_done d); /* "cached" "ran" "cutoff" "failed" "not run" */

struct up_input_ref {
    const char *stage;
    struct up_digest digest; /* zero: absent */
};
struct up_file_ref {
    const char *param; /* "benchmark.scores" */
    const char *path;  /* as the user wrote it; of a DIR, the file's name in it */
    struct up_digest digest;
    uint64_t size;
};

/* How a record came into this store (dag/record/origin.h). */
enum up_came { UP_CAME_UNKNOWN, UP_CAME_HERE, UP_CAME_REMOTE, UP_CAME_FILE, UP_CAME_STORE };

/* One computed node: the value stored under its key. */
struct up_result {
    const char *stage;
    int64_t version;
    struct up_digest digest;
    struct up_sha256 sha256;
    uint64_t size;
    const char *run;    /* id of the run that computed it */
    enum up_came from;  /* this and the next: read, not packed (dag/record/origin.h) */
    const char *source; /* "computed here", "remote team", "file run.bundle" ... */
    const char *started, *finished; /* 2025-01-31T12:00:00.123Z */
    double seconds;
    const struct up_input_ref *inputs;
    size_t ninputs;
    const struct up_pair *params; /* relevant ones, "section.key" and text */
    size_t nparams;
    const struct up_file_ref *files;
    size_t nfiles;
    const struct up_pair *provenance;
    size_t nprovenance;
};
void up_result_pack(struct up_buf *out, const struct up_result *r);
/* Strings point into the arena. UP_EINVAL when the bytes are no such record. */
int up_result_unpack(struct up_result *r, struct up_arena *arena, struct up_view doc,
                     struct up_err *err);

struct up_run_node {
    const char *stage;
    enum up_done status;
    bool has_key;
    struct up_digest key, digest; /* digest zero unless there is an output */
    uint64_t size;
    double seconds; /* in this run; 0 when it did not execute */
    const char *why;
    struct up_view key_doc;    /* the key document itself, for diff */
    const char *const *inputs; /* names of the declared inputs, in the key's order */
    size_t ninputs;
};
struct up_config_line {
    const char *name, *value, *origin;
};
/* status: "ok", "failed", "interrupted", "unfinished" (it goes on, or was killed). */
struct up_run_record {
    struct up_arena arena;           /* owns everything below */
    const char *id, *status, *error; /* error: the sentence, or NULL */
    const char *started, *finished;
    double seconds;
    int64_t executed, cached; /* nodes; cached counts cut-off ones too */
    const char *mode;         /* "portable" or "native" */
    const struct up_config_line *config;
    size_t nconfig;
    struct up_run_node *nodes;
    size_t nnodes;
    const struct up_pair *provenance;
    size_t nprovenance;
    const char *const *command;
    size_t ncommand;
};
void up_run_record_pack(struct up_buf *out, const struct up_run_record *r);
int up_run_record_unpack(struct up_run_record **out, struct up_view doc, struct up_err *err);
void up_run_record_free(struct up_run_record *r);
const struct up_run_node *up_run_record_node(const struct up_run_record *r, const char *stage);

/* ---- looking things up ---- */

/* Newest first; visit returns 0 to go on. The record is freed after the call. */
typedef int up_run_visit(void *ctx, const struct up_run_record *r);
int up_runs_walk(struct up_store *s, up_run_visit *visit, void *ctx, struct up_err *err);

/* name: an id, a unique part of an id from its start or end, or "last", "last~2".
 * UP_EUSAGE when nothing or more than one matches. */
int up_run_find(struct up_store *s, const char *name, struct up_run_record **out,
                struct up_err *err);

/* The result record behind an artifact, by digest prefix (>= 4 hex digits) of the
 * output or of the key; or "NODE" of the last run that has it, or "RUN:NODE". Of several
 * results with the same bytes the newest. UP_EUSAGE when nothing or more than one
 * artifact matches. */
int up_result_find(struct up_store *s, const char *name, struct up_result *r,
                   struct up_arena *arena, struct up_err *err);

/* Text of one packed value, JSON-like, at most `limit` bytes of it; numeric arrays
 * as "f64[15625x13]", binary as "bytes 1a2b3c4d". */
void up_pack_text(struct up_buf *out, struct up_view value, size_t limit);

#endif
