/* Pictures of a report: a scatter, lines over steps, a matrix. SVG, the same
 * bytes for the same numbers; points that are not finite are left out. */
#ifndef UP_REPORT_PLOT_H
#define UP_REPORT_PLOT_H
#include "store/base/buf.h"

struct up_plot_text {
    const char *title, *x, *y; /* of the picture and its axes */
    const char *note;          /* small, under the title; or NULL */
};

struct up_plot_points {
    const double *x, *y; /* [n] */
    size_t n;
};
/* `marked` are drawn large and on top, numbered from 1. */
void up_plot_scatter(struct up_buf *out, const struct up_plot_text *t,
                     const struct up_plot_points *all, const struct up_plot_points *marked);

/* Series i has values v[offset[i]] .. v[offset[i + 1] - 1] at x = 0, 1, ...; v2
 * (or NULL) is a second value at the same places, drawn in the second colour. */
struct up_plot_lines {
    const float *v;
    const char *v_name;
    const float *v2;
    const char *v2_name;
    const uint32_t *offset; /* [series + 1] */
    size_t series;
};
void up_plot_series(struct up_buf *out, const struct up_plot_text *t,
                    const struct up_plot_lines *l);

/* m[n][n] in [-1, 1], red below, blue above, its number in each cell; NaN is grey. */
void up_plot_matrix(struct up_buf *out, const struct up_plot_text *t, const double *m,
                    const char *const *name, size_t n);

#endif
