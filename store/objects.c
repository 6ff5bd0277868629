/* Objects: bytes under their digest, in one record or in a manifest and chunks. */
#include "store/base/err.h"
#include "store/state.h"

#include <string.h>

enum { BATCH = 16, SHA = 32, MANIFEST = 16, CHUNK_KEY = 20 };

static void put_number(uint8_t *p, uint64_t v, size_t n, bool big_endian)
{
    for (size_t i = 0; i < n; i++)
        p[big_endian ? n - 1 - i : i] = (uint8_t)(v >> 8 * i);
}

static uint64_t get_le64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static struct up_view chunk_key(uint8_t out[CHUNK_KEY], struct up_digest d, uint64_t index)
{
    memcpy(out, d.b, sizeof d.b);
    put_number(out + sizeof d.b, index, 4, true);
    return (struct up_view){out, CHUNK_KEY};
}

/* ---- looking ---- */

struct bad { /* a record found bad, to be moved aside after the transaction */
    enum up_db db;
    uint8_t key[CHUNK_KEY];
    size_t len;
    const char *why; /* NULL: the record itself says so */
};

struct look {
    struct up_digest digest;
    struct up_buf *out; /* NULL: checksums only */
    struct up_sha256 sha;
    uint64_t size, chunk;
    bool found, large;
    struct bad bad;
};

static int note_bad(struct look *l, enum up_db db, struct up_view key, const char *why)
{
    l->bad = (struct bad){.db = db, .len = key.len, .why = why};
    memcpy(l->bad.key, key.data, key.len);
    return UP_ECORRUPT;
}

/* The object's own record: its digests and size, and the bytes of a small one. */
static int look_head(struct up_txn *t, struct look *l, struct up_err *err)
{
    struct up_view key = up_digest_view(&l->digest), bytes;
    struct up_record r;
    int rc = up_txn_get(t, UP_DB_OBJECTS, key, &bytes, err);
    if (rc != UP_OK)
        return rc;
    l->found = true;
    if (up_record_expect(bytes, UP_DB_OBJECTS, key, &r) != NULL)
        return note_bad(l, UP_DB_OBJECTS, key, NULL);
    if (r.doc.len != SHA)
        return note_bad(l, UP_DB_OBJECTS, key, "it holds no SHA-256");
    memcpy(l->sha.b, r.doc.data, SHA);
    l->large = r.type == UP_REC_LARGE;
    l->size = r.raw_len;
    if (!l->large)
        return !l->out || up_record_value(&r, l->out, NULL) == UP_OK
                   ? UP_OK
                   : note_bad(l, UP_DB_OBJECTS, key, "its compressed value cannot be read");
    struct up_buf manifest = UP_BUF_INIT;
    rc = up_record_value(&r, &manifest, NULL);
    if (rc == UP_OK && manifest.len == MANIFEST) {
        l->size = get_le64(manifest.data);
        l->chunk = get_le64(manifest.data + 8);
    }
    up_buf_release(&manifest);
    return l->chunk ? UP_OK
                    : note_bad(l, UP_DB_OBJECTS, key, "its list of chunks makes no sense");
}

static int look_chunk(struct up_txn *t, struct look *l, uint64_t i, struct up_err *err)
{
    uint8_t name[CHUNK_KEY];
    struct up_view key = chunk_key(name, l->digest, i), bytes;
    struct up_record r;
    uint64_t left = l->size - i * l->chunk;
    int rc = up_txn_get(t, UP_DB_CHUNKS, key, &bytes, err);
    if (rc == UP_ENOTFOUND)
        return note_bad(l, UP_DB_OBJECTS, up_digest_view(&l->digest),
                        "a chunk of it is missing");
    if (rc != UP_OK)
        return rc;
    if (up_record_expect(bytes, UP_DB_CHUNKS, key, &r) != NULL)
        return note_bad(l, UP_DB_CHUNKS, key, NULL);
    if (r.raw_len != (left < l->chunk ? left : l->chunk) ||
        (l->out && up_record_value(&r, l->out, NULL) != UP_OK))
        return note_bad(l, UP_DB_CHUNKS, key, "its compressed value cannot be read");
    return UP_OK;
}

static int look(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct look *l = ctx;
    int rc = look_head(t, l, err);
    for (uint64_t i = 0; rc == UP_OK && l->large && i * l->chunk < l->size; i++)
        rc = look_chunk(t, l, i, err);
    return rc;
}

static int look_head_only(struct up_txn *t, void *ctx, struct up_err *err)
{
    return look_head(t, ctx, err);
}

static void set_aside(struct up_store *s, const struct bad *bad)
{
    if (bad->len)
        (void)up_damage_aside(s, bad->db, (struct up_view){bad->key, bad->len}, bad->why);
}

/* Runs fn, reports what it found bad, and writes the sentence. */
static int run_look(struct up_store *s, up_txn_fn *fn, struct look *l, struct up_err *err)
{
    char hex[UP_DIGEST_HEX];
    int rc = up_store_hold(s, l->digest, err);
    if (rc == UP_OK)
        rc = up_lmdb_read(s->lmdb, fn, l, err);
    if (rc == UP_ENOTFOUND)
        return up_fail(err, rc, "the store %s has no object %s", s->dir,
                       up_digest_hex(l->digest, hex));
    if (rc != UP_ECORRUPT || !l->bad.len)
        return rc;
    set_aside(s, &l->bad);
    return up_fail(err, rc, "object %s in the store %s is damaged and counts as missing",
                   up_digest_hex(l->digest, hex), s->dir);
}

bool up_store_has(struct up_store *s, struct up_digest digest)
{
    struct look l = {.digest = digest};
    return run_look(s, look, &l, NULL) == UP_OK;
}

int up_store_stat(struct up_store *s, struct up_digest digest, struct up_sha256 *sha,
                  uint64_t *size, struct up_err *err)
{
    struct look l = {.digest = digest};
    int rc = run_look(s, look_head_only, &l, err);
    if (rc == UP_OK && sha)
        *sha = l.sha;
    if (rc == UP_OK && size)
        *size = l.size;
    return rc;
}

static bool is_content_of(struct up_view v, const struct look *l)
{
    return up_digest_equal(up_digest_of(v.data, v.len), l->digest) &&
           memcmp(up_sha256_of(v.data, v.len).b, l->sha.b, SHA) == 0;
}

int up_store_get(struct up_store *s, struct up_digest digest, struct up_buf *out,
                 struct up_err *err)
{
    struct look l = {.digest = digest, .out = out};
    size_t before = out->len;
    int rc = run_look(s, look, &l, err);
    struct up_view got = up_buf_view(out);
    if (before) /* else there may be no bytes at all, and no pointer to add to */
        got = (struct up_view){got.data + before, got.len - before};
    if (rc == UP_OK && (got.len != l.size || !is_content_of(got, &l))) {
        char hex[UP_DIGEST_HEX];
        (void)up_damage_aside(s, UP_DB_OBJECTS, up_digest_view(&digest),
                              "its content does not match its digests");
        rc = up_fail(
            err, UP_ECORRUPT,
            "object %s in the store %s does not match its digests and counts as missing",
            up_digest_hex(digest, hex), s->dir);
    }
    if (rc != UP_OK)
        out->len = before;
    return rc;
}

/* ---- putting ---- */

struct put {
    struct up_digest digest;
    struct up_buf rec[BATCH + 1];
    uint8_t key[BATCH][CHUNK_KEY];
    size_t n;
    bool head; /* rec[n] is the object's own record */
};

static int put_batch(struct up_txn *t, void *ctx, struct up_err *err)
{
    struct put *p = ctx;
    int rc = UP_OK;
    for (size_t i = 0; rc == UP_OK && i < p->n; i++)
        rc = up_store_put_record(t, UP_DB_CHUNKS, (struct up_view){p->key[i], CHUNK_KEY},
                                 p->rec[i].data, p->rec[i].len, err);
    if (rc == UP_OK && p->head)
        rc = up_store_put_record(t, UP_DB_OBJECTS, up_digest_view(&p->digest),
                                 p->rec[p->n].data, p->rec[p->n].len, err);
    return rc;
}

static void put_release(struct put *p)
{
    for (size_t i = 0; i <= BATCH; i++)
        up_buf_release(&p->rec[i]);
}

/* The bytes of an object on their way in. */
struct source {
    struct up_sha256 sha;
    uint64_t size;
    up_piece_fn *next;
    void *ctx;
    struct up_hasher *hasher; /* NULL: the digests are those of the bytes */
};

static int put_chunk(struct put *p, const struct source *from, uint64_t i, size_t len,
                     struct up_err *err)
{
    struct up_view name = chunk_key(p->key[p->n], p->digest, i), piece;
    int rc = from->next(from->ctx, len, &piece, err);
    if (rc != UP_OK)
        return rc;
    UP_CHECK(piece.len == len);
    if (from->hasher)
        up_hasher_add(from->hasher, piece.data, len);
    up_buf_clear(&p->rec[p->n]);
    up_record_encode(&p->rec[p->n++], UP_REC_CHUNK, name, (struct up_view){NULL, 0}, piece);
    return UP_OK;
}

static int check_content(const struct put *p, struct source *from, struct up_err *err)
{
    struct up_digest digest;
    struct up_sha256 sha;
    char hex[UP_DIGEST_HEX];
    if (!from->hasher)
        return UP_OK;
    up_hasher_end(from->hasher, &digest, &sha);
    from->hasher = NULL;
    return up_digest_equal(digest, p->digest) && memcmp(sha.b, from->sha.b, SHA) == 0
               ? UP_OK
               : up_fail(err, UP_EINVAL, "the bytes that came have other digests than %s",
                         up_digest_hex(p->digest, hex));
}

/* Chunks first, sixteen to a transaction; the manifest with the last of them, so
 * that an object is there whole or not at all. */
static int put_large(struct up_store *s, struct put *p, struct source *from, struct up_err *err)
{
    uint8_t manifest[MANIFEST];
    int rc = UP_OK;
    put_number(manifest, from->size, 8, false);
    put_number(manifest + 8, UP_CHUNK_BYTES, 8, false);
    for (uint64_t at = 0, i = 0; rc == UP_OK && at < from->size;) {
        for (p->n = 0; rc == UP_OK && p->n < BATCH && at < from->size; i++) {
            uint64_t left = from->size - at;
            size_t len = left < UP_CHUNK_BYTES ? (size_t)left : UP_CHUNK_BYTES;
            rc = put_chunk(p, from, i, len, err);
            at += len;
        }
        p->head = at == from->size;
        if (rc == UP_OK && p->head && (rc = check_content(p, from, err)) == UP_OK) {
            up_buf_clear(&p->rec[p->n]);
            up_record_encode(&p->rec[p->n], UP_REC_LARGE, up_digest_view(&p->digest),
                             (struct up_view){from->sha.b, SHA},
                             (struct up_view){manifest, MANIFEST});
        }
        if (rc == UP_OK)
            rc = up_store_update(s, put_batch, p, err);
    }
    return rc;
}

static int put_small(struct up_store *s, struct put *p, struct source *from, struct up_err *err)
{
    struct up_view bytes = {NULL, 0};
    int rc = from->size ? from->next(from->ctx, (size_t)from->size, &bytes, err) : UP_OK;
    if (rc != UP_OK)
        return rc;
    if (from->hasher)
        up_hasher_add(from->hasher, bytes.data, bytes.len);
    if ((rc = check_content(p, from, err)) != UP_OK)
        return rc;
    up_record_encode(&p->rec[0], UP_REC_OBJECT, up_digest_view(&p->digest),
                     (struct up_view){from->sha.b, SHA}, bytes);
    p->head = true;
    return up_store_update(s, put_batch, p, err);
}

static int put_object(struct up_store *s, struct up_digest digest, struct source *from,
                      struct up_err *err)
{
    char hex[UP_DIGEST_HEX];
    struct look l = {.digest = digest};
    if (s->read_only)
        return up_fail(err, UP_EIO, "the store %s is open for reading only", s->dir);
    int rc = run_look(s, look, &l, err);
    if (rc == UP_OK && (l.size != from->size || memcmp(l.sha.b, from->sha.b, SHA) != 0))
        return up_fail(err, UP_EINVAL,
                       "other bytes with the same digest %s are in the store %s already: these "
                       "cannot be stored beside them",
                       up_digest_hex(digest, hex), s->dir);
    if (rc != UP_ENOTFOUND && (rc != UP_ECORRUPT || !l.bad.len))
        return rc;
    if (from->size > (uint64_t)UP_CHUNK_BYTES * UINT32_MAX)
        return up_fail(err, UP_EINVAL, "an object of %llu bytes is too large for the store",
                       (unsigned long long)from->size);
    struct put p = {.digest = digest};
    rc = from->size <= UP_CHUNK_BYTES ? put_small(s, &p, from, err)
                                      : put_large(s, &p, from, err);
    put_release(&p);
    return rc;
}

static int piece_of_view(void *ctx, size_t len, struct up_view *piece, struct up_err *err)
{
    struct up_view *left = ctx;
    (void)err;
    *piece = (struct up_view){left->data, len};
    *left = (struct up_view){left->data + len, left->len - len};
    return UP_OK;
}

int up_store_put(struct up_store *s, struct up_view bytes, struct up_digest *digest,
                 struct up_sha256 *sha, struct up_err *err)
{
    struct up_view left = bytes;
    struct up_digest d = up_digest_of(bytes.data, bytes.len);
    struct source from = {.sha = up_sha256_of(bytes.data, bytes.len),
                          .size = bytes.len,
                          .next = piece_of_view,
                          .ctx = &left};
    int rc = put_object(s, d, &from, err);
    if (digest)
        *digest = d;
    if (sha)
        *sha = from.sha;
    return rc;
}

int up_store_put_pieces(struct up_store *s, struct up_digest digest, struct up_sha256 sha,
                        uint64_t size, up_piece_fn *next, void *ctx, struct up_err *err)
{
    struct source from = {
        .sha = sha, .size = size, .next = next, .ctx = ctx, .hasher = up_hasher_new()};
    int rc = put_object(s, digest, &from, err);
    if (from.hasher)
        up_hasher_end(from.hasher, &digest, &sha);
    return rc;
}
