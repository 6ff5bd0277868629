/* Two documents compared leaf by leaf. Maps are walked side by side by key, lists by
 * position; everything else, and what differs in kind, is a leaf. */
#include "dag/plan/diff.h"

#include <stdio.h>
#include <string.h>

#include "store/base/pack.h"

enum { DEEPEST = 16, PATH = 256, TEXT = 100 };

struct leaves {
    up_leaf_visit *visit;
    void *ctx;
    size_t limit, n;
    char path[PATH];
};

static void leaf(struct leaves *w, struct up_view a, struct up_view b)
{
    struct up_buf ta = UP_BUF_INIT, tb = UP_BUF_INIT;
    if (a.data)
        up_pack_text(&ta, a, TEXT);
    if (b.data)
        up_pack_text(&tb, b, TEXT);
    w->n++;
    w->visit(w->ctx, w->path, a.data ? up_buf_str(&ta) : NULL, b.data ? up_buf_str(&tb) : NULL);
    up_buf_release(&ta);
    up_buf_release(&tb);
}

static enum up_type type_of(struct up_view v)
{
    if (!v.data)
        return UP_T_END;
    struct up_cursor c = up_cursor_of(v);
    return up_cur_peek(&c);
}

static void compare(struct leaves *w, struct up_view a, struct up_view b, unsigned depth);

static void step(struct leaves *w, const char *name, size_t len, struct up_view a,
                 struct up_view b, unsigned depth)
{
    size_t at = strlen(w->path);
    (void)snprintf(w->path + at, PATH - at, "%s%.*s", at ? "/" : "", (int)(len < 80 ? len : 80),
                   name);
    compare(w, a, b, depth + 1);
    w->path[at] = 0;
}

static struct up_view next(struct up_cursor *c, size_t *left)
{
    struct up_view v = {0};
    if (!*left)
        return v;
    --*left;
    if (up_cur_raw(c, &v, NULL)) {
        *left = 0;
        return (struct up_view){0};
    }
    return v;
}

static void compare_lists(struct leaves *w, struct up_view a, struct up_view b, unsigned depth)
{
    struct up_cursor ca = up_cursor_of(a), cb = up_cursor_of(b);
    size_t na = 0, nb = 0;
    if (up_cur_list(&ca, &na, NULL) || up_cur_list(&cb, &nb, NULL))
        return;
    for (size_t i = 0; w->n < w->limit && (na || nb); i++) {
        char name[24];
        int len = snprintf(name, sizeof name, "%zu", i);
        struct up_view va = next(&ca, &na), vb = next(&cb, &nb);
        step(w, name, (size_t)len, va, vb, depth);
    }
}

static int order(struct up_view a, struct up_view b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int o = n ? memcmp(a.data, b.data, n) : 0;
    return o ? o : (a.len > b.len) - (a.len < b.len);
}

struct side {
    struct up_cursor c;
    size_t left;
    struct up_view key; /* data NULL: at the end */
};

static void advance(struct side *s)
{
    s->key = (struct up_view){0};
    if (!s->left)
        return;
    s->left--;
    if (up_cur_str(&s->c, &s->key, NULL))
        s->key = (struct up_view){0};
}

static struct up_view take(struct side *s)
{
    struct up_view v = {0};
    if (up_cur_raw(&s->c, &v, NULL)) {
        s->left = 0;
        v = (struct up_view){0};
    }
    advance(s);
    return v;
}

static void compare_maps(struct leaves *w, struct up_view a, struct up_view b, unsigned depth)
{
    struct side x = {.c = up_cursor_of(a)}, y = {.c = up_cursor_of(b)};
    if (up_cur_map(&x.c, &x.left, NULL) || up_cur_map(&y.c, &y.left, NULL))
        return;
    advance(&x);
    advance(&y);
    while (w->n < w->limit && (x.key.data || y.key.data)) {
        int o = !x.key.data ? 1 : !y.key.data ? -1 : order(x.key, y.key);
        struct up_view key = o <= 0 ? x.key : y.key, va = {0}, vb = {0};
        if (o <= 0)
            va = take(&x);
        if (o >= 0)
            vb = take(&y);
        step(w, (const char *)key.data, key.len, va, vb, depth);
    }
}

static void compare(struct leaves *w, struct up_view a, struct up_view b, unsigned depth)
{
    if (w->n >= w->limit || (a.data && b.data && up_view_equal(a, b)) || (!a.data && !b.data))
        return;
    enum up_type t = type_of(a);
    if (t != type_of(b) || depth > DEEPEST || (t != UP_T_MAP && t != UP_T_LIST))
        leaf(w, a, b);
    else if (t == UP_T_MAP)
        compare_maps(w, a, b, depth);
    else
        compare_lists(w, a, b, depth);
}

size_t up_docs_diff(struct up_view a, struct up_view b, size_t limit, up_leaf_visit *visit,
                    void *ctx)
{
    struct leaves w = {.visit = visit, .ctx = ctx, .limit = limit};
    compare(&w, a, b, 0);
    return w.n;
}
