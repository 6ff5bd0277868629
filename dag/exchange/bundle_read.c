#include "dag/exchange/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dag/exchange/bundle_parts.h"
#include "dag/record/record.h"
#include "dag/record/origin.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/base/set.h"
#include "store/file/record.h"

/* What a record of a bundle may hold, uncompressed: a few bytes of a file could claim as much
 * as UP_REC_MAX each. */
enum { DOC_MAX = 16 << 20, DOCS_MAX = 256 << 20 };

struct taken { /* a result on its way into the store; `arena` owns it */
    struct up_memo_item item;
    struct up_digest output;
    const char *signer; /* "": none that counts */
};

struct reader {
    struct up_view file;
    size_t at;
    struct up_store *s; /* NULL: check alone */
    struct up_bundle_count *c;
    struct up_digest_set artifacts, keys;
    struct up_digest_set made;    /* digest and SHA-256 of each artifact, digested together */
    uint64_t docs;                /* bytes of results so far */
    const struct up_admit *admit; /* NULL: signatures are not looked at */
    struct taken *result;
    size_t nresult;
    struct up_arena arena;
    struct up_err *err;
};

static int bad(const struct reader *r, const char *what)
{
    return up_fail(r->err, UP_EINVAL,
                   "byte %zu of the bundle: %s; ask for the file again, nothing was taken",
                   r->at, what);
}

/* The record at hand, with its checksum; not passed yet. */
static int record_at(const struct reader *r, struct up_record *rec, size_t *len)
{
    struct up_view left = {r->file.data + r->at, r->file.len - r->at};
    if (left.len == 0)
        return bad(r, "it ends before the run's record");
    *len = up_record_length(left);
    if (*len == 0)
        return bad(r, "no whole record begins here");
    const char *why = up_record_decode((struct up_view){left.data, *len}, rec);
    return why ? bad(r, why) : UP_OK;
}

static const char *too_large(struct reader *r, const struct up_record *rec)
{
    switch (rec->type) {
    case UP_REC_OBJECT:
    case UP_REC_LARGE:
        return rec->raw_len > UP_CHUNK_BYTES ? "an artifact of this size comes in chunks"
                                             : NULL;
    case UP_REC_RESULT:
        r->docs += rec->raw_len + rec->doc.len;
        return r->docs > DOCS_MAX       ? "its results hold more than 256 MiB"
               : rec->raw_len > DOC_MAX ? "a result holds more than 16 MiB"
                                        : NULL;
    default:
        return rec->raw_len > DOC_MAX ? "a record holds more than 16 MiB" : NULL;
    }
}

static int next_record(struct reader *r, struct up_record *rec, struct up_buf *value)
{
    size_t len = 0;
    int rc = record_at(r, rec, &len);
    const char *why = rc == UP_OK ? too_large(r, rec) : NULL;
    if (why)
        rc = bad(r, why);
    if (rc == UP_OK && up_record_value(rec, value, NULL) != UP_OK)
        rc = bad(r, "its compressed value cannot be read");
    if (rc == UP_OK)
        r->at += len;
    return rc;
}

/* ---- artifacts: a large one is never in memory as a whole ---- */

struct artifact {
    struct reader *r;
    struct up_digest digest;
    struct up_sha256 sha;
    uint64_t size;
    uint32_t chunk;      /* the next one */
    struct up_buf piece; /* the bytes of a small one, or of a chunk */
};

static int next_chunk(void *ctx, size_t len, struct up_view *piece, struct up_err *err)
{
    struct artifact *a = ctx;
    struct reader *r = a->r;
    uint8_t name[UP_BUNDLE_CHUNK_NAME];
    struct up_record rec;
    size_t at;
    int rc = record_at(r, &rec, &at);
    (void)err;
    if (rc)
        return rc;
    up_bundle_chunk_name(name, a->digest, a->chunk++);
    if (rec.type != UP_REC_CHUNK || rec.raw_len != len ||
        !up_view_equal(rec.name, (struct up_view){name, sizeof name}))
        return bad(r, "this is not the artifact's next chunk");
    up_buf_clear(&a->piece);
    rc = next_record(r, &rec, &a->piece);
    *piece = up_buf_view(&a->piece);
    return rc;
}

static int small_piece(void *ctx, size_t len, struct up_view *piece, struct up_err *err)
{
    (void)len, (void)err;
    *piece = up_buf_view(&((struct artifact *)ctx)->piece);
    return UP_OK;
}

/* Reads it to its end, and its digests hold. */
static int check_artifact(struct artifact *a)
{
    struct up_hasher *h = up_hasher_new();
    struct up_view piece = up_buf_view(&a->piece);
    struct up_digest digest;
    struct up_sha256 sha;
    int rc = UP_OK;
    if (a->size <= UP_CHUNK_BYTES)
        up_hasher_add(h, piece.data, piece.len);
    for (uint64_t at = 0; !rc && a->size > UP_CHUNK_BYTES && at < a->size; at += piece.len) {
        uint64_t left = a->size - at;
        rc = next_chunk(a, left < UP_CHUNK_BYTES ? (size_t)left : UP_CHUNK_BYTES, &piece, NULL);
        if (!rc)
            up_hasher_add(h, piece.data, piece.len);
    }
    up_hasher_end(h, &digest, &sha);
    if (rc)
        return rc;
    return up_digest_equal(digest, a->digest) && !memcmp(sha.b, a->sha.b, sizeof sha.b)
               ? UP_OK
               : bad(a->r, "the artifact before here does not match its digests");
}

/* Passes its chunks, which were checked before. */
static int pass_artifact(struct artifact *a)
{
    struct up_record rec;
    int rc = UP_OK;
    for (uint64_t at = 0; !rc && a->size > UP_CHUNK_BYTES && at < a->size;
         at += UP_CHUNK_BYTES) {
        size_t len = 0;
        rc = record_at(a->r, &rec, &len);
        a->r->at += len;
    }
    return rc;
}

/* Into the store, which checks the digests; the reader stands behind it afterwards. */
static int put_artifact(struct artifact *a)
{
    struct reader *r = a->r;
    size_t begin = r->at;
    int rc = pass_artifact(a);
    size_t behind = r->at;
    if (rc)
        return rc;
    r->c->had_artifacts += up_store_has(r->s, a->digest);
    r->at = begin;
    rc = up_store_put_pieces(r->s, a->digest, a->sha, a->size,
                             a->size > UP_CHUNK_BYTES ? next_chunk : small_piece, a, r->err);
    r->at = behind;
    return rc;
}

static int find_size(struct artifact *a, const struct up_record *rec)
{
    uint64_t manifest[2];
    a->size = a->piece.len;
    if (rec->type != UP_REC_LARGE)
        return UP_OK;
    if (a->piece.len != sizeof manifest)
        return bad(a->r, "this artifact's list of chunks makes no sense");
    memcpy(manifest, a->piece.data, sizeof manifest);
    if (manifest[0] <= UP_CHUNK_BYTES || manifest[1] != UP_CHUNK_BYTES)
        return bad(a->r, "this artifact's list of chunks makes no sense");
    a->size = manifest[0];
    return UP_OK;
}

static struct up_digest both(struct up_digest digest, struct up_sha256 sha)
{
    uint8_t b[sizeof digest.b + sizeof sha.b];
    memcpy(b, digest.b, sizeof digest.b);
    memcpy(b + sizeof digest.b, sha.b, sizeof sha.b);
    return up_digest_of(b, sizeof b);
}

static int read_artifact(struct artifact *a, const struct up_record *rec)
{
    struct reader *r = a->r;
    if (rec->name.len != sizeof a->digest.b || rec->doc.len != sizeof a->sha.b)
        return bad(r, "this artifact's digests have another length");
    memcpy(a->digest.b, rec->name.data, sizeof a->digest.b);
    memcpy(a->sha.b, rec->doc.data, sizeof a->sha.b);
    int rc = find_size(a, rec);
    if (rc || (rc = r->s ? put_artifact(a) : check_artifact(a)))
        return rc;
    if (!up_digest_set_add(&r->artifacts, a->digest))
        return bad(r, "the artifact before here is there twice");
    (void)up_digest_set_add(&r->made, both(a->digest, a->sha));
    r->c->artifacts++;
    r->c->bytes += a->size;
    return UP_OK;
}

/* value: of its record, which this takes over for a while. */
static int artifact(struct reader *r, const struct up_record *rec, struct up_buf *value)
{
    struct artifact a = {.r = r, .piece = *value};
    int rc = read_artifact(&a, rec);
    *value = a.piece;
    return rc;
}

/* ---- results ---- */

static struct up_view keep(struct reader *r, struct up_view v)
{
    return (struct up_view){(uint8_t *)up_arena_strndup(&r->arena, (const char *)v.data, v.len),
                            v.len};
}

/* Who of those that count has signed it; strict: somebody must. */
static int find_signer(struct reader *r, const struct up_voucher *e, const char *what,
                       const char **signer)
{
    struct up_err why = {""};
    *signer = up_admit_signer(r->admit, e, &r->arena, &why);
    if (!*signer && r->admit->strict)
        return up_fail(r->err, UP_EINVAL,
                       "%s of the bundle is not what --trust asks for: %s; nothing was taken",
                       what, why.msg);
    *signer = *signer ? *signer : "";
    r->c->vouched += **signer && e->n;
    return UP_OK;
}

/* The record as it will be kept: marked as come from this file. */
static int mark(struct reader *r, const struct up_voucher *e, struct up_view *marked)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_whence o = up_admit_whence(r->admit, e);
    int rc = up_whence_put(&doc, e->value, &o, r->err);
    *marked = keep(r, up_buf_view(&doc));
    up_buf_release(&doc);
    return rc;
}

static int gather(struct reader *r, struct up_view key, struct up_view value,
                  const struct up_result *got)
{
    struct up_voucher e;
    struct taken t = {.item = {keep(r, key), {NULL, 0}}, .output = got->digest};
    if (!r->admit)
        return UP_OK;
    if (up_whence_result_voucher(&e, &r->arena, t.item.key, value, NULL))
        return bad(r, "this result's signatures cannot be read");
    int rc = find_signer(r, &e, up_arena_printf(&r->arena, "the result of %s", got->stage),
                         &t.signer);
    if (!rc && r->s)
        rc = mark(r, &e, &t.item.value);
    if (rc || !r->s)
        return rc;
    r->result = up_realloc(r->result, (r->nresult + 1) * sizeof *r->result);
    r->result[r->nresult++] = t;
    return UP_OK;
}

static int result(struct reader *r, const struct up_record *rec, struct up_view value)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_result got;
    struct up_digest key = up_digest_of(rec->doc.data, rec->doc.len);
    int rc = UP_OK;
    if (!up_view_equal(rec->name, (struct up_view){key.b, sizeof key.b}))
        rc = bad(r, "this result is not named by the digest of its key");
    else if (up_pack_check(rec->doc, NULL) || up_pack_check(value, NULL) ||
             up_result_unpack(&got, &a, value, NULL))
        rc = bad(r, "this result cannot be read");
    else if (!up_digest_set_add(&r->keys, key))
        rc = bad(r, "this result is there twice");
    if (!rc && !up_digest_set_has(&r->made, both(got.digest, got.sha256)))
        rc = bad(r, "this result's artifact is not in the bundle");
    if (!rc)
        rc = gather(r, rec->doc, value, &got);
    r->c->results += !rc;
    up_arena_release(&a);
    return rc;
}

/* Whether it takes the place of what is here under its key. */
static bool replaces(struct reader *r, const struct taken *t, struct up_view here)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_result ours;
    struct up_voucher mine;
    bool yes = false;
    if (!up_result_unpack(&ours, &a, here, NULL)) {
        bool same = up_digest_equal(ours.digest, t->output);
        bool came = ours.from == UP_CAME_FILE || ours.from == UP_CAME_STORE;
        yes = (same || came) && !up_whence_result_voucher(&mine, &a, t->item.key, here, NULL) &&
              up_admit_better(r->admit, t->signer, ours.from, &mine, &a);
        r->c->differ += !same && !yes;
    }
    up_arena_release(&a);
    return yes;
}

/* All at once, but for those that are here and stay. */
static int put_results(struct reader *r)
{
    struct up_buf here = UP_BUF_INIT;
    struct up_memo_item *item = up_alloc((r->nresult + 1) * sizeof *item);
    size_t n = 0;
    int rc = UP_OK;
    for (size_t i = 0; !rc && i < r->nresult; i++) {
        const struct taken *t = &r->result[i];
        up_buf_clear(&here);
        int got = up_store_result_get(r->s, t->item.key, &here, r->err);
        bool miss = got == UP_ENOTFOUND || got == UP_ECORRUPT;
        rc = miss ? UP_OK : got;
        r->c->had_results += !got;
        if (miss || (!got && replaces(r, t, up_buf_view(&here))))
            item[n++] = t->item;
    }
    up_buf_release(&here);
    if (!rc)
        rc = up_store_results_put(r->s, item, n, r->err);
    free(item);
    return rc;
}

/* ---- the run ---- */

static int check_run(struct reader *r, const struct up_run_record *run)
{
    for (size_t i = 0; i < run->nnodes; i++) {
        const struct up_run_node *n = &run->nodes[i];
        if (up_digest_zero(n->digest))
            continue;
        if (!up_digest_equal(n->key, up_digest_of(n->key_doc.data, n->key_doc.len)) ||
            !up_digest_set_has(&r->keys, n->key) ||
            !up_digest_set_has(&r->artifacts, n->digest))
            return bad(r, "a node of the run has no result or artifact in the bundle");
    }
    return UP_OK;
}

/* A run of this name that was made here, or that somebody trusted has signed, stays. */
static bool run_stays(struct reader *r, const char *id, const char *signer)
{
    struct up_buf here = UP_BUF_INIT;
    struct up_whence o;
    struct up_voucher mine;
    bool stays =
        up_store_run_get(r->s, id, &here, NULL) == UP_OK &&
        up_whence_read(&o, up_buf_view(&here), &r->arena, NULL) == UP_OK &&
        up_whence_run_voucher(&mine, &r->arena, id, up_buf_view(&here), NULL) == UP_OK &&
        !up_admit_better(r->admit, signer, o.from, &mine, &r->arena);
    up_buf_release(&here);
    return stays;
}

static int take_run(struct reader *r, const struct up_run_record *run, struct up_view value)
{
    struct up_voucher e;
    struct up_view marked = {NULL, 0};
    const char *signer = "";
    if (up_whence_run_voucher(&e, &r->arena, run->id, value, NULL))
        return bad(r, "the run's signatures cannot be read");
    int rc = find_signer(r, &e, "the run", &signer);
    if (rc || !r->s)
        return rc;
    if ((rc = mark(r, &e, &marked)) || (rc = put_results(r)) || run_stays(r, run->id, signer))
        return rc;
    return up_store_run_put(r->s, run->id, marked, r->err);
}

static int read_run(struct reader *r, const struct up_record *rec, struct up_view value)
{
    struct up_run_record *run = NULL;
    int rc = UP_OK;
    if (r->at != r->file.len)
        return bad(r, "something stands behind the run's record");
    if (up_pack_check(value, NULL) || up_run_record_unpack(&run, value, NULL))
        return bad(r, "the run's record cannot be read");
    if (strlen(run->id) >= sizeof r->c->run || !up_view_equal(rec->name, up_view_str(run->id)))
        rc = bad(r, "the run's record has another name than the run");
    if (!rc)
        rc = check_run(r, run);
    if (!rc)
        (void)snprintf(r->c->run, sizeof r->c->run, "%s", run->id);
    if (!rc && r->admit)
        rc = take_run(r, run, value);
    up_run_record_free(run);
    return rc;
}

static int read_all(struct reader *r)
{
    struct up_buf value = UP_BUF_INIT;
    struct up_record rec = {.type = 0};
    int rc = UP_OK;
    if (r->file.len < UP_BUNDLE_HEAD || memcmp(r->file.data, up_bundle_magic, 4) != 0)
        return bad(r, "this is no bundle");
    if (memcmp(r->file.data, up_bundle_magic, UP_BUNDLE_HEAD) != 0)
        return up_fail(r->err, UP_EUNSUPPORTED,
                       "the bundle was written by a newer upnas: update this one");
    r->at = UP_BUNDLE_HEAD;
    do {
        up_buf_clear(&value);
        if ((rc = next_record(r, &rec, &value)))
            break;
        if (rec.type == UP_REC_OBJECT || rec.type == UP_REC_LARGE)
            rc = artifact(r, &rec, &value);
        else if (rec.type == UP_REC_RESULT)
            rc = result(r, &rec, up_buf_view(&value));
        else if (rec.type == UP_REC_RUN)
            rc = read_run(r, &rec, up_buf_view(&value));
        else
            rc = bad(r, "the record before here has no place in a bundle");
    } while (!rc && rec.type != UP_REC_RUN);
    up_buf_release(&value);
    return rc;
}

static int read_bundle(struct up_store *s, struct up_view file, const struct up_admit *admit,
                       struct up_bundle_count *c, struct up_err *err)
{
    struct up_err local = {""};
    struct reader r = {.file = file, .s = s, .admit = admit, .c = c, .err = err ? err : &local};
    *c = (struct up_bundle_count){.results = 0};
    int rc = read_all(&r);
    up_digest_set_release(&r.artifacts);
    up_digest_set_release(&r.keys);
    up_arena_release(&r.arena);
    up_digest_set_release(&r.made);
    free(r.result);
    return rc;
}

int up_bundle_check(struct up_view file, struct up_bundle_count *c, struct up_err *err)
{
    return read_bundle(NULL, file, NULL, c, err);
}

int up_bundle_take(struct up_store *s, struct up_view file, const struct up_admit *admit,
                   struct up_bundle_count *c, struct up_err *err)
{
    int rc = read_bundle(NULL, file, admit, c, err);
    return rc ? rc : read_bundle(s, file, admit, c, err);
}
