#include "dag/gc/gc_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dag/record/record.h"
#include "store/base/err.h"
#include "store/base/pack.h"

struct loader {
    struct up_gc_world *w;
    enum up_gc_kind kind;
};

static struct up_gc_rec *add(struct up_gc_world *w, enum up_gc_kind k, const struct up_seen *s)
{
    if (w->n[k] == w->cap[k]) {
        w->cap[k] = w->cap[k] ? 2 * w->cap[k] : 256;
        w->of[k] = up_realloc(w->of[k], w->cap[k] * sizeof **w->of);
    }
    struct up_gc_rec *r = &w->of[k][w->n[k]++];
    *r = (struct up_gc_rec){.written = s->written, .bytes = s->bytes};
    if (k == UP_GC_RUN)
        return r;
    UP_CHECK(s->name.len <= sizeof r->key && s->name.len >= sizeof r->name.b);
    memcpy(r->name.b, s->name.data, sizeof r->name.b);
    memcpy(r->key, s->name.data, s->name.len);
    r->key_len = (uint8_t)s->name.len;
    return r;
}

/* "2025-01-31T12:00:00.123Z" as microseconds since 1970; 0 when it is none. */
static uint64_t moment(const char *text)
{
    struct tm tm = {0};
    int ms = 0;
    if (sscanf(text, "%d-%d-%dT%d:%d:%d.%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &ms) != 7)
        return 0;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    time_t t = timegm(&tm);
    return t < 0 ? 0 : (uint64_t)t * 1000000u + (uint64_t)ms * 1000u;
}

/* The text is cut to milliseconds, and clocks are set. */
enum { SLACK = 2000000 };

static void read_run(struct up_gc_world *w, struct up_gc_rec *r,
                     const struct up_run_record *run)
{
    uint64_t from = moment(run->started);
    struct up_gc_node *n = UP_NEW(&w->arena, run->nnodes, struct up_gc_node);
    for (size_t i = 0; i < run->nnodes; i++)
        n[i] = (struct up_gc_node){run->nodes[i].key, run->nodes[i].digest,
                                   up_arena_strdup(&w->arena, run->nodes[i].stage)};
    r->nodes = n;
    r->nnodes = run->nnodes;
    r->from = from > SLACK ? from - SLACK : 0;
    r->to = strcmp(run->status, "unfinished") ? moment(run->finished) + SLACK : 0;
    r->well = !strcmp(run->status, "ok");
}

/* A run of a newer version, which cannot be read, stays, and so does what it may need:
 * nothing here knows, so the collection is refused. */
static int visit_run(void *ctx, const struct up_seen *s)
{
    struct up_gc_world *w = ((struct loader *)ctx)->w;
    struct up_run_record *run = NULL;
    if (up_run_record_unpack(&run, s->value, NULL))
        return 1;
    struct up_gc_rec *r = add(w, UP_GC_RUN, s);
    r->id = up_arena_strndup(&w->arena, (const char *)s->name.data, s->name.len);
    r->name = up_store_run_name(r->id);
    r->order = s->order;
    read_run(w, r, run);
    up_run_record_free(run);
    return 0;
}

static int visit_result(void *ctx, const struct up_seen *s)
{
    struct up_gc_world *w = ((struct loader *)ctx)->w;
    struct up_gc_rec *r = add(w, UP_GC_RESULT, s);
    struct up_arena a = UP_ARENA_INIT;
    struct up_result got;
    r->stage = "";
    if (!up_result_unpack(&got, &a, s->value, NULL)) {
        struct up_digest *in = UP_NEW(&w->arena, got.ninputs, struct up_digest);
        for (size_t i = 0; i < got.ninputs; i++)
            in[i] = got.inputs[i].digest;
        r->stage = up_arena_strdup(&w->arena, got.stage);
        r->artifact = got.digest;
        r->inputs = in;
        r->ninputs = got.ninputs;
    }
    up_arena_release(&a);
    return 0;
}

static int visit_plain(void *ctx, const struct up_seen *s)
{
    const struct loader *l = ctx;
    (void)add(l->w, l->kind, s);
    return 0;
}

/* Chunks come in the order of their artifacts. One of no artifact is a put that was killed. */
static int visit_chunk(void *ctx, const struct up_seen *s)
{
    struct up_gc_world *w = ((struct loader *)ctx)->w;
    const struct up_gc_rec *all = w->of[UP_GC_ARTIFACT];
    size_t lo = 0, hi = w->n[UP_GC_ARTIFACT];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(all[mid].name.b, s->name.data, sizeof all->name.b) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo < w->n[UP_GC_ARTIFACT] && !memcmp(all[lo].name.b, s->name.data, sizeof all->name.b))
        w->of[UP_GC_ARTIFACT][lo].bytes += s->bytes;
    else
        (void)add(w, UP_GC_CHUNK, s);
    return 0;
}

static int visit_part(void *ctx, const struct up_seen *s)
{
    struct up_gc_world *w = ((struct loader *)ctx)->w;
    struct up_gc_rec *r = add(w, UP_GC_PART, s);
    const char *stage = "";
    (void)up_doc_str(s->doc, "stage", &w->arena, &stage, NULL);
    r->stage = stage;
    return 0;
}

/* "run ID" or "artifact HEX", as cli/shared/openblas.c writes them. */
static int visit_pin(void *ctx, const struct up_seen *s)
{
    struct up_gc_world *w = ((struct loader *)ctx)->w;
    char what[600];
    (void)snprintf(what, sizeof what, "%.*s", (int)s->value.len, (const char *)s->value.data);
    if (!strncmp(what, "run ", 4))
        for (size_t i = 0; i < w->n[UP_GC_RUN]; i++)
            w->of[UP_GC_RUN][i].pinned |= !strcmp(w->of[UP_GC_RUN][i].id, what + 4);
    struct up_digest d;
    if (strncmp(what, "artifact ", 9) || !up_digest_read(&d, what + 9))
        return 0;
    w->pinned = up_realloc(w->pinned, (w->npinned + 1) * sizeof *w->pinned);
    w->pinned[w->npinned++] = d;
    return 0;
}

static _Thread_local const struct up_gc_rec *sorted;

static int by_artifact(const void *a, const void *b)
{
    const struct up_gc_rec *x = &sorted[*(const uint32_t *)a],
                           *y = &sorted[*(const uint32_t *)b];
    int c = memcmp(x->artifact.b, y->artifact.b, sizeof x->artifact.b);
    return c ? c : (x->written < y->written) - (x->written > y->written);
}

static int by_order(const void *a, const void *b)
{
    const struct up_gc_rec *x = a, *y = b;
    return x->order != y->order ? (x->order > y->order) - (x->order < y->order)
                                : strcmp(x->id, y->id);
}

int up_gc_load(struct up_gc_world *w, struct up_store *s, struct up_err *err)
{
    static const struct {
        int kind;
        enum up_gc_kind as;
        up_survey_visit *visit;
    } order[] = {{UP_STORE_RUN, UP_GC_RUN, visit_run},
                 {UP_STORE_PIN, UP_GC_RUN, visit_pin},
                 {UP_STORE_RESULT, UP_GC_RESULT, visit_result},
                 {UP_STORE_OBJECT, UP_GC_ARTIFACT, visit_plain},
                 {UP_STORE_CHUNK, UP_GC_CHUNK, visit_chunk},
                 {UP_STORE_MEMO, UP_GC_PART, visit_part}};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct loader l = {w, order[i].as};
        int rc = up_store_survey(s, order[i].kind, order[i].visit, &l, err);
        if (rc > 0)
            return up_fail(
                err, UP_EUNSUPPORTED,
                "a run in this store was recorded by a newer upnas, and what it needs "
                "cannot be told: collect with that version");
        if (rc)
            return rc;
    }
    if (w->n[UP_GC_RUN])
        qsort(w->of[UP_GC_RUN], w->n[UP_GC_RUN], sizeof **w->of, by_order);
    size_t n = w->n[UP_GC_RESULT];
    w->by_artifact = up_alloc((n + 1) * sizeof *w->by_artifact);
    w->pending = up_alloc((n + 1) * sizeof *w->pending);
    for (size_t i = 0; i < n; i++)
        w->by_artifact[i] = (uint32_t)i;
    sorted = w->of[UP_GC_RESULT];
    if (n)
        qsort(w->by_artifact, n, sizeof *w->by_artifact, by_artifact);
    return UP_OK;
}

void up_gc_world_release(struct up_gc_world *w)
{
    for (int k = 0; k < UP_GC_KINDS; k++)
        free(w->of[k]);
    free(w->pinned);
    free(w->by_artifact);
    free(w->pending);
    up_arena_release(&w->arena);
    *w = (struct up_gc_world){.sweep = NULL};
}
