/* Rematerialisation: activations that a pass makes again when it needs them.
 *
 * A norm's output and a depthwise convolution's cost little more to make than to read from
 * memory. Where they are read in the level that makes them alone, one image's planes are all
 * that is held of them: a later pass makes them again, in cache, from what is kept. */
#include "stages/engine/plan/schedule.h"

#include "store/base/arena.h"

#include <stdlib.h>

static bool cheap(const struct up_op *op)
{
    return op->kind == UP_OP_NORM || (op->kind == UP_OP_CONV && op->depthwise);
}

void up_schedule_find_remade(struct up_schedule *s, const struct up_program *p)
{
    bool *shared =
        up_alloc((size_t)p->slots * sizeof *shared); /* views, and slots that have some */
    int *writers = up_alloc((size_t)p->slots * sizeof *writers);
    for (int i = 0; i < p->slots; ++i)
        if (p->slot[i].of >= 0)
            shared[i] = shared[p->slot[i].of] = true;
    for (int i = 0; i < p->ops; ++i) {
        ++writers[p->op[i].dst];
        s->maker[p->op[i].dst] = i;
    }
    for (int i = 0; i < p->slots; ++i) {
        if (writers[i] != 1 || shared[i])
            s->maker[i] = -1;
        s->remade[i] = s->maker[i] >= 0 && cheap(&p->op[s->maker[i]]) &&
                       s->first[i] == s->last[i] && i != p->feature && i != p->logits;
    }
    free(shared);
    free(writers);
}

struct draft {
    const struct up_program *program;
    const struct up_schedule *schedule;
    struct up_step *step; /* the steps so far, `room` of them allocated */
    int n, room;
    int begin; /* of the level */
    int *made; /* [slots] the step that makes it */
};

static void append(struct draft *d, struct up_step step)
{
    if (d->n == d->room)
        d->step = up_realloc(d->step, (size_t)(d->room *= 2) * sizeof *d->step);
    d->step[d->n++] = step;
}

/* `data`: whether it is read even where no weights' gradients are wanted. */
static void need_slot(struct draft *d, int slot, int level, bool data)
{
    if (!d->schedule->remade[slot])
        return;
    int maker = d->schedule->maker[slot];
    need_slot(d, d->program->op[maker].src, level, data);
    if (d->made[slot] < d->begin) {
        d->made[slot] = d->n;
        append(d, (struct up_step){level, maker, UP_STEP_REMAKE, false, false});
    }
    d->step[d->made[slot]].data |= data;
}

static void needs_of(struct draft *d, const struct up_step *step)
{
    const struct up_op *op = &d->program->op[step->op];
    if (up_op_has_matrix(op)) {
        need_slot(d, op->src, step->level, op->relu);
        need_slot(d, op->dst, step->level, d->schedule->norm_of[op->dst] >= 0);
    } else if (op->kind == UP_OP_NORM || op->kind == UP_OP_MAX || op->kind == UP_OP_RELU) {
        need_slot(d, op->src, step->level, true);
    }
}

void up_schedule_plan_remakes(struct up_schedule *s, const struct up_program *p)
{
    struct draft d = {.program = p, .schedule = s, .room = 2 * s->backwards + 1};
    d.step = up_alloc((size_t)d.room * sizeof *d.step);
    d.made = up_alloc((size_t)p->slots * sizeof *d.made);
    for (int i = 0; i < p->slots; ++i)
        d.made[i] = -1;
    for (int i = 0; i < s->backwards; ++i) {
        const struct up_step *step = &s->backward[i];
        if (i && step->level != step[-1].level)
            d.begin = d.n;
        needs_of(&d, step);
        append(&d, *step);
    }
    free(s->backward);
    free(d.made);
    s->backward = d.step;
    s->backwards = d.n;
}
