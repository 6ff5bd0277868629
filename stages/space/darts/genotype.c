/* DARTS' own spelling, as genotypes.py holds it and searches print it:
 *   NAME = Genotype(normal=[('sep_conv_3x3', 1), ... 8 pairs], normal_concat=range(2, 6),
 *                   reduce=[... 8 pairs], reduce_concat=[2, 3, 4, 5])
 * The name may lack, a module may stand before Genotype, the four values may come by position
 * or by name in any order, lists may be tuples, quotes double, list() around range(). What a
 * concat names must be the four nodes: a cell of this space hands on all of them. */
#include "stages/space/darts/darts.h"
#include "stages/space/arch_text.h"
#include <stdio.h>

enum field { NORMAL, NORMAL_CONCAT, REDUCE, REDUCE_CONCAT, FIELDS };
static const char *const field_name[FIELDS] = {"normal", "normal_concat", "reduce",
                                               "reduce_concat"};

static int read_pair(struct up_arch_text *t, uint8_t *gene, int node, struct up_err *err)
{
    char close = 0;
    int rc = up_darts_opening(t, &close, "a pair ('operation', source)", err);
    if (!rc)
        rc = up_darts_operation(t, &gene[1], err);
    if (!rc)
        rc = up_darts_comma(t, "',' and a source", err);
    if (!rc)
        rc = up_darts_number(t, &gene[0], DARTS_INPUTS + (uint64_t)node, "source", err);
    return rc ? rc : up_darts_closing(t, close, err);
}

static int read_cell(struct up_arch_text *t, uint8_t *gene, struct up_err *err)
{
    return up_darts_read_cell(t, gene, "a cell: a list of 8 pairs ('operation', source)",
                              read_pair, err);
}

static int not_all(size_t col, struct up_err *err)
{
    return up_fail(
        err, UP_EINVAL,
        "column %zu: a cell of this space hands on its nodes 2, 3, 4 and 5, so this is "
        "range(2, 6) or [2, 3, 4, 5]",
        col);
}

/* "range(2, 6)", the word taken already. */
static int read_range(struct up_arch_text *t, size_t col, struct up_err *err)
{
    uint64_t from, to;
    if (!up_arch_text_take(t, '('))
        return up_arch_text_expected(t, err, "'(' of range(2, 6)");
    up_arch_text_blanks(t);
    if (!up_arch_text_number(t, &from))
        return up_arch_text_expected(t, err, "a number");
    if (!up_arch_text_take(t, ','))
        return up_arch_text_expected(t, err, "',' of range(2, 6)");
    up_arch_text_blanks(t);
    if (!up_arch_text_number(t, &to))
        return up_arch_text_expected(t, err, "a number");
    if (!up_arch_text_take(t, ')'))
        return up_arch_text_expected(t, err, "')'");
    bool all = from == DARTS_INPUTS && to == DARTS_INPUTS + DARTS_NODES;
    return all ? UP_OK : not_all(col, err);
}

static int read_nodes(struct up_arch_text *t, size_t col, struct up_err *err)
{
    enum { ALL = (1u << DARTS_NODES) - 1 };
    char close = 0;
    unsigned seen = 0;
    int rc = up_darts_opening(t, &close, "the nodes handed on: range(2, 6) or a list", err);
    for (int i = 0; !rc && i < DARTS_NODES; i++) {
        uint64_t node = 0;
        if (i && !up_arch_text_take(t, ','))
            return not_all(col, err);
        up_arch_text_blanks(t);
        if (!up_arch_text_number(t, &node))
            return up_arch_text_expected(t, err, "the number of a node");
        if (node < DARTS_INPUTS || node >= DARTS_INPUTS + DARTS_NODES)
            return not_all(col, err);
        seen |= 1u << (node - DARTS_INPUTS);
    }
    if (!rc)
        rc = up_darts_closing(t, close, err);
    return rc || seen == ALL ? rc : not_all(col, err);
}

static int read_concat(struct up_arch_text *t, struct up_err *err)
{
    up_arch_text_blanks(t);
    size_t col = up_arch_text_column(t);
    struct up_view word = up_arch_text_word(t);
    bool list = up_view_equal(word, up_view_str("list"));
    if (list) {
        if (!up_arch_text_take(t, '('))
            return up_arch_text_expected(t, err, "'(' of list(range(2, 6))");
        up_arch_text_blanks(t);
        word = up_arch_text_word(t);
    }
    if (word.len && !up_view_equal(word, up_view_str("range")))
        return up_fail(err, UP_EINVAL, "column %zu: expected range(2, 6) or a list of nodes",
                       col);
    int rc = word.len ? read_range(t, col, err) : read_nodes(t, col, err);
    if (!rc && list && !up_arch_text_take(t, ')'))
        rc = up_arch_text_expected(t, err, "')' of list(range(2, 6))");
    return rc;
}

/* "NAME =" or "module." before Genotype, and the word itself. */
static int read_head(struct up_arch_text *t, struct up_err *err)
{
    for (;;) {
        up_arch_text_blanks(t);
        struct up_arch_text at = *t;
        struct up_view word = up_arch_text_word(t);
        if (up_view_equal(word, up_view_str("Genotype"))) {
            if (!up_arch_text_take(t, '('))
                return up_arch_text_expected(t, err, "'(' after Genotype");
            return UP_OK;
        }
        if (!word.len || (!up_arch_text_take(t, '=') && !up_arch_text_take(t, '.')))
            return up_arch_text_expected(&at, err, "Genotype(normal=..., reduce=...)");
    }
}

/* Which value comes next: its name and '=', or the place it stands at. */
static int read_name(struct up_arch_text *t, int place, enum field *field, struct up_err *err)
{
    up_arch_text_blanks(t);
    struct up_arch_text at = *t;
    struct up_view word = up_arch_text_word(t);
    if (!word.len || !up_arch_text_take(t, '=')) {
        *t = at; /* "range" is a word too */
        *field = (enum field)place;
        return UP_OK;
    }
    for (int f = 0; f < FIELDS; f++)
        if (up_view_equal(word, up_view_str(field_name[f]))) {
            *field = (enum field)f;
            return UP_OK;
        }
    return up_arch_text_expected(&at, err, "normal, normal_concat, reduce or reduce_concat");
}

int up_darts_read_genotype(struct up_arch_text *t, struct up_arch *a, struct up_err *err)
{
    unsigned seen = 0;
    int rc = read_head(t, err);
    for (int i = 0; !rc && i < FIELDS; i++) {
        enum field f = NORMAL;
        if (i)
            rc = up_darts_comma(t, "',' (a Genotype has four values)", err);
        up_arch_text_blanks(t);
        size_t col = up_arch_text_column(t);
        if (!rc)
            rc = read_name(t, i, &f, err);
        if (!rc && seen >> f & 1)
            rc = up_fail(err, UP_EINVAL, "column %zu: %s again", col, field_name[f]);
        if (rc)
            break;
        seen |= 1u << f;
        if (f == NORMAL_CONCAT || f == REDUCE_CONCAT)
            rc = read_concat(t, err);
        else
            rc = read_cell(t, a->gene + (f == REDUCE ? DARTS_CELL_GENES : 0), err);
    }
    return rc ? rc : up_darts_closing(t, ')', err);
}

static size_t print_cell(char *out, size_t at, const uint8_t *gene)
{
    for (int i = 0; i < DARTS_PAIRS; i++)
        at += (size_t)snprintf(out + at, UP_ARCH_TEXT - at, "%s('%s', %d)", i ? ", " : "[",
                               up_darts_op_name[gene[2 * i + 1]], gene[2 * i]);
    return at;
}

void up_darts_print_genotype(char out[UP_ARCH_TEXT], const struct up_arch *a)
{
    size_t at = (size_t)snprintf(out, UP_ARCH_TEXT, "Genotype(normal=");
    at = print_cell(out, at, a->gene);
    at +=
        (size_t)snprintf(out + at, UP_ARCH_TEXT - at, "], normal_concat=range(2, 6), reduce=");
    at = print_cell(out, at, a->gene + DARTS_CELL_GENES);
    snprintf(out + at, UP_ARCH_TEXT - at, "], reduce_concat=range(2, 6))");
}
