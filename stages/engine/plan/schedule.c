/* Orders the operations of a program in levels, forward and backward. */
#include "stages/engine/plan/schedule.h"

#include "store/base/arena.h"

#include <limits.h>
#include <stdlib.h>

static int root(const struct up_program *p, int slot)
{
    return p->slot[slot].of < 0 ? slot : p->slot[slot].of;
}

static int larger(int a, int b) { return a > b ? a : b; }

static int *ints(int n, int value)
{
    int *v = up_alloc((size_t)n * sizeof *v);
    for (int i = 0; i < n; ++i)
        v[i] = value;
    return v;
}

/* While steps are gathered, `key` orders those of a level. */
struct draft {
    struct up_step step;
    int key;
};

static int by_level(const void *a, const void *b)
{
    const struct draft *x = a, *y = b;
    if (x->step.level != y->step.level)
        return x->step.level < y->step.level ? -1 : 1;
    return (x->key > y->key) - (x->key < y->key);
}

static struct up_step *ordered(struct draft *d, int n)
{
    struct up_step *s = up_alloc((size_t)n * sizeof *s);
    qsort(d, (size_t)n, sizeof *d, by_level);
    for (int i = 0; i < n; ++i)
        s[i] = d[i].step;
    free(d);
    return s;
}

static void widen(int *first, int *last, int slot, int level)
{
    first[slot] = level < first[slot] ? level : first[slot];
    last[slot] = larger(last[slot], level);
}

/* ---- forward ---- */

/* Operations that end in one slot are run together, as late as the latest. level[ops]. */
static void forward_levels(int *level, int *ready, const struct up_program *p)
{
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        level[i] = ready[op->src] + (op->kind == UP_OP_NORM);
        ready[op->dst] = larger(ready[op->dst], level[i]);
        int whole = root(p, op->dst);
        ready[whole] = larger(ready[whole], ready[op->dst]);
    }
    for (int i = 0; i < p->ops; ++i)
        level[i] = ready[p->op[i].dst];
}

static void plan_forward(struct up_schedule *s, const struct up_program *p)
{
    int *level = ints(p->ops, 0), *ready = ints(p->slots, 0), *writer = ints(p->slots, -1);
    struct draft *d = up_alloc(2 * (size_t)p->ops * sizeof *d);
    int n = 0, levels = 0;
    forward_levels(level, ready, p);
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        bool add = writer[op->dst] >= 0;
        if (op->kind == UP_OP_NORM) {
            struct up_step sums = {ready[op->src], i, UP_STEP_SUMS, false, false};
            d[n++] = (struct draft){sums, 2 * writer[op->src] + 1};
            widen(s->first, s->last, root(p, op->src), ready[op->src]);
        }
        d[n++] = (struct draft){{level[i], i, UP_STEP_RUN, add, false}, 2 * i};
        writer[op->dst] = writer[root(p, op->dst)] = i;
        widen(s->first, s->last, root(p, op->src), level[i]);
        widen(s->first, s->last, root(p, op->dst), level[i]);
        levels = larger(levels, level[i]);
    }
    s->last[p->feature] = s->last[p->logits] = levels;
    s->forwards = n;
    s->forward = ordered(d, n);
    free(level);
    free(ready);
    free(writer);
}

/* ---- backward ---- */

/* norm_of: of slots that only convolutions write and only one norm reads. */
static void find_norms(struct up_schedule *s, const struct up_program *p)
{
    int *readers = ints(p->slots, 0);
    for (int i = 0; i < p->ops; ++i) {
        int src = root(p, p->op[i].src);
        ++readers[src];
        if (p->op[i].kind == UP_OP_NORM)
            s->norm_of[src] = i;
    }
    for (int i = 0; i < p->ops; ++i) {
        int dst = root(p, p->op[i].dst);
        if (p->op[i].kind != UP_OP_CONV || readers[dst] != 1)
            s->norm_of[dst] = -1;
    }
    s->norm_of[p->input] = -1;
    for (int i = 0; i < p->slots; ++i)
        s->norm_of[i] = s->norm_of[root(p, i)];
    free(readers);
}

static bool reached(const struct up_schedule *s, const struct up_program *p, int slot)
{
    return s->reached[slot] || s->reached[root(p, slot)];
}

/* What the levels of a backward pass are made from. */
struct back {
    int *ready;  /* [slots] level at which the slot's gradient is complete */
    int *reader; /* [slots] the first operation that reads the slot */
    struct draft *draft;
    int n;
};

static int ready_at(const struct back *b, const struct up_program *p, int slot)
{
    return larger(b->ready[slot], b->ready[root(p, slot)]);
}

static void back_step(struct back *b, int level, int op, enum up_step_kind kind, int key)
{
    b->draft[b->n++] = (struct draft){{level, op, kind, false, false}, -key};
}

/* Operation i, whose target's gradient is there. */
static void plan_back(struct up_schedule *s, struct back *b, const struct up_program *p, int i)
{
    const struct up_op *op = &p->op[i];
    int level = ready_at(b, p, op->dst);
    if (op->kind == UP_OP_NORM) {
        int after = b->reader[op->dst];
        if (p->slot[op->dst].of >= 0 && b->reader[root(p, op->dst)] < after)
            after = b->reader[root(p, op->dst)];
        back_step(b, level, i, UP_STEP_SUMS, 2 * after - 1);
        widen(s->born, s->died, root(p, op->dst), level);
        ++level;
        if (s->norm_of[op->src] >= 0)
            widen(s->born, s->died, root(p, op->dst), level);
        else
            back_step(b, level, i, UP_STEP_RUN, 2 * i);
    } else {
        back_step(b, level, i, UP_STEP_RUN, 2 * i);
    }
    b->ready[op->src] = larger(b->ready[op->src], level);
    s->reached[op->src] = true;
    widen(s->born, s->died, root(p, op->src), level);
    widen(s->born, s->died, root(p, op->dst), level);
}

/* Who is first to write a gradient, in the order of execution. */
static void mark_first(struct up_schedule *s, const struct up_program *p)
{
    bool *live = up_alloc((size_t)p->slots * sizeof *live);
    for (int i = 0; i < s->backwards; ++i) {
        struct up_step *step = &s->backward[i];
        int src = p->op[step->op].src;
        if (step->kind != UP_STEP_RUN)
            continue;
        step->data = true;
        step->add = live[src] || live[root(p, src)];
        live[src] = true;
    }
    free(live);
}

static void plan_backward(struct up_schedule *s, const struct up_program *p)
{
    struct back b = {ints(p->slots, 0), ints(p->slots, INT_MAX / 4),
                     up_alloc(2 * (size_t)p->ops * sizeof *b.draft), 0};
    for (int i = p->ops - 1; i >= 0; --i)
        b.reader[p->op[i].src] = i;
    s->reached[p->logits] = true;
    for (int i = p->ops - 1; i >= 0; --i)
        if (p->op[i].kind != UP_OP_ZERO && reached(s, p, p->op[i].dst))
            plan_back(s, &b, p, i);
    s->backwards = b.n;
    s->backward = ordered(b.draft, b.n);
    mark_first(s, p);
    free(b.ready);
    free(b.reader);
}

void up_schedule_init(struct up_schedule *s, const struct up_program *p)
{
    *s = (struct up_schedule){.norm_of = ints(p->slots, -1),
                              .reached = up_alloc((size_t)p->slots * sizeof *s->reached),
                              .first = ints(p->slots, INT_MAX),
                              .last = ints(p->slots, -1),
                              .born = ints(p->slots, INT_MAX),
                              .died = ints(p->slots, -1),
                              .maker = ints(p->slots, -1),
                              .remade = up_alloc((size_t)p->slots * sizeof *s->remade)};
    plan_forward(s, p);
    find_norms(s, p);
    plan_backward(s, p);
    up_schedule_find_remade(s, p);
    up_schedule_plan_remakes(s, p);
}

const struct up_step *up_schedule_level(const struct up_step *step, const struct up_step *end)
{
    const struct up_step *next = step;
    while (next < end && next->level == step->level)
        ++next;
    return next;
}

void up_schedule_release(struct up_schedule *s)
{
    free(s->forward);
    free(s->backward);
    free(s->norm_of);
    free(s->reached);
    free(s->first);
    free(s->last);
    free(s->born);
    free(s->died);
    free(s->maker);
    free(s->remade);
    *s = (struct up_schedule){0};
}
