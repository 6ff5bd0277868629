/* Reads a table from a .npz archive of columns. */
#include "stages/format/npz.h"
#include "stages/format/table.h"
#include <string.h>

struct member {
    const char *name;
    struct up_npy a;
};

static const char *item(struct up_table *t, const struct up_npy *a, size_t i)
{
    struct up_buf text = UP_BUF_INIT;
    if (a->chars)
        up_npy_text(a, i, &text);
    else
        up_buf_printf(&text, "%lld", (long long)up_npy_int(a, i));
    const char *s = up_arena_strndup(t->arena, (const char *)text.data, text.len);
    up_buf_release(&text);
    return s;
}

static int wrong_shape(const struct up_table *t, const struct member *m, const char *want,
                       struct up_err *err)
{
    char text[160];
    return up_fail(err, UP_EINVAL, "%s: array %s is %s where %s was expected", t->name, m->name,
                   up_npy_describe(&m->a, text), want);
}

/* The matrix "scores" [rows][M] with "names" [M]. */
static int matrix(struct up_table *t, const struct member *m, const struct member *names,
                  const struct up_table_wish *wish, struct up_err *err)
{
    if (!names || !names->a.chars || m->a.ndim != 2 || m->a.dims[0] != t->rows ||
        m->a.dims[1] != names->a.count)
        return wrong_shape(
            t, m, "one row per architecture and one column per item of the text array names",
            err);
    size_t n = (size_t)m->a.dims[1];
    for (size_t j = 0; j < n; j++) {
        const char *name = item(t, &names->a, j);
        if (!up_table_wants(wish, name))
            continue;
        uint32_t col;
        int rc = up_table_add_column(&col, t, name, UP_COL_SCORE, err);
        if (rc)
            return rc;
        for (size_t i = 0; i < t->rows; i++) {
            struct up_table_cell c = {(uint32_t)i, col, up_npy_real(&m->a, i * n + j), 0, 0};
            up_table_add_cell(t, &c);
        }
    }
    return UP_OK;
}

static int vector(struct up_table *t, const struct member *m, struct up_err *err)
{
    if (m->a.ndim != 1 || m->a.count != t->rows)
        return wrong_shape(t, m, "one number per architecture", err);
    uint32_t col;
    int rc = up_table_add_column(&col, t, m->name, UP_COL_NUMBER, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < t->rows; i++) {
        struct up_table_cell c = {(uint32_t)i, col, up_npy_real(&m->a, i), 0, 0};
        up_table_add_cell(t, &c);
    }
    return UP_OK;
}

/* A further array of architectures; of another length it is none. */
static void also(struct up_table *t, const struct member *m)
{
    if (m->a.ndim != 1 || m->a.count != t->rows)
        return;
    for (size_t i = 0; i < t->rows; i++) {
        const char *s = item(t, &m->a, i);
        up_table_add_also(t, (uint32_t)i, m->name, s, strlen(s));
    }
}

static int members(struct up_table *t, const struct member *m, size_t n, int arch,
                   const struct up_table_wish *wish, struct up_err *err)
{
    const struct member *names = NULL;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(m[i].name, "names"))
            names = &m[i];
    if (m[arch].a.ndim != 1 || (!m[arch].a.chars && m[arch].a.type == UP_F32) ||
        m[arch].a.type == UP_F64)
        return wrong_shape(t, &m[arch], "a list of text (or of indices)", err);
    for (size_t i = 0; i < m[arch].a.count; i++) {
        const char *s = item(t, &m[arch].a, i);
        up_table_add_row(t, s, strlen(s), 0);
    }
    int rc = UP_OK;
    for (size_t i = 0; i < n && !rc; i++) {
        if ((int)i != arch && up_table_arch_name(m[i].name))
            also(t, &m[i]);
        else if (!strcmp(m[i].name, "scores") && m[i].a.ndim == 2 && !m[i].a.chars)
            rc = matrix(t, &m[i], names, wish, err);
        else if ((int)i != arch && !m[i].a.chars && up_table_wants(wish, m[i].name))
            rc = vector(t, &m[i], err);
        else if ((int)i != arch && &m[i] != names && m[i].a.chars &&
                 up_table_wants(wish, m[i].name))
            rc = up_table_text(
                t, wish, m[i].name,
                up_arena_printf(t->arena, " array %s is text, no numbers", m[i].name), err);
    }
    return rc;
}

int up_table_npz(struct up_table *t, struct up_view bytes, const struct up_table_wish *wish,
                 struct up_err *err)
{
    struct up_npz z;
    int rc = up_npz_open(&z, t->name, bytes, err);
    if (rc)
        return rc;
    struct member *m = UP_NEW(t->arena, z.count, struct member);
    const char **names = UP_NEW(t->arena, z.count, const char *);
    for (size_t i = 0; i < z.count; i++)
        m[i].name = names[i] = up_arena_strdup(t->arena, z.entry[i].name);
    int arch = up_table_arch_column(names, z.count);
    for (size_t i = 0; arch < 0 && i < z.count; i++)
        if (!strcmp(names[i], "index"))
            arch = (int)i;
    if (arch < 0)
        rc = up_table_no_arch(t, names, z.count, err);
    for (size_t i = 0; i < z.count && !rc; i++)
        rc = up_npz_get(&z, i, t->arena, &m[i].a, err);
    if (!rc)
        rc = members(t, m, z.count, arch, wish, err);
    up_npz_release(&z);
    return rc;
}
