/* Who made what this store holds: one more field, "from", of the records of results and runs,
 * and a wrapper around the parts of nodes under way. It is this store's own word: whatever a
 * record that arrives says of itself there is replaced by what this store knows of its arrival.
 *
 *   computed here      {"kind": "here", "parts": [[where, key], ...], "signatures"}
 *   fetched            {"remote": its name, "signatures"}
 *   by upnas import    {"kind": "file", "name": the file, "signatures", "trust": [names]}
 *   by upnas merge     {"kind": "store", "name": the folder, "signatures", "trust": [names]}
 *   no such field      unknown: written before 0.1.0 kept origins
 *
 * "signatures": {name of the key: bin 64} are of the voucher (store/remote/voucher.h) whose
 * value is the record without "from"; they stay with it wherever it is copied. "trust" are the
 * keys that count for what came this way ("any": also nobody's), besides one's own. "parts" is
 * left out when every part was computed here, else says from where the others came and which
 * key, trusted at that time, had signed them ("": none; "any": admitted unsigned).
 *
 * A part of a node under way is {"from", "part": bin, "schema": "upnas.part/1"}, its voucher's
 * key the part's key and its value the part. Anything else is a part of unknown origin. */
#ifndef UP_DAG_RECORD_ORIGIN_H
#define UP_DAG_RECORD_ORIGIN_H
#include "dag/record/record.h"
#include "store/remote/remotes.h"

struct up_whence { /* strings and arrays: the arena's */
    enum up_came from;
    const char *name; /* of the remote, file or folder; else NULL */
    const char *const *trust;
    size_t ntrust;
    const struct up_pair *parts; /* where from, and the key */
    size_t nparts;
    const struct up_signature *signatures;
    size_t nsignatures;
};
/* Of a record's field "from"; signatures that are none are an error, UP_EINVAL. */
int up_whence_read(struct up_whence *o, struct up_view record, struct up_arena *arena,
                   struct up_err *err);
/* "computed here", "remote team", "file run.bundle", "store ../b", "unknown origin" */
const char *up_whence_text(const struct up_whence *o, struct up_arena *arena);

/* Appends the record with this origin instead of the one it has. */
int up_whence_put(struct up_buf *out, struct up_view record, const struct up_whence *o,
                  struct up_err *err);
/* Appends the record without: what is signed. */
int up_whence_strip(struct up_buf *out, struct up_view record, struct up_err *err);

/* Appends a part as the store keeps it. */
void up_part_wrap(struct up_buf *out, struct up_view part, const struct up_whence *o);
/* The part, a view of doc, and its origin. */
void up_part_unwrap(struct up_view *part, struct up_whence *o, struct up_view doc,
                    struct up_arena *arena);

/* What signatures of a record are of; record as it is kept, e->key borrowed. UP_EINVAL: it is
 * no such record. */
int up_whence_result_voucher(struct up_voucher *e, struct up_arena *arena,
                             struct up_view key_doc, struct up_view record, struct up_err *err);
int up_whence_run_voucher(struct up_voucher *e, struct up_arena *arena, const char *id,
                          struct up_view doc, struct up_err *err);
struct up_voucher up_whence_part_voucher(struct up_view key_doc, struct up_view part,
                                         const struct up_whence *o);

/* ---- what arrives by file or folder ---- */

struct up_admit {
    enum up_came from;
    const char *name;
    const struct up_remotes *keys; /* keyring, and which keys are one's own */
    const char *const *trust;      /* as --trust names them; "any" among them: also nobody's */
    size_t ntrust;
    bool strict; /* --trust was given: what it does not admit is refused */
};
/* A signer that counts ("" with "any" and none), or NULL and in err->msg why not. */
const char *up_admit_signer(const struct up_admit *a, const struct up_voucher *e,
                            struct up_arena *arena, struct up_err *err);
/* What arrives is here already: whether its signer counts, and nobody's who signed ours does.
 */
bool up_admit_better(const struct up_admit *a, const char *signer, enum up_came from,
                     const struct up_voucher *ours, struct up_arena *arena);
/* The origin of what arrives with these signatures. */
struct up_whence up_admit_whence(const struct up_admit *a, const struct up_voucher *e);

#endif
