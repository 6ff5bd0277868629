#include "dag/record/lineage.h"

#include <stdlib.h>
#include <string.h>

#include "store/base/pack.h"
#include "store/store.h"

enum { MOST = 512 }; /* more ancestors than any graph has: records that lie */

struct tracer {
    struct up_lineage *l;
    struct up_store *store;
    const struct up_run_record *asked;
    struct up_err *err;
};

/* ---- run records, each read once ---- */

static const struct up_run_record *run_of(struct tracer *t, const char *id)
{
    struct up_lineage *l = t->l;
    if (!*id)
        return NULL;
    if (t->asked && !strcmp(t->asked->id, id))
        return t->asked;
    for (size_t i = 0; i < l->nruns; i++)
        if (!strcmp(l->runs[i]->id, id))
            return l->runs[i];
    struct up_buf doc = UP_BUF_INIT;
    struct up_run_record *r = NULL;
    if (!up_store_run_get(t->store, id, &doc, NULL) &&
        !up_run_record_unpack(&r, up_buf_view(&doc), NULL)) {
        l->runs = up_realloc(l->runs, (l->nruns + 1) * sizeof(struct up_run_record *));
        l->runs[l->nruns++] = r;
    }
    up_buf_release(&doc);
    return r;
}

/* ---- one ancestor ---- */

static const char *mode_text(struct tracer *t, struct up_view key_doc)
{
    struct up_cursor c;
    struct up_view v;
    struct up_buf text = UP_BUF_INIT;
    if (up_doc_at(key_doc, "float", &c, NULL))
        return "";
    struct up_cursor plain = c;
    if (!up_cur_str(&plain, &v, NULL))
        return up_arena_strndup(&t->l->arena, (const char *)v.data, v.len);
    if (!up_cur_raw(&c, &v, NULL))
        up_pack_text(&text, v, 100);
    const char *s = up_arena_strdup(&t->l->arena, up_buf_str(&text));
    up_buf_release(&text);
    return s;
}

/* The result under a key, if its bytes are the ones that were read. */
static bool take(struct tracer *t, struct up_ancestor *a, struct up_view key_doc)
{
    struct up_buf record = UP_BUF_INIT;
    struct up_result r;
    bool ok = !up_store_result_get(t->store, key_doc, &record, NULL) &&
              !up_result_unpack(&r, &t->l->arena, up_buf_view(&record), NULL) &&
              up_digest_equal(r.digest, a->digest);
    if (ok) {
        a->found = true;
        a->result = r;
        a->key = up_digest_of(key_doc.data, key_doc.len);
        a->mode = mode_text(t, key_doc);
    }
    up_buf_release(&record);
    return ok;
}

static bool from_run(struct tracer *t, struct up_ancestor *a, const struct up_run_record *run)
{
    const struct up_run_node *n = run ? up_run_record_node(run, a->stage) : NULL;
    return n && n->has_key && up_digest_equal(n->digest, a->digest) && take(t, a, n->key_doc);
}

struct scan {
    struct tracer *t;
    struct up_ancestor *a;
    const char *finished;
};

static int scan_one(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    (void)name;
    struct scan *w = ctx;
    struct up_cursor c;
    struct up_view digest;
    struct up_result r;
    if (up_doc_at(value, "digest", &c, NULL) || up_cur_bin(&c, &digest, NULL) ||
        digest.len != sizeof w->a->digest.b ||
        memcmp(digest.data, w->a->digest.b, digest.len) != 0 ||
        up_result_unpack(&r, &w->t->l->arena, value, NULL) ||
        strcmp(r.stage, w->a->stage) != 0 ||
        (w->finished && strcmp(r.finished, w->finished) <= 0))
        return 0;
    w->a->found = true;
    w->a->result = r;
    w->a->key = up_digest_of(doc.data, doc.len);
    w->a->mode = mode_text(w->t, doc);
    w->finished = r.finished;
    return 0;
}

static int resolve(struct tracer *t, struct up_ancestor *a, const struct up_run_record *reader)
{
    struct scan w = {t, a, NULL};
    int rc = UP_OK;
    a->mode = "";
    if (!from_run(t, a, t->asked) && !from_run(t, a, reader))
        rc = up_store_walk(t->store, UP_STORE_RESULT, false, scan_one, &w, t->err);
    if (a->found)
        a->run = run_of(t, a->result.run);
    return rc;
}

/* ---- the list ---- */

/* The place of (stage, digest), at the end of the list when it is new. */
static int place(struct tracer *t, const char *stage, struct up_digest digest,
                 const struct up_run_record *reader, size_t *at)
{
    struct up_lineage *l = t->l;
    for (*at = 0; *at < l->n; ++*at)
        if (up_digest_equal(l->node[*at].digest, digest) && !strcmp(l->node[*at].stage, stage))
            return UP_OK;
    if (l->n == MOST)
        return up_fail(t->err, UP_EINVAL, "the records of %.60s name more than %d inputs",
                       l->node[0].stage, (int)MOST);
    struct up_ancestor *a = &l->node[l->n++];
    a->stage = up_arena_strdup(&l->arena, stage);
    a->digest = digest;
    return resolve(t, a, reader);
}

static int follow(struct tracer *t)
{
    struct up_lineage *l = t->l;
    int rc = UP_OK;
    for (size_t i = 0; i < l->n && !rc; i++) {
        struct up_ancestor *a = &l->node[i];
        size_t n = a->found ? a->result.ninputs : 0;
        a->inputs = UP_NEW(&l->arena, n, size_t);
        for (size_t k = 0; k < n && !rc; k++) {
            const struct up_input_ref *in = &a->result.inputs[k];
            a->inputs[k] = UP_ABSENT;
            if (!up_digest_zero(in->digest))
                rc = place(t, in->stage, in->digest, a->run, &a->inputs[k]);
        }
    }
    return rc;
}

static struct up_lineage *begin(struct tracer *t, struct up_store *s,
                                const struct up_run_record *run, struct up_err *err)
{
    struct up_lineage *l = up_alloc(sizeof *l);
    l->node = UP_NEW(&l->arena, MOST, struct up_ancestor);
    *t = (struct tracer){l, s, run, err};
    return l;
}

static int end(struct up_lineage **out, struct up_lineage *l, int rc)
{
    if (rc) {
        up_lineage_free(l);
        l = NULL;
    }
    *out = l;
    return rc;
}

int up_lineage_of_result(struct up_lineage **out, struct up_store *s,
                         const struct up_run_record *run, const struct up_result *r,
                         struct up_err *err)
{
    struct tracer t;
    struct up_lineage *l = begin(&t, s, run, err);
    size_t at;
    int rc = place(&t, r->stage, r->digest, run_of(&t, r->run), &at);
    return end(out, l, rc ? rc : follow(&t));
}

int up_lineage_of_run(struct up_lineage **out, struct up_store *s,
                      const struct up_run_record *run, struct up_err *err)
{
    struct tracer t;
    struct up_lineage *l = begin(&t, s, run, err);
    size_t at;
    int rc = UP_OK;
    for (size_t i = 0; i < run->nnodes && !rc; i++)
        if (!up_digest_zero(run->nodes[i].digest))
            rc = place(&t, run->nodes[i].stage, run->nodes[i].digest, run, &at);
    return end(out, l, rc ? rc : follow(&t));
}

void up_lineage_free(struct up_lineage *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->nruns; i++)
        up_run_record_free(l->runs[i]);
    free(l->runs);
    up_arena_release(&l->arena);
    free(l);
}

size_t up_lineage_find(const struct up_lineage *l, const char *stage)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->node[i].stage, stage))
            return i;
    return UP_ABSENT;
}

const char *up_ancestor_origin(const struct up_ancestor *a, const char *param)
{
    for (size_t i = 0; a->run && i < a->run->nconfig; i++)
        if (!strcmp(a->run->config[i].name, param))
            return a->run->config[i].origin;
    return "";
}
