#include "dag/exchange/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dag/exchange/bundle_parts.h"
#include "dag/record/record.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/pack.h"
#include "store/base/set.h"
#include "store/file/record.h"

struct made { /* an artifact of the bundle */
    struct up_digest digest;
    struct up_sha256 sha;
};

struct reader {
    struct up_view file;
    size_t at;
    struct up_store *s; /* NULL: check alone */
    struct up_bundle_count *c;
    struct up_digest_set artifacts, keys;
    struct made *made;
    size_t nmade;
    struct up_memo_item *result; /* views into the file's values, which `arena` owns */
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

static int next_record(struct reader *r, struct up_record *rec, struct up_buf *value)
{
    size_t len = 0;
    int rc = record_at(r, rec, &len);
    if (rc == UP_OK && up_record_value(rec, value, NULL) != UP_OK)
        rc = bad(r, "its compressed value cannot be read");
    if (rc == UP_OK)
        r->at += len;
    return rc;
}

/* ---- artifacts ---- */

static int read_chunks(struct reader *r, struct up_digest d, uint64_t size, struct up_buf *out)
{
    uint8_t name[UP_BUNDLE_CHUNK_NAME];
    struct up_record rec;
    for (uint32_t i = 0; out->len < size; i++) {
        uint64_t left = size - out->len, want = left < UP_CHUNK_BYTES ? left : UP_CHUNK_BYTES;
        size_t len;
        int rc = record_at(r, &rec, &len);
        if (rc)
            return rc;
        up_bundle_chunk_name(name, d, i);
        if (rec.type != UP_REC_CHUNK || rec.raw_len != want ||
            !up_view_equal(rec.name, (struct up_view){name, sizeof name}))
            return bad(r, "this is not the artifact's next chunk");
        if ((rc = next_record(r, &rec, out)))
            return rc;
    }
    return UP_OK;
}

static int put(struct reader *r, struct up_digest d, struct up_view bytes)
{
    struct up_digest got;
    if (!r->s)
        return UP_OK;
    r->c->had_artifacts += up_store_has(r->s, d);
    int rc = up_store_put(r->s, bytes, &got, NULL, r->err);
    return rc || up_digest_equal(got, d) ? rc : bad(r, "the file changed while it was read");
}

static int artifact(struct reader *r, const struct up_record *rec, struct up_buf *bytes)
{
    struct made m;
    int rc = UP_OK;
    if (rec->name.len != sizeof m.digest.b || rec->doc.len != sizeof m.sha.b)
        return bad(r, "this artifact's digests have another length");
    memcpy(m.digest.b, rec->name.data, sizeof m.digest.b);
    memcpy(m.sha.b, rec->doc.data, sizeof m.sha.b);
    if (rec->type == UP_REC_LARGE) {
        uint64_t manifest[2];
        if (bytes->len != sizeof manifest)
            return bad(r, "this artifact's list of chunks makes no sense");
        memcpy(manifest, bytes->data, sizeof manifest);
        if (manifest[0] <= UP_CHUNK_BYTES || manifest[1] != UP_CHUNK_BYTES)
            return bad(r, "this artifact's list of chunks makes no sense");
        up_buf_clear(bytes);
        rc = read_chunks(r, m.digest, manifest[0], bytes);
    }
    if (rc)
        return rc;
    struct up_sha256 sha = up_sha256_of(bytes->data, bytes->len);
    if (!up_digest_equal(up_digest_of(bytes->data, bytes->len), m.digest) ||
        memcmp(sha.b, m.sha.b, sizeof sha.b) != 0)
        return bad(r, "the artifact before here does not match its digests");
    if (!up_digest_set_add(&r->artifacts, m.digest))
        return bad(r, "the artifact before here is there twice");
    r->made = up_realloc(r->made, (r->nmade + 1) * sizeof *r->made);
    r->made[r->nmade++] = m;
    r->c->artifacts++;
    r->c->bytes += bytes->len;
    return put(r, m.digest, up_buf_view(bytes));
}

/* ---- results ---- */

static struct up_view keep(struct reader *r, struct up_view v)
{
    return (struct up_view){(uint8_t *)up_arena_strndup(&r->arena, (const char *)v.data, v.len),
                            v.len};
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
    const struct made *m = NULL;
    for (size_t i = 0; !rc && !m && i < r->nmade; i++)
        m = up_digest_equal(r->made[i].digest, got.digest) ? &r->made[i] : NULL;
    if (!rc && (!m || memcmp(m->sha.b, got.sha256.b, sizeof m->sha.b) != 0))
        rc = bad(r, "this result's artifact is not in the bundle");
    up_arena_release(&a);
    if (rc)
        return rc;
    r->result = up_realloc(r->result, (r->nresult + 1) * sizeof *r->result);
    r->result[r->nresult++] = (struct up_memo_item){keep(r, rec->doc), keep(r, value)};
    r->c->results++;
    return UP_OK;
}

/* Those that are here stay. All others at once. */
static int put_results(struct reader *r)
{
    struct up_buf here = UP_BUF_INIT;
    size_t n = 0;
    int rc = UP_OK;
    for (size_t i = 0; !rc && i < r->nresult; i++) {
        up_buf_clear(&here);
        int got = up_store_result_get(r->s, r->result[i].key, &here, r->err);
        if (got == UP_ENOTFOUND || got == UP_ECORRUPT) {
            r->result[n++] = r->result[i];
        } else if (!(rc = got)) {
            struct up_arena a = UP_ARENA_INIT;
            struct up_result ours, theirs;
            r->c->had_results++;
            r->c->differ += !up_result_unpack(&ours, &a, up_buf_view(&here), NULL) &&
                            !up_result_unpack(&theirs, &a, r->result[i].value, NULL) &&
                            !up_digest_equal(ours.digest, theirs.digest);
            up_arena_release(&a);
        }
    }
    up_buf_release(&here);
    return rc ? rc : up_store_results_put(r->s, r->result, n, r->err);
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
    if (!rc && r->s && !(rc = put_results(r)))
        rc = up_store_run_put(r->s, run->id, value, r->err);
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

static int read_bundle(struct up_store *s, struct up_view file, struct up_bundle_count *c,
                       struct up_err *err)
{
    struct up_err local = {""};
    struct reader r = {.file = file, .s = s, .c = c, .err = err ? err : &local};
    *c = (struct up_bundle_count){.results = 0};
    int rc = read_all(&r);
    up_digest_set_release(&r.artifacts);
    up_digest_set_release(&r.keys);
    up_arena_release(&r.arena);
    free(r.made);
    free(r.result);
    return rc;
}

int up_bundle_check(struct up_view file, struct up_bundle_count *c, struct up_err *err)
{
    return read_bundle(NULL, file, c, err);
}

int up_bundle_take(struct up_store *s, struct up_view file, struct up_bundle_count *c,
                   struct up_err *err)
{
    int rc = up_bundle_check(file, c, err);
    return rc ? rc : read_bundle(s, file, c, err);
}
