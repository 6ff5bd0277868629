#include "dag/exchange/merge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dag/record/record.h"
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/pack.h"

enum { TELL_EVERY = 256, BATCH_ITEMS = 1024, BATCH_BYTES = 4 << 20 };

void up_merge_release(struct up_merge *m)
{
    up_digest_set_release(&m->here);
    up_digest_set_release(&m->taken);
}

/* ---- one store being read ---- */

struct batch { /* records of one kind on their way */
    struct up_arena arena;
    struct up_memo_item item[BATCH_ITEMS];
    size_t n, bytes;
};

struct work {
    struct up_merge *m;
    struct up_store *from;
    struct up_merge_count *c;
    struct batch *batch;
    struct up_buf scratch;
    int rc; /* what ended a walk early */
    struct up_err *err;
};

__attribute__((format(printf, 2, 3))) static void say(struct work *w, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    w->m->say(w->m->ctx, text);
}

static void look(struct work *w)
{
    if (++w->m->records % TELL_EVERY == 0 && w->m->progress)
        w->m->progress(w->m->ctx, w->m->records);
}

static struct up_digest digest_at(struct up_view name)
{
    struct up_digest d;
    UP_CHECK(name.len == sizeof d.b); /* the walk passes over others */
    memcpy(d.b, name.data, sizeof d.b);
    return d;
}

/* ---- artifacts ---- */

/* The artifact is whole in this store afterwards: UP_OK; UP_ENOTFOUND: it cannot be had. */
static int bring(struct work *w, struct up_digest d)
{
    struct up_merge *m = w->m;
    if (up_digest_set_has(&m->here, d))
        return UP_OK;
    bool had = m->to && up_store_has(m->to, d);
    up_buf_clear(&w->scratch);
    int rc = had ? UP_OK : up_store_get(w->from, d, &w->scratch, w->err);
    if (rc == UP_ECORRUPT || rc == UP_ENOTFOUND)
        return UP_ENOTFOUND;
    if (!rc && !had && !m->dry)
        rc = up_store_put(m->to, up_buf_view(&w->scratch), NULL, NULL, w->err);
    if (rc)
        return rc;
    w->c->had[UP_MERGE_ARTIFACT] += had;
    w->c->copied[UP_MERGE_ARTIFACT] += !had;
    w->c->bytes += w->scratch.len;
    (void)up_digest_set_add(&m->here, d);
    return UP_OK;
}

/* The store says itself what is damaged. */
static int visit_artifact(void *ctx, struct up_view name, struct up_view doc,
                          struct up_view value)
{
    struct work *w = ctx;
    (void)doc;
    (void)value;
    look(w);
    struct up_digest d = digest_at(name);
    w->c->had[UP_MERGE_ARTIFACT] += up_digest_set_has(&w->m->here, d);
    w->rc = bring(w, d);
    w->rc = w->rc == UP_ENOTFOUND ? UP_OK : w->rc;
    return w->rc;
}

/* ---- results and parts ---- */

static int flush(struct work *w, enum up_merge_kind kind)
{
    struct batch *b = w->batch;
    int rc = UP_OK;
    if (b->n && !w->m->dry)
        rc = kind == UP_MERGE_PART ? up_store_memo_put(w->m->to, b->item, b->n, w->err)
                                   : up_store_results_put(w->m->to, b->item, b->n, w->err);
    up_arena_release(&b->arena);
    b->n = b->bytes = 0;
    return rc;
}

static struct up_view copy(struct up_arena *a, struct up_view v)
{
    return (struct up_view){(uint8_t *)up_arena_strndup(a, (const char *)v.data, v.len), v.len};
}

static int enqueue(struct work *w, enum up_merge_kind kind, struct up_view key,
                   struct up_view value)
{
    struct batch *b = w->batch;
    if (w->m->dry)
        return UP_OK;
    b->item[b->n++] = (struct up_memo_item){copy(&b->arena, key), copy(&b->arena, value)};
    b->bytes += key.len + value.len;
    return b->n == BATCH_ITEMS || b->bytes >= BATCH_BYTES ? flush(w, kind) : UP_OK;
}

static void count_new(struct work *w, enum up_merge_kind kind, struct up_view key)
{
    w->c->copied[kind]++;
    if (w->m->dry)
        (void)up_digest_set_add(&w->m->taken, up_digest_of(key.data, key.len));
}

/* ---- origins ---- */

/* The signer that counts, "" when none does and all is taken; NULL: it is not taken, said. */
static const char *admitted(struct work *w, const char *kind, const struct up_voucher *e,
                            struct up_arena *arena)
{
    struct up_err why = {""};
    char hex[UP_DIGEST_HEX];
    const char *signer = up_admit_signer(&w->m->admit, e, arena, &why);
    if (signer || !w->m->admit.strict)
        return signer ? signer : "";
    say(w, "%s %s was not taken: %s", kind,
        up_digest_hex(up_digest_of(e->key.data, e->key.len), hex), why.msg);
    return NULL;
}

/* A part's origin names its signer alone: whoever computes with it asks no more. */
static int take_part(struct work *w, const struct up_voucher *e, const char *signer,
                     struct up_arena *arena)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_whence o = up_admit_whence(&w->m->admit, e);
    const char **by = UP_NEW(arena, 1, const char *);
    *by = *signer ? signer : "any";
    o.trust = by;
    o.ntrust = *signer || w->m->admit.strict;
    up_part_wrap(&doc, e->value, &o);
    int rc = enqueue(w, UP_MERGE_PART, e->key, up_buf_view(&doc));
    up_buf_release(&doc);
    return rc;
}

static int take_result(struct work *w, const struct up_voucher *e)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_whence o = up_admit_whence(&w->m->admit, e);
    int rc = up_whence_put(&doc, e->value, &o, w->err);
    if (!rc)
        rc = enqueue(w, UP_MERGE_RESULT, e->key, up_buf_view(&doc));
    up_buf_release(&doc);
    return rc;
}

/* What this store has under the key, into scratch; UP_ENOTFOUND also when that is damaged. */
static int here(struct work *w, enum up_merge_kind kind, struct up_view key)
{
    struct up_store *to = w->m->to;
    up_buf_clear(&w->scratch);
    if (!to)
        return UP_ENOTFOUND;
    int rc = kind == UP_MERGE_PART ? up_store_memo_get(to, key, &w->scratch, w->err)
                                   : up_store_result_get(to, key, &w->scratch, w->err);
    return rc == UP_ECORRUPT ? UP_ENOTFOUND : rc;
}

/* Its checksum held; that its name is the digest of its key is another matter. */
static bool named_rightly(struct work *w, const char *kind, struct up_view name,
                          struct up_view key)
{
    char hex[UP_DIGEST_HEX];
    struct up_digest d = digest_at(name);
    if (up_digest_equal(d, up_digest_of(key.data, key.len)))
        return true;
    say(w, "%s %s is not named by the digest of its key, and was not taken", kind,
        up_digest_hex(d, hex));
    return false;
}

static int part(struct work *w, struct up_view key, struct up_view value,
                struct up_arena *arena)
{
    char hex[UP_DIGEST_HEX];
    struct up_whence says, o;
    struct up_view bytes, ours;
    up_part_unwrap(&bytes, &says, value, arena);
    struct up_voucher e = up_whence_part_voucher(key, bytes, &says), mine;
    const char *signer = admitted(w, "partial result", &e, arena);
    int rc = signer ? here(w, UP_MERGE_PART, key) : UP_OK;
    if (!signer)
        return UP_OK;
    if (rc == UP_ENOTFOUND) {
        count_new(w, UP_MERGE_PART, key);
        return take_part(w, &e, signer, arena);
    }
    if (rc)
        return rc;
    w->c->had[UP_MERGE_PART]++;
    up_part_unwrap(&ours, &o, up_buf_view(&w->scratch), arena);
    mine = up_whence_part_voucher(key, ours, &o);
    if (up_view_equal(ours, bytes))
        return up_admit_better(&w->m->admit, signer, o.from, &mine, arena)
                   ? take_part(w, &e, signer, arena)
                   : UP_OK;
    w->c->differ++;
    say(w, "partial result %s has other bytes than this store's, which stay",
        up_digest_hex(up_digest_of(key.data, key.len), hex));
    return UP_OK;
}

static int visit_part(void *ctx, struct up_view name, struct up_view key, struct up_view value)
{
    struct work *w = ctx;
    struct up_arena arena = UP_ARENA_INIT;
    look(w);
    if (!named_rightly(w, "partial result", name, key))
        return 0;
    if (up_digest_set_has(&w->m->taken, digest_at(name)))
        w->c->had[UP_MERGE_PART]++;
    else
        w->rc = part(w, key, value, &arena);
    up_arena_release(&arena);
    return w->rc;
}

/* Both have a result under the key; ours is in scratch. */
static int compare(struct work *w, const struct up_result *theirs, const struct up_voucher *e,
                   const char *signer, struct up_arena *arena)
{
    struct up_result ours;
    struct up_voucher mine;
    char hex[3][UP_DIGEST_HEX];
    w->c->had[UP_MERGE_RESULT]++;
    if (up_result_unpack(&ours, arena, up_buf_view(&w->scratch), NULL))
        return UP_OK;
    if (up_digest_equal(ours.digest, theirs->digest))
        return !up_whence_result_voucher(&mine, arena, e->key, up_buf_view(&w->scratch),
                                         NULL) &&
                       up_admit_better(&w->m->admit, signer, ours.from, &mine, arena)
                   ? take_result(w, e)
                   : UP_OK;
    w->c->differ++;
    say(w, "result %s of %s is artifact %s, and %s in this store, which stays",
        up_digest_hex(up_digest_of(e->key.data, e->key.len), hex[0]), theirs->stage,
        up_digest_hex(theirs->digest, hex[1]), up_digest_hex(ours.digest, hex[2]));
    return UP_OK;
}

/* The record names its artifact by SHA-256 too. */
static bool sha_agrees(struct work *w, const struct up_result *r)
{
    struct up_sha256 sha;
    int rc = w->m->to ? up_store_stat(w->m->to, r->digest, &sha, NULL, NULL) : UP_ENOTFOUND;
    if (rc)
        rc = up_store_stat(w->from, r->digest, &sha, NULL, NULL);
    return rc || !memcmp(sha.b, r->sha256.b, sizeof sha.b);
}

static int result(struct work *w, struct up_digest key, struct up_view doc,
                  struct up_view value, struct up_arena *arena)
{
    struct up_result r;
    struct up_voucher e;
    char hex[2][UP_DIGEST_HEX];
    if (up_pack_check(value, w->err) || up_result_unpack(&r, arena, value, w->err) ||
        up_whence_result_voucher(&e, arena, doc, value, w->err)) {
        say(w, "result %s cannot be read, and was not taken", up_digest_hex(key, hex[0]));
        return UP_OK;
    }
    const char *signer = admitted(w, "result", &e, arena);
    if (!signer)
        return UP_OK;
    int rc = bring(w, r.digest);
    if (rc == UP_ENOTFOUND) {
        say(w, "result %s of %s was not taken: its artifact %s is damaged or missing",
            up_digest_hex(key, hex[0]), r.stage, up_digest_hex(r.digest, hex[1]));
        return UP_OK;
    }
    if (!rc && !sha_agrees(w, &r)) {
        say(w, "result %s of %s was not taken: it names another SHA-256 than its artifact %s",
            up_digest_hex(key, hex[0]), r.stage, up_digest_hex(r.digest, hex[1]));
        return UP_OK;
    }
    if (!rc && up_digest_set_has(&w->m->taken, key)) {
        w->c->had[UP_MERGE_RESULT]++;
        return UP_OK;
    }
    if (!rc)
        rc = here(w, UP_MERGE_RESULT, doc);
    if (rc == UP_ENOTFOUND) {
        count_new(w, UP_MERGE_RESULT, doc);
        return take_result(w, &e);
    }
    return rc ? rc : compare(w, &r, &e, signer, arena);
}

static int visit_result(void *ctx, struct up_view name, struct up_view key,
                        struct up_view value)
{
    struct work *w = ctx;
    struct up_arena arena = UP_ARENA_INIT;
    look(w);
    if (!named_rightly(w, "result", name, key))
        return 0;
    w->rc = result(w, digest_at(name), key, value, &arena);
    up_arena_release(&arena);
    return w->rc;
}

int up_merge_from(struct up_merge *m, struct up_store *from, struct up_merge_count *c,
                  struct up_err *err)
{
    static const struct {
        enum up_store_kind kind;
        enum up_merge_kind as;
        up_store_visit *visit;
    } order[] = {
        /* what is named before what names it */
        {UP_STORE_OBJECT, UP_MERGE_ARTIFACT, visit_artifact},
        {UP_STORE_MEMO, UP_MERGE_PART, visit_part},
        {UP_STORE_RESULT, UP_MERGE_RESULT, visit_result},
    };
    struct up_err local = {""};
    struct work w = {.m = m, .from = from, .c = c, .err = err ? err : &local};
    int rc = UP_OK;
    UP_CHECK(m->to || m->dry);
    w.batch = up_alloc(sizeof *w.batch);
    for (size_t i = 0; !rc && i < sizeof order / sizeof *order; i++) {
        rc = up_store_walk(from, order[i].kind, false, order[i].visit, &w, w.err);
        if (!rc)
            rc = flush(&w, order[i].as);
    }
    up_arena_release(&w.batch->arena);
    free(w.batch);
    up_buf_release(&w.scratch);
    return rc;
}
