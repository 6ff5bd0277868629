#include "cli/answer/results_diff.h"
#include "cli/answer/document_json.h"
#include "cli/answer/provenance_text.h"
#include "store/store.h"
#include <string.h>

enum { BEST = 3 };

struct beside {
    struct up_view a, b;
    struct up_arena arena;
    up_leaf_visit *visit;
    void *ctx;
};

static const char *text_at(struct beside *w, struct up_view doc, const char *path)
{
    struct up_cursor c = up_cursor_of(doc);
    struct up_array array;
    struct up_view v;
    struct up_buf text = UP_BUF_INIT;
    enum up_type t;
    if (!doc.len || up_document_walk(&c, path, &array, &t, NULL) || t == UP_T_NIL ||
        up_cur_raw(&c, &v, NULL))
        return NULL;
    up_pack_text(&text, v, 400);
    const char *s = up_arena_strdup(&w->arena, up_buf_str(&text));
    up_buf_release(&text);
    return s;
}

static bool row(struct beside *w, const char *path)
{
    const char *a = text_at(w, w->a, path), *b = text_at(w, w->b, path);
    if (a || b)
        w->visit(w->ctx, path, a, b);
    return a || b;
}

/* The columns that the first of the two with that architecture has. */
static void accuracies(struct beside *w, const char *entry)
{
    const char *path = up_arena_printf(&w->arena, "%s/accuracy", entry);
    struct up_array array;
    struct up_view key;
    enum up_type t;
    size_t n = 0;
    struct up_cursor c = up_cursor_of(w->a.len ? w->a : w->b);
    if (up_document_walk(&c, path, &array, &t, NULL) || up_cur_map(&c, &n, NULL))
        return;
    for (size_t i = 0; i < n && !up_cur_str(&c, &key, NULL); ++i) {
        row(w,
            up_arena_printf(&w->arena, "%s/%.*s", path, (int)key.len, (const char *)key.data));
        if (up_cur_skip(&c, NULL))
            break;
    }
}

static void report_of(struct up_buf *out, struct up_store *s, const struct up_run_record *r)
{
    const struct up_run_node *n = up_run_record_node(r, "report");
    if (n && !up_digest_zero(n->digest) && up_store_get(s, n->digest, out, NULL))
        up_buf_clear(out);
}

void up_results_side_by_side(struct up_store *s, const struct up_run_record *a,
                             const struct up_run_record *b, up_leaf_visit *visit, void *ctx)
{
    static const char *const whole[] = {"tau_unused", "rho_unused", "tau_predicted",
                                        "rho_predicted", "tau_heldout"};
    static const char *const of_entry[] = {"arch", "unified", "flops", "params"};
    struct up_buf da = UP_BUF_INIT, db = UP_BUF_INIT;
    report_of(&da, s, a);
    report_of(&db, s, b);
    struct beside w = {up_buf_view(&da), up_buf_view(&db), UP_ARENA_INIT, visit, ctx};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; ++i)
        row(&w, whole[i]);
    for (int i = 0; i < BEST; ++i) {
        const char *entry = up_arena_printf(&w.arena, "best/%d", i);
        bool any = false;
        for (size_t k = 0; k < sizeof of_entry / sizeof *of_entry; ++k)
            any |= row(&w, up_arena_printf(&w.arena, "%s/%s", entry, of_entry[k]));
        if (any)
            accuracies(&w, entry);
    }
    up_arena_release(&w.arena);
    up_buf_release(&da);
    up_buf_release(&db);
}

/* ---- behind a root ---- */

static const struct up_file_ref *file_like(const struct up_result *r,
                                           const struct up_file_ref *f)
{
    const struct up_file_ref *named = NULL;
    size_t n = 0;
    for (size_t i = 0; i < r->nfiles; ++i) {
        if (strcmp(r->files[i].param, f->param))
            continue;
        named = &r->files[i];
        ++n;
        if (!strcmp(named->path, f->path))
            return named;
    }
    return n == 1 ? named : NULL; /* the one file of a setting, under another name */
}

static const char *file_text(struct up_arena *a, const struct up_file_ref *f)
{
    char hex[UP_DIGEST_HEX];
    return f ? up_arena_printf(a, "%s (%s)", f->path, up_digest_hex(f->digest, hex)) : NULL;
}

static void files(const struct up_result *a, const struct up_result *b, struct up_arena *arena,
                  up_leaf_visit *visit, void *ctx)
{
    for (size_t i = 0; i < a->nfiles; ++i) {
        const struct up_file_ref *f = &a->files[i], *g = file_like(b, f);
        if (!g || !up_digest_equal(f->digest, g->digest))
            visit(ctx, up_arena_printf(arena, "file %s", f->param), file_text(arena, f),
                  file_text(arena, g));
    }
    for (size_t i = 0; i < b->nfiles; ++i)
        if (!file_like(a, &b->files[i]))
            visit(ctx, up_arena_printf(arena, "file %s", b->files[i].param), NULL,
                  file_text(arena, &b->files[i]));
}

static void makers(const struct up_result *a, const struct up_result *b, struct up_arena *arena,
                   up_leaf_visit *visit, void *ctx)
{
    for (size_t i = 0; i < a->nprovenance; ++i) {
        const char *name = a->provenance[i].name, *other = up_provenance_by(b, name);
        if (strcmp(a->provenance[i].value, other))
            visit(ctx, up_arena_printf(arena, "by %s", name), a->provenance[i].value,
                  *other ? other : NULL);
    }
}

void up_results_behind(struct up_store *s, const struct up_run_record *a,
                       const struct up_run_record *b, const struct up_diff_node *n,
                       up_leaf_visit *visit, void *ctx)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_result x, y;
    const char *first = up_arena_printf(&arena, "%s:%s", a->id, n->stage);
    const char *second = up_arena_printf(&arena, "%s:%s", b->id, n->stage);
    if (n->in_a && n->in_b && !up_result_find(s, first, &x, &arena, NULL) &&
        !up_result_find(s, second, &y, &arena, NULL)) {
        files(&x, &y, &arena, visit, ctx);
        if (!n->key_differs && n->output_differs)
            makers(&x, &y, &arena, visit, ctx);
    }
    up_arena_release(&arena);
}
