#include "dag/gc/gc_world.h"

#include <string.h>

/* ---- finding ---- */

static struct up_gc_rec *named(struct up_gc_world *w, enum up_gc_kind k, struct up_digest d)
{
    size_t lo = 0, hi = w->n[k];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = memcmp(w->of[k][mid].name.b, d.b, sizeof d.b);
        if (c == 0)
            return &w->of[k][mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

/* The first in order of artifacts that made d, so the newest; n when there is none. */
static size_t maker_of(const struct up_gc_world *w, struct up_digest d)
{
    size_t lo = 0, hi = w->n[UP_GC_RESULT];
    const struct up_gc_rec *r = w->of[UP_GC_RESULT];
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(r[w->by_artifact[mid]].artifact.b, d.b, sizeof d.b) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < w->n[UP_GC_RESULT] && up_digest_equal(r[w->by_artifact[lo]].artifact, d)
               ? lo
               : w->n[UP_GC_RESULT];
}

/* ---- marking ---- */

static void keep_result(struct up_gc_world *w, struct up_gc_rec *r)
{
    if (r->kept)
        return;
    r->kept = true;
    w->pending[w->npending++] = (uint32_t)(r - w->of[UP_GC_RESULT]);
}

static void keep_artifact(struct up_gc_world *w, struct up_digest d)
{
    struct up_gc_rec *a = up_digest_zero(d) ? NULL : named(w, UP_GC_ARTIFACT, d);
    if (a)
        a->kept = true;
}

/* With a result that made it. */
static void keep_provenance(struct up_gc_world *w, struct up_digest d)
{
    struct up_gc_rec *r = w->of[UP_GC_RESULT];
    size_t first = maker_of(w, d);
    for (size_t i = first; i < w->n[UP_GC_RESULT]; i++) {
        const struct up_gc_rec *m = &r[w->by_artifact[i]];
        if (!up_digest_equal(m->artifact, d))
            break;
        if (m->kept)
            return;
    }
    if (first < w->n[UP_GC_RESULT])
        keep_result(w, &r[w->by_artifact[first]]);
}

static void spread(struct up_gc_world *w)
{
    while (w->npending) {
        const struct up_gc_rec *r = &w->of[UP_GC_RESULT][w->pending[--w->npending]];
        keep_artifact(w, r->artifact);
        for (size_t i = 0; i < r->ninputs; i++) {
            if (up_digest_zero(r->inputs[i]))
                continue;
            keep_artifact(w, r->inputs[i]);
            keep_provenance(w, r->inputs[i]);
        }
    }
}

static bool held(const struct up_gc_world *w, const struct up_gc_rec *r)
{
    return w->sweep && up_sweep_held(w->sweep, r->name);
}

static void mark_runs(struct up_gc_world *w, const struct up_gc_rule *rule)
{
    size_t n = w->n[UP_GC_RUN];
    for (size_t i = 0; i < n; i++) {
        struct up_gc_rec *r = &w->of[UP_GC_RUN][i];
        bool old = i < rule->drop || (rule->keep && i + rule->keep < n);
        r->kept = !old || r->pinned || held(w, r);
        for (size_t k = 0; r->kept && k < r->nnodes; k++) {
            struct up_gc_rec *made = named(w, UP_GC_RESULT, r->nodes[k].key);
            if (made)
                keep_result(w, made);
            keep_artifact(w, r->nodes[k].artifact);
        }
    }
}

/* The run wrote the part, or may have, and the rule does not say that it has done its work. */
static bool needs(struct up_gc_world *w, const struct up_gc_rec *run,
                  const struct up_gc_rec *part, const struct up_gc_rule *rule)
{
    if (!run->kept || part->written < run->from)
        return false;
    for (size_t k = 0; k < run->nnodes; k++) {
        if (strcmp(run->nodes[k].stage, part->stage) != 0)
            continue;
        bool done = !up_digest_zero(run->nodes[k].key) &&
                    named(w, UP_GC_RESULT, run->nodes[k].key) != NULL;
        return (!done && !run->well) ||
               (part->written <= run->to && part->written >= rule->parts);
    }
    return false;
}

static void mark_parts(struct up_gc_world *w, const struct up_gc_rule *rule)
{
    for (size_t i = 0; i < w->n[UP_GC_PART]; i++) {
        struct up_gc_rec *p = &w->of[UP_GC_PART][i];
        p->kept = p->written >= rule->young || held(w, p);
        for (size_t k = w->n[UP_GC_RUN]; !p->kept && k-- > 0;)
            p->kept = needs(w, &w->of[UP_GC_RUN][k], p, rule);
    }
}

/* What stays for its own sake. */
static void mark_young(struct up_gc_world *w, const struct up_gc_rule *rule)
{
    for (int k = UP_GC_RESULT; k < UP_GC_KINDS; k++)
        for (size_t i = 0; i < w->n[k]; i++) {
            struct up_gc_rec *r = &w->of[k][i];
            bool stays = r->written >= rule->young || held(w, r);
            if (k == UP_GC_RESULT && stays)
                keep_result(w, r);
            else
                r->kept |= stays;
        }
}

void up_gc_mark(struct up_gc_world *w, const struct up_gc_rule *rule)
{
    w->npending = 0;
    for (int k = 0; k < UP_GC_KINDS; k++)
        for (size_t i = 0; i < w->n[k]; i++)
            w->of[k][i].kept = false;
    mark_runs(w, rule);
    mark_young(w, rule);
    spread(w);
    for (size_t i = 0; i < w->npinned; i++) {
        keep_artifact(w, w->pinned[i]);
        keep_provenance(w, w->pinned[i]);
        spread(w);
    }
    mark_parts(w, rule);
}

void up_gc_mark_more(struct up_gc_world *w)
{
    w->npending = 0;
    for (size_t i = 0; i < w->n[UP_GC_RESULT]; i++)
        if (w->of[UP_GC_RESULT][i].kept)
            w->pending[w->npending++] = (uint32_t)i;
    spread(w);
}

uint64_t up_gc_bytes(const struct up_gc_world *w)
{
    uint64_t n = 0;
    for (int k = 0; k < UP_GC_KINDS; k++)
        for (size_t i = 0; i < w->n[k]; i++)
            n += w->of[k][i].kept ? w->of[k][i].bytes : 0;
    return n;
}
