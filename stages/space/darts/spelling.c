/* The spellings of an architecture, told apart by how they begin:
 *   [[(0, 3), (1, 3), ... 8 pairs], [(0, 0), (1, 0), ... 8 pairs]]
 *           NASLib: pairs (source, operation) of the normal cell, then of the reduction cell,
 *           in brackets or parentheses at every level (both are in published files)
 *   Genotype(normal=[('sep_conv_3x3', 0), ...], ...)   darts_genotype.c
 *   {"NetworkSelectorDatasetInfo:darts:edge_normal_0": "sep_conv_3x3", ...}   darts_config.c
 * Blanks are allowed between the parts, and a comma after the last of a list. */
#include "stages/space/darts/darts.h"
#include "stages/space/arch_text.h"
#include <inttypes.h>
#include <stdio.h>

int up_darts_opening(struct up_arch_text *t, char *close, const char *what, struct up_err *err)
{
    if (up_arch_text_take(t, '('))
        *close = ')';
    else if (up_arch_text_take(t, '['))
        *close = ']';
    else
        return up_arch_text_expected(t, err, what);
    return UP_OK;
}

int up_darts_closing(struct up_arch_text *t, char close, struct up_err *err)
{
    (void)up_arch_text_take(t, ',');
    if (up_arch_text_take(t, close))
        return UP_OK;
    return up_arch_text_expected(t, err, close == ')' ? "')'" : "']'");
}

int up_darts_comma(struct up_arch_text *t, const char *what, struct up_err *err)
{
    return up_arch_text_take(t, ',') ? UP_OK : up_arch_text_expected(t, err, what);
}

int up_darts_number(struct up_arch_text *t, uint8_t *out, uint64_t count, const char *what,
                    struct up_err *err)
{
    uint64_t v;
    up_arch_text_blanks(t);
    size_t col = up_arch_text_column(t);
    if (!up_arch_text_number(t, &v))
        return up_arch_text_expected(t, err, what);
    if (v >= count)
        return up_fail(err, UP_EINVAL,
                       "column %zu: %" PRIu64 " is no %s of this pair; there are 0 to %" PRIu64,
                       col, v, what, count - 1);
    *out = (uint8_t)v;
    return UP_OK;
}

int up_darts_operation(struct up_arch_text *t, uint8_t *op, struct up_err *err)
{
    struct up_view name;
    up_arch_text_blanks(t);
    size_t col = up_arch_text_column(t);
    if (!up_arch_text_quoted(t, &name))
        return up_arch_text_expected(t, err, "the name of an operation in quotes");
    for (int i = 0; i < DARTS_OPS; i++)
        if (up_view_equal(name, up_view_str(up_darts_op_name[i]))) {
            *op = (uint8_t)i;
            return UP_OK;
        }
    const char *near = up_arch_text_nearest(name, up_darts_op_name, DARTS_OPS);
    return up_fail(
        err, UP_EINVAL,
        "column %zu: unknown operation '%.*s'%s%s%s; the operations are max_pool_3x3, "
        "avg_pool_3x3, skip_connect, sep_conv_3x3, sep_conv_5x5, dil_conv_3x3, "
        "dil_conv_5x5",
        col, name.len < 40 ? (int)name.len : 40, (const char *)name.data,
        near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

int up_darts_differ(const uint8_t *cell, int pair, size_t column, struct up_err *err)
{
    if (pair % 2 == 0 || cell[2 * pair] != cell[2 * pair - 2])
        return UP_OK;
    return up_fail(err, UP_EINVAL,
                   "column %zu: source %d again: the two sources of a node differ", column,
                   cell[2 * pair]);
}

static int read_pair(struct up_arch_text *t, uint8_t *gene, int node, struct up_err *err)
{
    char close = 0;
    int rc = up_darts_opening(t, &close, "a pair (source, operation)", err);
    if (!rc)
        rc = up_darts_number(t, &gene[0], DARTS_INPUTS + (uint64_t)node, "source", err);
    if (!rc)
        rc = up_darts_comma(t, "',' and an operation", err);
    if (!rc)
        rc = up_darts_number(t, &gene[1], DARTS_OPS, "operation", err);
    return rc ? rc : up_darts_closing(t, close, err);
}

int up_darts_read_cell(struct up_arch_text *t, uint8_t *gene, const char *what,
                       int (*pair)(struct up_arch_text *, uint8_t *, int, struct up_err *),
                       struct up_err *err)
{
    char close = 0;
    int rc = up_darts_opening(t, &close, what, err);
    for (int i = 0; !rc && i < DARTS_PAIRS; i++) {
        if (i)
            rc = up_darts_comma(t, "',' (a cell has 8 pairs)", err);
        up_arch_text_blanks(t);
        size_t col = up_arch_text_column(t);
        if (!rc)
            rc = pair(t, gene + 2 * i, i / 2, err);
        if (!rc)
            rc = up_darts_differ(gene, i, col, err);
    }
    return rc ? rc : up_darts_closing(t, close, err);
}

static int read_cell(struct up_arch_text *t, uint8_t *gene, struct up_err *err)
{
    return up_darts_read_cell(t, gene, "a cell: a list of 8 pairs", read_pair, err);
}

int up_darts_read_compact(struct up_arch_text *t, struct up_arch *a, struct up_err *err)
{
    char close = 0;
    int rc = up_darts_opening(t, &close, "two cells", err);
    if (!rc)
        rc = read_cell(t, a->gene, err);
    if (!rc)
        rc = up_darts_comma(t, "',' and the reduction cell", err);
    if (!rc)
        rc = read_cell(t, a->gene + DARTS_CELL_GENES, err);
    return rc ? rc : up_darts_closing(t, close, err);
}

int up_darts_parse(struct up_arch *out, const char *text, size_t len, struct up_err *err)
{
    struct up_arch_text t = up_arch_text_of(text, len);
    struct up_arch a = {.len = DARTS_GENES};
    up_arch_text_blanks(&t);
    char c = up_arch_text_peek(&t);
    int rc;
    if (c == '(' || c == '[')
        rc = up_darts_read_compact(&t, &a, err);
    else if (c == '{')
        rc = up_darts_read_config(&t, &a, err);
    else if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')
        rc = up_darts_read_genotype(&t, &a, err);
    else
        rc = up_arch_text_expected(
            &t, err,
            "two cells [[(source, operation), 8 pairs], [8 pairs]], a Genotype(...), "
            "or a configuration {...} of NAS-Bench-301");
    if (!rc && !up_arch_text_over(&t))
        rc = up_arch_text_expected(&t, err, "the end");
    if (!rc)
        *out = a;
    return rc;
}

void up_darts_print_compact(char out[UP_ARCH_TEXT], const struct up_arch *a, bool tuples)
{
    const char *begin = tuples ? "((" : "[[", *middle = tuples ? "), (" : "], [";
    size_t at = 0;
    for (int i = 0; i < DARTS_CELLS * DARTS_PAIRS; i++)
        at += (size_t)snprintf(out + at, UP_ARCH_TEXT - at, "%s(%d, %d)",
                               i == 0             ? begin
                               : i == DARTS_PAIRS ? middle
                                                  : ", ",
                               a->gene[2 * i], a->gene[2 * i + 1]);
    snprintf(out + at, UP_ARCH_TEXT - at, "%s", tuples ? "))" : "]]");
}

void up_darts_print(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s)
{
    if (s == UP_SPELL_OFFICIAL)
        up_darts_print_genotype(out, a);
    else if (s == UP_SPELL_CONFIG)
        up_darts_print_config(out, a);
    else
        up_darts_print_compact(out, a, s == UP_SPELL_TUPLES);
}
