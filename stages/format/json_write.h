/* Writes JSON into a buffer as it is told to, in order. Cannot fail; a call in
 * the wrong place (a value where a key must be) is a bug and aborts.
 *
 *   struct up_jw w;
 *   up_jw_init(&w, &buf, 0);
 *   up_jw_object(&w);
 *   up_jw_key(&w, "event"); up_jw_str(&w, "result");
 *   up_jw_end(&w);
 *
 * Strings are escaped; bytes that are not UTF-8 become U+FFFD, so the output is
 * always valid. Numbers are the shortest text that reads back equal. */
#ifndef UP_FORMAT_JSON_WRITE_H
#define UP_FORMAT_JSON_WRITE_H
#include "store/base/buf.h"

enum { UP_JW_DEPTH = 32 };
struct up_jw {
    struct up_buf *out; /* borrowed */
    int indent;         /* spaces per level; 0: all on one line */
    int depth;
    bool key; /* a key stands before the next value */
    struct {
        bool map, any;
    } level[UP_JW_DEPTH];
};

void up_jw_init(struct up_jw *w, struct up_buf *out, int indent);
void up_jw_object(struct up_jw *w);
void up_jw_list(struct up_jw *w);
void up_jw_end(struct up_jw *w); /* closes the innermost object or list */
void up_jw_key(struct up_jw *w, const char *key);
void up_jw_keyn(struct up_jw *w, const char *key, size_t n);
void up_jw_str(struct up_jw *w, const char *s); /* NULL: null */
void up_jw_strn(struct up_jw *w, const char *s, size_t n);
void up_jw_int(struct up_jw *w, int64_t v);
void up_jw_uint(struct up_jw *w, uint64_t v);
void up_jw_real(struct up_jw *w, double v); /* not finite: null */
void up_jw_bool(struct up_jw *w, bool v);
void up_jw_null(struct up_jw *w);
void up_jw_raw(struct up_jw *w, const char *json); /* text that is one JSON value already */
/* key and value in one call */
void up_jw_key_str(struct up_jw *w, const char *key, const char *s);
void up_jw_key_int(struct up_jw *w, const char *key, int64_t v);
void up_jw_key_real(struct up_jw *w, const char *key, double v);
void up_jw_key_bool(struct up_jw *w, const char *key, bool v);

#endif
