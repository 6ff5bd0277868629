#include "dag/exchange/sign.h"

#include "store/store.h"

struct signing {
    struct up_store *s;
    const struct up_judge *j;
    const struct up_secret_key *key;
    struct up_sign_count *c;
    struct up_arena arena;
    struct up_buf out;
    int rc;
    struct up_err *err;
};

/* The record's own origin with one signature more. */
static struct up_whence signed_by(struct signing *w, struct up_voucher *e,
                                  const struct up_whence *o)
{
    struct up_whence with = *o;
    up_voucher_sign(e, &w->arena, w->key);
    with.from = UP_CAME_HERE;
    with.signatures = e->signatures;
    with.nsignatures = e->nsignatures;
    return with;
}

static int end(struct signing *w)
{
    up_arena_release(&w->arena);
    up_buf_clear(&w->out);
    return w->rc;
}

static int visit_result(void *ctx, struct up_view name, struct up_view doc,
                        struct up_view value)
{
    struct signing *w = ctx;
    struct up_voucher e;
    struct up_whence o;
    struct up_judged *r = up_judge_of(w->j, up_digest_of(doc.data, doc.len));
    (void)name;
    if (!r || r->verdict != UP_V_OWN || !up_judge_clean(w->j, r)) {
        w->c->left_out += r && r->verdict != UP_V_VOUCHED;
        return 0;
    }
    w->rc = up_whence_read(&o, value, &w->arena, w->err);
    if (!w->rc)
        w->rc = up_whence_result_voucher(&e, &w->arena, doc, value, w->err);
    if (!w->rc) {
        o = signed_by(w, &e, &o);
        w->rc = up_whence_put(&w->out, value, &o, w->err);
    }
    if (!w->rc)
        w->rc = up_store_result_put(w->s, doc, up_buf_view(&w->out), w->err);
    w->c->results += !w->rc;
    return end(w);
}

static int visit_part(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct signing *w = ctx;
    struct up_whence o;
    struct up_view part;
    (void)name;
    up_part_unwrap(&part, &o, value, &w->arena);
    if (o.from == UP_CAME_HERE) {
        struct up_voucher e = up_whence_part_voucher(doc, part, &o);
        o = signed_by(w, &e, &o);
        up_part_wrap(&w->out, part, &o);
        struct up_memo_item item = {doc, up_buf_view(&w->out)};
        w->rc = up_store_memo_put(w->s, &item, 1, w->err);
        w->c->parts += !w->rc;
    } else {
        w->c->left_out++;
    }
    return end(w);
}

static int visit_run(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    struct signing *w = ctx;
    struct up_run_record *run = NULL;
    struct up_voucher e;
    struct up_whence o;
    (void)name, (void)doc;
    if (up_run_record_unpack(&run, value, NULL) != UP_OK)
        return 0;
    if (*run->status != 'u' && up_judge_own_run(w->j, run, value) && !up_judge_run(w->j, run)) {
        w->rc = up_whence_read(&o, value, &w->arena, w->err);
        if (!w->rc)
            w->rc = up_whence_run_voucher(&e, &w->arena, run->id, value, w->err);
        if (!w->rc) {
            o = signed_by(w, &e, &o);
            w->rc = up_whence_put(&w->out, value, &o, w->err);
        }
        if (!w->rc)
            w->rc = up_store_run_put(w->s, run->id, up_buf_view(&w->out), w->err);
        w->c->runs += !w->rc;
    }
    up_run_record_free(run);
    return end(w);
}

int up_sign_store(struct up_store *s, const struct up_remotes *keys,
                  const struct up_secret_key *key, struct up_sign_count *c, struct up_err *err)
{
    struct up_judge *j = NULL;
    struct signing w = {.s = s, .key = key, .c = c, .err = err};
    *c = (struct up_sign_count){0};
    int rc = up_judge_make(&j, s, keys, err);
    w.j = j;
    if (!rc)
        rc = up_store_walk(s, UP_STORE_RESULT, false, visit_result, &w, err);
    if (!rc)
        rc = up_store_walk(s, UP_STORE_RUN, false, visit_run, &w, err);
    if (!rc)
        rc = up_store_walk(s, UP_STORE_MEMO, false, visit_part, &w, err);
    up_buf_release(&w.out);
    up_judge_free(j);
    return rc ? rc : w.rc;
}
