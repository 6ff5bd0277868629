#include "dag/exchange/share.h"

#include <string.h>

#include "dag/record/origin.h"
#include "store/base/pack.h"
#include "store/store.h"

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
    const struct up_whence o = {.from = UP_CAME_REMOTE,
                                .name = f->member->remote->name,
                                .signatures = f->voucher.signatures,
                                .nsignatures = f->voucher.nsignatures};
    return up_whence_put(out, f->voucher.value, &o, err);
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
        up_whence_run_voucher(&asked, arena, id, up_view_str("\x80"), err); /* an empty map */
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
