/* Writes SVG pictures whose bytes are the same on every machine. */
#include "stages/format/svg.h"
#include "stages/format/decimal.h"
#include <math.h>
#include <string.h>

/* " name="1.50"" */
static void number_attr(struct up_svg *s, const char *name, double v)
{
    char text[UP_DECIMAL_TEXT];
    up_buf_printf(s->out, " %s=\"%s\"", name, up_decimal_fixed(text, v, 2));
}

static void text_attr(struct up_svg *s, const char *name, const char *v)
{
    up_buf_printf(s->out, " %s=\"", name);
    up_xml_escape(s->out, v);
    up_buf_puts(s->out, "\"");
}

static void point(struct up_svg *s, const char *before, double x, double y)
{
    char a[UP_DECIMAL_TEXT], b[UP_DECIMAL_TEXT];
    up_buf_printf(s->out, "%s%s,%s", before, up_decimal_fixed(a, x, 2),
                  up_decimal_fixed(b, y, 2));
}

/* Length of a well-formed UTF-8 sequence at s that XML allows, or 0. */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = s[0] >= 0xc2 && s[0] < 0xe0   ? 2
               : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
               : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                             : 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    if (s[0] == 0xef && s[1] == 0xbf && s[2] >= 0xbe)
        return 0;
    return n;
}

void up_xml_escape(struct up_buf *out, const char *text)
{
    const unsigned char *p = (const unsigned char *)text;
    while (*p) {
        size_t n = *p < 0x80 ? 1 : utf8_length(p);
        if (*p == '&')
            up_buf_puts(out, "&amp;");
        else if (*p == '<')
            up_buf_puts(out, "&lt;");
        else if (*p == '>')
            up_buf_puts(out, "&gt;");
        else if (*p == '"')
            up_buf_puts(out, "&quot;");
        else if (*p == '\'')
            up_buf_puts(out, "&#39;");
        else if (n == 0 || (*p < 0x20 && *p != '\t' && *p != '\n'))
            up_buf_puts(out, "?");
        else
            up_buf_append(out, p, n);
        p += n ? n : 1;
    }
}

void up_svg_begin(struct up_svg *s, struct up_buf *out, double width, double height,
                  const char *title)
{
    char w[UP_DECIMAL_TEXT], h[UP_DECIMAL_TEXT];
    s->out = out;
    up_decimal_fixed(w, width, 0);
    up_decimal_fixed(h, height, 0);
    up_buf_printf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" "
        "viewBox=\"0 0 %s %s\" font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\">\n"
        "<title>",
        w, h, w, h);
    up_xml_escape(out, title);
    up_buf_puts(out, "</title>\n");
    up_svg_rect(s, (struct up_svg_box){0, 0, width, height}, 0, "#ffffff", "none");
}

void up_svg_end(struct up_svg *s) { up_buf_puts(s->out, "</svg>\n"); }

void up_svg_line(struct up_svg *s, double x1, double y1, double x2, double y2,
                 const char *colour, double width)
{
    up_buf_puts(s->out, "<line");
    number_attr(s, "x1", x1);
    number_attr(s, "y1", y1);
    number_attr(s, "x2", x2);
    number_attr(s, "y2", y2);
    text_attr(s, "stroke", colour);
    number_attr(s, "stroke-width", width);
    up_buf_puts(s->out, "/>\n");
}

void up_svg_rect(struct up_svg *s, struct up_svg_box b, double radius, const char *fill,
                 const char *stroke)
{
    up_buf_puts(s->out, "<rect");
    number_attr(s, "x", b.x);
    number_attr(s, "y", b.y);
    number_attr(s, "width", b.w);
    number_attr(s, "height", b.h);
    if (radius > 0)
        number_attr(s, "rx", radius);
    text_attr(s, "fill", fill);
    if (strcmp(stroke, "none") != 0)
        text_attr(s, "stroke", stroke);
    up_buf_puts(s->out, "/>\n");
}

void up_svg_circle(struct up_svg *s, double x, double y, double r, const char *fill,
                   double opacity)
{
    up_buf_puts(s->out, "<circle");
    number_attr(s, "cx", x);
    number_attr(s, "cy", y);
    number_attr(s, "r", r);
    text_attr(s, "fill", fill);
    if (opacity < 1)
        number_attr(s, "fill-opacity", opacity);
    up_buf_puts(s->out, "/>\n");
}

static void text_body(struct up_svg *s, double size, enum up_svg_anchor a, const char *colour,
                      const char *text)
{
    static const char *const anchor[] = {"start", "middle", "end"};
    number_attr(s, "font-size", size);
    text_attr(s, "text-anchor", anchor[a]);
    text_attr(s, "fill", colour);
    up_buf_puts(s->out, ">");
    up_xml_escape(s->out, text);
    up_buf_puts(s->out, "</text>\n");
}

void up_svg_text(struct up_svg *s, double x, double y, double size, enum up_svg_anchor a,
                 const char *colour, const char *text)
{
    up_buf_puts(s->out, "<text");
    number_attr(s, "x", x);
    number_attr(s, "y", y);
    text_body(s, size, a, colour, text);
}

void up_svg_text_up(struct up_svg *s, double x, double y, double size, enum up_svg_anchor a,
                    const char *colour, const char *text)
{
    point(s, "<text transform=\"translate(", x, y);
    up_buf_puts(s->out, ") rotate(-90)\"");
    text_body(s, size, a, colour, text);
}

void up_svg_polyline(struct up_svg *s, const double *xy, size_t n, const char *colour,
                     double width, double opacity)
{
    up_buf_puts(s->out, "<polyline points=\"");
    for (size_t i = 0; i < n; i++)
        point(s, i ? " " : "", xy[2 * i], xy[2 * i + 1]);
    up_buf_puts(s->out, "\" fill=\"none\"");
    text_attr(s, "stroke", colour);
    number_attr(s, "stroke-width", width);
    if (opacity < 1)
        number_attr(s, "stroke-opacity", opacity);
    up_buf_puts(s->out, "/>\n");
}

void up_svg_curve(struct up_svg *s, const double *xy, size_t k, const char *colour,
                  double width, bool dashed)
{
    point(s, "<path d=\"M", xy[0], xy[1]);
    for (size_t i = 1; i < 3 * k + 1; i++)
        point(s, i % 3 == 1 ? " C" : " ", xy[2 * i], xy[2 * i + 1]);
    up_buf_puts(s->out, "\" fill=\"none\"");
    text_attr(s, "stroke", colour);
    number_attr(s, "stroke-width", width);
    if (dashed)
        up_buf_puts(s->out, " stroke-dasharray=\"5,4\"");
    up_buf_puts(s->out, "/>\n");
}

void up_svg_arrowhead(struct up_svg *s, double x, double y, double dx, double dy, double size,
                      const char *colour)
{
    double length = sqrt(dx * dx + dy * dy), ux = 1, uy = 0;
    if (length > 0) {
        ux = dx / length;
        uy = dy / length;
    }
    double bx = x - ux * size, by = y - uy * size, half = size * 0.45;
    point(s, "<polygon points=\"", x, y);
    point(s, " ", bx - uy * half, by + ux * half);
    point(s, " ", bx + uy * half, by - ux * half);
    up_buf_puts(s->out, "\"");
    text_attr(s, "fill", colour);
    up_buf_puts(s->out, "/>\n");
}

double up_svg_text_width(const char *text, double size)
{
    double width = 0;
    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80)
            width += strchr("ijlt1.,|:;'()[] ", *text) ? 0.4
                     : strchr("mwMW", *text)           ? 0.95
                                                       : 0.64;
    return width * size;
}
