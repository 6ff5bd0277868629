/* A scores file and an accuracy file become one benchmark, see merge.h. */
#include "stages/benchmark/merge.h"
#include "stages/benchmark/columns.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum use { DROP, SCORE, ACCURACY };

struct part { /* one table on its way in */
    const struct up_table *t;
    struct up_arch *arch; /* [rows] */
    uint32_t *at;         /* [rows] row of the benchmark */
    enum use *use;        /* [columns] */
    uint32_t *to;         /* [columns] column of the benchmark */
};

/* Every further column names the same cell, in whatever spelling; empty fields say nothing. */
static int agree(const struct part *p, const struct up_space *space, struct up_err *err)
{
    const struct up_table *t = p->t;
    for (size_t i = 0; i < t->alsos; i++) {
        const struct up_table_also *also = &t->also[i];
        struct up_arch a, b, first;
        if (!*also->arch)
            continue;
        int rc = up_table_arch(&a, t, also->row, also->arch, space, err);
        if (rc)
            return rc;
        space->canonical(&b, &a);
        space->canonical(&first, &p->arch[also->row]);
        if (up_arch_cmp(&b, &first))
            return up_fail(err, UP_EINVAL,
                           "%s:%zu: column %s says '%.80s', which is not '%.80s'; remove the "
                           "column that is wrong",
                           t->name, t->row[also->row].line, also->column, also->arch,
                           t->row[also->row].arch);
    }
    return UP_OK;
}

static int parse_rows(struct part *p, const struct up_space *space, struct up_arena *arena,
                      struct up_err *err)
{
    const struct up_table *t = p->t;
    p->arch = UP_NEW(arena, t->rows, struct up_arch);
    p->at = UP_NEW(arena, t->rows, uint32_t);
    for (size_t i = 0; i < t->rows; i++) {
        int rc = up_table_arch(&p->arch[i], t, i, t->row[i].arch, space, err);
        if (rc)
            return rc;
    }
    if (!t->rows)
        return up_fail(err, UP_EINVAL, "%s holds no architectures, only its header", t->name);
    return agree(p, space, err);
}

static const char *accuracy_name(const char *name, const char *dataset, struct up_arena *arena)
{
    if (dataset && (!strcmp(name, "val_accuracy") || !strcmp(name, "val_acc")))
        return up_arena_printf(arena, "%s_val", dataset);
    if (dataset && (!strcmp(name, "test_accuracy") || !strcmp(name, "test_acc")))
        return up_arena_printf(arena, "%s_test", dataset);
    return name;
}

/* Column `name` of the list, made if there is none. */
static uint32_t find_or_add(const char **list, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (!strcmp(list[i], name))
            return (uint32_t)i;
    list[*n] = name;
    return (uint32_t)(*n)++;
}

static bool known(const struct up_benchmark *b, const char *name)
{
    for (size_t i = 0; i < b->accuracies; i++)
        if (!strcmp(b->accuracy_name[i], name))
            return true;
    return false;
}

static bool is_accuracy(const struct up_table_column *c)
{
    return c->kind == UP_COL_ACCURACY ||
           (c->kind == UP_COL_NUMBER && up_column_use(c->name) == UP_USE_ACCURACY);
}

static int none_found(const struct up_table *t, const char *what, struct up_err *err)
{
    struct up_buf list = UP_BUF_INIT;
    for (size_t i = 0; i < t->columns && list.len < 400; i++)
        up_buf_printf(&list, "%s%s", i ? ", " : "", t->column[i].name);
    int rc = up_fail(err, UP_EINVAL, "%s has no %s (columns of numbers found: %s)", t->name,
                     what, t->columns ? up_buf_str(&list) : "none");
    up_buf_release(&list);
    return rc;
}

/* The accuracy file comes first, so that its columns win. */
static int accuracy_columns(struct part *p, struct up_benchmark *b, const char *dataset,
                            struct up_arena *arena, struct up_err *err)
{
    bool named = false;
    for (size_t i = 0; i < p->t->columns; i++)
        named = named || is_accuracy(&p->t->column[i]);
    for (size_t i = 0; i < p->t->columns; i++) {
        const struct up_table_column *c = &p->t->column[i];
        if (c->kind == UP_COL_SCORE || (named && !is_accuracy(c)))
            continue;
        p->use[i] = ACCURACY;
        p->to[i] = find_or_add(b->accuracy_name, &b->accuracies,
                               accuracy_name(c->name, dataset, arena));
    }
    if (!b->accuracies)
        return none_found(p->t, "accuracy column such as cifar10_val or cifar10_test", err);
    return UP_OK;
}

static int score_columns(struct part *p, struct up_benchmark *b, const char *dataset,
                         struct up_arena *arena, struct up_err *err)
{
    size_t given = b->accuracies;
    for (size_t i = 0; i < p->t->columns; i++) {
        const struct up_table_column *c = &p->t->column[i];
        if (!is_accuracy(c)) {
            p->use[i] = SCORE;
            p->to[i] = find_or_add(b->proxy, &b->proxies, c->name);
            continue;
        }
        const char *name = accuracy_name(c->name, dataset, arena);
        struct up_benchmark accuracy_file = {.accuracies = given,
                                             .accuracy_name = b->accuracy_name};
        if (known(&accuracy_file, name))
            continue;
        p->use[i] = ACCURACY;
        p->to[i] = find_or_add(b->accuracy_name, &b->accuracies, name);
    }
    if (!b->proxies)
        return none_found(p->t, "column of scores; each proxy must be a column such as snip",
                          err);
    return UP_OK;
}

static int by_arch(const void *a, const void *b) { return up_arch_cmp(a, b); }

static void unite(struct up_benchmark *b, struct part *p, size_t parts, struct up_arena *arena)
{
    size_t total = 0;
    for (size_t k = 0; k < parts; k++)
        total += p[k].t->rows;
    b->arch = UP_NEW(arena, total, struct up_arch);
    total = 0;
    for (size_t k = 0; k < parts; k++) {
        memcpy(b->arch + total, p[k].arch, p[k].t->rows * sizeof *b->arch);
        total += p[k].t->rows;
    }
    qsort(b->arch, total, sizeof *b->arch, by_arch);
    for (size_t i = 0; i < total; i++)
        if (!i || up_arch_cmp(&b->arch[i], &b->arch[b->n - 1]))
            b->arch[b->n++] = b->arch[i];
    for (size_t k = 0; k < parts; k++)
        for (size_t i = 0; i < p[k].t->rows; i++) {
            const struct up_arch *at =
                bsearch(&p[k].arch[i], b->arch, b->n, sizeof *b->arch, by_arch);
            p[k].at[i] = (uint32_t)(at - b->arch);
        }
}

/* Two numbers for one cell must be the same number. */
static bool differs(double a, double b)
{
    return memcmp(&a, &b, sizeof a) != 0 && !(a != a && b != b) &&
           (a < b || a > b || a != a || b != b);
}

static int conflict(const struct part *p, const struct up_table_cell *c, double old,
                    struct up_err *err)
{
    const struct up_table_row *row = &p->t->row[c->row];
    return up_fail(err, UP_EINVAL,
                   "%s:%zu: %s of %s is %.17g here and %.17g in another row; keep one of them",
                   p->t->name, row->line, p->t->column[c->col].name, row->arch, c->value, old);
}

static int put_accuracy(struct up_benchmark *b, const struct part *p,
                        const struct up_table_cell *c, struct up_err *err)
{
    double *cell = &b->accuracy[p->at[c->row] * b->accuracies + p->to[c->col]];
    if (!isfinite(c->value))
        return UP_OK;
    if (isfinite(*cell) && differs(*cell, c->value))
        return conflict(p, c, *cell, err);
    *cell = c->value;
    return UP_OK;
}

/* -1e8 is how the published files write a score that could not be computed. */
static int put_score(struct up_benchmark *b, const struct part *p,
                     const struct up_table_cell *c, struct up_err *err)
{
    size_t at = p->at[c->row] * b->proxies + p->to[c->col];
    bool good = isfinite(c->value) && c->value != -1e8;
    uint8_t state = good ? UP_BENCH_OK : UP_BENCH_INVALID;
    double value = good ? c->value : (double)NAN;
    if (b->state[at] != UP_BENCH_ABSENT &&
        (b->state[at] != state || differs(b->score[at], value)))
        return conflict(p, c, b->score[at], err);
    b->state[at] = state;
    b->score[at] = value;
    return UP_OK;
}

static int fill(struct up_benchmark *b, const struct part *p, struct up_err *err)
{
    int rc = UP_OK;
    for (size_t i = 0; i < p->t->cells && !rc; i++) {
        const struct up_table_cell *c = &p->t->cell[i];
        if (p->use[c->col] == SCORE)
            rc = put_score(b, p, c, err);
        else if (p->use[c->col] == ACCURACY)
            rc = put_accuracy(b, p, c, err);
    }
    return rc;
}

static void make_room(struct up_benchmark *b, struct up_arena *arena)
{
    size_t scores = b->n * b->proxies, accuracies = b->n * b->accuracies;
    b->score = UP_NEW(arena, scores, double);
    b->state = UP_NEW(arena, scores, uint8_t);
    b->accuracy = UP_NEW(arena, accuracies, double);
    memset(b->state, UP_BENCH_ABSENT, scores);
    for (size_t i = 0; i < scores; i++)
        b->score[i] = (double)NAN;
    for (size_t i = 0; i < accuracies; i++)
        b->accuracy[i] = (double)NAN;
}

int up_benchmark_merge(struct up_benchmark *b, const struct up_space *space,
                       const struct up_benchmark_tables *tables, struct up_arena *arena,
                       struct up_err *err)
{
    const struct up_table *scores = tables->scores, *accuracy = tables->accuracy;
    const char *dataset = tables->dataset;
    struct part part[2];
    size_t parts = 0,
           columns = (scores ? scores->columns : 0) + (accuracy ? accuracy->columns : 0);
    int rc = UP_OK;
    memset(b, 0, sizeof *b);
    b->proxy = UP_NEW(arena, columns, const char *);
    b->accuracy_name = UP_NEW(arena, columns, const char *);
    for (int k = 0; k < 2 && !rc; k++) {
        const struct up_table *t = k ? scores : accuracy;
        if (!t)
            continue;
        struct part *p = &part[parts++];
        *p = (struct part){.t = t};
        p->use = UP_NEW(arena, t->columns, enum use);
        p->to = UP_NEW(arena, t->columns, uint32_t);
        rc = parse_rows(p, space, arena, err);
        if (!rc)
            rc = k ? score_columns(p, b, dataset, arena, err)
                   : accuracy_columns(p, b, dataset, arena, err);
    }
    if (rc)
        return rc;
    unite(b, part, parts, arena);
    make_room(b, arena);
    for (size_t k = 0; k < parts && !rc; k++)
        rc = fill(b, &part[k], err);
    return rc;
}
