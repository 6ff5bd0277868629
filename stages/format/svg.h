/* SVG 1.1, as far as the pictures here need it: shapes and text into a buffer.
 *
 * The same calls give the same bytes everywhere: coordinates have two decimals
 * and a point whatever the locale; text is escaped, and bytes that cannot stand in
 * XML become '?'. Colours are CSS: "#1f77b4", "none". Units are pixels, y downwards. */
#ifndef UP_FORMAT_SVG_H
#define UP_FORMAT_SVG_H
#include "store/base/buf.h"

struct up_svg {
    struct up_buf *out; /* borrowed */
};
struct up_svg_box {
    double x, y, w, h; /* the upper left corner and the size */
};
enum up_svg_anchor { UP_SVG_START, UP_SVG_MIDDLE, UP_SVG_END };

/* A white page of that size, with a title for screen readers. */
void up_svg_begin(struct up_svg *s, struct up_buf *out, double width, double height,
                  const char *title);
void up_svg_end(struct up_svg *s);

void up_svg_line(struct up_svg *s, double x1, double y1, double x2, double y2,
                 const char *colour, double width);
/* radius: of the rounded corners */
void up_svg_rect(struct up_svg *s, struct up_svg_box b, double radius, const char *fill,
                 const char *stroke);
void up_svg_circle(struct up_svg *s, double x, double y, double r, const char *fill,
                   double opacity);
void up_svg_text(struct up_svg *s, double x, double y, double size, enum up_svg_anchor a,
                 const char *colour, const char *text);
/* Turned a quarter to the left, reading upwards. */
void up_svg_text_up(struct up_svg *s, double x, double y, double size, enum up_svg_anchor a,
                    const char *colour, const char *text);
/* Line through n points x0 y0 x1 y1 ... */
void up_svg_polyline(struct up_svg *s, const double *xy, size_t n, const char *colour,
                     double width, double opacity);
/* Cubic curve through 3k + 1 control points (x y each), optionally dashed. */
void up_svg_curve(struct up_svg *s, const double *xy, size_t k, const char *colour,
                  double width, bool dashed);
/* Filled triangle with its tip at (x, y), pointing along (dx, dy). */
void up_svg_arrowhead(struct up_svg *s, double x, double y, double dx, double dy, double size,
                      const char *colour);

/* About how wide a text is set, for laying out: sans-serif, a little generous. */
double up_svg_text_width(const char *text, double size);
/* Text with the five XML characters escaped. */
void up_xml_escape(struct up_buf *out, const char *text);

#endif
