#include "stages/report/pictures.h"
#include "stages/format/decimal.h"
#include "stages/report/plot.h"
#include "store/base/pack.h"
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
    up_plot_scatter(out, &t, px, py, n, mx, my, marked);
}

static void climb_picture(struct up_buf *out, struct up_view search, struct up_arena *arena)
{
    const void *point, *decoded, *offset, *progress;
    uint64_t np[4], nd[4], no[4], nq[4];
    struct up_plot_text t = {"Search", "step", "unified score", NULL};
    if (!up_doc_array(search, "trajectories/point", UP_F32, 1, arena, &point, np, NULL) &&
        !up_doc_array(search, "trajectories/decoded", UP_F32, 1, arena, &decoded, nd, NULL) &&
        !up_doc_array(search, "trajectories/offset", UP_U32, 1, arena, &offset, no, NULL) &&
        no[0] > 1 && np[0] == nd[0] && ((const uint32_t *)offset)[no[0] - 1] == np[0]) {
        size_t series = (size_t)no[0] - 1 < SERIES ? (size_t)no[0] - 1 : SERIES;
        t.x = up_arena_printf(arena, "step of gradient ascent (%zu of %zu starts)", series,
                              (size_t)no[0] - 1);
        up_plot_series(out, &t, point, "the point", decoded, "the architecture it decodes to",
                       offset, series);
        return;
    }
    if (up_doc_array(search, "progress", UP_F32, 1, arena, &progress, nq, NULL))
        nq[0] = 0;
    uint32_t whole[2] = {0, (uint32_t)nq[0]};
    t.x = "architectures evaluated";
    t.y = "best unified score";
    up_plot_series(out, &t, nq[0] ? progress : NULL, "", NULL, "", whole, 1);
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

void up_report_pictures(struct up_buf *out, const struct up_evidence *e,
                        const struct up_entries *x, struct up_view search,
                        struct up_arena *arena)
{
    struct up_buf b = UP_BUF_INIT;
    up_pack_str(out, "files");
    up_pack_map(out, 3);
    matrix_picture(&b, e, arena);
    up_pack_str(out, "correlation.svg");
    up_pack_bin(out, b.data, b.len);
    up_buf_clear(&b);
    ranks_picture(&b, e, x, arena);
    up_pack_str(out, "ranks.svg");
    up_pack_bin(out, b.data, b.len);
    up_buf_clear(&b);
    climb_picture(&b, search, arena);
    up_pack_str(out, "trajectories.svg");
    up_pack_bin(out, b.data, b.len);
    up_buf_release(&b);
}
