#include "cli/page/found.h"
#include "stages/format/decimal.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

enum { SHOWN = 4, ENTRIES = 100, COLUMNS = 16 };

struct found {
    struct up_page *p;
    struct up_view doc;
    struct up_view entry[ENTRIES];
    size_t n, total;
    const char *column[COLUMNS]; /* of accuracy */
    size_t columns;
};

static int load(struct found *f, struct up_err *err)
{
    struct up_cursor c, map;
    struct up_view key;
    size_t keys = 0;
    int rc = up_doc_at(f->doc, "entries", &c, err);
    if (!rc)
        rc = up_cur_list(&c, &f->total, err);
    for (f->n = 0; f->n < f->total && f->n < ENTRIES && !rc; ++f->n)
        rc = up_cur_raw(&c, &f->entry[f->n], err);
    if (rc || !f->n || up_doc_at(f->entry[0], "accuracy", &map, NULL) ||
        up_cur_map(&map, &keys, NULL))
        return rc;
    for (size_t i = 0; i < keys && i < COLUMNS && !up_cur_str(&map, &key, NULL); ++i) {
        f->column[f->columns++] =
            up_arena_strndup(&f->p->arena, (const char *)key.data, key.len);
        if (up_cur_skip(&map, NULL))
            break;
    }
    return rc;
}

static double real_in(struct up_view entry, const char *field, const char *key)
{
    struct up_cursor c;
    double v;
    if (up_doc_at(entry, field, &c, NULL) || (key && up_cur_at(c, key, &c, NULL)) ||
        up_cur_real(&c, &v, NULL))
        return NAN;
    return v;
}

static const char *arch_of(struct found *f, size_t i)
{
    const char *arch;
    return up_doc_str(f->entry[i], "arch", &f->p->arena, &arch, NULL) ? "" : arch;
}

static void cell(struct found *f, const char *node, const char *path, double v, int digits,
                 const char *what)
{
    char text[UP_DECIMAL_TEXT], exact[UP_DECIMAL_TEXT];
    struct up_html *h = &f->p->h;
    up_html_open(h, "td", "class", "n", NULL);
    if (isfinite(v))
        up_page_number(f->p, node, path, up_decimal_fixed(text, v, digits),
                       up_decimal_print(exact, v), what);
    else
        up_html_text(h, "–");
    up_html_close(h);
}

/* A line may end behind a comma or a bar. */
static void arch(struct up_html *h, const char *text)
{
    up_html_open(h, "code", "class", "arch", NULL);
    while (*text) {
        size_t n = strcspn(text, "|,");
        n += text[n] != '\0';
        up_html_textn(h, (struct up_view){(const uint8_t *)text, n});
        text += n;
        if (*text)
            up_html_empty(h, "wbr", NULL);
    }
    up_html_close(h);
}

/* ---- the table ---- */

static void row(struct found *f, size_t i)
{
    struct up_html *h = &f->p->h;
    struct up_arena *a = &f->p->arena;
    struct up_view e = f->entry[i];
    up_html_open(h, "tr", NULL);
    up_html_leaf(h, "th", up_arena_printf(a, "%zu", i + 1), "scope", "row", "class", "n", NULL);
    cell(f, "search", up_arena_printf(a, "unified/%zu", i), real_in(e, "unified", NULL), 4,
         "Weights times predicted scores, summed: what the ranking is by.");
    cell(f, "decode", up_arena_printf(a, "entries/%zu/unified_scored", i),
         real_in(e, "unified_scored", NULL), 4, "Weights times measured scores, summed.");
    cell(f, "decode", up_arena_printf(a, "entries/%zu/flops", i), real_in(e, "flops", NULL), 2,
         "Of the published network, in millions, by closed form.");
    cell(f, "decode", up_arena_printf(a, "entries/%zu/params", i), real_in(e, "params", NULL),
         3, "Of the published network, in millions, by closed form.");
    for (size_t k = 0; k < f->columns; ++k)
        cell(f, "decode", up_arena_printf(a, "entries/%zu/accuracy/%s", i, f->column[k]),
             real_in(e, "accuracy", f->column[k]), 2, "From the benchmark's table.");
    up_html_open(h, "td", NULL);
    arch(h, arch_of(f, i));
    up_html_close(h);
    up_html_close(h);
}

static void table(struct found *f)
{
    static const char *const head[] = {"rank", "unified", "measured", "MFLOPs", "M params"};
    struct up_html *h = &f->p->h;
    up_html_open(h, "div", "class", "wide", NULL);
    up_html_open(h, "table", NULL);
    up_html_open(h, "thead", NULL);
    up_html_open(h, "tr", NULL);
    for (size_t i = 0; i < sizeof head / sizeof *head; ++i)
        up_html_leaf(h, "th", head[i], "scope", "col", "class", "n", NULL);
    for (size_t i = 0; i < f->columns; ++i)
        up_html_leaf(h, "th", f->column[i], "scope", "col", "class", "n", NULL);
    up_html_leaf(h, "th", "architecture", "scope", "col", NULL);
    up_html_close(h);
    up_html_close(h);
    up_html_open(h, "tbody", NULL);
    for (size_t i = 0; i < f->n; ++i)
        row(f, i);
    up_html_close(h);
    up_html_close(h);
    up_html_close(h);
    if (f->n < f->total)
        up_html_leaf(
            h, "p",
            up_arena_printf(&f->p->arena, "%zu more are in results.csv.", f->total - f->n),
            "class", "soft", NULL);
}

/* ---- the cells ---- */

static bool picture_of(const struct found *f, size_t i, struct up_view *svg)
{
    struct up_cursor c;
    const char *name = up_arena_printf(&f->p->arena, "cell-%zu.svg", i + 1);
    return !up_doc_at(f->doc, "files", &c, NULL) && !up_cur_at(c, name, &c, NULL) &&
           !up_cur_bin(&c, svg, NULL);
}

static void figures(struct found *f, size_t from, size_t to)
{
    struct up_html *h = &f->p->h;
    struct up_view svg;
    up_html_open(h, "div", "class", "cells", NULL);
    for (size_t i = from; i < to; ++i) {
        if (!picture_of(f, i, &svg))
            continue;
        up_html_open(h, "figure", NULL);
        up_page_picture(
            f->p, svg,
            up_arena_printf(&f->p->arena, "The cell ranked %zu: %s", i + 1, arch_of(f, i)));
        up_html_open(h, "figcaption", NULL);
        up_html_leaf(h, "strong", up_arena_printf(&f->p->arena, "%zu. ", i + 1), NULL);
        arch(h, arch_of(f, i));
        up_html_close(h);
        up_html_close(h);
    }
    up_html_close(h);
}

static void cells(struct found *f)
{
    struct up_html *h = &f->p->h;
    struct up_view svg;
    size_t drawn = 0;
    while (drawn < f->n && picture_of(f, drawn, &svg))
        ++drawn;
    if (!drawn)
        return;
    figures(f, 0, drawn < SHOWN ? drawn : SHOWN);
    if (drawn <= SHOWN)
        return;
    up_html_open(h, "details", "class", "more", NULL);
    up_html_leaf(h, "summary", up_arena_printf(&f->p->arena, "%zu more cells", drawn - SHOWN),
                 NULL);
    figures(f, SHOWN, drawn);
    up_html_close(h);
}

/* ---- the scores of the best ---- */

static void score_row(struct found *f, const char *proxy)
{
    static const struct {
        const char *field, *what;
    } column[] = {{"predicted", "By the estimator, from the embedding, calibrated scale."},
                  {"calibrated", "The measured score, brought onto the common scale."},
                  {"score", "As measured or imported."}};
    struct up_html *h = &f->p->h;
    up_html_open(h, "tr", NULL);
    up_html_leaf(h, "th", proxy, "scope", "row", NULL);
    for (size_t k = 0; k < 3; ++k)
        cell(f, "decode",
             up_arena_printf(&f->p->arena, "entries/0/%s/%s", column[k].field, proxy),
             real_in(f->entry[0], column[k].field, proxy), 4, column[k].what);
    up_html_close(h);
}

static void scores_of_best(struct found *f)
{
    struct up_html *h = &f->p->h;
    struct up_cursor c;
    struct up_view key;
    size_t n = 0;
    if (!f->n || up_doc_at(f->entry[0], "predicted", &c, NULL) || up_cur_map(&c, &n, NULL))
        return;
    up_html_open(h, "details", "class", "more", NULL);
    up_html_leaf(h, "summary", "Every score of the first", NULL);
    up_html_open(h, "div", "class", "wide", NULL);
    up_html_open(h, "table", NULL);
    up_html_open(h, "thead", NULL);
    up_html_open(h, "tr", NULL);
    up_html_leaf(h, "th", "proxy", "scope", "col", NULL);
    up_html_leaf(h, "th", "predicted", "scope", "col", "class", "n", NULL);
    up_html_leaf(h, "th", "calibrated", "scope", "col", "class", "n", NULL);
    up_html_leaf(h, "th", "measured", "scope", "col", "class", "n", NULL);
    up_html_close(h);
    up_html_close(h);
    up_html_open(h, "tbody", NULL);
    for (size_t i = 0; i < n && !up_cur_str(&c, &key, NULL); ++i) {
        score_row(f, up_arena_strndup(&f->p->arena, (const char *)key.data, key.len));
        if (up_cur_skip(&c, NULL))
            break;
    }
    up_html_close(h);
    up_html_close(h);
    up_html_close(h);
    up_html_close(h);
}

int up_page_found(struct up_page *p, struct up_view decode, struct up_err *err)
{
    struct found *f = up_arena_alloc(&p->arena, sizeof *f);
    f->p = p;
    f->doc = decode;
    if (!decode.len)
        return UP_OK;
    int rc = load(f, err);
    if (rc)
        return rc;
    up_page_section(p, "found", "Architectures found");
    up_html_leaf(&p->h, "p", "Each number leads to everything it was made of.", "class", "soft",
                 NULL);
    table(f);
    scores_of_best(f);
    cells(f);
    up_html_close(&p->h);
    return UP_OK;
}

void up_page_picture(struct up_page *p, struct up_view svg, const char *alt)
{
    struct up_buf src = UP_BUF_INIT;
    up_buf_puts(&src, "data:image/svg+xml;base64,");
    up_base64(&src, svg.data, svg.len);
    up_html_empty(&p->h, "img", "class", "chart", "src", up_buf_str(&src), "alt", alt, NULL);
    up_buf_release(&src);
}
