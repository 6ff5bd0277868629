#include "dag/exchange/bundle.h"

#include <stdio.h>
#include <string.h>

#include "dag/exchange/bundle_parts.h"
#include "dag/record/record.h"
#include "store/base/err.h"
#include "store/base/set.h"
#include "store/file/record.h"

struct writer {
    struct up_store *s;
    up_bundle_sink *sink;
    void *ctx;
    struct up_bundle_count *c;
    struct up_digest_set done; /* artifacts and keys in the bundle */
    struct up_err *err;
};

static int write_record(struct writer *w, enum up_record_type type, struct up_view name,
                        struct up_view doc, struct up_view value)
{
    struct up_buf rec = UP_BUF_INIT;
    up_record_encode(&rec, type, name, doc, value);
    up_record_seal(rec.data, rec.len, 0);
    int rc = w->sink(w->ctx, up_buf_view(&rec), w->err);
    up_buf_release(&rec);
    return rc;
}

static int write_chunks(struct writer *w, struct up_digest d, struct up_view bytes)
{
    uint8_t name[UP_BUNDLE_CHUNK_NAME];
    int rc = UP_OK;
    for (size_t at = 0, i = 0; !rc && at < bytes.len; at += UP_CHUNK_BYTES, i++) {
        size_t left = bytes.len - at, n = left < UP_CHUNK_BYTES ? left : UP_CHUNK_BYTES;
        up_bundle_chunk_name(name, d, (uint32_t)i);
        rc = write_record(w, UP_REC_CHUNK, (struct up_view){name, sizeof name},
                          (struct up_view){NULL, 0}, (struct up_view){bytes.data + at, n});
    }
    return rc;
}

static int write_artifact(struct writer *w, struct up_digest d)
{
    struct up_buf bytes = UP_BUF_INIT;
    struct up_view name = {d.b, sizeof d.b};
    uint64_t manifest[2] = {0, UP_CHUNK_BYTES};
    if (!up_digest_set_add(&w->done, d))
        return UP_OK;
    int rc = up_store_get(w->s, d, &bytes, w->err);
    if (rc)
        return rc;
    struct up_sha256 sha = up_sha256_of(bytes.data, bytes.len);
    struct up_view doc = {sha.b, sizeof sha.b};
    manifest[0] = bytes.len;
    w->c->artifacts++;
    w->c->bytes += bytes.len;
    if (bytes.len <= UP_CHUNK_BYTES)
        rc = write_record(w, UP_REC_OBJECT, name, doc, up_buf_view(&bytes));
    else if (!(rc = write_record(w, UP_REC_LARGE, name, doc,
                                 (struct up_view){(const uint8_t *)manifest, sizeof manifest})))
        rc = write_chunks(w, d, up_buf_view(&bytes));
    up_buf_release(&bytes);
    return rc;
}

/* The record with its signatures: nothing else that this store notes of it counts elsewhere. */
static int outward(struct up_buf *out, struct up_view record, struct up_arena *a,
                   struct up_err *err)
{
    struct up_whence o;
    int rc = up_whence_read(&o, record, a, err);
    const struct up_whence with = {.signatures = o.signatures, .nsignatures = o.nsignatures};
    if (rc)
        return rc;
    return o.nsignatures ? up_whence_put(out, record, &with, err)
                         : up_whence_strip(out, record, err);
}

/* results false: the artifacts that the node made, as the run and as the store have it. */
static int write_node(struct writer *w, const struct up_run_node *n, bool results)
{
    struct up_buf value = UP_BUF_INIT;
    struct up_arena a = UP_ARENA_INIT;
    struct up_result r;
    if (up_digest_zero(n->digest))
        return UP_OK;
    int rc = up_store_result_get(w->s, n->key_doc, &value, w->err);
    if (!rc)
        rc = up_result_unpack(&r, &a, up_buf_view(&value), w->err);
    if (rc)
        up_fail_in(w->err, rc, "the result of %s", n->stage);
    if (!rc && !results && !(rc = write_artifact(w, n->digest)))
        rc = write_artifact(w, r.digest);
    if (!rc && results && up_digest_set_add(&w->done, n->key)) {
        struct up_buf out = UP_BUF_INIT;
        w->c->results++;
        rc = outward(&out, up_buf_view(&value), &a, w->err);
        if (!rc)
            rc = write_record(w, UP_REC_RESULT, (struct up_view){n->key.b, sizeof n->key.b},
                              n->key_doc, up_buf_view(&out));
        up_buf_release(&out);
    }
    up_arena_release(&a);
    up_buf_release(&value);
    return rc;
}

int up_bundle_write(struct up_store *s, const char *name, up_bundle_sink *sink, void *ctx,
                    struct up_bundle_count *c, struct up_err *err)
{
    struct up_err local = {""};
    struct writer w = {.s = s, .sink = sink, .ctx = ctx, .c = c, .err = err ? err : &local};
    struct up_run_record *run = NULL;
    struct up_buf doc = UP_BUF_INIT, out = UP_BUF_INIT;
    struct up_arena a = UP_ARENA_INIT;
    *c = (struct up_bundle_count){.results = 0};
    int rc = up_run_find(s, name, &run, w.err);
    if (rc)
        return rc;
    (void)snprintf(c->run, sizeof c->run, "%s", run->id);
    rc = sink(ctx, (struct up_view){up_bundle_magic, UP_BUNDLE_HEAD}, w.err);
    for (int results = 0; results < 2; results++)
        for (size_t i = 0; !rc && i < run->nnodes; i++)
            rc = write_node(&w, &run->nodes[i], results);
    if (!rc)
        rc = up_store_run_get(s, run->id, &doc, w.err);
    if (!rc)
        rc = outward(&out, up_buf_view(&doc), &a, w.err);
    if (!rc)
        rc = write_record(&w, UP_REC_RUN, up_view_str(run->id), (struct up_view){NULL, 0},
                          up_buf_view(&out));
    up_arena_release(&a);
    up_buf_release(&out);
    up_buf_release(&doc);
    up_digest_set_release(&w.done);
    up_run_record_free(run);
    return rc;
}
