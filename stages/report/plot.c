#include "stages/report/plot.h"
#include "stages/format/decimal.h"
#include "stages/format/svg.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 720, HEIGHT = 520, LEFT = 76, RIGHT = 24, TOP = 64, BOTTOM = 56, TICKS = 6 };
static const char ink[] = "#212529", soft[] = "#868e96", grid[] = "#e9ecef";
static const char first[] = "#1864ab", second[] = "#d9480f";

struct axis {
    double lo, hi, step;
};
struct frame {
    struct up_svg svg;
    struct axis x, y;
};

static void axis_take(struct axis *a, double v)
{
    if (!isfinite(v))
        return;
    a->lo = v < a->lo ? v : a->lo;
    a->hi = v > a->hi ? v : a->hi;
}

/* Ends on ticks of 1, 2 or 5 times a power of ten. */
static void axis_settle(struct axis *a)
{
    if (!(a->lo <= a->hi))
        a->lo = 0, a->hi = 1;
    if (a->hi - a->lo < 1e-9 * (fabs(a->hi) + 1e-3))
        a->lo -= 0.5, a->hi += 0.5;
    double rough = (a->hi - a->lo) / TICKS, base = pow(10, floor(log10(rough)));
    double f = rough / base;
    a->step = base * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10);
    a->lo = floor(a->lo / a->step + 1e-9) * a->step;
    a->hi = ceil(a->hi / a->step - 1e-9) * a->step;
}

static double at_x(const struct frame *f, double v)
{
    return LEFT + (v - f->x.lo) / (f->x.hi - f->x.lo) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct frame *f, double v)
{
    return HEIGHT - BOTTOM - (v - f->y.lo) / (f->y.hi - f->y.lo) * (HEIGHT - TOP - BOTTOM);
}

static const char *tick_text(char out[UP_DECIMAL_TEXT], double v, double step)
{
    int digits = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    if (fabs(v) < step * 1e-6)
        v = 0;
    return up_decimal_fixed(out, v, digits > 10 ? 10 : digits);
}

static void heading(struct up_svg *s, const struct up_plot_text *t)
{
    up_svg_text(s, LEFT, 28, 16, UP_SVG_START, ink, t->title);
    if (t->note)
        up_svg_text(s, LEFT, 48, 11.5, UP_SVG_START, soft, t->note);
}

/* Page, grid, ticks and names; both axes settled. */
static void frame_draw(struct frame *f, struct up_buf *out, const struct up_plot_text *t)
{
    char text[UP_DECIMAL_TEXT];
    double bottom = HEIGHT - BOTTOM, right = WIDTH - RIGHT;
    up_svg_begin(&f->svg, out, WIDTH, HEIGHT, t->title);
    heading(&f->svg, t);
    int nx = (int)lround((f->x.hi - f->x.lo) / f->x.step);
    int ny = (int)lround((f->y.hi - f->y.lo) / f->y.step);
    for (int i = 0; i <= nx; i++) {
        double v = f->x.lo + i * f->x.step, x = at_x(f, v);
        up_svg_line(&f->svg, x, TOP, x, bottom, grid, 1);
        up_svg_text(&f->svg, x, bottom + 17, 11, UP_SVG_MIDDLE, ink,
                    tick_text(text, v, f->x.step));
    }
    for (int i = 0; i <= ny; i++) {
        double v = f->y.lo + i * f->y.step, y = at_y(f, v);
        up_svg_line(&f->svg, LEFT, y, right, y, grid, 1);
        up_svg_text(&f->svg, LEFT - 8, y + 4, 11, UP_SVG_END, ink,
                    tick_text(text, v, f->y.step));
    }
    up_svg_line(&f->svg, LEFT, bottom, right, bottom, soft, 1);
    up_svg_line(&f->svg, LEFT, TOP, LEFT, bottom, soft, 1);
    up_svg_text(&f->svg, (LEFT + right) / 2, HEIGHT - 16, 12.5, UP_SVG_MIDDLE, ink, t->x);
    up_svg_text_up(&f->svg, 22, (TOP + bottom) / 2, 12.5, UP_SVG_MIDDLE, ink, t->y);
}

void up_plot_scatter(struct up_buf *out, const struct up_plot_text *t, const double *x,
                     const double *y, size_t n, const double *marked_x, const double *marked_y,
                     size_t marked)
{
    struct frame f = {.x = {INFINITY, -INFINITY, 0}, .y = {INFINITY, -INFINITY, 0}};
    for (size_t i = 0; i < n; i++) {
        axis_take(&f.x, isfinite(y[i]) ? x[i] : (double)NAN);
        axis_take(&f.y, isfinite(x[i]) ? y[i] : (double)NAN);
    }
    for (size_t i = 0; i < marked; i++) {
        axis_take(&f.x, isfinite(marked_y[i]) ? marked_x[i] : (double)NAN);
        axis_take(&f.y, isfinite(marked_x[i]) ? marked_y[i] : (double)NAN);
    }
    axis_settle(&f.x);
    axis_settle(&f.y);
    frame_draw(&f, out, t);
    double opacity = n > 2000 ? 0.25 : n > 300 ? 0.4 : 0.7;
    for (size_t i = 0; i < n; i++)
        if (isfinite(x[i]) && isfinite(y[i]))
            up_svg_circle(&f.svg, at_x(&f, x[i]), at_y(&f, y[i]), 2.2, first, opacity);
    for (size_t i = marked; i-- > 0;) {
        char rank[24];
        if (!isfinite(marked_x[i]) || !isfinite(marked_y[i]))
            continue;
        snprintf(rank, sizeof rank, "%zu", i + 1);
        double px = at_x(&f, marked_x[i]), py = at_y(&f, marked_y[i]);
        up_svg_circle(&f.svg, px, py, 6.5, second, 0.9);
        up_svg_text(&f.svg, px, py + 2.9, 8, UP_SVG_MIDDLE, "#ffffff", rank);
    }
    up_svg_end(&f.svg);
}

/* At most this many points of a line are drawn; the last one always is. */
enum { LINE_POINTS = 600 };

static void series_draw(struct frame *f, const float *v, size_t n, const char *colour,
                        double opacity, double *xy)
{
    size_t stride = n / LINE_POINTS + 1, k = 0;
    for (size_t i = 0; i < n; i += stride) {
        size_t at = i + stride >= n ? n - 1 : i;
        if (!isfinite(v[at]))
            continue;
        xy[2 * k] = at_x(f, (double)at);
        xy[2 * k++ + 1] = at_y(f, (double)v[at]);
    }
    if (k == 1)
        up_svg_circle(&f->svg, xy[0], xy[1], 2, colour, 1);
    if (k > 1)
        up_svg_polyline(&f->svg, xy, k, colour, 1.6, opacity);
}

static void legend_draw(struct up_svg *s, const char *name, const char *colour, double x)
{
    up_svg_line(s, x, 44, x + 22, 44, colour, 3);
    up_svg_text(s, x + 28, 48, 11.5, UP_SVG_START, ink, name);
}

void up_plot_series(struct up_buf *out, const struct up_plot_text *t, const float *v,
                    const char *v_name, const float *v2, const char *v2_name,
                    const uint32_t *offset, size_t series)
{
    struct frame f = {.x = {0, 1, 0}, .y = {INFINITY, -INFINITY, 0}};
    double opacity = series > 8 ? 0.45 : 0.9, xy[2 * (LINE_POINTS + 2)];
    for (size_t s = 0; s < series; s++) {
        for (uint32_t i = offset[s]; i < offset[s + 1]; i++) {
            axis_take(&f.y, (double)v[i]);
            if (v2)
                axis_take(&f.y, (double)v2[i]);
        }
        if (offset[s + 1] > offset[s])
            axis_take(&f.x, (double)(offset[s + 1] - offset[s] - 1));
    }
    axis_settle(&f.x);
    axis_settle(&f.y);
    frame_draw(&f, out, t);
    for (size_t s = 0; s < series; s++)
        series_draw(&f, v + offset[s], offset[s + 1] - offset[s], first, opacity, xy);
    for (size_t s = 0; v2 && s < series; s++)
        series_draw(&f, v2 + offset[s], offset[s + 1] - offset[s], second, opacity, xy);
    if (v2) {
        legend_draw(&f.svg, v_name, first, LEFT);
        legend_draw(&f.svg, v2_name, second, LEFT + 60 + up_svg_text_width(v_name, 11.5));
    }
    up_svg_end(&f.svg);
}

/* White at 0, deep blue at 1, deep red at -1. */
static const char *matrix_colour(char out[8], double v)
{
    static const int warm[3] = {201, 42, 42}, cold[3] = {24, 100, 171};
    if (!isfinite(v))
        return "#dee2e6";
    const int *to = v < 0 ? warm : cold;
    double w = fabs(v) > 1 ? 1 : fabs(v);
    int c[3];
    for (int i = 0; i < 3; i++)
        c[i] = (int)lround(255 + w * (to[i] - 255));
    snprintf(out, 8, "#%02x%02x%02x", (unsigned)c[0] & 255, (unsigned)c[1] & 255,
             (unsigned)c[2] & 255);
    return out;
}

void up_plot_matrix(struct up_buf *out, const struct up_plot_text *t, const double *m,
                    const char *const *name, size_t n)
{
    enum { CELL = 42 };
    double label = 40;
    struct up_svg s;
    for (size_t i = 0; i < n; i++) {
        double w = up_svg_text_width(name[i], 11.5) + 16;
        label = w > label ? w : label;
    }
    double left = label + 12, top = 62 + label, size = (double)n * CELL;
    double width = left + size + 24;
    double least = up_svg_text_width(t->title, 16) + 48;
    if (t->note && up_svg_text_width(t->note, 11.5) + 48 > least)
        least = up_svg_text_width(t->note, 11.5) + 48;
    up_svg_begin(&s, out, width > least ? width : least, top + size + 24, t->title);
    up_svg_text(&s, 20, 28, 16, UP_SVG_START, ink, t->title);
    if (t->note)
        up_svg_text(&s, 20, 48, 11.5, UP_SVG_START, soft, t->note);
    for (size_t i = 0; i < n; i++) {
        double mid = ((double)i + 0.5) * CELL;
        up_svg_text(&s, left - 8, top + mid + 4, 11.5, UP_SVG_END, ink, name[i]);
        up_svg_text_up(&s, left + mid + 4, top - 8, 11.5, UP_SVG_START, ink, name[i]);
        for (size_t j = 0; j < n; j++) {
            char colour[8], text[UP_DECIMAL_TEXT];
            double v = m[i * n + j], x = left + (double)j * CELL, y = top + (double)i * CELL;
            up_svg_rect(&s, (struct up_svg_box){x, y, CELL - 1, CELL - 1}, 3,
                        matrix_colour(colour, v), "none");
            if (isfinite(v))
                up_svg_text(&s, x + CELL / 2.0, y + CELL / 2.0 + 4, 10.5, UP_SVG_MIDDLE,
                            fabs(v) > 0.6 ? "#ffffff" : ink, up_decimal_fixed(text, v, 2));
        }
    }
    up_svg_end(&s);
}
