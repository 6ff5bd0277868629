#include "dag/record/trust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/base/pack.h"
#include "store/store.h"
#include "store/sweep.h"

/* ---- the stamps of records of unknown origin ---- */

struct reading {
    struct up_judge *j;
    struct up_store *s;
    const struct up_remotes *keys;
    struct up_run_record *run; /* the last one asked for */
    uint64_t run_written;
    struct up_arena scratch;
    size_t room;
};

/* Milliseconds since 1970 of "2025-01-31T12:00:00.123Z"; 0: it is no such time. */
static uint64_t ms_of(const char *utc)
{
    struct tm t = {.tm_isdst = 0};
    int ms = 0;
    if (sscanf(utc, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &t.tm_year, &t.tm_mon, &t.tm_mday,
               &t.tm_hour, &t.tm_min, &t.tm_sec, &ms) != 7)
        return 0;
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    time_t s = timegm(&t);
    return s > 0 ? (uint64_t)s * 1000u + (uint64_t)ms : 0;
}

/* The record of a run that notes no origin either. */
static const struct up_run_record *run_of(struct reading *r, const char *id)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_whence o;
    if (r->run && !strcmp(r->run->id, id))
        return r->run;
    up_run_record_free(r->run);
    r->run = NULL;
    if (up_store_run_get(r->s, id, &doc, NULL) == UP_OK &&
        up_whence_read(&o, up_buf_view(&doc), &r->scratch, NULL) == UP_OK &&
        o.from == UP_CAME_UNKNOWN && up_store_run_written(r->s, id, &r->run_written) == UP_OK)
        (void)up_run_record_unpack(&r->run, up_buf_view(&doc), NULL);
    up_buf_release(&doc);
    return r->run;
}

static bool stamps_agree(struct reading *r, const struct up_seen *seen,
                         const struct up_result *x)
{
    uint64_t written = seen->written;
    const struct up_run_record *run = *x->run ? run_of(r, x->run) : NULL;
    const struct up_run_node *n = run ? up_run_record_node(run, x->stage) : NULL;
    if (!n || n->status != UP_DONE_RAN || *run->status == 'u' ||
        !up_digest_equal(n->digest, x->digest) ||
        !up_digest_equal(n->key, up_digest_of(seen->doc.data, seen->doc.len)))
        return false;
    uint64_t made = ms_of(x->finished), over = ms_of(run->finished);
    return made && over && made <= written / 1000 && written / 1000 <= over &&
           over <= r->run_written / 1000;
}

/* ---- one result ---- */

/* Made here: with which parts? */
static void judge_parts(struct reading *r, struct up_judged *x, const struct up_whence *o)
{
    struct up_arena *a = &r->j->arena;
    x->verdict = UP_V_OWN;
    for (size_t i = 0; i < o->nparts && x->verdict != UP_V_DOUBTED; i++) {
        const struct up_pair *p = &o->parts[i];
        if (*p->value && up_keyring_find(r->keys->keyring, p->value))
            continue;
        bool any = !strcmp(p->value, "any");
        x->verdict = any ? UP_V_ADMITTED : UP_V_DOUBTED;
        x->why =
            up_arena_printf(a, "was made with parts from %s that %s", p->name,
                            any ? "were admitted unsigned" : "nobody trusted today has signed");
    }
}

static const char *signer_of(struct reading *r, const struct up_whence *o,
                             const struct up_voucher *e, struct up_err *err)
{
    const struct up_remotes *rs = r->keys;
    if (o->from != UP_CAME_REMOTE) {
        const struct up_admit a = {.from = o->from,
                                   .name = o->name,
                                   .keys = rs,
                                   .trust = o->trust,
                                   .ntrust = o->ntrust};
        return up_admit_signer(&a, e, &r->scratch, err);
    }
    for (size_t i = 0; i < rs->n; i++)
        if (!strcmp(rs->member[i].remote->name, o->name))
            return up_member_accepts(rs, &rs->member[i], e, err);
    struct up_remote gone = {.name = o->name}; /* whatever key is known will do */
    const char **names = UP_NEW(&r->scratch, rs->keyring->n, const char *);
    for (size_t i = 0; i < rs->keyring->n; i++)
        names[i] = rs->keyring->key[i].name;
    const struct up_member m = {.remote = &gone, .trust = names, .ntrust = rs->keyring->n};
    return up_member_accepts(rs, &m, e, err);
}

static void judge_foreign(struct reading *r, struct up_judged *x, const struct up_whence *o,
                          struct up_view key_doc, struct up_view record)
{
    struct up_err why = {""};
    struct up_voucher e;
    const char *signer = NULL;
    if (up_whence_result_voucher(&e, &r->scratch, key_doc, record, &why) == UP_OK)
        signer = signer_of(r, o, &e, &why);
    x->verdict = !signer ? UP_V_DOUBTED : *signer ? UP_V_VOUCHED : UP_V_ADMITTED;
    if (x->verdict != UP_V_VOUCHED)
        x->why = up_arena_printf(&r->j->arena, "came from %s, but %s",
                                 up_whence_text(o, &r->scratch),
                                 signer ? "it is admitted unsigned" : why.msg);
}

static void judge_one(struct reading *r, struct up_judged *x, const struct up_seen *seen)
{
    const struct up_view record = seen->value;
    struct up_arena *a = &r->j->arena;
    struct up_result got;
    struct up_whence o;
    x->verdict = UP_V_DOUBTED;
    x->stage = "?";
    if (up_result_unpack(&got, &r->scratch, record, NULL) != UP_OK ||
        up_whence_read(&o, record, &r->scratch, NULL) != UP_OK) {
        x->why = "cannot be read";
        return;
    }
    x->output = got.digest;
    x->stage = up_arena_strdup(a, got.stage);
    struct up_digest *in = UP_NEW(a, got.ninputs, struct up_digest);
    for (size_t i = 0; i < got.ninputs; i++)
        if (!up_digest_zero(got.inputs[i].digest))
            in[x->ninputs++] = got.inputs[i].digest;
    x->inputs = in;
    if (o.from == UP_CAME_HERE) {
        judge_parts(r, x, &o);
    } else if (o.from != UP_CAME_UNKNOWN) {
        judge_foreign(r, x, &o, seen->doc, record);
    } else if (stamps_agree(r, seen, &got)) {
        x->verdict = UP_V_OWN;
        x->run = up_arena_strdup(a, got.run);
    } else {
        x->why = "is of unknown origin: its record says nothing of it";
    }
}

static int visit(void *ctx, const struct up_seen *seen)
{
    struct reading *r = ctx;
    struct up_judge *j = r->j;
    if (j->n == r->room) {
        r->room = 2 * r->room + 64;
        j->result = up_realloc(j->result, r->room * sizeof *j->result);
    }
    struct up_judged *x = &j->result[j->n++];
    *x = (struct up_judged){.clean = UP_J_OPEN};
    memcpy(x->key.b, seen->name.data, sizeof x->key.b);
    judge_one(r, x, seen);
    up_arena_release(&r->scratch);
    return 0;
}

/* ---- all of them ---- */

static int by_output(const void *a, const void *b, void *ctx)
{
    const struct up_judged *r = ctx;
    return memcmp(r[*(const size_t *)a].output.b, r[*(const size_t *)b].output.b,
                  sizeof r->output.b);
}

int up_judge_make(struct up_judge **out, struct up_store *s, const struct up_remotes *keys,
                  struct up_err *err)
{
    struct up_judge *j = up_alloc(sizeof *j);
    struct reading r = {.j = j, .s = s, .keys = keys};
    int rc = up_store_survey(s, UP_STORE_RESULT, visit, &r, err);
    up_run_record_free(r.run);
    up_arena_release(&r.scratch);
    j->by_output = up_alloc((j->n + 1) * sizeof *j->by_output);
    for (size_t i = 0; i < j->n; i++)
        j->by_output[i] = i;
    qsort_r(j->by_output, j->n, sizeof *j->by_output, by_output, j->result);
    if (rc) {
        up_judge_free(j);
        j = NULL;
    }
    *out = j;
    return rc;
}

void up_judge_free(struct up_judge *j)
{
    if (!j)
        return;
    up_arena_release(&j->arena);
    free(j->result);
    free(j->by_output);
    free(j);
}

static int key_order(const void *key, const void *r)
{
    const struct up_digest *d = key;
    return memcmp(d->b, ((const struct up_judged *)r)->key.b, sizeof d->b);
}

struct up_judged *up_judge_of(const struct up_judge *j, struct up_digest key)
{
    return j->n ? bsearch(&key, j->result, j->n, sizeof *j->result, key_order) : NULL;
}

/* The first place in by_output of bytes that are not before these. */
static size_t lower(const struct up_judge *j, struct up_digest output)
{
    size_t from = 0, to = j->n;
    while (from < to) {
        size_t mid = from + (to - from) / 2;
        if (memcmp(j->result[j->by_output[mid]].output.b, output.b, sizeof output.b) < 0)
            from = mid + 1;
        else
            to = mid;
    }
    return from;
}

/* ---- clean or not ---- */

/* Whether some result with these bytes is clean; else one that is not, or NULL. */
static bool clean_bytes(const struct up_judge *j, struct up_digest output,
                        const struct up_judged **root)
{
    *root = NULL;
    for (size_t i = lower(j, output); i < j->n; i++) {
        struct up_judged *x = &j->result[j->by_output[i]];
        if (!up_digest_equal(x->output, output))
            break;
        if (up_judge_clean(j, x))
            return true;
        *root = x->root ? x->root : x;
    }
    return false;
}

/* Records name inputs that were there before them, so this ends; a record that lies and
 * closes a circle meets itself as not clean. */
bool up_judge_clean(const struct up_judge *j, struct up_judged *r)
{
    if (r->clean != UP_J_OPEN)
        return r->clean == UP_J_CLEAN;
    r->clean = UP_J_NOT;
    r->root = r;
    if (r->verdict != UP_V_OWN && r->verdict != UP_V_VOUCHED)
        return false;
    for (size_t i = 0; r->verdict == UP_V_OWN && i < r->ninputs; i++)
        if (!clean_bytes(j, r->inputs[i], &r->root))
            return false;
    r->clean = UP_J_CLEAN;
    r->root = NULL;
    return true;
}

const char *up_judge_why(const struct up_judge *j, struct up_judged *r, struct up_arena *arena)
{
    char hex[2][UP_DIGEST_HEX];
    const char *name =
        up_arena_printf(arena, "result %s of %s", up_digest_hex(r->key, hex[0]), r->stage);
    if (up_judge_clean(j, r))
        return up_arena_printf(arena, "%s is this store's own or signed", name);
    const struct up_judged *root = r->root;
    if (root == r && r->why)
        return up_arena_printf(arena, "%s %s", name, r->why);
    if (!root || !root->why)
        return up_arena_printf(arena,
                               "%s was computed from a result that is no longer in this store, "
                               "so that nobody can say who made it",
                               name);
    return up_arena_printf(arena, "%s was computed from %s (result %s), which %s", name,
                           root->stage, up_digest_hex(root->key, hex[1]), root->why);
}

/* ---- runs, lineages ---- */

bool up_judge_own_run(const struct up_judge *j, const struct up_run_record *run,
                      struct up_view doc)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_whence o;
    bool own = up_whence_read(&o, doc, &arena, NULL) == UP_OK &&
               (o.from == UP_CAME_HERE || o.from == UP_CAME_UNKNOWN);
    bool proven = own && o.from == UP_CAME_HERE;
    up_arena_release(&arena);
    for (size_t i = 0; own && !proven && i < run->nnodes; i++) {
        const struct up_judged *r = up_judge_of(j, run->nodes[i].key);
        proven = r && r->run && !strcmp(r->run, run->id);
    }
    return proven;
}

struct up_judged *up_judge_run(const struct up_judge *j, const struct up_run_record *run)
{
    for (size_t i = 0; i < run->nnodes; i++) {
        struct up_judged *r =
            up_digest_zero(run->nodes[i].digest) ? NULL : up_judge_of(j, run->nodes[i].key);
        if (r && !up_judge_clean(j, r))
            return r;
    }
    return NULL;
}

void up_judge_lineage(const struct up_judge *j, struct up_lineage *l)
{
    for (size_t i = 0; i < l->n; i++) {
        struct up_ancestor *a = &l->node[i];
        struct up_judged *r = a->found ? up_judge_of(j, a->key) : NULL;
        if (r && !up_judge_clean(j, r))
            a->doubt = up_judge_why(j, r, &l->arena);
    }
}
