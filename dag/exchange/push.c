/* Handing results and runs over to a remote. */
#include "dag/exchange/share.h"
#include "dag/record/trust.h"

#include <stdarg.h>
#include <stdio.h>

#include "store/store.h"

enum { TELL_EVERY = 16 };

struct walk {
    struct up_share_push *p;
    struct up_judge *j; /* NULL: nothing is signed, all goes as it is */
    int rc;             /* what ended it early */
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

/* Whether a result may go out beside signed ones; *sign: in one's own name. What is vouched
 * for or admitted goes on with the signatures that it has. */
static bool may_go(struct walk *w, struct up_view key_doc, bool *sign)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_judged *r =
        w->j ? up_judge_of(w->j, up_digest_of(key_doc.data, key_doc.len)) : NULL;
    bool clean = r && up_judge_clean(w->j, r);
    bool go = !r || clean || (r->verdict == UP_V_ADMITTED && r->root == r);
    *sign = clean && r->verdict == UP_V_OWN;
    if (!go)
        leave_out(w->p,
                  "%s; it was not pushed ('upnas verify --rebuild 1000 CONFIG' computes it "
                  "again and makes it this store's own)",
                  up_judge_why(w->j, r, &arena));
    up_arena_release(&arena);
    return go;
}

static int push_result(struct walk *w, struct up_view key_doc, struct up_view record,
                       struct up_err *err)
{
    struct up_share_push *p = w->p;
    bool sign = false;
    struct up_arena arena = UP_ARENA_INIT;
    struct up_voucher e;
    struct up_err why = {""};
    char hex[UP_DIGEST_HEX];
    (void)up_digest_hex(up_digest_of(key_doc.data, key_doc.len), hex);
    if (!may_go(w, key_doc, &sign))
        return UP_OK;
    int rc = up_whence_result_voucher(&e, &arena, key_doc, record, &why);
    if (rc != UP_OK) {
        leave_out(p, "result %s cannot be read, and was not pushed", hex);
        rc = UP_OK;
        goto out;
    }
    if (sign)
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

/* A run that rests on what was left out is left out with it. */
static int push_run(struct walk *w, const struct up_run_record *run, struct up_view doc,
                    struct up_err *err)
{
    struct up_share_push *p = w->p;
    struct up_judged *r = w->j ? up_judge_run(w->j, run) : NULL;
    if (r && r->verdict != UP_V_ADMITTED) {
        leave_out(p, "run %s was not pushed, for it names a result that was not", run->id);
        return UP_OK;
    }
    struct up_arena arena = UP_ARENA_INIT;
    struct up_push_count mine = {0};
    struct up_voucher e;
    int rc = up_whence_run_voucher(&e, &arena, run->id, doc, err);
    if (rc == UP_OK && w->j && up_judge_own_run(w->j, run, doc))
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
        w->rc = push_result(w, doc, value, w->err);
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
        w->rc = push_run(w, r, value, w->err);
    up_run_record_free(r);
    return w->rc;
}

int up_share_push_all(struct up_share_push *p, struct up_err *err)
{
    struct walk w = {.p = p, .err = err};
    int rc = p->key ? up_judge_make(&w.j, p->from, p->remotes, err) : UP_OK;
    if (rc == UP_OK)
        rc = up_store_walk(p->from, UP_STORE_RESULT, false, visit_result, &w, err);
    if (rc == UP_OK)
        rc = up_store_walk(p->from, UP_STORE_RUN, false, visit_run, &w, err);
    up_judge_free(w.j);
    return rc;
}

int up_share_push_run(struct up_share_push *p, const struct up_run_record *run,
                      struct up_err *err)
{
    struct up_buf record = UP_BUF_INIT;
    struct walk w = {.p = p, .err = err};
    int rc = p->key ? up_judge_make(&w.j, p->from, p->remotes, err) : UP_OK;
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
            rc = push_result(&w, n->key_doc, up_buf_view(&record), err);
        rc = rc > 0 ? UP_OK : rc;
    }
    up_buf_clear(&record);
    if (rc == UP_OK && (rc = up_store_run_get(p->from, run->id, &record, err)) == UP_OK)
        rc = push_run(&w, run, up_buf_view(&record), err);
    up_judge_free(w.j);
    up_buf_release(&record);
    return rc;
}
