/* Three spellings of a cell:
 *   |op~0|+|op~0|op~1|+|op~0|op~1|op~2|   NAS-Bench-201: operations by name, by target node
 *   (4, 0, 3, 1, 4, 3)                    NASLib: its own numbers, by source node
 *   1462                                  index in the benchmark's order
 * Blanks are allowed between the parts; nothing else is. */
#include "stages/space/nb201/nb201.h"
#include "stages/space/arch_text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* NASLib's operation numbers, and its edge order 01 02 03 12 13 23 as genes. */
static const uint8_t naslib_op[NB_OPS] = {NB_SKIP, NB_NONE, NB_CONV3, NB_CONV1, NB_AVG};
static const uint8_t naslib_edge[NB_EDGES] = {0, 1, 3, 2, 4, 5};

static int operation(struct up_arch_text *t, uint8_t *op, struct up_err *err)
{
    up_arch_text_blanks(t);
    size_t col = up_arch_text_column(t);
    struct up_view w = up_arch_text_word(t);
    if (!w.len)
        return up_arch_text_expected(t, err, "the name of an operation");
    for (int i = 0; i < NB_OPS; i++)
        if (up_view_equal(w, up_view_str(up_nb201_op_name[i]))) {
            *op = (uint8_t)i;
            return UP_OK;
        }
    const char *near = up_arch_text_nearest(w, up_nb201_op_name, NB_OPS);
    return up_fail(err, UP_EINVAL,
                   "column %zu: unknown operation '%.*s'%s%s%s; the operations are none, "
                   "skip_connect, nor_conv_1x1, nor_conv_3x3, avg_pool_3x3",
                   col, w.len < 40 ? (int)w.len : 40, (const char *)w.data,
                   near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

/* One edge behind its bar: "op~source". */
static int read_edge(struct up_arch_text *t, struct up_arch *out, int e, struct up_err *err)
{
    uint64_t source;
    int from = up_nb201_edge[e].from, to = up_nb201_edge[e].to;
    int rc = operation(t, &out->gene[e], err);
    if (rc)
        return rc;
    if (!up_arch_text_take(t, '~'))
        return up_arch_text_expected(t, err, "'~' and the source node");
    up_arch_text_blanks(t);
    size_t col = up_arch_text_column(t);
    if (!up_arch_text_number(t, &source))
        return up_arch_text_expected(t, err, "the number of the source node");
    if (source != (uint64_t)from)
        return up_fail(err, UP_EINVAL,
                       "column %zu: source node %" PRIu64 " where %d must be: the edges of "
                       "node %d come in the order of their sources",
                       col, source, from, to);
    return up_arch_text_take(t, '|') ? UP_OK : up_arch_text_expected(t, err, "'|'");
}

static int official(struct up_arch_text *t, struct up_arch *out, struct up_err *err)
{
    for (int e = 0; e < NB_EDGES; e++) {
        bool first = e == 0 || up_nb201_edge[e].to != up_nb201_edge[e - 1].to;
        if (first && e && !up_arch_text_take(t, '+'))
            return up_arch_text_expected(t, err, "'+' before the edges of the next node");
        if (first && !up_arch_text_take(t, '|'))
            return up_arch_text_expected(t, err, "'|'");
        int rc = read_edge(t, out, e, err);
        if (rc)
            return rc;
    }
    return UP_OK;
}

static int tuple(struct up_arch_text *t, struct up_arch *out, struct up_err *err)
{
    char close = up_arch_text_take(t, '(') ? ')' : ']';
    if (close == ']')
        (void)up_arch_text_take(t, '[');
    for (int i = 0; i < NB_EDGES; i++) {
        uint64_t op;
        if (i && !up_arch_text_take(t, ','))
            return up_arch_text_expected(t, err, "',' (a cell has six operations)");
        up_arch_text_blanks(t);
        size_t col = up_arch_text_column(t);
        if (!up_arch_text_number(t, &op))
            return up_arch_text_expected(t, err, "the number of an operation, 0 to 4");
        if (op >= NB_OPS)
            return up_fail(err, UP_EINVAL,
                           "column %zu: operation %" PRIu64
                           "; NASLib's numbers are skip_connect "
                           "0, none 1, nor_conv_3x3 2, nor_conv_1x1 3, avg_pool_3x3 4",
                           col, op);
        out->gene[naslib_edge[i]] = naslib_op[op];
    }
    (void)up_arch_text_take(t, ',');
    if (!up_arch_text_take(t, close))
        return up_arch_text_expected(
            t, err, close == ')' ? "')' after six operations" : "']' after six operations");
    return UP_OK;
}

static int plain_index(struct up_arch_text *t, struct up_arch *out, struct up_err *err)
{
    uint64_t i;
    size_t col = up_arch_text_column(t);
    if (!up_arch_text_number(t, &i) || i >= NB_CELLS)
        return up_fail(err, UP_EINVAL,
                       "column %zu: no index of NAS-Bench-201; they are 0 to %d", col,
                       NB_CELLS - 1);
    up_nb201_at(out, i);
    return UP_OK;
}

int up_nb201_parse(struct up_arch *out, const char *text, size_t len, struct up_err *err)
{
    struct up_arch_text t = up_arch_text_of(text, len);
    struct up_arch a = {.len = NB_EDGES};
    up_arch_text_blanks(&t);
    char c = up_arch_text_peek(&t);
    int rc;
    if (c == '|')
        rc = official(&t, &a, err);
    else if (c == '(' || c == '[')
        rc = tuple(&t, &a, err);
    else if (c >= '0' && c <= '9')
        rc = plain_index(&t, &a, err);
    else
        rc =
            up_arch_text_expected(&t, err,
                                  "a cell: |op~0|+|op~0|op~1|+|op~0|op~1|op~2|, six numbers in "
                                  "parentheses, or an index");
    if (!rc && !up_arch_text_over(&t))
        rc = up_arch_text_expected(&t, err, "the end");
    if (!rc)
        *out = a;
    return rc;
}

void up_nb201_print(char out[UP_ARCH_TEXT], const struct up_arch *a, enum up_spelling s)
{
    const uint8_t *g = a->gene;
    if (s == UP_SPELL_INDEX) {
        snprintf(out, UP_ARCH_TEXT, "%" PRIu64, up_nb201_index(a));
        return;
    }
    if (s == UP_SPELL_OFFICIAL) {
        const char *n[NB_EDGES];
        for (int e = 0; e < NB_EDGES; e++)
            n[e] = up_nb201_op_name[g[e]];
        snprintf(out, UP_ARCH_TEXT, "|%s~0|+|%s~0|%s~1|+|%s~0|%s~1|%s~2|", n[0], n[1], n[2],
                 n[3], n[4], n[5]);
        return;
    }
    int v[NB_EDGES] = {0};
    for (int i = 0; i < NB_EDGES; i++)
        for (int op = 0; op < NB_OPS; op++)
            if (naslib_op[op] == g[naslib_edge[i]])
                v[i] = op;
    snprintf(out, UP_ARCH_TEXT, "(%d, %d, %d, %d, %d, %d)", v[0], v[1], v[2], v[3], v[4], v[5]);
}
