/* Collection: gc_load.c reads the store, gc_mark.c says what stays, this removes the rest. */
#include "dag/gc/gc.h"
#include "dag/gc/gc_world.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/base/arena.h"
#include "store/base/err.h"

const char *up_gc_kind_name(enum up_gc_kind k)
{
    static const char *const name[UP_GC_KINDS] = {"run", "result", "artifact", "part", "chunk"};
    return name[k];
}

static uint64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

/* ---- the limit on the size ---- */

static uint64_t left_with(struct up_gc_world *w, const struct up_gc_rule *r)
{
    up_gc_mark(w, r);
    return up_gc_bytes(w);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The times at which records were written, ascending: where a cut-off may lie. */
static uint64_t *times_of(const struct up_gc_world *w, size_t *n)
{
    size_t all =
        w->n[UP_GC_RESULT] + w->n[UP_GC_ARTIFACT] + w->n[UP_GC_PART] + w->n[UP_GC_CHUNK];
    uint64_t *t = up_alloc((all + 1) * sizeof *t);
    *n = 0;
    for (int k = UP_GC_RESULT; k < UP_GC_KINDS; k++)
        for (size_t i = 0; i < w->n[k]; i++)
            t[(*n)++] = w->of[k][i].written + 1;
    qsort(t, *n, sizeof *t, by_number);
    return t;
}

/* The smallest value of *field among choice[from..n) under which the records fit; the
 * largest one when none is enough. */
static bool tighten(struct up_gc_world *w, struct up_gc_rule *r, uint64_t *field,
                    const uint64_t *choice, size_t n, uint64_t max)
{
    size_t lo = 0, hi = n;
    while (lo < hi && choice[lo] <= *field)
        lo++;
    if (lo == hi)
        return left_with(w, r) <= max;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        *field = choice[mid];
        if (left_with(w, r) <= max)
            hi = mid;
        else
            lo = mid + 1;
    }
    *field = choice[lo < n ? lo : n - 1];
    return left_with(w, r) <= max;
}

static void fit(struct up_gc_world *w, struct up_gc_rule *r, uint64_t max)
{
    if (!max || left_with(w, r) <= max)
        return;
    size_t n, runs = w->n[UP_GC_RUN];
    uint64_t *times = times_of(w, &n), *numbers = up_alloc((runs + 1) * sizeof *numbers);
    for (size_t i = 0; i < runs; i++)
        numbers[i] = i + 1;
    if (!tighten(w, r, &r->young, times, n, max) && !tighten(w, r, &r->parts, times, n, max))
        (void)tighten(w, r, &r->drop, numbers, runs, max);
    free(times);
    free(numbers);
}

/* ---- removing ---- */

static void tell(const struct up_gc_opts *o, const struct up_gc_rec *r, enum up_gc_kind k)
{
    char hex[UP_DIGEST_HEX];
    struct up_gc_gone g = {.kind = k, .stage = r->stage ? r->stage : "", .bytes = r->bytes};
    g.name = k == UP_GC_RUN ? r->id : up_digest_hex(r->name, hex);
    if (o->gone)
        o->gone(o->ctx, &g);
}

static struct up_view name_of(const struct up_gc_rec *r, enum up_gc_kind k)
{
    return k == UP_GC_RUN ? up_view_str(r->id) : (struct up_view){r->key, r->key_len};
}

/* Removes what is not marked. What had to stay, for it is held since, is marked then. */
static int remove_kind(struct up_gc_world *w, struct up_sweep *sweep, enum up_gc_kind k,
                       const struct up_gc_opts *o, struct up_gc_count *c, struct up_err *err)
{
    static const int kinds[UP_GC_KINDS] = {UP_STORE_RUN, UP_STORE_RESULT, UP_STORE_OBJECT,
                                           UP_STORE_MEMO, UP_STORE_CHUNK};
    struct up_doomed *d = up_alloc((w->n[k] + 1) * sizeof *d);
    size_t n = 0;
    for (size_t i = 0; i < w->n[k]; i++)
        if (!w->of[k][i].kept)
            d[n++] = (struct up_doomed){name_of(&w->of[k][i], k), w->of[k][i].written, o->dry};
    int rc = o->dry ? UP_OK : up_sweep_remove(sweep, kinds[k], d, n, err);
    n = 0;
    for (size_t i = 0; i < w->n[k]; i++) {
        struct up_gc_rec *r = &w->of[k][i];
        if (r->kept)
            continue;
        r->kept = !d[n].gone;
        if (!d[n++].gone)
            continue;
        c->removed[k]++;
        c->bytes += r->bytes;
        tell(o, r, k);
    }
    free(d);
    return rc;
}

static void count_kept(const struct up_gc_world *w, struct up_gc_count *c)
{
    c->left = 0;
    for (int k = 0; k < UP_GC_KINDS; k++) {
        c->kept[k] = 0;
        for (size_t i = 0; i < w->n[k]; i++) {
            c->kept[k] += w->of[k][i].kept;
            c->left += w->of[k][i].kept ? w->of[k][i].bytes : 0;
        }
    }
}

static int load(struct up_gc_world *w, struct up_store *s, struct up_sweep *sweep,
                struct up_err *err)
{
    up_gc_world_release(w);
    w->sweep = sweep;
    int rc = up_gc_load(w, s, err);
    return !rc && sweep ? up_sweep_refresh(sweep, err) : rc;
}

/* Runs first: once they are gone nobody can pin them, and the rest is decided anew. */
static int collect(struct up_gc_world *w, struct up_store *s, struct up_sweep *sweep,
                   const struct up_gc_opts *o, struct up_gc_count *c, struct up_err *err)
{
    uint64_t now = now_us();
    struct up_gc_rule r = {.young = o->grace < now ? now - o->grace : 0, .keep = o->keep};
    int rc = load(w, s, sweep, err);
    if (rc)
        return rc;
    fit(w, &r, o->max_size);
    up_gc_mark(w, &r);
    rc = remove_kind(w, sweep, UP_GC_RUN, o, c, err);
    if (!rc && !o->dry && c->removed[UP_GC_RUN])
        rc = load(w, s, sweep, err);
    if (rc)
        return rc;
    if (!o->dry) {
        r.keep = r.drop = 0;
        up_gc_mark(w, &r);
    }
    rc = remove_kind(w, sweep, UP_GC_RESULT, o, c, err);
    if (!rc && !o->dry)
        up_gc_mark_more(w);
    for (int k = UP_GC_ARTIFACT; !rc && k < UP_GC_KINDS; k++)
        rc = remove_kind(w, sweep, (enum up_gc_kind)k, o, c, err);
    count_kept(w, c);
    return rc;
}

int up_gc(struct up_store *s, const struct up_gc_opts *o, struct up_gc_count *c,
          struct up_err *err)
{
    struct up_gc_world w = {.sweep = NULL};
    struct up_sweep *sweep = NULL;
    *c = (struct up_gc_count){.bytes = 0};
    int rc = o->dry ? UP_OK : up_sweep_begin(&sweep, s, err);
    if (!rc)
        rc = collect(&w, s, sweep, o, c, err);
    up_gc_world_release(&w);
    up_sweep_end(sweep);
    return rc;
}
