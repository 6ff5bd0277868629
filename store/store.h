/* The store: bytes under their digest, and results under their key.
 *
 * Two maps, as in a build system's cache:
 *   results  key (XXH3-128 of the key document) -> result record
 *   objects  digest (XXH3-128 of the uncompressed bytes) -> bytes, zstd inside
 * plus runs (run id -> run record), memo (partial work of a running node) and
 * meta (format version). One LMDB environment per process, opened once.
 *
 * Caveats. Every record carries a checksum of its own, verified on every read;
 * a bad record is reported through `on_damage` and is a miss; a handle that may
 * write moves it aside, a read-only one leaves it where it is. On a hit the
 * stored key document is compared byte for byte: a hash collision is a miss.
 * What a handle that may write has read or written is safe from a collector in any process
 * (store/sweep.h) until it is closed.
 * Never used across fork. All calls are thread-safe. A folder is open at most
 * once in a process; other processes may use it at the same time: writers wait for each
 * other, readers for nobody (store/file/lock.h). A store that is removed or replaced meanwhile
 * gets no more commits: UP_EIO. The file itself is checked page by page before it is opened:
 * one that is broken is kept as damaged-N.mdb and what is sound in it goes into a new one,
 * which a read-only handle leaves to the next that may write, and is UP_ECORRUPT; with
 * `rescue` it is opened all the same, and shows the records that a search for sound ones
 * found. */
#ifndef UP_STORE_STORE_H
#define UP_STORE_STORE_H
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/base/hash.h"

#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

struct up_store; /* opaque: the backend is one .c file */

struct up_store_opts {
    bool create;           /* make the folder when it is not there */
    bool read_only;        /* for commands that only look */
    bool rescue;           /* read_only: open a damaged file too, for what is sound in it */
    bool allow_network_fs; /* override the refusal of NFS, SMB, ... */
    size_t map_bytes;      /* initial map size; 0 = default, doubles by itself */
    /* One call per bad record, one at a time, from any thread, also while opening;
     * it must not call the store. */
    void (*on_damage)(void *ctx, const char *sentence);
    /* Another process has been waited for, for a second: which, and what it does. From any
     * thread, also while opening. */
    void (*on_wait)(void *ctx, const char *sentence);
    /* While closing: the folder does not hold the file any more that was opened. */
    void (*on_gone)(void *ctx, const char *sentence);
    void *damage_ctx; /* of all three */
    /* Not zero: whatever is waited for is given up, with UP_ECANCELED. NULL: never. */
    const volatile sig_atomic_t *cancel;
};

/* dir is created when opts->create. Errors: UP_EUNSUPPORTED newer format, UP_EIO
 * not writable, UP_ENOTFOUND no store there and !create. */
int up_store_open(struct up_store **out, const char *dir, const struct up_store_opts *opts,
                  struct up_err *err);
void up_store_close(struct up_store *s); /* NULL is fine */

/* ---- objects ---- */
/* Stores the bytes (above 1 MiB: manifest and 1 MiB chunks), durable on return.
 * Equal bytes are stored once. sha may be NULL. */
int up_store_put(struct up_store *s, struct up_view bytes, struct up_digest *digest,
                 struct up_sha256 *sha, struct up_err *err);
/* The next `len` bytes of an object, valid until the next call. */
typedef int up_piece_fn(void *ctx, size_t len, struct up_view *piece, struct up_err *err);
/* The same of an object that is never in memory as a whole: its digests and size are known, and
 * it comes in pieces of 1 MiB, the last of which may be smaller. UP_EINVAL: the pieces have
 * other digests, and there is no object. Nothing is asked for when it is here already. */
int up_store_put_pieces(struct up_store *s, struct up_digest digest, struct up_sha256 sha,
                        uint64_t size, up_piece_fn *next, void *ctx, struct up_err *err);
/* Appends the bytes to out, both digests verified. UP_ENOTFOUND, UP_ECORRUPT
 * (reported, and moved aside unless the handle is read-only; treat as a miss). */
int up_store_get(struct up_store *s, struct up_digest digest, struct up_buf *out,
                 struct up_err *err);
/* Present, and every record of it passes its checksum (nothing is decompressed):
 * what a run that executes nothing asks about each artifact it relies on. */
bool up_store_has(struct up_store *s, struct up_digest digest);
/* SHA-256 and size stored beside an object, without reading it. */
int up_store_stat(struct up_store *s, struct up_digest digest, struct up_sha256 *sha,
                  uint64_t *size, struct up_err *err);

/* ---- results: key document -> record document (both MessagePack, opaque here) ---- */
int up_store_result_put(struct up_store *s, struct up_view key_doc, struct up_view record,
                        struct up_err *err);
/* All items, {key document, record}, in one transaction. */
int up_store_results_put(struct up_store *s, const struct up_memo_item *items, size_t n,
                         struct up_err *err);
/* UP_ENOTFOUND also on a collision (another key document under this hash). */
int up_store_result_get(struct up_store *s, struct up_view key_doc, struct up_buf *record,
                        struct up_err *err);

/* Moves a result that is sound in itself aside, as a damaged one would be, with the reason,
 * which is reported. Nothing is under its key afterwards. */
int up_store_result_aside(struct up_store *s, struct up_view key_doc, const char *why,
                          struct up_err *err);
/* ---- memo: finished parts of a running node; same promises as results ---- */
/* All items in one transaction. */
int up_store_memo_put(struct up_store *s, const struct up_memo_item *items, size_t n,
                      struct up_err *err);
int up_store_memo_get(struct up_store *s, struct up_view key_doc, struct up_buf *value,
                      struct up_err *err);

/* ---- runs: id (sortable text) -> document ---- */
/* The store counts the runs that it gets, here or by an import: that is their order, and no
 * clock's matter. Putting one again leaves it in its place. */
int up_store_run_put(struct up_store *s, const char *id, struct up_view doc,
                     struct up_err *err);
int up_store_run_get(struct up_store *s, const char *id, struct up_buf *doc,
                     struct up_err *err);
/* When this store wrote the record, in microseconds since 1970: by its own clock, whatever the
 * record says. */
int up_store_run_written(struct up_store *s, const char *id, uint64_t *when);

/* ---- pins: name (1 to 200 bytes of text) -> the run or artifact that gc never removes ---- */
int up_store_pin_put(struct up_store *s, const char *name, const char *what,
                     struct up_err *err);
/* Appends what is pinned. UP_ENOTFOUND. */
int up_store_pin_get(struct up_store *s, const char *name, struct up_buf *what,
                     struct up_err *err);
int up_store_pin_remove(struct up_store *s, const char *name, struct up_err *err);

/* ---- claims: who computes what, between processes ---- */
/* *mine says whether the key is now this handle's to compute, or another process's. A claim
 * ends with up_store_unclaim, or with its process, however that ends. */
int up_store_claim(struct up_store *s, struct up_digest key, bool *mine, struct up_err *err);
void up_store_unclaim(struct up_store *s, struct up_digest key);
/* Says through on_wait who has a claim that is waited for, as far as that is known. */
void up_store_claim_tell(struct up_store *s, struct up_digest key);

struct up_store_counts {
    uint64_t results, objects, runs, memo, pins; /* records */
    uint64_t used, file; /* bytes of the file that hold records; of the whole file */
};
/* Nothing is walked: the same time however much there is. */
int up_store_count(struct up_store *s, struct up_store_counts *out, struct up_err *err);

/* ---- walking: read-only, in key order; the callback returns 0 to go on ---- */
enum up_store_kind {
    UP_STORE_RESULT,
    UP_STORE_OBJECT,
    UP_STORE_RUN,
    UP_STORE_MEMO,
    UP_STORE_PIN
};
/* RESULT and MEMO: name = 16 digest bytes of the key, doc = key document, value = record.
 * OBJECT: name = digest, value empty. RUN: name = id, value = document. PIN: name = the
 * pin's, value = what it pins.
 * newest_first, for runs, is the order of the store's counter backwards; else by name. Bad
 * records are reported and passed over; of objects only the header is looked at. The callback
 * gets copies and may call the store. */
typedef int up_store_visit(void *ctx, struct up_view name, struct up_view doc,
                           struct up_view value);
int up_store_walk(struct up_store *s, enum up_store_kind kind, bool newest_first,
                  up_store_visit *visit, void *ctx, struct up_err *err);

/* Checks records of every kind against their checksums without unpacking them, until
 * `bytes` have been read (a record counts as a page at least): so that damage shows
 * before it is needed. Bad ones are reported, and moved aside as by a get. */
void up_store_glance(struct up_store *s, uint64_t bytes);

struct up_store_health {
    uint64_t records, bytes; /* looked at */
    uint64_t bad;            /* failed a digest, checksum or structure check */
};
/* Walks all pages, then reads every record and checks it against both digests. Bad ones are
 * counted, reported, and moved aside as by a get; one that is removed meanwhile is not bad. A
 * failure of another kind ends it and is returned. Where the pages are refused, that counts as
 * one that is bad, and this handle reads on, now and later, from what a search for sound
 * records finds in the file; it cannot be written to any more. */
int up_store_verify(struct up_store *s, struct up_store_health *h, struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
