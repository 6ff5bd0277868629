/* Handing results and runs over to a remote. */
#include "dag/exchange/share.h"

#include <stdarg.h>
#include <stdio.h>

#include "store/store.h"

enum { TELL_EVERY = 16 };

struct walk {
    struct up_share_push *p;
    int rc; /* what ended it early */
    struct up_err *err;
};

__attribute__((format(printf, 2, 3))) static void leave_out(struct up_share_push *p,
                                                            const char *fmt, ...)
{
    char text[1400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    p->left_out++;
    p->say(p->ctx, text);
}

static int look(struct up_share_push *p, struct up_err *err)
{
    if (p->cancel && *p->cancel)
        return up_fail(err, UP_ECANCELED,
                       "interrupted; what was pushed stays, and the same "
                       "command goes on from there");
    if (++p->records % TELL_EVERY == 0 && p->progress)
        p->progress(p->ctx, p->records);
    return UP_OK;
}

/* What came from elsewhere is passed on as it is: who vouches for it has signed it. */
static int push_result(struct up_share_push *p, struct up_view key_doc, struct up_view record,
                       struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_voucher e;
    struct up_err why = {""};
    char hex[UP_DIGEST_HEX];
    (void)up_digest_hex(up_digest_of(key_doc.data, key_doc.len), hex);
    int rc = up_share_result_voucher(&e, &arena, key_doc, record, &why);
    if (rc != UP_OK) {
        leave_out(p, "result %s cannot be read, and was not pushed", hex);
        rc = UP_OK;
        goto out;
    }
    if (p->key && !up_share_origin(record, &arena))
        up_voucher_sign(&e, &arena, p->key);
    uint64_t before = p->count.differ;
    rc = up_remotes_push(p->remotes, p->to, p->from, e, &p->opts, &p->count, &why);
    if (rc == UP_ENOTFOUND || rc == UP_ECORRUPT) {
        leave_out(p, "result %s was not pushed: %s", hex, why.msg);
        rc = UP_OK;
    } else if (rc != UP_OK) {
        rc = up_fail(err, (enum up_status)rc, "%s", why.msg);
    } else if (p->count.differ != before) {
        p->say(p->ctx, up_arena_printf(&arena,
                                       "result %s is another artifact in remote %s, which "
                                       "stays there",
                                       hex, p->to->remote->name));
    }
out:
    up_arena_release(&arena);
    return rc;
}

static int push_run(struct up_share_push *p, const char *id, struct up_view doc,
                    struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_push_count mine = {0};
    struct up_voucher e;
    int rc = up_share_run_voucher(&e, &arena, id, doc, err);
    if (rc == UP_OK && p->key && !up_share_origin(doc, &arena))
        up_voucher_sign(&e, &arena, p->key);
    if (rc == UP_OK)
        rc = up_remotes_push(p->remotes, p->to, p->from, e, &p->opts, &mine, err);
    p->runs += rc == UP_OK;
    up_arena_release(&arena);
    return rc;
}

static int visit_result(void *ctx, struct up_view name, struct up_view doc,
                        struct up_view value)
{
    struct walk *w = ctx;
    (void)name;
    w->rc = look(w->p, w->err);
    if (w->rc == UP_OK)
        w->rc = push_result(w->p, doc, value, w->err);
    return w->rc;
}

/* A run that goes on, or was killed, is not over and so not told. */
static int visit_run(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct walk *w = ctx;
    struct up_run_record *r = NULL;
    (void)name, (void)doc;
    if (up_run_record_unpack(&r, value, NULL) != UP_OK)
        return 0;
    w->rc = look(w->p, w->err);
    if (w->rc == UP_OK && *r->status != 'u')
        w->rc = push_run(w->p, r->id, value, w->err);
    up_run_record_free(r);
    return w->rc;
}

int up_share_push_all(struct up_share_push *p, struct up_err *err)
{
    struct walk w = {.p = p, .err = err};
    int rc = up_store_walk(p->from, UP_STORE_RESULT, false, visit_result, &w, err);
    if (rc == UP_OK)
        rc = up_store_walk(p->from, UP_STORE_RUN, false, visit_run, &w, err);
    return rc;
}

int up_share_push_run(struct up_share_push *p, const struct up_run_record *run,
                      struct up_err *err)
{
    struct up_buf record = UP_BUF_INIT;
    int rc = UP_OK;
    for (size_t i = 0; rc == UP_OK && i < run->nnodes; i++) {
        const struct up_run_node *n = &run->nodes[i];
        struct up_err why = {""};
        if (up_digest_zero(n->digest))
            continue;
        up_buf_clear(&record);
        rc = look(p, err);
        if (rc == UP_OK && (rc = up_store_result_get(p->from, n->key_doc, &record, &why)))
            rc = rc == UP_ENOTFOUND || rc == UP_ECORRUPT
                     ? (leave_out(p, "%s was not pushed: %s", n->stage, why.msg), 1)
                     : up_fail(err, (enum up_status)rc, "%s", why.msg);
        if (rc == UP_OK)
            rc = push_result(p, n->key_doc, up_buf_view(&record), err);
        rc = rc > 0 ? UP_OK : rc;
    }
    up_buf_clear(&record);
    if (rc == UP_OK && (rc = up_store_run_get(p->from, run->id, &record, err)) == UP_OK)
        rc = push_run(p, run->id, up_buf_view(&record), err);
    up_buf_release(&record);
    return rc;
}
