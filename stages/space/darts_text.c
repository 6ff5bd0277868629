/* NASLib's spelling of an architecture: the pairs of the normal cell, then of the reduction
 * cell, in brackets or in parentheses at every level:
 *   [[(0, 3), (1, 3), ... 8 pairs], [(0, 0), (1, 0), ... 8 pairs]]
 * Blanks are allowed between the parts, and a comma after the last of a list. */
#include "stages/space/darts.h"
#include "stages/space/text.h"
#include <inttypes.h>
#include <stdio.h>

/* Takes an opening bracket; *close is the one that must end the list. */
static int opening(struct up_text *t, char *close, const char *what, struct up_err *err)
{
    if (up_text_take(t, '('))
        *close = ')';
    else if (up_text_take(t, '['))
        *close = ']';
    else
        return up_text_expected(t, err, what);
    return UP_OK;
}

static int end(struct up_text *t, char close, struct up_err *err)
{
    (void)up_text_take(t, ',');
    if (up_text_take(t, close))
        return UP_OK;
    return up_text_expected(t, err, close == ')' ? "')'" : "']'");
}

static int comma(struct up_text *t, const char *what, struct up_err *err)
{
    return up_text_take(t, ',') ? UP_OK : up_text_expected(t, err, what);
}

/* A number below `count`. */
static int number(struct up_text *t, uint8_t *out, uint64_t count, const char *what,
                  struct up_err *err)
{
    uint64_t v;
    up_text_blanks(t);
    size_t col = up_text_column(t);
    if (!up_text_number(t, &v))
        return up_text_expected(t, err, what);
    if (v >= count)
        return up_fail(err, UP_EINVAL,
                       "column %zu: %" PRIu64 " is no %s of this pair; there are 0 to %" PRIu64,
                       col, v, what, count - 1);
    *out = (uint8_t)v;
    return UP_OK;
}

static int pair(struct up_text *t, uint8_t gene[2], int node, struct up_err *err)
{
    char close = 0;
    int rc = opening(t, &close, "a pair (source, operation)", err);
    if (!rc)
        rc = number(t, &gene[0], 2 + (uint64_t)node, "source", err);
    if (!rc)
        rc = comma(t, "',' and an operation", err);
    if (!rc)
        rc = number(t, &gene[1], DARTS_OPS, "operation", err);
    return rc ? rc : end(t, close, err);
}

static int cell(struct up_text *t, uint8_t *gene, struct up_err *err)
{
    char close = 0;
    int rc = opening(t, &close, "a cell: a list of 8 pairs", err);
    for (int i = 0; !rc && i < DARTS_PAIRS; i++) {
        if (i)
            rc = comma(t, "',' (a cell has 8 pairs)", err);
        if (!rc)
            rc = pair(t, gene + 2 * i, i / 2, err);
    }
    return rc ? rc : end(t, close, err);
}

int up_darts_parse(struct up_arch *out, const char *text, size_t len, struct up_err *err)
{
    struct up_text t = up_text_of(text, len);
    struct up_arch a = {.len = DARTS_GENES};
    char close = 0;
    int rc = opening(&t, &close, "two cells: [[(source, operation), 8 pairs], [8 pairs]]", err);
    if (!rc)
        rc = cell(&t, a.gene, err);
    if (!rc)
        rc = comma(&t, "',' and the reduction cell", err);
    if (!rc)
        rc = cell(&t, a.gene + DARTS_GENES / 2, err);
    if (!rc)
        rc = end(&t, close, err);
    if (!rc && !up_text_over(&t))
        rc = up_text_expected(&t, err, "the end");
    if (!rc)
        *out = a;
    return rc;
}

void up_darts_print(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s)
{
    size_t at = 0;
    (void)s;
    for (int i = 0; i < DARTS_CELLS * DARTS_PAIRS; i++) {
        const char *before = i == 0 ? "[[" : i == DARTS_PAIRS ? "], [" : ", ";
        at += (size_t)snprintf(out + at, UP_ARCH_TEXT - at, "%s(%d, %d)", before,
                               a->gene[2 * i], a->gene[2 * i + 1]);
    }
    snprintf(out + at, UP_ARCH_TEXT - at, "]]");
}
