/* Reads and writes comma-separated values; csv.h says which dialect. */
#include "stages/format/csv.h"
#include "stages/format/decimal.h"
#include "store/base/arena.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Where one row's fields begin in its decoded text, and in the file's line. */
struct fields {
    struct up_buf *text;
    size_t *at, *col; /* [cap] */
    size_t n, cap;
};

static bool at_newline(const struct up_csv *c)
{
    return c->p < c->end &&
           (*c->p == '\n' || (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n'));
}

static void skip_newline(struct up_csv *c)
{
    if (c->p == c->end)
        return;
    c->p += *c->p == '\r' ? 2 : 1;
    c->line++;
}

/* *c->p is the opening quote; "" inside is one quote; lines may break inside. */
static int quoted(struct up_csv *c, struct up_buf *text, struct up_err *err)
{
    size_t line = c->line;
    for (c->p++;; c->p++) {
        const uint8_t *from = c->p;
        while (c->p < c->end && *c->p != '"')
            c->line += *c->p++ == '\n';
        up_buf_append(text, from, (size_t)(c->p - from));
        if (c->p == c->end)
            return up_fail(err, UP_EINVAL,
                           "%s:%zu: a quote is opened here and never closed; "
                           "double the quotes inside a quoted field",
                           c->name, line);
        c->p++;
        if (c->p == c->end || *c->p != '"')
            break;
        up_buf_append(text, "\"", 1);
    }
    if (c->p < c->end && *c->p != ',' && !at_newline(c))
        return up_fail(err, UP_EINVAL,
                       "%s:%zu: text follows the closing quote of a field; "
                       "double the quotes inside a quoted field",
                       c->name, c->line);
    return UP_OK;
}

static int field(struct up_csv *c, struct up_buf *text, struct up_err *err)
{
    if (c->p < c->end && *c->p == '"')
        return quoted(c, text, err);
    const uint8_t *from = c->p;
    while (c->p < c->end && *c->p != ',' && !at_newline(c))
        c->p++;
    up_buf_append(text, from, (size_t)(c->p - from));
    return UP_OK;
}

static int row(struct up_csv *c, struct fields *f, struct up_err *err)
{
    const uint8_t *start = c->p;
    up_buf_clear(f->text);
    for (f->n = 0;; f->n++) {
        if (f->n == f->cap)
            return up_fail(err, UP_EINVAL,
                           "%s:%zu: more than %zu fields; the header has that many", c->name,
                           c->row_line, f->cap);
        f->at[f->n] = f->text->len;
        f->col[f->n] = (size_t)(c->p - start) + 1;
        int rc = field(c, f->text, err);
        if (rc)
            return rc;
        up_buf_append(f->text, "", 1);
        if (c->p == c->end || *c->p != ',')
            break;
        c->p++;
    }
    f->n++;
    f->at[f->n] = f->text->len;
    skip_newline(c);
    return UP_OK;
}

static bool skip_blank(struct up_csv *c)
{
    while (at_newline(c))
        skip_newline(c);
    c->row_line = c->line;
    return c->p < c->end;
}

int up_csv_open(struct up_csv *c, const char *name, struct up_view bytes, struct up_err *err)
{
    memset(c, 0, sizeof *c);
    c->name = name;
    c->p = bytes.data;
    c->end = bytes.data + bytes.len;
    c->line = 1;
    if (bytes.len >= 3 && !memcmp(bytes.data, "\xef\xbb\xbf", 3))
        c->p += 3;
    if (!skip_blank(c))
        return up_fail(err, UP_EINVAL,
                       "%s: the file is empty; a CSV begins with a line of column names", name);
    c->header_at = up_alloc((UP_CSV_COLUMNS + 1) * sizeof *c->header_at);
    c->row_at = up_alloc((UP_CSV_COLUMNS + 1) * sizeof *c->row_at);
    c->row_col = up_alloc((UP_CSV_COLUMNS + 1) * sizeof *c->row_col);
    struct fields f = {&c->header, c->header_at, c->row_col, 0, UP_CSV_COLUMNS};
    int rc = row(c, &f, err);
    c->columns = f.n;
    if (rc)
        up_csv_release(c);
    return rc;
}

void up_csv_release(struct up_csv *c)
{
    up_buf_release(&c->header);
    up_buf_release(&c->row);
    free(c->header_at);
    free(c->row_at);
    free(c->row_col);
    memset(c, 0, sizeof *c);
}

int up_csv_next(struct up_csv *c, struct up_err *err)
{
    if (!skip_blank(c))
        return UP_ENOTFOUND;
    struct fields f = {&c->row, c->row_at, c->row_col, 0, c->columns};
    int rc = row(c, &f, err);
    if (!rc && f.n != c->columns)
        rc = up_fail(err, UP_EINVAL,
                     "%s:%zu: %zu fields where the header has %zu; write an absent value as an "
                     "empty field, or complete the file if it is truncated",
                     c->name, c->row_line, f.n, c->columns);
    return rc;
}

struct up_view up_csv_name(const struct up_csv *c, size_t i)
{
    UP_CHECK(i < c->columns);
    return (struct up_view){c->header.data + c->header_at[i],
                            c->header_at[i + 1] - c->header_at[i] - 1};
}

struct up_view up_csv_field(const struct up_csv *c, size_t i)
{
    UP_CHECK(i < c->columns);
    return (struct up_view){c->row.data + c->row_at[i], c->row_at[i + 1] - c->row_at[i] - 1};
}

size_t up_csv_column(const struct up_csv *c, size_t i)
{
    UP_CHECK(i < c->columns);
    return c->row_col[i];
}

void up_csvw_init(struct up_csvw *w, struct up_buf *out)
{
    w->out = out;
    w->any = false;
}

static void separate(struct up_csvw *w)
{
    if (w->any)
        up_buf_puts(w->out, ",");
    w->any = true;
}

void up_csvw_str(struct up_csvw *w, const char *s)
{
    separate(w);
    if (!strpbrk(s, ",\"\r\n")) {
        up_buf_puts(w->out, s);
        return;
    }
    up_buf_puts(w->out, "\"");
    for (; *s; s++)
        up_buf_append(w->out, *s == '"' ? "\"\"" : s, *s == '"' ? 2 : 1);
    up_buf_puts(w->out, "\"");
}

void up_csvw_real(struct up_csvw *w, double v)
{
    char text[UP_DECIMAL_TEXT];
    separate(w);
    if (v == v)
        up_buf_puts(w->out, up_decimal_print(text, v));
}

void up_csvw_int(struct up_csvw *w, int64_t v)
{
    separate(w);
    up_buf_printf(w->out, "%" PRId64, v);
}

void up_csvw_end(struct up_csvw *w)
{
    up_buf_puts(w->out, "\n");
    w->any = false;
}
