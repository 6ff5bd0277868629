/* The document writer: a map that counts and sorts its own keys.
 *
 * Fields are given in any order, one call each, with maps and lists nested between
 * up_writer_map or up_writer_list and up_writer_close. up_writer_end writes the whole as
 * one canonical document (pack.h) and releases the writer:
 *
 *     struct up_writer w = up_writer_of(out);
 *     up_writer_str(&w, "space", name);
 *     up_writer_list(&w, "cells");
 *     up_writer_map(&w, NULL);            // in a list a value has no key
 *     up_writer_int(&w, "rank", 1);
 *     up_writer_close(&w);
 *     up_writer_close(&w);
 *     up_writer_end(&w);
 *
 * Keys and text are copied. Bytes (bin) and arrays are borrowed until up_writer_end,
 * because where an array begins is known only when the order of the keys is. Writing
 * cannot fail; a key twice in one map, a key in a list or none in a map, and nesting
 * deeper than the reader follows are bugs. */
#ifndef UP_BASE_WRITER_H
#define UP_BASE_WRITER_H
#include "store/base/pack.h"

#ifdef __cplusplus
extern "C" {
#endif

struct up_writer_item; /* one value, of writer.c */
struct up_writer {
    struct up_buf *out;
    struct up_writer_item *item; /* [n] in the order given; 0 is the document's map */
    size_t n, cap;
    struct up_buf text; /* keys and strings, each with its end */
    size_t open;        /* the map or list that takes values now */
    unsigned depth;     /* how many are open */
};

/* Begins a document, which is a map; `out` must be empty until up_writer_end. */
struct up_writer up_writer_of(struct up_buf *out);
/* Writes the document and releases the writer. Everything opened must be closed. */
void up_writer_end(struct up_writer *w);

/* Opens a map or list as the value of `key`; values go into it until up_writer_close. */
void up_writer_map(struct up_writer *w, const char *key);
void up_writer_list(struct up_writer *w, const char *key);
void up_writer_close(struct up_writer *w);

void up_writer_nil(struct up_writer *w, const char *key);
void up_writer_bool(struct up_writer *w, const char *key, bool v);
void up_writer_int(struct up_writer *w, const char *key, int64_t v);
void up_writer_uint(struct up_writer *w, const char *key, uint64_t v);
void up_writer_real(struct up_writer *w, const char *key, double v);
void up_writer_finite(struct up_writer *w, const char *key, double v); /* nil when it is not */
void up_writer_str(struct up_writer *w, const char *key, const char *s);
void up_writer_str_or_nil(struct up_writer *w, const char *key, const char *s); /* NULL: nil */
void up_writer_strn(struct up_writer *w, const char *key, const char *s, size_t n);
void up_writer_bin(struct up_writer *w, const char *key, const void *p, size_t n);
/* A value already packed, copied. It must hold no array: the padding of one depends on
 * where it stands. */
void up_writer_raw(struct up_writer *w, const char *key, struct up_view value);
/* A list of text. */
void up_writer_names(struct up_writer *w, const char *key, const char *const *names, size_t n);
void up_writer_array(struct up_writer *w, const char *key, enum up_dtype t, const void *v,
                     unsigned ndim, const uint64_t *dims);
void up_writer_vector(struct up_writer *w, const char *key, enum up_dtype t, const void *v,
                      size_t n);
void up_writer_matrix(struct up_writer *w, const char *key, enum up_dtype t, const void *v,
                      size_t rows, size_t cols);

#ifdef __cplusplus
}
#endif

#endif
