/* Where a network's buffers lie in its slab.
 *
 * Activations are kept from the forward pass on. What the Jacobian pass, the loss with its
 * Hessian product, and zen need besides is never needed together: they share one place. */
#include "stages/proxy/work.h"

#include "store/base/arena.h"

#include <stdlib.h>

enum keep {
    KEEP_ALL,      /* every slot for itself */
    KEEP_FORWARD,  /* every slot for itself; one image of those that are made again */
    KEEP_GRADIENT, /* every slot whose gradient is stored */
    KEEP_TANGENT,  /* what the backward pass's tangent reads; others while they are in use */
    FOLD_FORWARD,  /* every slot while a forward pass uses it */
    FOLD_BACKWARD  /* every stored gradient while a backward pass uses it */
};

/* Whether a slot is in use within one level alone, and read by nobody besides: then the image
 * that each thread is working on is enough. */
static bool passing(const struct up_work *w, int slot, bool kept, enum keep keep)
{
    const struct up_program *p = &w->program;
    const struct up_schedule *s = &w->schedule;
    int root = p->slot[slot].of < 0 ? slot : p->slot[slot].of;
    if (root == p->input || root == p->feature || root == p->logits)
        return false;
    if (kept)
        return keep == KEEP_FORWARD && s->remade[root];
    return keep == FOLD_BACKWARD ? s->born[root] == s->died[root]
                                 : s->first[root] == s->last[root];
}

/* Numbers of one image of a slot; views have none of their own. */
static size_t slot_numbers(const struct up_work *w, int slot, enum keep keep)
{
    bool stored =
        w->schedule.norm_of[slot] < 0 || (keep != KEEP_GRADIENT && keep != FOLD_BACKWARD);
    return w->program.slot[slot].of < 0 && stored ? w->layout.slot[slot].image : 0;
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
        kept[i] = keep == KEEP_ALL || keep == KEEP_FORWARD || keep == KEEP_GRADIENT;
    if (keep == KEEP_TANGENT)
        mark_tangents(kept, p);
}

/* offset[slots] in numbers, and which slots are passing; returns how many numbers there are in
 * all. Kept slots are in use always. */
static size_t offsets(size_t *offset, bool *pass, const struct up_work *w, size_t n,
                      enum keep keep)
{
    int slots = w->program.slots;
    const struct up_schedule *s = &w->schedule;
    const int *first = keep == FOLD_BACKWARD ? s->born : s->first;
    const int *last = keep == FOLD_BACKWARD ? s->died : s->last;
    size_t *size = up_alloc(2 * (size_t)slots * sizeof *size), *folded = size + slots, at = 0;
    bool *kept = up_alloc((size_t)slots * sizeof *kept);
    mark_kept(kept, &w->program, keep);
    for (int i = 0; i < slots; ++i) {
        size_t few = (size_t)up_passes_tasks(w->run.threads);
        pass[i] = few < n && passing(w, i, kept[i], keep);
        size_t numbers = slot_numbers(w, i, keep) * (pass[i] ? few : n);
        size[i] = kept[i] ? 0 : numbers;
        offset[i] = at;
        at += kept[i] ? numbers : 0;
    }
    size_t all = up_slab_overlay(folded, size, first, last, slots);
    for (int i = 0; i < slots; ++i)
        offset[i] = kept[i] ? offset[i] : at + folded[i];
    free(size);
    free(kept);
    return at + all;
}

/* slot[slots]: a buffer per slot of `size`-byte numbers; views begin inside their slot's. */
static void place_slots(void *slots_of, bool *pass, const struct up_work *w,
                        struct up_slab_cursor *at, int n, size_t size, enum keep keep)
{
    int slots = w->program.slots;
    void **slot = slots_of;
    size_t *offset = up_alloc((size_t)slots * sizeof *offset);
    bool *passes = up_alloc((size_t)slots * sizeof *passes);
    uint8_t *base = up_slab_take(at, offsets(offset, passes, w, (size_t)n, keep), size);
    for (int i = 0; slot && i < slots; ++i) {
        int of = w->program.slot[i].of;
        slot[i] = base + (of < 0 ? offset[i] : offset[of] + w->layout.slot[i].offset) * size;
        pass[i] = passes[i];
    }
    free(passes);
    free(offset);
}

/* How slots are spread over a batch. */
#define UP_PLACE_PLANES(real, R)                                                               \
    static void place_planes##R(struct up_planes##R *planes, const struct up_work *w,          \
                                struct up_slab_cursor *at, const int *task)                    \
    {                                                                                          \
        int slots = w->program.slots;                                                          \
        planes->at = UP_SLAB_TAKE(at, slots, real *);                                          \
        planes->step = UP_SLAB_TAKE(at, slots, size_t);                                        \
        planes->passing = UP_SLAB_TAKE(at, slots, bool);                                       \
        planes->task = task;                                                                   \
        for (int i = 0; planes->step && i < slots; ++i)                                        \
            planes->step[i] = w->layout.slot[i].image;                                         \
    }
UP_PLACE_PLANES(float, _f32)
UP_PLACE_PLANES(double, _f64)

static void place_batch(struct up_planes_f32 *planes, const struct up_work *w,
                        struct up_slab_cursor *at, int n, enum keep keep)
{
    place_slots(planes->at, planes->passing, w, at, n, sizeof(float), keep);
}

static void place_flow(struct up_work *w, struct up_slab_cursor *at)
{
    const struct up_program *p = &w->program;
    struct up_passes_f64 *f = &w->flow;
    *f = (struct up_passes_f64){.program = p,
                                .layout = &w->layout,
                                .schedule = &w->schedule,
                                .kernel = up_block_f64(w->job->isa),
                                .sizes = w->run.sizes,
                                .n = 1,
                                .threads = 1,
                                .published = true,
                                .identity_norm = true};
    w->flow_weight = UP_SLAB_TAKE(at, p->numbers, double);
    w->flow_dweight = UP_SLAB_TAKE(at, p->numbers, double);
    w->flow_matrix = UP_SLAB_TAKE(at, 3 * w->layout.numbers, double);
    f->weight = w->flow_weight;
    f->matrix = w->flow_matrix;
    f->turned = w->flow_matrix + w->layout.numbers;
    f->dmatrix = w->flow_matrix + 2 * w->layout.numbers;
    f->partial = UP_SLAB_TAKE(at, f->sizes.partial, double);
    f->fisher = UP_SLAB_TAKE(at, p->ops, double);
    f->fisher_partial = UP_SLAB_TAKE(at, f->sizes.fisher, double);
    f->scratch = UP_SLAB_TAKE(at, f->sizes.scratch, double);
    place_planes_f64(&f->act, w, at, NULL);
    place_planes_f64(&f->grad, w, at, NULL);
    place_slots(f->act.at, f->act.passing, w, at, 1, sizeof(double), KEEP_FORWARD);
    place_slots(f->grad.at, f->grad.passing, w, at, 1, sizeof(double), FOLD_BACKWARD);
}

/* What every pass over the batch reads. */
static void place_common(struct up_work *w, struct up_slab_cursor *at, int n)
{
    const struct up_program *p = &w->program;
    struct up_passes_f32 *r = &w->run;
    size_t images = (size_t)n, classes = (size_t)w->job->net.classes;
    size_t factors = w->layout.norm_blocks * UP_FACTORS * UP_BLOCK_LANES;
    *r = (struct up_passes_f32){.program = p,
                                .layout = &w->layout,
                                .schedule = &w->schedule,
                                .kernel = up_block_f32(w->job->isa),
                                .sizes = r->sizes,
                                .n = n,
                                .published = w->job->given != NULL,
                                .threads = w->job->threads > 1 ? w->job->threads : 1};
    r->norm = UP_SLAB_TAKE(at, p->norms, struct up_moments);
    r->factor = UP_SLAB_TAKE(at, factors, float);
    r->sums = UP_SLAB_TAKE(at, images * w->layout.norm_blocks * UP_SUMS, double);
    r->scratch = UP_SLAB_TAKE(at, (size_t)r->threads * r->sizes.scratch, float);
    r->winograd = UP_SLAB_TAKE(at, r->sizes.winograd, float);
    w->norm = UP_SLAB_TAKE(at, p->norms, struct up_moments);
    w->factor = UP_SLAB_TAKE(at, factors, float);
    w->bits = UP_SLAB_TAKE(at, 4 * w->words * images, uint16_t);
    w->matrix_n = UP_SLAB_TAKE(at, images * images, double);
    w->logits = UP_SLAB_TAKE(at, 3 * classes * images, float);
    w->dlogits = w->logits + (w->logits ? classes * images : 0);
    w->tlogits = w->logits + (w->logits ? 2 * classes * images : 0);
}

static void place_jacobian(struct up_work *w, struct up_slab_cursor *at, int n)
{
    place_batch(&w->folded_grad, w, at, n, w->run.published ? KEEP_ALL : FOLD_BACKWARD);
}

static void place_loss(struct up_work *w, struct up_slab_cursor *at, int n)
{
    struct up_passes_f32 *r = &w->run;
    r->dmatrix = UP_SLAB_TAKE(at, w->layout.numbers, float);
    r->partial = UP_SLAB_TAKE(at, UP_PASSES_GROUPS * r->sizes.partial, float);
    r->fisher_partial = UP_SLAB_TAKE(at, UP_PASSES_GROUPS * r->sizes.fisher, double);
    place_batch(&r->grad, w, at, n, KEEP_GRADIENT);
    if (!(w->passes & UP_PASS_HESSIAN))
        return;
    place_batch(&r->tan, w, at, n, KEEP_TANGENT);
    r->dturned = UP_SLAB_TAKE(at, w->layout.numbers, float);
    r->along = UP_SLAB_TAKE(at, n, double);
    place_batch(&w->dtan, w, at, n, FOLD_BACKWARD);
}

static void place_zen(struct up_work *w, struct up_slab_cursor *at, int n)
{
    place_batch(&w->folded_act, w, at, n, FOLD_FORWARD);
    w->feature = UP_SLAB_TAKE(at, w->layout.slot[w->program.feature].image * (size_t)n, float);
    w->variance = UP_SLAB_TAKE(at, w->program.norms, double);
}

/* The buffers' addresses, and results that outlive their pass. */
static void place_results(struct up_work *w, struct up_slab_cursor *at, int n)
{
    const struct up_program_slot *s = &w->program.slot[w->program.input];
    size_t images = (size_t)n, image = (size_t)s->c * (size_t)s->h * (size_t)s->w;
    int *task = UP_SLAB_TAKE(at, n, int);
    struct up_planes_f32 *planes[] = {&w->run.act,     &w->run.grad,   &w->run.tan,
                                      &w->folded_grad, &w->folded_act, &w->dtan};
    for (size_t i = 0; i < sizeof planes / sizeof *planes; ++i)
        place_planes_f32(planes[i], w, at, task);
    if (task)
        up_passes_deal(task, n, w->run.threads);
    if (w->passes & UP_PASS_JACOBIAN) {
        w->jacobian = UP_SLAB_TAKE(at, image * images, double);
        w->correlation = UP_SLAB_TAKE(at, images * images, double);
    }
    if (w->passes & UP_PASS_LOSS) {
        w->dweight = UP_SLAB_TAKE(at, w->program.numbers, float);
        w->run.fisher = UP_SLAB_TAKE(at, w->program.ops, double);
    }
}

static void place_run(struct up_work *w, struct up_slab_cursor *at, int n)
{
    static const struct {
        unsigned pass;
        void (*place)(struct up_work *w, struct up_slab_cursor *at, int n);
    } apart[] = {{UP_PASS_JACOBIAN, place_jacobian},
                 {UP_PASS_LOSS, place_loss},
                 {UP_PASS_ZEN, place_zen}};
    place_common(w, at, n);
    place_results(w, at, n);
    if (w->passes & UP_PASS_FORWARD)
        place_batch(&w->run.act, w, at, n, KEEP_FORWARD);
    struct up_slab_cursor end = *at;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; ++i) {
        struct up_slab_cursor here = *at;
        if (w->passes & apart[i].pass)
            apart[i].place(w, &here, n);
        end = here.at > end.at ? here : end;
    }
    *at = end;
}

void up_work_place(struct up_work *w, struct up_slab_cursor *at)
{
    w->weight = UP_SLAB_TAKE(at, w->program.numbers, float);
    w->matrix = UP_SLAB_TAKE(at, w->layout.numbers, float);
    w->turned = UP_SLAB_TAKE(at, w->layout.numbers, float);
    if (w->passes & ~(unsigned)UP_PASS_WEIGHTS)
        place_run(w, at, w->job->batch->n);
    if (w->passes & UP_PASS_SYNFLOW)
        place_flow(w, at);
    w->run.weight = w->weight;
    w->run.matrix = w->matrix;
    w->run.turned = w->turned;
}
