/* Writes HTML that is well-formed XML too, element by element.
 *
 * Everything that comes from a store, a configuration or a request passes through
 * up_xml_escape (stages/format/svg.h) on its way to the page: texts and attribute values are
 * escaped here and nowhere else, and nothing but the assets of this folder is written as it
 * is. Tags and names of attributes are literals; a call in the wrong place is a bug and
 * aborts. */
#ifndef UP_CLI_PAGE_HTML_H
#define UP_CLI_PAGE_HTML_H
#include "store/base/arena.h"
#include "store/base/buf.h"

enum { UP_HTML_DEPTH = 32 };
struct up_html {
    struct up_buf *out; /* borrowed */
    const char *open[UP_HTML_DEPTH];
    int depth;
};
void up_html_init(struct up_html *h, struct up_buf *out); /* writes the doctype */

/* After the tag pairs of name and value, ended by NULL; a value that is NULL leaves its
 * attribute out. */
void up_html_open(struct up_html *h, const char *tag, ...) __attribute__((sentinel));
void up_html_close(struct up_html *h); /* the innermost element */
/* An element without content: meta, img, input, path. */
void up_html_empty(struct up_html *h, const char *tag, ...) __attribute__((sentinel));
/* An element with a text and nothing else. */
void up_html_leaf(struct up_html *h, const char *tag, const char *text, ...)
    __attribute__((sentinel));
void up_html_text(struct up_html *h, const char *text);
void up_html_textf(struct up_html *h, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void up_html_textn(struct up_html *h, struct up_view text);
/* style or script, with an asset as its content. */
void up_html_asset(struct up_html *h, const char *tag, struct up_view asset);

/* One segment of a path or one value of a query, percent-encoded but for letters, digits
 * and "-._~". */
const char *up_url_part(struct up_arena *a, const char *text);
/* RFC 4648, with padding. */
void up_base64(struct up_buf *out, const void *bytes, size_t n);

#endif
