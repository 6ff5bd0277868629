/* Reads a table from comma-separated values. */
#include "stages/format/csv.h"
#include "stages/format/decimal.h"
#include "stages/format/table.h"
#include <string.h>

/* What a column of the file is, found out on the way: a column without a single
 * number is text and is left out, one with both is an error. */
struct column {
    bool wanted;
    const char *also; /* its name, when it is a further column of architectures */
    uint32_t to;      /* table column */
    size_t numbers, texts;
    size_t line, at; /* of the first text */
    const char *text;
};

static struct up_view trimmed(struct up_view v)
{
    while (v.len && (v.data[0] == ' ' || v.data[0] == '\t')) {
        v.data++;
        v.len--;
    }
    while (v.len && (v.data[v.len - 1] == ' ' || v.data[v.len - 1] == '\t'))
        v.len--;
    return v;
}

static void read_cell(struct up_table *t, struct column *k, const struct up_csv *c, size_t i,
                      uint32_t row)
{
    struct up_view v = trimmed(up_csv_field(c, i));
    struct up_table_cell x = {row, k->to, 0, c->row_line, up_csv_column(c, i)};
    if (!v.len)
        return;
    if (up_decimal_parse((const char *)v.data, v.len, &x.value)) {
        k->numbers++;
        up_table_add_cell(t, &x);
    } else if (!k->texts++) {
        k->line = x.line;
        k->at = x.column;
        k->text = up_arena_strndup(t->arena, (const char *)v.data, v.len < 40 ? v.len : 40);
    }
}

static int rows(struct up_table *t, struct up_csv *c, struct column *k, size_t arch,
                struct up_err *err)
{
    int rc;
    while (!(rc = up_csv_next(c, err))) {
        struct up_view a = trimmed(up_csv_field(c, arch));
        uint32_t row = up_table_add_row(t, (const char *)a.data, a.len, c->row_line);
        for (size_t i = 0; i < c->columns; i++)
            if (k[i].wanted) {
                read_cell(t, &k[i], c, i, row);
            } else if (k[i].also) {
                struct up_view v = trimmed(up_csv_field(c, i));
                up_table_add_also(t, row, k[i].also, (const char *)v.data, v.len);
            }
    }
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

static int judge(struct up_table *t, const struct up_csv *c, const struct column *k,
                 const struct up_table_wish *wish, struct up_err *err)
{
    for (size_t i = 0; i < c->columns; i++) {
        const char *name = (const char *)up_csv_name(c, i).data;
        if (!k[i].wanted || !k[i].texts)
            continue;
        if (k[i].numbers || t->rows == 1)
            return up_fail(
                err, UP_EINVAL,
                "%s:%zu:%zu: '%s' in column %s is no number; write a number, nan, or "
                "nothing",
                t->name, k[i].line, k[i].at, k[i].text, name);
        const char *why = up_arena_printf(t->arena, "%zu:%zu: '%s' in column %s is no number",
                                          k[i].line, k[i].at, k[i].text, name);
        int rc = up_table_text(t, wish, name, why, err);
        if (rc)
            return rc;
    }
    return UP_OK;
}

/* Columns that turned out to be text have no cells; they go. */
static void drop_text(struct up_table *t, const struct column *k, size_t n)
{
    uint32_t *to = UP_NEW(t->arena, t->columns + 1, uint32_t);
    bool *gone = UP_NEW(t->arena, t->columns + 1, bool);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (k[i].wanted && !k[i].numbers && k[i].texts)
            gone[k[i].to] = true;
    for (size_t i = 0; i < t->columns; i++) {
        to[i] = (uint32_t)kept;
        if (!gone[i])
            t->column[kept++] = t->column[i];
    }
    for (size_t i = 0; i < t->cells; i++)
        t->cell[i].col = to[t->cell[i].col];
    t->columns = kept;
}

static int columns(struct up_table *t, const struct up_csv *c, struct column *k,
                   const char *const *names, int arch, const struct up_table_wish *wish,
                   struct up_err *err)
{
    for (size_t i = 0; i < c->columns; i++) {
        k[i].wanted = (int)i != arch && up_table_wants(wish, names[i]);
        if ((int)i != arch && up_table_arch_name(names[i]))
            k[i].also = names[i];
        if (!k[i].wanted)
            continue;
        size_t before = t->columns;
        int rc = up_table_add_column(&k[i].to, t, names[i], UP_COL_NUMBER, err);
        if (rc)
            return rc;
        if (t->columns == before)
            return up_fail(err, UP_EINVAL,
                           "%s:1: column %s appears twice; rename or remove one", t->name,
                           names[i]);
    }
    return UP_OK;
}

static int no_arch(const struct up_table *t, const char *const *names, size_t n,
                   struct up_err *err)
{
    char other = n == 1 ? names[0][strcspn(names[0], ";\t")] : '\0';
    if (!other)
        return up_table_no_arch(t, names, n, err);
    return up_fail(err, UP_EINVAL,
                   "%s:1: its columns are separated by %s, and a comma is wanted; write it "
                   "again with commas",
                   t->name, other == ';' ? "semicolons" : "tabs");
}

int up_table_csv(struct up_table *t, struct up_view bytes, const struct up_table_wish *wish,
                 struct up_err *err)
{
    struct up_csv c;
    int rc = up_csv_open(&c, t->name, bytes, err);
    if (rc)
        return rc;
    const char **names = UP_NEW(t->arena, c.columns, const char *);
    struct column *k = UP_NEW(t->arena, c.columns, struct column);
    for (size_t i = 0; i < c.columns; i++) {
        struct up_view v = trimmed(up_csv_name(&c, i));
        names[i] = up_arena_strndup(t->arena, (const char *)v.data, v.len);
    }
    int arch = up_table_arch_column(names, c.columns);
    if (arch < 0 && wish->archs) {
        up_csv_release(&c);
        up_table_list(t, bytes);
        return UP_OK;
    }
    if (arch < 0)
        rc = no_arch(t, names, c.columns, err);
    if (!rc)
        rc = columns(t, &c, k, names, arch, wish, err);
    if (!rc)
        rc = rows(t, &c, k, (size_t)arch, err);
    if (!rc)
        rc = judge(t, &c, k, wish, err);
    if (!rc)
        drop_text(t, k, c.columns);
    up_csv_release(&c);
    return rc;
}
