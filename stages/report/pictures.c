/* The pictures of a report, see pictures.h. */
#include "stages/report/pictures.h"
#include "stages/format/decimal.h"
#include "stages/report/plot.h"
#include <math.h>

enum { SERIES = 24, MARKED = 10 };

/* Predicted unified score against accuracy on rows nothing has seen; without a
 * benchmark against the unified score of the measured proxies, held-out rows. */
static void ranks_picture(struct up_buf *out, const struct up_evidence *e,
                          const struct up_entries *x, struct up_arena *arena)
{
    const struct up_scored *s = e->scored;
    double *px = UP_NEW(arena, s->n + 1, double), *py = UP_NEW(arena, s->n + 1, double);
    double mx[MARKED], my[MARKED];
    size_t n = 0, marked = x->n < MARKED ? x->n : MARKED, columns = s->truth.columns;
    bool truth = e->target >= 0;
    size_t target = truth ? (size_t)e->target : 0;
    for (size_t i = 0; i < s->n; i++) {
        if (truth ? e->used[i] != 0 : (e->used[i] & 2) != 0)
            continue;
        px[n] = e->forecast_unified[i];
        py[n++] = truth ? s->accuracy[i * columns + target] : s->unified[i];
    }
    for (size_t i = 0; i < marked; i++) {
        mx[i] = x->e[i].unified;
        my[i] = truth ? x->e[i].accuracy[target] : x->e[i].unified_scored;
    }
    char tau[UP_DECIMAL_TEXT];
    const char *note =
        truth && isfinite(e->tau_predicted)
            ? up_arena_printf(arena,
                              "%zu architectures nothing was fitted on, tau-b %s; numbers: the "
                              "ones found",
                              e->n_predicted, up_decimal_fixed(tau, e->tau_predicted, 3))
            : "architectures the estimator was not trained on; numbers: the ones found";
    struct up_plot_text t = {"Unified score", "unified score, predicted",
                             truth ? s->truth.name[target] : "unified score, measured", note};
    const struct up_plot_points all = {px, py, n}, found = {mx, my, marked};
    up_plot_scatter(out, &t, &all, &found);
}

/* The climbs of gradient ascent; false where the search has none. */
static bool starts_picture(struct up_buf *out, struct up_reader *search)
{
    size_t length, offsets;
    const float *point = up_reader_vector(search, "trajectories/point", UP_F32, &length);
    const float *decoded = up_reader_vector_of(search, "trajectories/decoded", UP_F32, length);
    const uint32_t *offset = up_reader_vector(search, "trajectories/offset", UP_U32, &offsets);
    if (up_reader_end(search) || offsets < 2 || offset[offsets - 1] != length)
        return false;
    size_t starts = offsets - 1, series = starts < SERIES ? starts : SERIES;
    for (size_t i = 0; i < starts; i++)
        if (offset[i] > offset[i + 1])
            return false;
    struct up_plot_text t = {"Search", NULL, "unified score", NULL};
    t.x = up_arena_printf(search->arena, "step of gradient ascent (%zu of %zu starts)", series,
                          starts);
    const struct up_plot_lines lines = {
        point, "the point", decoded, "the architecture it decodes to", offset, series};
    up_plot_series(out, &t, &lines);
    return true;
}

static void progress_picture(struct up_buf *out, struct up_reader *search)
{
    size_t n;
    const struct up_plot_text t = {"Search", "architectures evaluated", "best unified score",
                                   NULL};
    const float *progress = up_reader_vector(search, "progress", UP_F32, &n);
    const uint32_t whole[2] = {0, (uint32_t)n};
    const struct up_plot_lines lines = {n ? progress : NULL, "", NULL, "", whole, 1};
    up_plot_series(out, &t, &lines);
}

/* What the artifact lacks is left out of the picture, so its failures are no news. */
static void climb_picture(struct up_buf *out, const struct up_reader *search)
{
    struct up_reader climbs = up_reader_of(search->what, search->doc, search->arena, NULL);
    struct up_reader rest = climbs;
    if (!starts_picture(out, &climbs))
        progress_picture(out, &rest);
}

static void matrix_picture(struct up_buf *out, const struct up_evidence *e,
                           struct up_arena *arena)
{
    const struct up_scored *s = e->scored;
    size_t n = e->target >= 0 ? s->m + 1 : s->m;
    const char **name = UP_NEW(arena, s->m + 1, const char *);
    double *m = UP_NEW(arena, n * n + 1, double);
    for (size_t i = 0; i < s->m; i++)
        name[i] = s->name[i];
    name[s->m] = e->target >= 0 ? s->truth.name[e->target] : "";
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            m[i * n + j] = e->correlation[i * (s->m + 1) + j];
    struct up_plot_text t = {"Proxies", "", "", "Kendall tau-b between calibrated scores"};
    up_plot_matrix(out, &t, m, name, n);
}

void up_report_draw(struct up_report_pictures *p, const struct up_evidence *e,
                    const struct up_entries *x, const struct up_reader *search)
{
    matrix_picture(&p->correlation, e, search->arena);
    ranks_picture(&p->ranks, e, x, search->arena);
    climb_picture(&p->trajectories, search);
}

static void write_picture(struct up_writer *w, const char *name, const struct up_buf *b)
{
    up_writer_bin(w, name, b->data, b->len);
}

void up_report_write_pictures(struct up_writer *w, const struct up_report_pictures *p)
{
    up_writer_map(w, "files");
    write_picture(w, "correlation.svg", &p->correlation);
    write_picture(w, "ranks.svg", &p->ranks);
    write_picture(w, "trajectories.svg", &p->trajectories);
    up_writer_close(w);
}

void up_report_release_pictures(struct up_report_pictures *p)
{
    up_buf_release(&p->correlation);
    up_buf_release(&p->ranks);
    up_buf_release(&p->trajectories);
}
