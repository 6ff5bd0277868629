/* Rows found by their genes, and accuracies by architecture, see scored.h. */
#include "stages/artifact/scored.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct keyed { /* the key beside its row, so that sorting needs no context */
    uint8_t key[UP_GENES_MAX];
    uint32_t row;
};

static int keyed_cmp(const void *pa, const void *pb)
{
    const struct keyed *a = pa, *b = pb;
    int c = memcmp(a->key, b->key, sizeof a->key);
    return c ? c : (a->row > b->row) - (a->row < b->row);
}

void up_scored_index_make(struct up_scored_index *x, const uint8_t *rows, size_t n,
                          size_t genes, struct up_arena *arena)
{
    struct keyed *k = up_alloc((n + 1) * sizeof *k);
    uint32_t *order = UP_NEW(arena, n + 1, uint32_t);
    UP_CHECK(genes <= UP_GENES_MAX);
    for (size_t i = 0; i < n; i++) {
        memcpy(k[i].key, rows + i * genes, genes);
        k[i].row = (uint32_t)i;
    }
    qsort(k, n, sizeof *k, keyed_cmp);
    for (size_t i = 0; i < n; i++)
        order[i] = k[i].row;
    free(k);
    *x = (struct up_scored_index){n, genes, rows, order};
}

/* Position in the order of the first row that is not less than `a`. */
static size_t index_lower(const struct up_scored_index *x, const struct up_arch *a)
{
    size_t lo = 0, hi = x->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (memcmp(x->row + x->order[mid] * x->genes, a->gene, x->genes) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool index_holds(const struct up_scored_index *x, size_t at, const struct up_arch *a)
{
    return at < x->n && memcmp(x->row + x->order[at] * x->genes, a->gene, x->genes) == 0;
}

bool up_scored_index_find(const struct up_scored_index *x, const struct up_arch *a, size_t *row)
{
    size_t at = index_lower(x, a);
    if (!index_holds(x, at, a))
        return false;
    *row = x->order[at];
    return true;
}

static void accuracy_mean(const struct up_truth *t, double *out,
                          const struct up_arch *canonical)
{
    for (size_t c = 0; c < t->columns; c++) {
        double sum = 0;
        size_t n = 0;
        if (out[c] == out[c])
            continue;
        for (size_t at = index_lower(&t->canonical, canonical);
             index_holds(&t->canonical, at, canonical); at++) {
            double v = t->value[t->canonical.order[at] * t->columns + c];
            if (v == v)
                sum += v, n++;
        }
        if (n)
            out[c] = sum / (double)n;
    }
}

void up_truth_of(const struct up_truth *t, double *out, const struct up_arch *a)
{
    size_t row;
    struct up_arch canonical;
    if (t->columns == 0)
        return;
    bool exact = up_scored_index_find(&t->spelled, a, &row);
    for (size_t c = 0; c < t->columns; c++)
        out[c] = exact ? t->value[row * t->columns + c] : (double)NAN;
    t->space->canonical(&canonical, a);
    accuracy_mean(t, out, &canonical);
}

int up_truth_column(const struct up_truth *t, const char *name)
{
    for (size_t c = 0; c < t->columns; c++)
        if (strcmp(t->name[c], name) == 0)
            return (int)c;
    return -1;
}
