/* CSV with a header line: RFC 4180 quoting, LF or CRLF, a UTF-8 byte order mark
 * is skipped, empty lines are skipped, every row has as many fields as the header. Error
 * sentences begin with "name:line:". */
#ifndef UP_FORMAT_CSV_H
#define UP_FORMAT_CSV_H
#include "store/base/buf.h"
#include "store/base/err.h"

enum { UP_CSV_COLUMNS = 4096 };

struct up_csv {
    const char *name; /* of the file, for sentences; borrowed */
    const uint8_t *p, *end;
    size_t line;     /* next line to read, 1-based */
    size_t row_line; /* line on which the current row begins */
    size_t columns;
    struct up_buf header, row;            /* decoded text, fields one after the other */
    size_t *header_at, *row_at, *row_col; /* private: offsets and byte columns */
};

/* Reads the header. name and bytes are borrowed until release. */
int up_csv_open(struct up_csv *c, const char *name, struct up_view bytes, struct up_err *err);
void up_csv_release(struct up_csv *c);
/* UP_OK and a row, or UP_ENOTFOUND at the end (err untouched), or UP_EINVAL. */
int up_csv_next(struct up_csv *c, struct up_err *err);
/* Column name or field of the current row, i < columns; terminated by a NUL
 * that is not counted. Valid until the next row (fields) or release (names). */
struct up_view up_csv_name(const struct up_csv *c, size_t i);
struct up_view up_csv_field(const struct up_csv *c, size_t i);
/* 1-based byte column at which field i begins in its line. */
size_t up_csv_column(const struct up_csv *c, size_t i);

/* ---- writing ---- */
struct up_csvw {
    struct up_buf *out; /* borrowed */
    bool any;           /* a field was written in this row */
};
void up_csvw_init(struct up_csvw *w, struct up_buf *out);
void up_csvw_str(struct up_csvw *w, const char *s); /* quoted when it must be */
void up_csvw_real(struct up_csvw *w, double v);     /* reads back equal; NaN: empty field */
void up_csvw_int(struct up_csvw *w, int64_t v);
void up_csvw_end(struct up_csvw *w); /* ends the row with \n */

#endif
