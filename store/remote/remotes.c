#include "store/remote/remotes.h"
#include "store/remote/download.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

void up_remotes_add(struct up_remotes *rs, const struct up_member *m)
{
    rs->member = up_realloc(rs->member, (rs->n + 1) * sizeof *rs->member);
    rs->member[rs->n++] = *m;
}

void up_remotes_release(struct up_remotes *rs)
{
    for (size_t i = 0; i < rs->n; i++)
        up_remote_close(rs->member[i].remote);
    free(rs->member);
    rs->member = NULL;
    rs->n = 0;
}

void up_found_release(struct up_found *f)
{
    up_buf_release(&f->file);
    up_buf_release(&f->why);
    up_arena_release(&f->arena);
}

/* ---- trust ---- */

static bool trusts(const struct up_member *m, const char *name)
{
    for (size_t i = 0; i < m->ntrust; i++)
        if (!strcmp(m->trust[i], name))
            return true;
    return false;
}

/* The sentence for an entry that nobody vouches for who counts. */
static const char *untrusted(const struct up_member *m, const struct up_voucher *e,
                             const char *fault, struct up_err *err)
{
    if (fault)
        (void)up_fail(err, UP_EINVAL, "%s", fault);
    else if (!e->nsignatures)
        (void)up_fail(err, UP_EINVAL, "it is not signed");
    else if (!m->remote)
        (void)up_fail(err, UP_EINVAL, "it is signed by %s%s, whom nobody trusts for it",
                      e->signatures[0].name, e->nsignatures > 1 ? " and others" : "");
    else
        (void)up_fail(err, UP_EINVAL, "it is signed by %s%s, whom remote %s does not trust",
                      e->signatures[0].name, e->nsignatures > 1 ? " and others" : "",
                      m->remote->name);
    return NULL;
}

const char *up_member_accepts(const struct up_remotes *rs, const struct up_member *m,
                              const struct up_voucher *e, struct up_err *err)
{
    struct up_buf statement = UP_BUF_INIT;
    struct up_err fault = {""};
    const char *signer = NULL;
    up_voucher_statement(&statement, e);
    for (size_t i = 0; !signer && i < e->nsignatures; i++) {
        const struct up_signature *s = &e->signatures[i];
        const struct up_public_key *k = up_keyring_find(rs->keyring, s->name);
        if (!trusts(m, s->name))
            continue;
        if (!k)
            (void)up_fail(&fault, UP_EINVAL,
                          "it is signed by %s, whose public key is not known here (upnas key "
                          "trust)",
                          s->name);
        else if (!up_key_verify(k, s, up_buf_view(&statement)))
            (void)up_fail(&fault, UP_EINVAL, "the signature by %s is not of this content",
                          s->name);
        else
            signer = k->name;
    }
    up_buf_release(&statement);
    if (signer)
        return signer;
    return m->trust_any ? "" : untrusted(m, e, fault.msg[0] ? fault.msg : NULL, err);
}

/* ---- one remote asked ---- */

struct ask {
    struct up_remotes *rs;
    struct up_member *m;
    struct up_view key_doc;
    struct up_store *into;
    up_voucher_check *check;
    void *ctx;
    struct up_found *f;
    bool local; /* what went wrong is this machine's */
};

static int refuse(struct ask *a, const char *why)
{
    struct up_buf *out = &a->f->why;
    a->m->count.refused++;
    up_buf_printf(out, "%sremote %s has a result, but %s", out->len ? "; " : "",
                  a->m->remote->name, why);
    return UP_ENOTFOUND;
}

/* The remote did not answer: it is not asked again. */
static int give_up(struct ask *a, int rc, const struct up_err *why, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    if (rc == UP_ECANCELED) {
        a->local = true;
        return up_fail(err, UP_ECANCELED, "%s", why->msg);
    }
    a->m->count.failed++;
    a->m->off = true;
    up_buf_printf(&text, "%s; going on without this remote", why->msg);
    if (a->rs->warn)
        a->rs->warn(a->rs->ctx, up_buf_str(&text));
    up_buf_release(&text);
    return UP_ENOTFOUND;
}

static int read_entry(struct ask *a, struct up_err *err)
{
    struct up_err why = {""};
    struct up_found *f = a->f;
    const struct up_object_name name = {UP_AREA_AC,
                                        up_sha256_of(a->key_doc.data, a->key_doc.len)};
    up_buf_clear(&f->file);
    int rc = up_remote_read(a->m->remote, name, UP_VOUCHER_MAX, &f->file, &why);
    if (rc == UP_ENOTFOUND)
        return rc;
    if (rc == UP_EINVAL)
        return refuse(a, why.msg);
    if (rc != UP_OK)
        return give_up(a, rc, &why, err);
    if (up_voucher_unpack(&f->voucher, &f->arena, up_buf_view(&f->file), &why) != UP_OK)
        return refuse(a, why.msg);
    if (!up_view_equal(f->voucher.key, a->key_doc))
        return refuse(a, "it belongs to another key");
    f->signer = up_member_accepts(a->rs, a->m, &f->voucher, &why);
    if (!f->signer)
        return refuse(a, why.msg);
    const char *not_so = a->check ? a->check(a->ctx, &f->voucher) : NULL;
    return not_so ? refuse(a, not_so) : UP_OK;
}

/* Bytes that have the SHA-256 of an output, into the store: only if they have its other
 * digest too, which names them there. */
static int keep(struct ask *a, const struct up_output *o, struct up_view bytes,
                struct up_err *err)
{
    if (!up_digest_equal(up_digest_of(bytes.data, bytes.len), o->digest))
        return refuse(a, "one of its objects has two digests that do not belong together");
    int rc = up_store_put(a->into, bytes, NULL, NULL, err);
    if (rc == UP_EINVAL) /* it is too large, or a collision of XXH3-128 */
        return refuse(a, "this store cannot keep one of its objects");
    a->local = rc != UP_OK;
    return rc;
}

static bool is_here(struct up_store *s, const struct up_output *o)
{
    struct up_output there = {.digest = o->digest};
    return up_store_stat(s, o->digest, &there.sha, &there.size, NULL) == UP_OK &&
           up_output_equal(&there, o) && up_store_has(s, o->digest);
}

static int bring(struct ask *a, const struct up_output *o, struct up_err *err)
{
    struct up_download d;
    struct up_err why = {""};
    if (is_here(a->into, o))
        return UP_OK;
    int rc = up_download(&d, a->m->remote, o->sha, o->size, a->rs->temp_dir, &a->local, &why);
    if (a->local)
        return up_fail(err, (enum up_status)rc, "%s", why.msg);
    if (rc == UP_ENOTFOUND)
        return refuse(a, "one of its objects is missing there");
    if (rc == UP_EINVAL || rc == UP_ECORRUPT)
        return refuse(a, why.msg);
    if (rc != UP_OK)
        return give_up(a, rc, &why, err);
    a->m->count.bytes += o->size;
    a->f->bytes += o->size;
    rc = keep(a, o, up_download_view(&d), err);
    up_download_release(&d);
    return rc;
}

static int ask(struct ask *a, struct up_err *err)
{
    a->m->count.asked++;
    a->f->bytes = 0;
    int rc = read_entry(a, err);
    for (size_t i = 0; rc == UP_OK && a->into && i < a->f->voucher.n; i++)
        rc = bring(a, &a->f->voucher.outputs[i], err);
    a->m->count.taken += rc == UP_OK && a->into;
    return rc;
}

/* A question to one remote, within the time that all have together. */
static int ask_in_time(struct ask *a, struct up_err *err)
{
    struct up_remotes *rs = a->rs;
    struct up_remote *r = a->m->remote;
    uint64_t began = up_remote_clock();
    r->until_ms = rs->patience_ms ? began + rs->patience_ms - rs->spent_ms : 0;
    r->progress = rs->progress;
    r->progress_ctx = rs->progress_ctx;
    int rc = ask(a, err);
    rs->spent_ms += up_remote_clock() - began;
    return rc;
}

/* Nobody is asked any more; said once. */
static void out_of_patience(struct up_remotes *rs)
{
    struct up_buf text = UP_BUF_INIT;
    up_buf_printf(&text,
                  "remotes have been asked for %.0f seconds, which is all that was given them; "
                  "going on without them",
                  (double)rs->spent_ms / 1000);
    for (size_t i = 0; i < rs->n; i++)
        rs->member[i].off = true;
    if (rs->warn)
        rs->warn(rs->ctx, up_buf_str(&text));
    up_buf_release(&text);
}

static bool all_off(const struct up_remotes *rs)
{
    size_t off = 0;
    for (size_t i = 0; i < rs->n; i++)
        off += rs->member[i].off;
    return off == rs->n;
}

int up_remotes_fetch(struct up_remotes *rs, struct up_view key_doc, struct up_store *into,
                     up_voucher_check *check, void *ctx, struct up_found *f, struct up_err *err)
{
    up_buf_clear(&f->why);
    f->member = NULL;
    for (size_t i = 0; i < rs->n; i++) {
        struct ask a = {rs, &rs->member[i], key_doc, into, check, ctx, f, false};
        if (a.m->off) {
            a.m->count.spared++;
            continue;
        }
        int rc = ask_in_time(&a, err);
        if (rs->patience_ms && rs->spent_ms >= rs->patience_ms && !all_off(rs))
            out_of_patience(rs);
        if (rc == UP_OK)
            f->member = a.m;
        if (rc == UP_OK || a.local)
            return rc;
    }
    return UP_ENOTFOUND;
}
