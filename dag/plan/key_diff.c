/* Which fields of two key documents differ. */
#include "dag/plan/key.h"

#include <stdio.h>
#include <string.h>

#include "dag/record/record.h"
#include "store/base/pack.h"

enum { TEXT = 120 };

struct differ {
    struct up_arena *arena; /* NULL: count only */
    struct up_reason *list;
    size_t n, cap;
};

static const char *text_of(struct differ *d, struct up_view v)
{
    if (!v.data)
        return "not used";
    struct up_buf b = UP_BUF_INIT;
    up_pack_text(&b, v, TEXT);
    const char *s = up_arena_strdup(d->arena, up_buf_str(&b));
    up_buf_release(&b);
    return s;
}

static void emit(struct differ *d, const char *head, const char *tail, struct up_view before,
                 struct up_view after)
{
    if (before.data && after.data && up_view_equal(before, after))
        return;
    if (!before.data && !after.data)
        return;
    if (d->arena) {
        if (d->n == d->cap) {
            struct up_reason *old = d->list;
            d->cap = d->cap ? 2 * d->cap : 8;
            d->list = UP_NEW(d->arena, d->cap, struct up_reason);
            if (d->n)
                memcpy(d->list, old, d->n * sizeof *old);
        }
        d->list[d->n] = (struct up_reason){up_arena_printf(d->arena, "%s%s", head, tail),
                                           text_of(d, before), text_of(d, after)};
    }
    d->n++;
}

static struct up_view field(struct up_view doc, const char *name)
{
    struct up_cursor c;
    struct up_view v = {0};
    if (up_doc_at(doc, name, &c, NULL) || up_cur_raw(&c, &v, NULL))
        return (struct up_view){0};
    return v;
}

/* Next pair of a map's cursor; false at its end. */
static bool pair(struct up_cursor *c, size_t *left, struct up_view *key, struct up_view *value)
{
    *value = (struct up_view){0};
    if (!*left)
        return false;
    --*left;
    return !up_cur_str(c, key, NULL) && !up_cur_raw(c, value, NULL);
}

static int order(struct up_view a, struct up_view b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int o = n ? memcmp(a.data, b.data, n) : 0;
    return o ? o : (a.len > b.len) - (a.len < b.len);
}

/* Parameters that changed, or, with one_sided, those that only one key has: what a
 * changed parameter made relevant or irrelevant follows it. */
static void diff_params(struct differ *d, const char *stage, struct up_view before,
                        struct up_view after, bool one_sided)
{
    if (!before.data || !after.data)
        return;
    struct up_cursor ca = up_cursor_of(before), cb = up_cursor_of(after);
    size_t na = 0, nb = 0;
    if (up_cur_map(&ca, &na, NULL) || up_cur_map(&cb, &nb, NULL))
        return;
    struct up_view ka, kb, va, vb;
    bool a = pair(&ca, &na, &ka, &va), b = pair(&cb, &nb, &kb, &vb);
    while (a || b) {
        int o = !b ? -1 : !a ? 1 : order(ka, kb);
        char name[96];
        struct up_view k = o <= 0 ? ka : kb;
        (void)snprintf(name, sizeof name, ".%.*s", (int)(k.len < 90 ? k.len : 90),
                       (const char *)k.data);
        if ((o != 0) == one_sided)
            emit(d, stage, name, o <= 0 ? va : (struct up_view){0},
                 o >= 0 ? vb : (struct up_view){0});
        if (o <= 0)
            a = pair(&ca, &na, &ka, &va);
        if (o >= 0)
            b = pair(&cb, &nb, &kb, &vb);
    }
}

static void diff_inputs(struct differ *d, struct up_view before, struct up_view after,
                        const char *const *names, size_t n)
{
    if (!before.data || !after.data)
        return;
    struct up_cursor ca = up_cursor_of(before), cb = up_cursor_of(after);
    size_t na = 0, nb = 0;
    if (up_cur_list(&ca, &na, NULL) || up_cur_list(&cb, &nb, NULL))
        return;
    for (size_t i = 0; i < na || i < nb; i++) {
        struct up_view va = {0}, vb = {0};
        if ((i < na && up_cur_raw(&ca, &va, NULL)) || (i < nb && up_cur_raw(&cb, &vb, NULL)))
            return;
        emit(d, "input ", i < n ? names[i] : "no longer declared", va, vb);
    }
}

size_t up_key_diff(struct up_view before, struct up_view after, const char *stage,
                   const char *const *inputs, size_t ninputs, struct up_arena *arena,
                   const struct up_reason **out)
{
    struct differ d = {.arena = arena};
    emit(&d, "key format", "", field(before, "format"), field(after, "format"));
    emit(&d, "stage version", "", field(before, "version"), field(after, "version"));
    emit(&d, "float mode", "", field(before, "float"), field(after, "float"));
    struct up_view old = field(before, "params"), new = field(after, "params");
    diff_params(&d, stage, old, new, false);
    diff_params(&d, stage, old, new, true);
    diff_inputs(&d, field(before, "inputs"), field(after, "inputs"), inputs, ninputs);
    if (!d.n)
        emit(&d, "key", "", before, after);
    if (out)
        *out = d.list;
    return d.n;
}

const char *up_reasons_line(const struct up_reason *r, size_t n, struct up_arena *arena)
{
    if (!n)
        return "";
    bool input = !strncmp(r->field, "input ", 6);
    const char *first =
        input ? up_arena_printf(arena, "%s %s", r->field,
                                !strcmp(r->after, "null")    ? "is gone"
                                : !strcmp(r->before, "null") ? "is new"
                                                             : "changed")
              : up_arena_printf(arena, "%s: %s -> %s", r->field, r->before, r->after);
    return n == 1 ? first : up_arena_printf(arena, "%s (and %zu more)", first, n - 1);
}
