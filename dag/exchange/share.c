#include "dag/exchange/share.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/pack.h"
#include "store/store.h"

/* ---- the field "from" ---- */

/* Copies a map without "from"; with `from`, a packed value, in its place. */
static int with_from(struct up_buf *out, struct up_view doc, struct up_view from,
                     struct up_err *err)
{
    struct up_cursor c = up_cursor_of(doc);
    struct up_view key, value;
    const struct up_view name = up_view_str("from");
    size_t n = 0;
    int rc = up_cur_map(&c, &n, err);
    size_t had = rc == UP_OK && up_doc_at(doc, "from", &(struct up_cursor){0}, NULL) == UP_OK;
    bool placed = from.data == NULL;
    if (rc != UP_OK)
        return rc;
    up_pack_map(out, n - had + !placed);
    for (size_t i = 0; rc == UP_OK && i < n; i++) {
        if ((rc = up_cur_str(&c, &key, err)) || (rc = up_cur_raw(&c, &value, err)))
            break;
        if (up_view_equal(key, name))
            continue;
        size_t m = key.len < name.len ? key.len : name.len;
        if (!placed && memcmp(key.data, name.data, m) > 0) {
            up_pack_strn(out, (const char *)name.data, name.len);
            up_pack_raw(out, from);
            placed = true;
        }
        up_pack_strn(out, (const char *)key.data, key.len);
        up_pack_raw(out, value);
    }
    if (rc == UP_OK && !placed) {
        up_pack_strn(out, (const char *)name.data, name.len);
        up_pack_raw(out, from);
    }
    return rc;
}

static void pack_from(struct up_buf *out, const char *remote, const struct up_voucher *e)
{
    up_pack_map(out, 2);
    up_pack_str(out, "remote");
    up_pack_str(out, remote);
    up_pack_str(out, "signatures");
    up_pack_map(out, e->nsignatures);
    for (size_t i = 0; i < e->nsignatures; i++) {
        up_pack_str(out, e->signatures[i].name);
        up_pack_bin(out, e->signatures[i].b, sizeof e->signatures[i].b);
    }
}

static int unpack_signatures(struct up_voucher *e, struct up_arena *arena,
                             struct up_view record, struct up_err *err)
{
    struct up_cursor c;
    if (up_doc_at(record, "from/signatures", &c, NULL) != UP_OK)
        return UP_OK;
    int rc = up_cur_map(&c, &e->nsignatures, err);
    if (rc == UP_OK && e->nsignatures > UP_VOUCHER_SIGNATURES)
        rc = up_fail(err, UP_EINVAL, "a result with %zu signatures", e->nsignatures);
    struct up_signature *s = UP_NEW(arena, rc ? 0 : e->nsignatures, struct up_signature);
    for (size_t i = 0; rc == UP_OK && i < e->nsignatures; i++) {
        struct up_view name, b;
        if ((rc = up_cur_str(&c, &name, err)) || (rc = up_cur_bin(&c, &b, err)))
            break;
        if (!up_key_name_ok(name) || b.len != UP_SIGN_BYTES)
            return up_fail(err, UP_EINVAL, "a result with a signature that is none");
        memcpy(s[i].name, name.data, name.len);
        memcpy(s[i].b, b.data, b.len);
    }
    e->signatures = s;
    return rc;
}

static struct up_view keep(struct up_arena *a, const struct up_buf *b)
{
    return (struct up_view){(const uint8_t *)up_arena_strndup(a, (const char *)b->data, b->len),
                            b->len};
}

/* Value and signatures of a record as it is kept here. */
static int plain(struct up_voucher *e, struct up_arena *arena, struct up_view record,
                 struct up_err *err)
{
    struct up_buf value = UP_BUF_INIT;
    int rc = with_from(&value, record, (struct up_view){NULL, 0}, err);
    if (rc == UP_OK) {
        e->value = keep(arena, &value);
        rc = unpack_signatures(e, arena, record, err);
    }
    up_buf_release(&value);
    return rc;
}

int up_share_result_voucher(struct up_voucher *e, struct up_arena *arena,
                            struct up_view key_doc, struct up_view record, struct up_err *err)
{
    struct up_result r;
    int rc = up_result_unpack(&r, arena, record, err);
    if (rc != UP_OK)
        return rc;
    struct up_output *o = UP_NEW(arena, 1, struct up_output);
    *o = (struct up_output){r.digest, r.sha256, r.size};
    *e = (struct up_voucher){.key = key_doc, .outputs = o, .n = 1};
    return plain(e, arena, record, err);
}

int up_share_run_voucher(struct up_voucher *e, struct up_arena *arena, const char *id,
                         struct up_view doc, struct up_err *err)
{
    struct up_buf key = UP_BUF_INIT;
    up_pack_map(&key, 1);
    up_pack_str(&key, "run");
    up_pack_str(&key, id);
    *e = (struct up_voucher){.key = keep(arena, &key)};
    up_buf_release(&key);
    return plain(e, arena, doc, err);
}

const char *up_share_origin(struct up_view record, struct up_arena *arena)
{
    const char *remote = NULL;
    return up_doc_str(record, "from/remote", arena, &remote, NULL) == UP_OK ? remote : NULL;
}

/* ---- fetching ---- */

struct wanted {
    struct up_arena *arena;
    struct up_result *result;
    const struct up_digest *only;
    const char *run; /* id, of a run */
};

static const char *check_result(void *ctx, const struct up_voucher *e)
{
    const struct wanted *w = ctx;
    struct up_cursor c;
    if (up_result_unpack(w->result, w->arena, e->value, NULL) != UP_OK ||
        up_pack_check(e->value, NULL) != UP_OK)
        return "its record is no result of upnas";
    if (up_doc_at(e->value, "from", &c, NULL) == UP_OK)
        return "its record claims to have come from elsewhere";
    const struct up_output o = {w->result->digest, w->result->sha256, w->result->size};
    if (e->n != 1 || !up_output_equal(&o, &e->outputs[0]))
        return "its record names another artifact than the entry";
    if (w->only && !up_digest_equal(*w->only, o.digest))
        return "it is another artifact than this store's";
    return NULL;
}

static void describe(struct up_shared *out, const struct up_found *f, struct up_arena *arena)
{
    out->why =
        f->why.len ? up_arena_strndup(arena, (const char *)f->why.data, f->why.len) : NULL;
    if (!f->member)
        return;
    out->bytes = f->bytes;
    out->from = *f->signer
                    ? up_arena_printf(arena, "remote %s, signed by %s", f->member->remote->name,
                                      f->signer)
                    : up_arena_printf(arena, "remote %s, not signed", f->member->remote->name);
}

/* The record as it is kept here: with where it came from. */
static int dressed(struct up_buf *out, const struct up_found *f, struct up_err *err)
{
    struct up_buf from = UP_BUF_INIT;
    pack_from(&from, f->member->remote->name, &f->voucher);
    int rc = with_from(out, f->voucher.value, up_buf_view(&from), err);
    up_buf_release(&from);
    return rc;
}

int up_share_fetch(struct up_shared *out, const struct up_reach *reach, struct up_store *store,
                   struct up_view key_doc, const struct up_digest *only, struct up_arena *arena,
                   struct up_err *err)
{
    struct up_found f = {.signer = NULL};
    struct wanted w = {.arena = arena, .result = &out->result, .only = only};
    *out = (struct up_shared){.why = NULL};
    int rc = up_remotes_fetch(reach->remotes, key_doc, reach->fetch ? store : NULL,
                              check_result, &w, &f, err);
    describe(out, &f, arena);
    if (rc == UP_OK && reach->fetch && !only) {
        struct up_buf record = UP_BUF_INIT;
        rc = dressed(&record, &f, err);
        if (rc == UP_OK)
            rc = up_store_result_put(store, key_doc, up_buf_view(&record), err);
        up_buf_release(&record);
    }
    up_found_release(&f);
    return rc;
}

/* ---- runs ---- */

static const char *check_run(void *ctx, const struct up_voucher *e)
{
    const struct wanted *w = ctx;
    struct up_run_record *r = NULL;
    struct up_cursor c;
    bool so = up_run_record_unpack(&r, e->value, NULL) == UP_OK && e->n == 0 &&
              up_pack_check(e->value, NULL) == UP_OK && !strcmp(r->id, w->run) &&
              up_doc_at(e->value, "from", &c, NULL) != UP_OK;
    up_run_record_free(r);
    return so ? NULL : "it is not the record of that run";
}

int up_share_fetch_run(struct up_remotes *remotes, struct up_store *store, const char *id,
                       struct up_shared *out, struct up_arena *arena, struct up_err *err)
{
    struct up_found f = {.signer = NULL};
    struct up_buf there = UP_BUF_INIT, doc = UP_BUF_INIT;
    struct wanted w = {.run = id};
    struct up_voucher asked;
    *out = (struct up_shared){.why = NULL};
    int rc =
        up_share_run_voucher(&asked, arena, id, up_view_str("\x80"), err); /* an empty map */
    if (rc == UP_OK)
        rc = up_remotes_fetch(remotes, asked.key, store, check_run, &w, &f, err);
    describe(out, &f, arena);
    if (rc == UP_OK && up_store_run_get(store, id, &there, NULL) != UP_OK &&
        (rc = dressed(&doc, &f, err)) == UP_OK)
        rc = up_store_run_put(store, id, up_buf_view(&doc), err);
    up_buf_release(&doc);
    up_buf_release(&there);
    up_found_release(&f);
    return rc;
}

/* ---- afterwards ---- */

/* Of a remote that is gone: whatever key is known will do. */
static const char *by_any_key(const struct up_remotes *rs, const struct up_voucher *e,
                              struct up_arena *arena, const char *name, struct up_err *err)
{
    struct up_remote gone = {.name = name};
    const char **names = UP_NEW(arena, rs->keyring->n, const char *);
    for (size_t i = 0; i < rs->keyring->n; i++)
        names[i] = rs->keyring->key[i].name;
    const struct up_member m = {.remote = &gone, .trust = names, .ntrust = rs->keyring->n};
    return up_member_accepts(rs, &m, e, err);
}

bool up_share_trusted(const struct up_remotes *rs, struct up_view key_doc,
                      struct up_view record, struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_voucher e;
    const char *remote = up_share_origin(record, &arena), *signer = NULL;
    bool ok = remote == NULL;
    if (!ok && up_share_result_voucher(&e, &arena, key_doc, record, err) == UP_OK) {
        size_t i = 0;
        while (i < rs->n && strcmp(rs->member[i].remote->name, remote) != 0)
            i++;
        signer = i < rs->n ? up_member_accepts(rs, &rs->member[i], &e, err)
                           : by_any_key(rs, &e, &arena, remote, err);
        ok = signer != NULL;
    }
    up_arena_release(&arena);
    return ok;
}
