#include "stages/search/ledger.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 128, SLOTS_MIN = 1024 };

static uint64_t arch_hash(const struct up_arch *a)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (int i = 0; i < a->len; i++)
        h = (h ^ a->gene[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 29);
}

void up_ledger_init(struct up_ledger *l, const struct up_search_task *task, size_t budget,
                    int threads)
{
    *l = (struct up_ledger){.task = task, .budget = budget, .threads = threads};
    l->slots = SLOTS_MIN;
    l->slot = up_alloc(l->slots * sizeof *l->slot);
}

void up_ledger_release(struct up_ledger *l)
{
    free(l->arch);
    free(l->unified);
    free(l->slot);
    *l = (struct up_ledger){0};
}

bool up_ledger_spent(const struct up_ledger *l) { return l->budget && l->n >= l->budget; }

/* The slot that holds `a`, or the empty one where it belongs. */
static uint32_t *ledger_slot(const struct up_ledger *l, const struct up_arch *a)
{
    size_t i = arch_hash(a) & (l->slots - 1);
    while (l->slot[i] && up_arch_cmp(&l->arch[l->slot[i] - 1], a) != 0)
        i = (i + 1) & (l->slots - 1);
    return &l->slot[i];
}

bool up_ledger_knows(const struct up_ledger *l, const struct up_arch *a)
{
    return *ledger_slot(l, a) != 0;
}

static void ledger_grow(struct up_ledger *l)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : SLOTS_MIN / 2;
        l->arch = up_realloc(l->arch, l->cap * sizeof *l->arch);
        l->unified = up_realloc(l->unified, l->cap * sizeof *l->unified);
    }
    if (2 * (l->n + 1) > l->slots) {
        free(l->slot);
        l->slots *= 2;
        l->slot = up_alloc(l->slots * sizeof *l->slot);
        for (size_t r = 0; r < l->n; r++)
            *ledger_slot(l, &l->arch[r]) = (uint32_t)r + 1;
    }
}

static uint32_t ledger_enter(struct up_ledger *l, const struct up_arch *a)
{
    struct up_arch c;
    l->task->space->canonical(&c, a);
    uint32_t known = *ledger_slot(l, &c);
    if (known)
        return known - 1;
    if (up_ledger_spent(l) || !up_task_allows(l->task, &c))
        return UP_LEDGER_NONE;
    ledger_grow(l);
    l->arch[l->n] = c;
    l->unified[l->n] = 0;
    *ledger_slot(l, &c) = (uint32_t)l->n + 1;
    return (uint32_t)l->n++;
}

struct fresh { /* rows [from, l->n) still to be evaluated */
    struct up_ledger *l;
    size_t from;
};

static void fresh_block(void *ctx, size_t block)
{
    const struct fresh *f = ctx;
    const struct up_search_task *t = f->l->task;
    size_t at = f->from + block * BLOCK, n = f->l->n - at, m = (size_t)t->model->scores;
    if (n > BLOCK)
        n = BLOCK;
    float *y = up_alloc(n * m * sizeof *y);
    up_model_predict(t->model, y, f->l->arch + at, n);
    for (size_t i = 0; i < n; i++)
        f->l->unified[at + i] = up_model_unify(t->model, t->weights, y + i * m);
    free(y);
}

void up_ledger_ask(struct up_ledger *l, uint32_t *row, const struct up_arch *a, size_t n)
{
    struct fresh f = {l, l->n};
    for (size_t i = 0; i < n; i++)
        row[i] = ledger_enter(l, &a[i]);
    up_parallel_each(l->threads, (l->n - f.from + BLOCK - 1) / BLOCK, fresh_block, &f);
}

bool up_task_allows(const struct up_search_task *t, const struct up_arch *a)
{
    double flops, params;
    if (!t->space->connected(a))
        return false;
    t->space->cost(&flops, &params, a, &t->net);
    bool ok = flops <= t->flops.max && params <= t->params.max;
    for (size_t i = 0; ok && i < t->others; i++) {
        t->space->cost(&flops, &params, a, &t->other[i].net);
        ok = flops <= t->other[i].flops.max && params <= t->other[i].params.max;
    }
    return ok;
}
