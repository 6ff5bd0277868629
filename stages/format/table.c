/* A table of architectures and columns: the form that every benchmark format is read into. */
#include "stages/format/table.h"
#include "stages/space/space.h"
#include <string.h>
#include <strings.h>

static const char *const arch_names[] = {"arch",     "net",     "architecture",
                                         "arch_str", "net_str", "arch_string"};

/* Room for one more item; what is outgrown stays in the arena until its end. */
static void *grow(struct up_arena *arena, void *old, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return old;
    *cap = *cap ? *cap * 2 : 64;
    void *new = up_arena_array(arena, *cap, size);
    if (n)
        memcpy(new, old, n * size);
    return new;
}

uint32_t up_table_add_row(struct up_table *t, const char *arch, size_t len, size_t line)
{
    t->row = grow(t->arena, t->row, t->rows, &t->row_cap, sizeof *t->row);
    t->row[t->rows] = (struct up_table_row){up_arena_strndup(t->arena, arch, len), line};
    return (uint32_t)t->rows++;
}

int up_table_add_column(uint32_t *column, struct up_table *t, const char *name,
                        enum up_table_kind kind, struct up_err *err)
{
    size_t at = 0;
    while (at < t->columns && strcmp(t->column[at].name, name) != 0)
        at++;
    *column = (uint32_t)at;
    if (at < t->columns)
        return UP_OK;
    if (t->columns == UP_TABLE_COLUMNS)
        return up_fail(err, UP_EINVAL,
                       "%s has more than %d columns of numbers; name those that are not needed "
                       "under benchmark.ignore, or write them to a file of their own",
                       t->name, UP_TABLE_COLUMNS);
    t->column = grow(t->arena, t->column, t->columns, &t->column_cap, sizeof *t->column);
    t->column[t->columns++] = (struct up_table_column){up_arena_strdup(t->arena, name), kind};
    return UP_OK;
}

void up_table_add_cell(struct up_table *t, const struct up_table_cell *c)
{
    t->cell = grow(t->arena, t->cell, t->cells, &t->cell_cap, sizeof *t->cell);
    t->cell[t->cells++] = *c;
}

void up_table_add_also(struct up_table *t, uint32_t row, const char *column, const char *arch,
                       size_t len)
{
    t->also = grow(t->arena, t->also, t->alsos, &t->also_cap, sizeof *t->also);
    t->also[t->alsos++] =
        (struct up_table_also){row, column, up_arena_strndup(t->arena, arch, len)};
}

bool up_table_arch_name(const char *name)
{
    for (size_t k = 0; k < sizeof arch_names / sizeof arch_names[0]; k++)
        if (!strcmp(name, arch_names[k]))
            return true;
    return false;
}

int up_table_arch_column(const char *const *names, size_t n)
{
    for (size_t k = 0; k < sizeof arch_names / sizeof arch_names[0]; k++)
        for (size_t i = 0; i < n; i++)
            if (!strcmp(names[i], arch_names[k]))
                return (int)i;
    return -1;
}

bool up_table_wants(const struct up_table_wish *w, const char *name)
{
    return !w->archs && !up_table_arch_name(name) && (!w->want || w->want(w->ctx, name));
}

int up_table_text(struct up_table *t, const struct up_table_wish *w, const char *name,
                  const char *why, struct up_err *err)
{
    if (w->number && w->number(w->ctx, name))
        return up_fail(err, UP_EINVAL,
                       "%s:%s; write a number, nan, or nothing, or name the column under "
                       "benchmark.ignore",
                       t->name, why);
    t->note = up_arena_printf(t->arena, "%s: column %s holds no numbers and is left out",
                              t->name, name);
    t->text = grow(t->arena, t->text, t->texts, &t->text_cap, sizeof *t->text);
    t->text[t->texts++] = (struct up_table_text){up_arena_strdup(t->arena, name), why};
    return UP_OK;
}

int up_table_no_arch(const struct up_table *t, const char *const *found, size_t n,
                     struct up_err *err)
{
    struct up_buf list = UP_BUF_INIT;
    for (size_t i = 0; i < n && list.len < 400; i++)
        up_buf_printf(&list, "%s%s", i ? ", " : "", found[i]);
    int rc = up_fail(err, UP_EINVAL,
                     "%s has no architecture column: name one of its columns arch, net, "
                     "architecture or arch_str (found: %s)",
                     t->name, n ? up_buf_str(&list) : "none");
    up_buf_release(&list);
    return rc;
}

int up_table_arch(struct up_arch *out, const struct up_table *t, size_t row, const char *text,
                  const struct up_space *space, struct up_err *err)
{
    int rc = space->parse(out, text, strlen(text), err);
    if (rc && t->row[row].line)
        return up_fail_in(err, rc, "%s:%zu: '%.80s' is no architecture of %s", t->name,
                          t->row[row].line, text, space->name);
    if (rc)
        return up_fail_in(err, rc, "%s: item %zu, '%.80s', is no architecture of %s", t->name,
                          row, text, space->name);
    return UP_OK;
}

static bool begins(struct up_view v, char c)
{
    size_t i = v.len >= 3 && !memcmp(v.data, "\xef\xbb\xbf", 3) ? 3 : 0;
    while (i < v.len &&
           (v.data[i] == ' ' || v.data[i] == '\n' || v.data[i] == '\r' || v.data[i] == '\t'))
        i++;
    return i < v.len && v.data[i] == (uint8_t)c;
}

static bool named(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && !strcasecmp(name + n - k, end);
}

static int read_any(struct up_table *t, const char *name, struct up_view bytes,
                    const struct up_table_wish *wish, struct up_err *err)
{
    if ((bytes.len >= 2 && !memcmp(bytes.data, "PK", 2)) || named(name, ".npz"))
        return up_table_npz(t, bytes, wish, err);
    if (begins(bytes, '{') || named(name, ".json"))
        return up_table_naslib(t, bytes, wish, err);
    if (bytes.len && (bytes.data[0] == 0x80 || memchr(bytes.data, 0, bytes.len)))
        return up_fail(
            err, UP_EUNSUPPORTED,
            "%s is none of CSV, NPZ and NASLib JSON; pickle (.pth, .pbz2) is never read, "
            "export it to CSV with Python",
            name);
    return up_table_csv(t, bytes, wish, err);
}

int up_table_read(struct up_table *t, const char *name, struct up_view bytes,
                  const struct up_table_wish *wish, struct up_arena *arena, struct up_err *err)
{
    *t = (struct up_table){.name = name, .arena = arena};
    int rc = read_any(t, name, bytes, wish, err);
    if (!rc && t->columns && t->rows > UP_TABLE_NUMBERS / t->columns)
        rc = up_fail(err, UP_EINVAL,
                     "%s has %zu rows and %zu columns, which are more than %d numbers; write "
                     "the columns that are needed to a file of their own",
                     name, t->rows, t->columns, UP_TABLE_NUMBERS);
    return rc;
}
