/* Packing and unpacking of records. A reader goes on after a failure and does nothing
 * more: its first failure stays in rc, and what it returns then is empty. A NULL
 * string is written as nil, and nil reads as "". */
#ifndef UP_DAG_RECORD_WIRE_H
#define UP_DAG_RECORD_WIRE_H
#include "dag/record/record.h"
#include "store/base/pack.h"

void up_wire_digest(struct up_buf *out, struct up_digest d);
void up_wire_put_str(struct up_buf *out, const char *key, const char *s);
void up_wire_strs(struct up_buf *out, const char *const *s, size_t n);
void up_wire_pairs(struct up_buf *out, const struct up_pair *p, size_t n); /* sorts by name */

struct up_wire {
    struct up_view doc;
    struct up_arena *arena;
    struct up_err *err;
    int rc;
};
void up_wire_do(struct up_wire *w, int rc);
void up_wire_schema(struct up_wire *w, const char *schema);
struct up_cursor up_wire_at(struct up_wire *w, const char *key);
/* A cursor before the first element; *n is at most what the bytes can hold, at
 * `width` (>= 1) values per element. */
struct up_cursor up_wire_list(struct up_wire *w, const char *key, size_t width, size_t *n);
struct up_cursor up_wire_map(struct up_wire *w, const char *key, size_t *n);
const char *up_wire_str_at(struct up_wire *w, struct up_cursor *c);
struct up_digest up_wire_digest_at(struct up_wire *w, struct up_cursor *c);
const char *up_wire_str(struct up_wire *w, const char *key);
int64_t up_wire_int(struct up_wire *w, const char *key);
double up_wire_real(struct up_wire *w, const char *key);
void up_wire_sha256(struct up_wire *w, const char *key, struct up_sha256 *out);
const char *const *up_wire_get_strs(struct up_wire *w, const char *key, size_t *n);
const struct up_pair *up_wire_get_pairs(struct up_wire *w, const char *key, size_t *n);

#endif
