#include "dag/run/exec.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dag/run/clock.h"
#include "dag/run/job.h"
#include "store/base/fp.h"
#include "dag/record/origin.h"
#include "store/base/pack.h"
#include "store/store.h"

enum { RESTART = 1, HOLD = 256 << 20, WAIT_MS = 20, TELL_MS = 1000 };

/* ---- events ---- */

void up_exec_emit(struct up_exec *x, size_t node, struct up_event *e)
{
    if (!x->opts->event)
        return;
    e->node = x->g->nodes[node].stage->name;
    e->index = node;
    e->count = x->g->n;
    (void)pthread_mutex_lock(&x->lock);
    x->opts->event(x->opts->event_ctx, e);
    (void)pthread_mutex_unlock(&x->lock);
}

struct speaker { /* the context of one job's events */
    struct up_exec *x;
    size_t node;
};

static void speak(void *ctx, struct up_event *e)
{
    const struct speaker *s = ctx;
    up_exec_emit(s->x, s->node, e);
}

static void tell(struct up_exec *x, size_t i, enum up_event_kind kind, const char *text)
{
    struct up_event e = {.kind = kind, .text = text};
    up_exec_emit(x, i, &e);
}

static void finish(struct up_exec *x, size_t i, enum up_done status, const char *why,
                   double seconds)
{
    struct up_run_node *n = &x->record->nodes[i];
    n->status = status;
    n->why = why;
    n->seconds = seconds;
    n->digest = status == UP_DONE_FAILED ? (struct up_digest){{0}} : x->slots[i].digest;
    struct up_event e = {.kind = UP_EV_FINISH,
                         .status = status,
                         .why = why,
                         .seconds = seconds,
                         .digest = n->digest,
                         .size = n->size};
    up_exec_emit(x, i, &e);
}

/* ---- looking ---- */

static const struct up_reach *reach(const struct up_exec *x)
{
    return x->reach.remotes ? &x->reach : NULL;
}

/* What remotes had to do with a node, in its notes. */
static void tell_origin(struct up_exec *x, size_t i)
{
    const struct up_look *l = &x->slots[i].look;
    if (l->refused)
        tell(x, i, UP_EV_WARN, l->refused);
    if (l->from)
        tell(x, i, UP_EV_NOTE, up_arena_printf(&x->record->arena, "from %s", l->from));
}

/* What comes of an object while a node is looked for in remotes. */
static void tell_download(void *ctx, const struct up_remote *r, uint64_t got, uint64_t whole)
{
    struct up_exec *x = ctx;
    char unit[64];
    (void)snprintf(unit, sizeof unit, "KiB from remote %.40s", r->name);
    struct up_event e = {
        .kind = UP_EV_PROGRESS, .done = got >> 10, .total = whole >> 10, .unit = unit};
    up_exec_emit(x, x->looking, &e);
}

static void watch_downloads(struct up_exec *x, size_t i)
{
    struct up_remotes *rs = x->reach.remotes;
    x->looking = i;
    if (rs) {
        rs->progress = tell_download;
        rs->progress_ctx = x;
    }
}

static int look(struct up_exec *x, size_t i, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    const struct up_node *node = &x->g->nodes[i];
    struct up_digest *inputs = UP_NEW(&x->record->arena, node->ninputs, struct up_digest);
    s->touched = false;
    for (size_t k = 0; k < node->ninputs; k++) {
        if (node->inputs[k] == UP_NO_NODE)
            continue;
        const struct up_slot *in = &x->slots[node->inputs[k]];
        inputs[k] = in->digest;
        s->touched |= in->executed || in->touched;
    }
    watch_downloads(x, i);
    int rc = up_look(&s->look, x->c, node, &s->sources, inputs, &x->opts->mode, x->store,
                     reach(x), &x->record->arena, err);
    if (!rc)
        tell_origin(x, i);
    struct up_run_node *n = &x->record->nodes[i];
    struct up_view doc = up_buf_view(&s->look.key_doc);
    n->has_key = true;
    n->key = s->look.key;
    n->key_doc.data =
        (uint8_t *)up_arena_strndup(&x->record->arena, (const char *)doc.data, doc.len);
    n->key_doc.len = doc.len;
    return rc;
}

/* Bytes that the store lost, from whoever else has them. */
static bool restore(struct up_exec *x, size_t i)
{
    struct up_look *l = &x->slots[i].look;
    watch_downloads(x, i);
    if (up_digest_equal(l->asked, l->key) ||
        !up_look_restore(l, x->store, reach(x), &x->record->arena))
        return false;
    tell(x, i, UP_EV_NOTE,
         up_arena_printf(&x->record->arena, "its bytes were lost here; from %s", l->from));
    return true;
}

static bool foreign(const struct up_slot *s)
{
    return s->look.hit && s->look.result.from != UP_CAME_HERE;
}

/* What came from elsewhere names the stage in its schema, "upnas.scores/3", if it names any. */
static int sound(const struct up_stage *stage, struct up_view doc, struct up_err *err)
{
    struct up_cursor c;
    struct up_view schema;
    static const char mark[] = "upnas.";
    const size_t m = sizeof mark - 1, n = strlen(stage->name);
    if (up_doc_at(doc, "schema", &c, NULL) == UP_OK && up_cur_str(&c, &schema, NULL) == UP_OK &&
        schema.len > m && !memcmp(schema.data, mark, m) &&
        (schema.len <= m + n || memcmp(schema.data + m, stage->name, n) != 0 ||
         schema.data[m + n] != '/'))
        return up_fail(err, UP_EINVAL, "it is a document of another kind, %.*s",
                       schema.len < 60 ? (int)schema.len : 60, (const char *)schema.data);
    return stage->sound ? stage->sound(doc, err) : UP_OK;
}

/* Puts a result that came from elsewhere and is not what it should be out of the way, for good:
 * neither store nor remote is believed again. */
static int set_aside(struct up_exec *x, size_t i, const char *why, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    tell(x, i, UP_EV_DAMAGE,
         up_arena_printf(&x->record->arena, "%s (%s): it is set aside and computed again", why,
                         s->look.from ? s->look.from : s->look.result.source));
    s->look.asked = s->look.key;
    s->loaded = false;
    int rc = up_store_result_aside(x->store, up_buf_view(&s->look.key_doc), why, err);
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

/* Fetches and verifies the bytes of a settled node. A miss (damaged, gone) returns
 * UP_ENOTFOUND after saying so. */
static int load(struct up_exec *x, size_t i, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    struct up_err why = {0};
    if (s->loaded)
        return UP_OK;
    up_buf_clear(&s->bytes);
    int rc = up_store_get(x->store, s->digest, &s->bytes, &why);
    if (!rc && foreign(s) && sound(x->g->nodes[i].stage, up_buf_view(&s->bytes), &why)) {
        rc = set_aside(x, i, up_arena_strdup(&x->record->arena, why.msg), err);
        return rc ? rc : UP_ENOTFOUND;
    }
    if (!rc) {
        s->loaded = true;
        return UP_OK;
    }
    up_buf_clear(&s->bytes);
    if (rc != UP_ECORRUPT && rc != UP_ENOTFOUND)
        return up_fail(err, (enum up_status)rc, "%s", why.msg);
    if (s->look.hit && up_digest_equal(s->look.result.digest, s->digest) && restore(x, i) &&
        up_store_get(x->store, s->digest, &s->bytes, NULL) == UP_OK) {
        s->loaded = true;
        return UP_OK;
    }
    up_buf_clear(&s->bytes);
    tell(x, i, UP_EV_DAMAGE,
         up_arena_printf(&x->record->arena, "%s; %s is computed again", why.msg,
                         x->g->nodes[i].stage->name));
    return UP_ENOTFOUND;
}

/* Bytes are kept for the nodes behind, but not without limit. */
static void trim(struct up_exec *x)
{
    size_t held = 0;
    for (size_t i = 0; i < x->g->n; i++)
        held += x->slots[i].loaded ? x->slots[i].bytes.len : 0;
    for (size_t i = 0; held > HOLD && i < x->g->n; i++) {
        up_buf_release(&x->slots[i].bytes);
        x->slots[i].loaded = false;
    }
}

/* ---- executing ---- */

static int compute(struct up_exec *x, size_t i, const char *why, struct up_err *err);

/* Every input's bytes, verified; a damaged one is computed again first. When that gives
 * other bytes than before, everything behind it must be looked at again: RESTART. */
static int gather(struct up_exec *x, size_t i, struct up_err *err)
{
    const struct up_node *node = &x->g->nodes[i];
    for (size_t k = 0; k < node->ninputs; k++) {
        if (node->inputs[k] == UP_NO_NODE)
            continue;
        size_t in = (size_t)node->inputs[k];
        struct up_digest before = x->slots[in].digest;
        int rc = load(x, in, err);
        if (rc == UP_ENOTFOUND && !(rc = compute(x, in, "its stored bytes were damaged", err)))
            rc = load(x, in, err);
        if (rc == UP_ENOTFOUND)
            return up_fail(err, UP_ECORRUPT,
                           "the bytes of %s were damaged again; is the disk failing?",
                           x->g->nodes[in].stage->name);
        if (rc)
            return rc;
        if (!up_digest_equal(before, x->slots[in].digest)) {
            x->restart = in;
            return RESTART;
        }
    }
    return UP_OK;
}

/* Whether "a|b" names it. */
static bool names(const char *list, const char *stage)
{
    size_t n = strlen(stage);
    for (const char *p = list; p; p = strchr(p, '|'), p += p != NULL)
        if (!strncmp(p, stage, n) && (!p[n] || p[n] == '|'))
            return true;
    return false;
}

/* An input that may be set aside. Where several may be meant, only those that were computed
 * elsewhere: their bytes are somebody's word. */
static bool suspect(const struct up_exec *x, size_t in, const char *unreadable)
{
    const struct up_slot *s = &x->slots[in];
    return names(unreadable, x->g->nodes[in].stage->name) &&
           !up_digest_equal(s->made, s->look.key) && s->look.hit &&
           (!strchr(unreadable, '|') || s->look.result.from != UP_CAME_HERE);
}

/* The result of `in` set aside, and computed anew. */
static int replace(struct up_exec *x, size_t in, const char *reader, struct up_err *err)
{
    const char *why = up_arena_printf(&x->record->arena, "%s cannot read its artifact", reader);
    int rc = set_aside(x, in, why, err);
    return rc ? rc : compute(x, in, why, err);
}

/* A stage could not read one of its inputs: RESTART behind the first that has other bytes now,
 * else UP_ECORRUPT with the reader's sentence. */
static int mend(struct up_exec *x, size_t i, const char *unreadable, struct up_err *err)
{
    const struct up_node *node = &x->g->nodes[i];
    struct up_err said = *err;
    size_t tried = 0, changed = x->g->n;
    for (size_t k = 0; k < node->ninputs; k++) {
        if (node->inputs[k] == UP_NO_NODE || !suspect(x, (size_t)node->inputs[k], unreadable))
            continue;
        size_t in = (size_t)node->inputs[k];
        struct up_digest before = x->slots[in].digest;
        int rc = replace(x, in, node->stage->name, err);
        if (rc)
            return rc;
        tried++;
        if (!up_digest_equal(before, x->slots[in].digest) && in < changed)
            changed = in;
    }
    if (changed < x->g->n) {
        x->restart = changed;
        return RESTART;
    }
    return up_fail(err, UP_ECORRUPT, "%s%s", said.msg,
                   tried ? "; it was computed again and has the same bytes: please report this"
                         : "");
}

static void describe(struct up_exec *x, size_t i, struct up_result *r)
{
    struct up_arena *a = &x->record->arena;
    const struct up_node *node = &x->g->nodes[i];
    const struct up_slot *s = &x->slots[i];
    struct up_input_ref *in = UP_NEW(a, node->ninputs, struct up_input_ref);
    for (size_t k = 0; k < node->ninputs; k++) {
        in[k].stage = node->stage->inputs[k].stage;
        if (node->inputs[k] != UP_NO_NODE)
            in[k].digest = x->slots[node->inputs[k]].digest;
    }
    size_t nfiles = 0;
    for (size_t k = 0; k < s->sources.n; k++)
        nfiles += s->sources.list[k].n;
    struct up_file_ref *files = UP_NEW(a, nfiles, struct up_file_ref), *f = files;
    for (size_t k = 0; k < s->sources.n; k++)
        for (size_t m = 0; m < s->sources.list[k].n; m++)
            *f++ = (struct up_file_ref){
                s->sources.list[k].entry->name, s->sources.list[k].files[m].path,
                s->sources.list[k].digests[m], s->sources.list[k].files[m].bytes.len};
    struct up_pair *params = UP_NEW(a, x->c->n, struct up_pair);
    for (size_t k = 0; k < x->c->n; k++) {
        const struct up_entry *e = &x->c->entries[k];
        if (e->stage != node->stage || !up_entry_relevant(x->c, e))
            continue;
        struct up_buf text = UP_BUF_INIT;
        up_value_text(&text, e->param, &e->value);
        params[r->nparams++] = (struct up_pair){e->name, up_arena_strdup(a, up_buf_str(&text))};
        up_buf_release(&text);
    }
    r->inputs = in;
    r->ninputs = node->ninputs;
    r->files = files;
    r->nfiles = nfiles;
    r->params = params;
}

/* Stores the output and its result record, and settles the slot with them. */
static int keep(struct up_exec *x, size_t i, struct up_job *job, const char *started,
                double seconds, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    struct up_run_record *run = x->record;
    const struct up_stage *stage = x->g->nodes[i].stage;
    struct up_result r = {.stage = stage->name,
                          .version = stage->version,
                          .run = run->id,
                          .started = started,
                          .seconds = seconds,
                          .size = job->out.len,
                          .provenance = run->provenance,
                          .nprovenance = run->nprovenance};
    struct up_buf record = UP_BUF_INIT;
    r.finished = up_clock_utc(&run->arena);
    int rc = up_pack_check(up_buf_view(&job->out), err);
    if (rc)
        return up_fail_in(err, rc,
                          "the stage wrote bytes that are not canonical (a bug in it)");
    rc = up_store_put(x->store, up_buf_view(&job->out), &r.digest, &r.sha256, err);
    if (rc)
        return rc;
    describe(x, i, &r);
    const struct up_whence here = {
        .from = UP_CAME_HERE, .parts = job->parts, .nparts = job->nparts};
    struct up_buf plain = UP_BUF_INIT;
    up_result_pack(&plain, &r);
    rc = up_whence_put(&record, up_buf_view(&plain), &here, err);
    up_buf_release(&plain);
    if (!rc)
        rc = up_store_result_put(x->store, up_buf_view(&s->look.key_doc), up_buf_view(&record),
                                 err);
    up_buf_release(&record);
    if (rc)
        return rc;
    if (s->look.hit && !up_digest_equal(s->look.result.digest, r.digest))
        tell(x, i, UP_EV_WARN,
             up_arena_printf(&run->arena,
                             "other bytes than in run %s from the same inputs: the "
                             "stage is not deterministic",
                             s->look.result.run));
    s->digest = r.digest;
    run->nodes[i].size = r.size;
    up_buf_release(&s->bytes);
    s->bytes = job->out;
    job->out = (struct up_buf)UP_BUF_INIT;
    s->loaded = true;
    run->executed += !s->executed;
    s->executed = true;
    s->made = s->look.key;
    return UP_OK;
}

static int run_stage(struct up_exec *x, size_t i, struct up_job *job, const char *why,
                     struct up_err *err)
{
    const struct up_stage *stage = x->g->nodes[i].stage;
    const char *started = up_clock_utc(&x->record->arena);
    double t = up_clock_seconds();
    struct up_event e = {.kind = UP_EV_START, .why = why};
    up_exec_emit(x, i, &e);
    up_fp_reset(); /* whoever ran before may have left it changed */
    int rc = stage->run(job, err);
    if (rc == UP_ECORRUPT && job->unreadable && (rc = mend(x, i, job->unreadable, err)) > 0)
        return rc;
    double seconds = up_clock_seconds() - t;
    if (!rc)
        rc = keep(x, i, job, started, seconds, err);
    if (rc == UP_ECANCELED)
        rc = up_fail(err, UP_ECANCELED,
                     "interrupted while %s was running; finished parts are kept", stage->name);
    else if (rc)
        up_fail_in(err, rc, "%s", stage->name);
    finish(x, i, rc ? UP_DONE_FAILED : UP_DONE_RAN, why, seconds);
    return rc;
}

static int execute(struct up_exec *x, size_t i, const char *why, struct up_err *err)
{
    const struct up_node *node = &x->g->nodes[i];
    int rc = gather(x, i, err);
    if (!rc)
        rc = x->checkpoint(x, err);
    if (rc)
        return rc;
    struct up_view *inputs = UP_NEW(&x->record->arena, node->ninputs, struct up_view);
    for (size_t k = 0; k < node->ninputs; k++)
        if (node->inputs[k] != UP_NO_NODE)
            inputs[k] = up_buf_view(&x->slots[node->inputs[k]].bytes);
    struct up_buf mode = UP_BUF_INIT;
    up_key_float(&mode, x->c, &x->opts->mode);
    struct speaker speaker = {x, i};
    struct up_job job = {.config = x->c,
                         .node = node,
                         .sources = &x->slots[i].sources,
                         .inputs = inputs,
                         .store = x->store,
                         .float_doc = up_buf_view(&mode),
                         .threads = x->opts->threads > 0 ? x->opts->threads : 1,
                         .cancel = x->opts->cancel,
                         .emit = speak,
                         .ctx = &speaker};
    rc = run_stage(x, i, &job, why, err);
    up_job_release(&job);
    up_buf_release(&mode);
    return rc;
}

/* ---- between processes: one computes, the others wait for it ---- */

static int claim(struct up_exec *x, size_t i, struct up_err *err)
{
    const struct timespec nap = {0, WAIT_MS * 1000000L};
    struct up_digest key = x->slots[i].look.key;
    bool mine = false;
    for (unsigned waited = 0;; waited += WAIT_MS) {
        int rc = up_store_claim(x->store, key, &mine, err);
        if (rc || mine)
            return rc;
        if (waited == 0)
            tell(x, i, UP_EV_NOTE, "another process is computing it: waiting for that");
        if (waited == TELL_MS)
            up_store_claim_tell(x->store, key);
        if (x->opts->cancel && *x->opts->cancel)
            return up_fail(err, UP_ECANCELED, "interrupted while waiting for %s",
                           x->g->nodes[i].stage->name);
        (void)nanosleep(&nap, NULL);
    }
}

/* Executes the node, unless another process has done so in the meantime. */
static int compute(struct up_exec *x, size_t i, const char *why, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    int rc = claim(x, i, err);
    if (rc)
        return rc;
    struct up_digest key = s->look.key;
    if (!(rc = look(x, i, err))) {
        if (s->look.hit && up_store_has(x->store, s->look.result.digest)) {
            s->loaded = s->loaded && up_digest_equal(s->digest, s->look.result.digest);
            s->digest = s->look.result.digest;
            x->record->nodes[i].size = s->look.result.size;
            finish(x, i, UP_DONE_CACHED, "computed by another process meanwhile", 0);
        } else {
            rc = execute(x, i, why, err);
        }
    }
    up_store_unclaim(x->store, key);
    return rc;
}

/* ---- settling ---- */

/* A hit whose bytes are sound, as far as there is time to look. */
static int check(struct up_exec *x, size_t i, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    uint64_t size = s->look.result.size;
    if (size <= x->verify_left || (foreign(s) && x->g->nodes[i].stage->sound)) {
        x->verify_left -= size < x->verify_left ? size : x->verify_left;
        return load(x, i, err);
    }
    if (up_store_has(x->store, s->digest) || restore(x, i))
        return UP_OK;
    tell(x, i, UP_EV_DAMAGE, "its bytes are gone from the store; it is computed again");
    return UP_ENOTFOUND;
}

static int settle(struct up_exec *x, size_t i, struct up_err *err)
{
    struct up_slot *s = &x->slots[i];
    int rc = look(x, i, err);
    if (rc)
        return rc;
    if (!s->look.hit) {
        up_history_load(&x->history, x->g, x->store);
        struct up_why w = up_why_of(&x->history, x->g, i, up_buf_view(&s->look.key_doc),
                                    s->look.bad, &x->record->arena);
        return compute(x, i, w.line, err);
    }
    if (s->loaded && !up_digest_equal(s->digest, s->look.result.digest)) /* after a restart */
        s->loaded = false;
    s->digest = s->look.result.digest;
    x->record->nodes[i].size = s->look.result.size;
    rc = check(x, i, err);
    if (rc == UP_ENOTFOUND)
        return compute(x, i, "its stored bytes were damaged", err);
    if (!rc && !s->executed)
        finish(x, i, s->touched ? UP_DONE_CUTOFF : UP_DONE_CACHED,
               s->look.from ? s->look.from
               : s->touched ? "its inputs came out the same"
                            : "up to date",
               0);
    return rc;
}

int up_exec_all(struct up_exec *x, struct up_err *err)
{
    size_t i = 0;
    while (i < x->g->n) {
        if (x->opts->cancel && *x->opts->cancel)
            return up_fail(err, UP_ECANCELED, "interrupted before %s; what is done is kept",
                           x->g->nodes[i].stage->name);
        int rc = settle(x, i, err);
        if (rc == RESTART)
            i = x->restart + 1;
        else if (rc)
            return rc;
        else
            i++;
        trim(x);
    }
    return UP_OK;
}
