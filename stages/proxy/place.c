/* Where a network's buffers lie in its slab.
 *
 * Activations are kept from the forward pass on. What the Jacobian pass, the loss with its
 * Hessian product, and zen need besides is never needed together: they share one place. */
#include "stages/proxy/work.h"

#include "store/base/arena.h"

#include <stdlib.h>

enum keep {
    KEEP_ALL,      /* every slot for itself */
    KEEP_GRADIENT, /* every slot whose gradient is stored */
    KEEP_TANGENT,  /* what the backward pass's tangent reads; others while they are in use */
    FOLD_FORWARD,  /* every slot while a forward pass uses it */
    FOLD_BACKWARD  /* every stored gradient while a backward pass uses it */
};

/* Numbers of all images of a slot; views have none of their own. */
static size_t slot_numbers(const struct up_work *w, int slot, size_t n, enum keep keep)
{
    bool stored =
        w->schedule.norm_of[slot] < 0 || (keep != KEEP_GRADIENT && keep != FOLD_BACKWARD);
    return w->program.slot[slot].of < 0 && stored ? w->layout.slot[slot].image * n : 0;
}

/* Layers' outputs and norms' inputs. */
static void mark_tangents(bool *kept, const struct up_program *p)
{
    for (int i = 0; i < p->ops; ++i) {
        const struct up_op *op = &p->op[i];
        int dst = p->slot[op->dst].of < 0 ? op->dst : p->slot[op->dst].of;
        kept[dst] |= op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR;
        kept[op->src] |= op->kind == UP_OP_NORM;
    }
}

static void mark_kept(bool *kept, const struct up_program *p, enum keep keep)
{
    for (int i = 0; i < p->slots; ++i)
        kept[i] = keep == KEEP_ALL || keep == KEEP_GRADIENT;
    if (keep == KEEP_TANGENT)
        mark_tangents(kept, p);
}

/* offset[slots] in numbers; returns how many there are in all. Kept slots are in use always. */
static size_t offsets(size_t *offset, const struct up_work *w, size_t n, enum keep keep)
{
    int slots = w->program.slots;
    const struct up_schedule *s = &w->schedule;
    const int *first = keep == FOLD_BACKWARD ? s->born : s->first;
    const int *last = keep == FOLD_BACKWARD ? s->died : s->last;
    size_t *size = up_alloc(2 * (size_t)slots * sizeof *size), *folded = size + slots, at = 0;
    bool *kept = up_alloc((size_t)slots * sizeof *kept);
    mark_kept(kept, &w->program, keep);
    for (int i = 0; i < slots; ++i) {
        size_t numbers = slot_numbers(w, i, n, keep);
        size[i] = kept[i] ? 0 : numbers;
        offset[i] = at;
        at += kept[i] ? numbers : 0;
    }
    size_t all = up_place_fold(folded, size, first, last, slots);
    for (int i = 0; i < slots; ++i)
        offset[i] = kept[i] ? offset[i] : at + folded[i];
    free(size);
    free(kept);
    return at + all;
}

/* slot[slots]: a buffer per slot of `size`-byte numbers; views begin inside their slot's. */
static void place_slots(void *slots_of, const struct up_work *w, struct up_place *at, int n,
                        size_t size, enum keep keep)
{
    int slots = w->program.slots;
    void **slot = slots_of;
    size_t *offset = up_alloc((size_t)slots * sizeof *offset);
    uint8_t *base = up_place(at, offsets(offset, w, (size_t)n, keep), size);
    for (int i = 0; slot && i < slots; ++i) {
        int of = w->program.slot[i].of;
        slot[i] = base + (of < 0 ? offset[i] : offset[of] + w->layout.slot[i].offset) * size;
    }
    free(offset);
}

static void place_flow(struct up_work *w, struct up_place *at)
{
    const struct up_program *p = &w->program;
    struct up_run_f64 *f = &w->flow;
    *f = (struct up_run_f64){.program = p,
                             .layout = &w->layout,
                             .schedule = &w->schedule,
                             .kernel = up_block_f64(w->job->isa),
                             .sizes = w->run.sizes,
                             .n = 1,
                             .threads = 1,
                             .published = true,
                             .identity_norm = true};
    w->flow_weight = UP_PLACE(at, p->numbers, double);
    w->flow_dweight = UP_PLACE(at, p->numbers, double);
    w->flow_matrix = UP_PLACE(at, 3 * w->layout.numbers, double);
    f->weight = w->flow_weight;
    f->matrix = w->flow_matrix;
    f->turned = w->flow_matrix + w->layout.numbers;
    f->dmatrix = w->flow_matrix + 2 * w->layout.numbers;
    f->partial = UP_PLACE(at, f->sizes.partial, double);
    f->fisher = UP_PLACE(at, p->ops, double);
    f->fisher_partial = UP_PLACE(at, f->sizes.fisher, double);
    f->scratch = UP_PLACE(at, f->sizes.scratch, double);
    f->act = UP_PLACE(at, p->slots, double *);
    f->grad = UP_PLACE(at, p->slots, double *);
    place_slots(f->act, w, at, 1, sizeof(double), KEEP_ALL);
    place_slots(f->grad, w, at, 1, sizeof(double), FOLD_BACKWARD);
}

/* What every pass over the batch reads. */
static void place_common(struct up_work *w, struct up_place *at, int n)
{
    const struct up_program *p = &w->program;
    struct up_run_f32 *r = &w->run;
    size_t images = (size_t)n, classes = (size_t)w->job->net.classes;
    size_t factors = w->layout.norm_blocks * UP_FACTORS * UP_BLOCK_LANES;
    *r = (struct up_run_f32){.program = p,
                             .layout = &w->layout,
                             .schedule = &w->schedule,
                             .kernel = up_block_f32(w->job->isa),
                             .sizes = r->sizes,
                             .n = n,
                             .published = w->job->given != NULL,
                             .threads = w->job->threads > 1 ? w->job->threads : 1};
    r->norm = UP_PLACE(at, p->norms, struct up_moments);
    r->factor = UP_PLACE(at, factors, float);
    r->sums = UP_PLACE(at, images * w->layout.norm_blocks * UP_SUMS, double);
    r->scratch = UP_PLACE(at, (size_t)r->threads * r->sizes.scratch, float);
    r->winograd = UP_PLACE(at, r->sizes.winograd, float);
    w->norm = UP_PLACE(at, p->norms, struct up_moments);
    w->factor = UP_PLACE(at, factors, float);
    w->bits = UP_PLACE(at, 4 * w->words * images, uint16_t);
    w->matrix_n = UP_PLACE(at, images * images, double);
    w->logits = UP_PLACE(at, 3 * classes * images, float);
    w->dlogits = w->logits + (w->logits ? classes * images : 0);
    w->tlogits = w->logits + (w->logits ? 2 * classes * images : 0);
}

static void place_jacobian(struct up_work *w, struct up_place *at, int n)
{
    place_slots(w->folded_grad, w, at, n, sizeof(float), FOLD_BACKWARD);
}

static void place_loss(struct up_work *w, struct up_place *at, int n)
{
    struct up_run_f32 *r = &w->run;
    r->dmatrix = UP_PLACE(at, w->layout.numbers, float);
    r->partial = UP_PLACE(at, UP_RUN_GROUPS * r->sizes.partial, float);
    r->fisher_partial = UP_PLACE(at, UP_RUN_GROUPS * r->sizes.fisher, double);
    place_slots(r->grad, w, at, n, sizeof(float), KEEP_GRADIENT);
    if (!(w->passes & UP_PASS_HESSIAN))
        return;
    place_slots(r->tan, w, at, n, sizeof(float), KEEP_TANGENT);
    r->dturned = UP_PLACE(at, w->layout.numbers, float);
    r->along = UP_PLACE(at, n, double);
    place_slots(w->dtan, w, at, n, sizeof(float), FOLD_BACKWARD);
}

static void place_zen(struct up_work *w, struct up_place *at, int n)
{
    place_slots(w->folded_act, w, at, n, sizeof(float), FOLD_FORWARD);
    w->feature = UP_PLACE(at, w->layout.slot[w->program.feature].image * (size_t)n, float);
    w->variance = UP_PLACE(at, w->program.norms, double);
}

/* The buffers' addresses, and results that outlive their pass. */
static void place_results(struct up_work *w, struct up_place *at, int n)
{
    const struct up_slot *s = &w->program.slot[w->program.input];
    size_t images = (size_t)n, image = (size_t)s->c * (size_t)s->h * (size_t)s->w;
    float ***slots[] = {&w->run.act,     &w->run.grad,   &w->run.tan,
                        &w->folded_grad, &w->folded_act, &w->dtan};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; ++i)
        *slots[i] = UP_PLACE(at, w->program.slots, float *);
    if (w->passes & UP_PASS_JACOBIAN) {
        w->jacobian = UP_PLACE(at, image * images, double);
        w->correlation = UP_PLACE(at, images * images, double);
    }
    if (w->passes & UP_PASS_LOSS) {
        w->dweight = UP_PLACE(at, w->program.numbers, float);
        w->run.fisher = UP_PLACE(at, w->program.ops, double);
    }
}

static void place_run(struct up_work *w, struct up_place *at, int n)
{
    static const struct {
        unsigned pass;
        void (*place)(struct up_work *w, struct up_place *at, int n);
    } apart[] = {{UP_PASS_JACOBIAN, place_jacobian},
                 {UP_PASS_LOSS, place_loss},
                 {UP_PASS_ZEN, place_zen}};
    place_common(w, at, n);
    place_results(w, at, n);
    if (w->passes & UP_PASS_FORWARD)
        place_slots(w->run.act, w, at, n, sizeof(float), KEEP_ALL);
    struct up_place end = *at;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; ++i) {
        struct up_place here = *at;
        if (w->passes & apart[i].pass)
            apart[i].place(w, &here, n);
        end = here.at > end.at ? here : end;
    }
    *at = end;
}

void up_work_place(struct up_work *w, struct up_place *at)
{
    w->weight = UP_PLACE(at, w->program.numbers, float);
    w->matrix = UP_PLACE(at, w->layout.numbers, float);
    w->turned = UP_PLACE(at, w->layout.numbers, float);
    if (w->passes & ~(unsigned)UP_PASS_WEIGHTS)
        place_run(w, at, w->job->batch->n);
    if (w->passes & UP_PASS_SYNFLOW)
        place_flow(w, at);
    w->run.weight = w->weight;
    w->run.matrix = w->matrix;
    w->run.turned = w->turned;
}
