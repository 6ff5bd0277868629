#include "stages/artifact/scored.h"
#include "stages/scores/table.h"
#include "stages/artifact/models.h"
#include "store/base/pack.h"
#include <math.h>
#include <string.h>

enum { ABSENT = 2 }; /* of the benchmark's state */

/* A benchmark also lists architectures with an accuracy and no scores: rows without
 * one of the wanted scores are left out before anything is looked up. */
struct bench {
    size_t n, m, rows;        /* rows: those left in, numbered 0 .. rows-1 below */
    const uint32_t *row_at;   /* [rows] their place in value, state and archs */
    const char *const *names; /* [m] */
    const double *value;      /* [n][m] */
    const uint8_t *state;     /* [n][m] 0 good, 1 invalid, 2 absent */
    const uint8_t *archs;     /* [n][genes] */
    struct up_arch_index spelled, canonical;
};

static int bench_load(struct bench *b, const struct up_space *space, struct up_view doc,
                      struct up_arena *arena, struct up_err *err)
{
    const void *value, *state, *archs;
    uint64_t dv[4], ds[4], da[4];
    *b = (struct bench){0};
    int rc = up_doc_names(doc, "scores/names", arena, &b->names, &b->m, err);
    if (!rc)
        rc = up_doc_array(doc, "scores/values", UP_F64, 2, arena, &value, dv, err);
    if (!rc)
        rc = up_doc_array(doc, "scores/state", UP_U8, 2, arena, &state, ds, err);
    if (!rc)
        rc = up_doc_array(doc, "archs", UP_U8, 2, arena, &archs, da, err);
    if (rc)
        return rc;
    if (dv[1] != b->m || ds[1] != b->m || dv[0] != da[0] || ds[0] != da[0])
        return up_fail(err, UP_EINVAL, "its scores do not fit its architectures");
    if ((rc = up_space_check(space, archs, da[0], da[1], err)))
        return rc;
    b->n = (size_t)da[0];
    b->value = value;
    b->state = state;
    b->archs = archs;
    return UP_OK;
}

static const char *list(const struct bench *b, struct up_arena *arena)
{
    const char *s = b->names[0];
    for (size_t i = 1; i < b->m; i++)
        s = up_arena_printf(arena, "%s, %s", s, b->names[i]);
    return s;
}

static int no_column(const struct bench *b, const char *name, struct up_view doc,
                     struct up_arena *arena, struct up_err *err)
{
    const char *const *names, *const *why;
    size_t n = 0, n_why = 0;
    if (up_doc_names(doc, "left_out/names", arena, &names, &n, NULL) ||
        up_doc_names(doc, "left_out/why", arena, &why, &n_why, NULL) || n != n_why)
        n = 0;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(names[i], name))
            return up_fail(err, UP_EINVAL,
                           "scores.proxies wants \"%s\", a column of benchmark.scores that "
                           "holds no number: %s; write numbers there, or name other columns",
                           name, why[i]);
    return up_fail(err, UP_EINVAL,
                   "the benchmark has no column \"%s\" (scores.proxies); it has: %s", name,
                   list(b, arena));
}

/* column[i]: where the benchmark keeps t->names[i]. */
static int choose(struct up_score_table *t, size_t **column, const struct bench *b,
                  struct up_view doc, struct up_arena *arena, struct up_err *err)
{
    if (b->m == 0)
        return up_fail(err, UP_EINVAL,
                       "scores.source is import, but the benchmark has no proxy scores; set "
                       "benchmark.scores to a file that has");
    if (t->m == 0) {
        t->names = b->names;
        t->m = b->m;
    }
    *column = UP_NEW(arena, t->m, size_t);
    for (size_t i = 0; i < t->m; i++) {
        size_t c = 0;
        while (c < b->m && strcmp(b->names[c], t->names[i]) != 0)
            c++;
        if (c == b->m)
            return no_column(b, t->names[i], doc, arena, err);
        (*column)[i] = c;
    }
    return UP_OK;
}

static bool row_scored(const struct bench *b, size_t row, const size_t *column, size_t m)
{
    for (size_t i = 0; i < m; i++)
        if (b->state[row * b->m + column[i]] != ABSENT)
            return true;
    return false;
}

static void index_rows(struct bench *b, const struct up_space *space, const size_t *column,
                       size_t m, struct up_arena *arena)
{
    size_t genes = (size_t)space->genes;
    uint8_t *spelled = UP_NEW(arena, b->n * genes + 1, uint8_t);
    uint8_t *canonical = UP_NEW(arena, b->n * genes + 1, uint8_t);
    uint32_t *row_at = UP_NEW(arena, b->n + 1, uint32_t);
    b->row_at = row_at;
    for (size_t i = 0; i < b->n; i++) {
        struct up_arch a = {.len = (uint8_t)genes}, c;
        if (!row_scored(b, i, column, m))
            continue;
        memcpy(a.gene, b->archs + i * genes, genes);
        space->canonical(&c, &a);
        memcpy(spelled + b->rows * genes, a.gene, genes);
        memcpy(canonical + b->rows * genes, c.gene, genes);
        row_at[b->rows++] = (uint32_t)i;
    }
    up_arch_index_make(&b->spelled, spelled, b->rows, genes, arena);
    up_arch_index_make(&b->canonical, canonical, b->rows, genes, arena);
}

static bool row_of(const struct bench *b, const uint8_t *gene, size_t genes, size_t *row)
{
    struct up_arch a = {.len = (uint8_t)genes};
    memcpy(a.gene, gene, genes);
    if (!up_arch_index_find(&b->spelled, &a, row) &&
        !up_arch_index_find(&b->canonical, &a, row))
        return false;
    *row = b->row_at[*row];
    return true;
}

static void copy_row(struct up_score_table *t, size_t to, const struct bench *b, size_t from,
                     const size_t *column)
{
    for (size_t i = 0; i < t->m; i++) {
        size_t at = from * b->m + column[i];
        uint8_t s = b->state[at];
        bool good = s == 0 && isfinite(b->value[at]);
        t->value[to * t->m + i] = good ? b->value[at] : (double)NAN;
        t->state[to * t->m + i] = (uint8_t)(good          ? UP_SCORE_OK
                                            : s == ABSENT ? UP_ROW_ABSENT
                                                          : UP_ROW_INVALID);
    }
}

int up_scores_import(struct up_score_table *t, struct up_view benchmark, const uint8_t *pool,
                     size_t n_pool, size_t limit, struct up_arena *arena, struct up_err *err)
{
    struct bench b;
    size_t *column = NULL, row, genes = (size_t)t->space->genes;
    int rc = bench_load(&b, t->space, benchmark, arena, err);
    if (!rc)
        rc = choose(t, &column, &b, benchmark, arena, err);
    if (rc)
        return rc;
    index_rows(&b, t->space, column, t->m, arena);
    size_t most = limit && limit < n_pool ? limit : n_pool;
    uint8_t *archs = UP_NEW(arena, most * genes, uint8_t);
    t->value = UP_NEW(arena, most * t->m, double);
    t->state = UP_NEW(arena, most * t->m, uint8_t);
    t->archs = archs;
    t->n = t->missing = 0;
    for (size_t i = 0; i < n_pool && t->n < most; i++) {
        if (!row_of(&b, pool + i * genes, genes, &row)) {
            t->missing++;
            continue;
        }
        memcpy(archs + t->n * genes, pool + i * genes, genes);
        copy_row(t, t->n++, &b, row, column);
    }
    if (t->n == 0)
        return up_fail(err, UP_EINVAL,
                       "none of the %zu architectures of the pool is in the benchmark; is "
                       "benchmark.scores a file of the space %s?",
                       n_pool, t->space->name);
    return UP_OK;
}
