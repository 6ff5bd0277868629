/* Pictures of a report: a scatter, lines over steps, a matrix. SVG, the same
 * bytes for the same numbers; points that are not finite are left out. */
#ifndef UP_REPORT_PLOT_H
#define UP_REPORT_PLOT_H
#include "store/base/buf.h"

struct up_plot_text {
    const char *title, *x, *y; /* of the picture and its axes */
    const char *note;          /* small, under the title; or NULL */
};

/* Points (x[i], y[i]); marked[] are drawn large and on top, numbered from 1. */
void up_plot_scatter(struct up_buf *out, const struct up_plot_text *t, const double *x,
                     const double *y, size_t n, const double *marked_x, const double *marked_y,
                     size_t marked);

/* Series i has values v[offset[i]] .. v[offset[i + 1] - 1] at x = 0, 1, ...; v2
 * (or NULL) is a second value at the same places, drawn in the second colour. */
void up_plot_series(struct up_buf *out, const struct up_plot_text *t, const float *v,
                    const char *v_name, const float *v2, const char *v2_name,
                    const uint32_t *offset, size_t series);

/* m[n][n] in [-1, 1], red below, blue above, its number in each cell; NaN is grey. */
void up_plot_matrix(struct up_buf *out, const struct up_plot_text *t, const double *m,
                    const char *const *name, size_t n);

#endif
