#include "cli/page/found.h"
#include "stages/format/decimal.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

static void tau(struct up_page *p, struct up_view report, const char *field, const char *name,
                const char *what, const char *without)
{
    struct up_html *h = &p->h;
    char text[UP_DECIMAL_TEXT], exact[UP_DECIMAL_TEXT];
    double v;
    up_html_leaf(h, "dt", name, NULL);
    up_html_open(h, "dd", NULL);
    if (!up_doc_real(report, field, &v, NULL) && isfinite(v))
        up_page_number(p, "report", field, up_decimal_fixed(text, v, 4),
                       up_decimal_print(exact, v), what);
    else
        up_html_leaf(h, "span", without, "class", "soft", NULL);
    up_html_close(h);
}

static void taus(struct up_page *p, struct up_view report)
{
    static const char *const unfitted =
        "not measured: there are no accuracies that nothing was fitted on";
    up_html_open(&p->h, "dl", "class", "facts", NULL);
    tau(p, report, "tau_unused", "tau-b, measured scores",
        "Kendall's tau-b of the unified score of measured proxies with accuracy, on "
        "architectures the weights were not fitted on.",
        unfitted);
    tau(p, report, "tau_predicted", "tau-b, predicted scores",
        "Kendall's tau-b of the predicted unified score with accuracy, on architectures that "
        "neither the weights nor the estimator have seen.",
        unfitted);
    tau(p, report, "tau_heldout", "tau-b, predicted with measured",
        "Kendall's tau-b of the predicted unified score with the measured one, on "
        "architectures "
        "that the estimator has not seen.",
        "not measured: the estimator has seen all");
    up_html_close(&p->h);
}

/* ---- proxies ---- */

static void value(struct up_page *p, const double *v, size_t i, const char *field, int digits)
{
    char text[UP_DECIMAL_TEXT], exact[UP_DECIMAL_TEXT];
    up_html_open(&p->h, "td", "class", "n", NULL);
    if (isfinite(v[i]))
        up_page_number(p, "report", up_arena_printf(&p->arena, "proxies/%s/%zu", field, i),
                       up_decimal_fixed(text, v[i], digits), up_decimal_print(exact, v[i]),
                       NULL);
    else
        up_html_text(&p->h, "–");
    up_html_close(&p->h);
}

static void proxies(struct up_page *p, struct up_view report)
{
    static const char *const head[] = {"weight", "tau alone", "tau predicted"};
    static const char *const field[] = {"weights", "alone", "heldout"};
    struct up_html *h = &p->h;
    const char *const *name;
    const void *column[3];
    uint64_t dims[4];
    size_t n;
    if (up_doc_names(report, "proxies/names", &p->arena, &name, &n, NULL))
        return;
    for (size_t k = 0; k < 3; ++k)
        if (up_doc_array(report, up_arena_printf(&p->arena, "proxies/%s", field[k]), UP_F64, 1,
                         &p->arena, &column[k], dims, NULL) ||
            dims[0] != n)
            return;
    up_html_open(h, "div", "class", "wide", NULL);
    up_html_open(h, "table", NULL);
    up_html_open(h, "thead", NULL);
    up_html_open(h, "tr", NULL);
    up_html_leaf(h, "th", "proxy", "scope", "col", NULL);
    for (size_t k = 0; k < 3; ++k)
        up_html_leaf(h, "th", head[k], "scope", "col", "class", "n", NULL);
    up_html_close(h);
    up_html_close(h);
    up_html_open(h, "tbody", NULL);
    for (size_t i = 0; i < n; ++i) {
        up_html_open(h, "tr", NULL);
        up_html_leaf(h, "th", name[i], "scope", "row", NULL);
        for (size_t k = 0; k < 3; ++k)
            value(p, column[k], i, field[k], 3);
        up_html_close(h);
    }
    up_html_close(h);
    up_html_close(h);
    up_html_close(h);
}

/* ---- pictures ---- */

/* How to add one: its name in the artifact's files, and what it shows. */
static const char *const pictures[][2] = {
    {"ranks.svg", "Ranks: every point an architecture that nothing was fitted on; the numbers "
                  "are those found"},
    {"trajectories.svg", "The search: how the unified score rises along each trajectory"},
    {"correlation.svg", "Kendall's tau-b between the proxies"},
};

static void charts(struct up_page *p, struct up_view report)
{
    struct up_html *h = &p->h;
    struct up_cursor files, c;
    struct up_view svg;
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; ++i) {
        if (up_doc_at(report, "files", &files, NULL) ||
            up_cur_at(files, pictures[i][0], &c, NULL) || up_cur_bin(&c, &svg, NULL))
            continue;
        up_html_open(h, "figure", NULL);
        up_page_picture(p, svg, pictures[i][1]);
        up_html_leaf(h, "figcaption", pictures[i][1], NULL);
        up_html_close(h);
    }
}

void up_page_evidence(struct up_page *p, struct up_view report)
{
    struct up_html *h = &p->h;
    const char *text;
    if (!report.len)
        return;
    up_page_section(p, "evidence", "How far to believe it");
    taus(p, report);
    up_html_open(h, "div", "class", "charts", NULL);
    charts(p, report);
    proxies(p, report);
    up_html_close(h);
    if (!up_doc_str(report, "text", &p->arena, &text, NULL)) {
        up_html_open(h, "details", "class", "more", NULL);
        up_html_leaf(h, "summary", "The report as text", NULL);
        up_html_leaf(h, "pre", text, "tabindex", "0", NULL);
        up_html_close(h);
    }
    up_html_close(h);
}
