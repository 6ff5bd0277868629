/* NASLib's zc_*.json: {dataset: {architecture: {"idx", "arch", "val_accuracy": x,
 * proxy: {"score": x, "time": s}, ...}}}.
 *
 * Read as a stream, one architecture at a time; any subset of proxies, any
 * number of datasets, bare NaN and Infinity. A failed score is -1e8 there and
 * stays -1e8 here: what it means is the caller's business. */
#ifndef UP_FORMAT_NASLIB_H
#define UP_FORMAT_NASLIB_H
#include "store/base/buf.h"
#include "store/base/err.h"
#include "stages/format/json_write.h"

struct up_naslib_field {
    const char *name;
    double value;        /* "score" of a proxy, or the number itself; NaN for null */
    double time;         /* seconds; NaN when absent */
    bool proxy;          /* {"score": ...} rather than a bare number such as val_accuracy */
    size_t line, column; /* of the value */
};
struct up_naslib_row {          /* valid during the callback */
    const char *dataset, *arch; /* the key, whatever its spelling */
    size_t line, column;        /* of the key */
    size_t n;
    const struct up_naslib_field *field;
};
/* Called in the file's order; not UP_OK stops the reading and is returned. */
typedef int up_naslib_visit(void *ctx, const struct up_naslib_row *row, struct up_err *err);
int up_naslib_read(const char *name, struct up_view bytes, up_naslib_visit *visit, void *ctx,
                   struct up_err *err);

/* ---- writing: what NASLib loads ---- */
struct up_naslib_out {
    struct up_jw w;
    bool dataset; /* one is open */
};
void up_naslib_begin(struct up_naslib_out *o, struct up_buf *out);
void up_naslib_dataset(struct up_naslib_out *o, const char *name); /* closes the one before */
struct up_naslib_entry {    /* one architecture; everything is borrowed */
    const char *arch, *idx; /* idx NULL: left out */
    double accuracy;        /* NaN: left out */
    size_t n;
    const char *const *names; /* [n] of the proxies */
    const double *scores;     /* [n]; NaN and infinite ones are written as -1e8 */
    const double *times;      /* [n]; NULL: 0 seconds, for the field is always there */
};
void up_naslib_arch(struct up_naslib_out *o, const struct up_naslib_entry *e);
void up_naslib_end(struct up_naslib_out *o);

#endif
