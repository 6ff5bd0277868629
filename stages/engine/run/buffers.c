/* Where an evaluation's buffers lie in its slab.
 *
 * Activations are kept from the forward pass on. What the Jacobian pass, the loss with its
 * Hessian product, and passes over other images need besides is never needed together: the
 * three share one place. Each function takes its buffers from the cursor in turn; with a cursor
 * that has no base they only count. */
#include "stages/engine/run/evaluation.h"

#include "store/base/arena.h"

#include <stdlib.h>

/* slot[slots]: a buffer per slot of `size`-byte numbers; views begin inside their slot's. */
static void place_slots(void *slots_of, bool *passing, const struct up_evaluation *e,
                        struct up_slab_cursor *at, int n, size_t size,
                        enum up_network_keep keep)
{
    const struct up_network *net = &e->net;
    int slots = net->program.slots;
    void **slot = slots_of;
    size_t *offset = up_alloc((size_t)slots * sizeof *offset);
    size_t tasks = (size_t)up_passes_tasks(e->run.threads);
    bool *pass = up_alloc((size_t)slots * sizeof *pass);
    size_t numbers = up_network_place(offset, pass, net, (size_t)n, tasks, keep);
    uint8_t *base = up_slab_take(at, numbers, size);
    for (int i = 0; slot && i < slots; ++i) {
        int of = net->program.slot[i].of;
        slot[i] = base + (of < 0 ? offset[i] : offset[of] + net->layout.slot[i].offset) * size;
        passing[i] = pass[i];
    }
    free(pass);
    free(offset);
}

/* The arrays that say how slots are spread over a batch. */
static void place_planes_f32(struct up_planes_f32 *planes, const struct up_network *net,
                             struct up_slab_cursor *at, const int *task)
{
    int slots = net->program.slots;
    planes->at = UP_SLAB_TAKE(at, slots, float *);
    planes->step = UP_SLAB_TAKE(at, slots, size_t);
    planes->passing = UP_SLAB_TAKE(at, slots, bool);
    planes->task = task;
    for (int i = 0; planes->step && i < slots; ++i)
        planes->step[i] = net->layout.slot[i].image;
}

static void place_planes_f64(struct up_planes_f64 *planes, const struct up_network *net,
                             struct up_slab_cursor *at)
{
    int slots = net->program.slots;
    planes->at = UP_SLAB_TAKE(at, slots, double *);
    planes->step = UP_SLAB_TAKE(at, slots, size_t);
    planes->passing = UP_SLAB_TAKE(at, slots, bool);
    planes->task = NULL; /* there is one image */
    for (int i = 0; planes->step && i < slots; ++i)
        planes->step[i] = net->layout.slot[i].image;
}

static void place_batch(struct up_planes_f32 *planes, const struct up_evaluation *e,
                        struct up_slab_cursor *at, int n, enum up_network_keep keep)
{
    place_slots(planes->at, planes->passing, e, at, n, sizeof(float), keep);
}

static void place_absolute(struct up_evaluation *e, struct up_slab_cursor *at)
{
    const struct up_network *net = &e->net;
    struct up_absolute *a = &e->absolute;
    struct up_passes_f64 *f = &a->run;
    size_t numbers = net->layout.numbers;
    *f = (struct up_passes_f64){.program = &net->program,
                                .layout = &net->layout,
                                .schedule = &net->schedule,
                                .kernel = up_block_f64(e->of.isa),
                                .sizes = e->run.sizes,
                                .n = 1,
                                .threads = 1,
                                .published = true,
                                .identity_norm = true};
    a->weight = UP_SLAB_TAKE(at, net->program.numbers, double);
    a->dweight = UP_SLAB_TAKE(at, net->program.numbers, double);
    a->matrix = UP_SLAB_TAKE(at, 3 * numbers, double);
    f->weight = a->weight;
    f->matrix = a->matrix;
    f->turned = a->matrix + numbers;
    f->dmatrix = a->matrix + 2 * numbers;
    f->partial = UP_SLAB_TAKE(at, f->sizes.partial, double);
    f->saliency = UP_SLAB_TAKE(at, net->program.ops, double);
    f->saliency_partial = UP_SLAB_TAKE(at, f->sizes.saliency, double);
    f->scratch = UP_SLAB_TAKE(at, f->sizes.scratch, double);
    place_planes_f64(&f->act, net, at);
    place_planes_f64(&f->grad, net, at);
    place_slots(f->act.at, f->act.passing, e, at, 1, sizeof(double), UP_KEEP_FORWARD);
    place_slots(f->grad.at, f->grad.passing, e, at, 1, sizeof(double), UP_FOLD_BACKWARD);
}

/* What every pass over the batch reads. */
static void place_common(struct up_evaluation *e, struct up_slab_cursor *at, int n)
{
    const struct up_network *net = &e->net;
    struct up_passes_f32 *r = &e->run;
    size_t images = (size_t)n, classes = (size_t)e->of.size->classes;
    size_t factors = net->layout.norm_blocks * UP_FACTORS * UP_BLOCK_LANES;
    *r = (struct up_passes_f32){.program = &net->program,
                                .layout = &net->layout,
                                .schedule = &net->schedule,
                                .kernel = up_block_f32(e->of.isa),
                                .sizes = r->sizes,
                                .n = n,
                                .published = e->of.given != NULL,
                                .threads = e->of.threads > 1 ? e->of.threads : 1};
    r->norm = UP_SLAB_TAKE(at, net->program.norms, struct up_moments);
    r->factor = UP_SLAB_TAKE(at, factors, float);
    r->sums = UP_SLAB_TAKE(at, images * net->layout.norm_blocks * UP_SUMS, double);
    r->scratch = UP_SLAB_TAKE(at, (size_t)r->threads * r->sizes.scratch, float);
    r->winograd = UP_SLAB_TAKE(at, r->sizes.winograd, float);
    e->norm = UP_SLAB_TAKE(at, net->program.norms, struct up_moments);
    e->factor = UP_SLAB_TAKE(at, factors, float);
    e->signs = UP_SLAB_TAKE(at, 4 * e->sign_words * images, uint16_t);
    e->square = UP_SLAB_TAKE(at, images * images, double);
    e->logits = UP_SLAB_TAKE(at, 3 * classes * images, float);
    e->dlogits = e->logits + (e->logits ? classes * images : 0);
    e->tlogits = e->logits + (e->logits ? 2 * classes * images : 0);
}

static void place_jacobian(struct up_evaluation *e, struct up_slab_cursor *at, int n)
{
    place_batch(&e->folded_grad, e, at, n, e->run.published ? UP_KEEP_ALL : UP_FOLD_BACKWARD);
}

static void place_loss(struct up_evaluation *e, struct up_slab_cursor *at, int n)
{
    struct up_passes_f32 *r = &e->run;
    size_t numbers = e->net.layout.numbers;
    r->dmatrix = UP_SLAB_TAKE(at, numbers, float);
    r->partial = UP_SLAB_TAKE(at, UP_PASSES_GROUPS * r->sizes.partial, float);
    r->saliency_partial = UP_SLAB_TAKE(at, UP_PASSES_GROUPS * r->sizes.saliency, double);
    place_batch(&r->grad, e, at, n, UP_KEEP_GRADIENT);
    if (!(e->passes & UP_PASS_HESSIAN))
        return;
    place_batch(&r->tan, e, at, n, UP_KEEP_TANGENT);
    r->dturned = UP_SLAB_TAKE(at, numbers, float);
    r->along = UP_SLAB_TAKE(at, n, double);
    place_batch(&e->dtan, e, at, n, UP_FOLD_BACKWARD);
}

static void place_features(struct up_evaluation *e, struct up_slab_cursor *at, int n)
{
    const struct up_network *net = &e->net;
    size_t image = net->layout.slot[net->program.feature].image;
    place_batch(&e->folded_act, e, at, n, UP_FOLD_FORWARD);
    e->features.first = UP_SLAB_TAKE(at, image * (size_t)n, float);
    e->features.variance = UP_SLAB_TAKE(at, net->program.norms, double);
}

/* The buffers' addresses, and results that outlive their pass. */
static void place_results(struct up_evaluation *e, struct up_slab_cursor *at, int n)
{
    const struct up_program *p = &e->net.program;
    const struct up_program_slot *s = &p->slot[p->input];
    size_t images = (size_t)n, image = (size_t)s->c * (size_t)s->h * (size_t)s->w;
    int *task = UP_SLAB_TAKE(at, n, int);
    struct up_planes_f32 *planes[] = {&e->run.act,     &e->run.grad,   &e->run.tan,
                                      &e->folded_grad, &e->folded_act, &e->dtan};
    for (size_t i = 0; i < sizeof planes / sizeof *planes; ++i)
        place_planes_f32(planes[i], &e->net, at, task);
    if (task)
        up_passes_deal(task, n, e->run.threads);
    if (e->passes & UP_PASS_JACOBIAN) {
        e->jacobian = UP_SLAB_TAKE(at, image * images, double);
        e->correlation = UP_SLAB_TAKE(at, images * images, double);
    }
    if (e->passes & UP_PASS_LOSS) {
        e->dweight = UP_SLAB_TAKE(at, p->numbers, float);
        e->run.saliency = UP_SLAB_TAKE(at, p->ops, double);
    }
}

static void place_run(struct up_evaluation *e, struct up_slab_cursor *at, int n)
{
    static const struct {
        unsigned pass;
        void (*place)(struct up_evaluation *e, struct up_slab_cursor *at, int n);
    } apart[] = {{UP_PASS_JACOBIAN, place_jacobian},
                 {UP_PASS_LOSS, place_loss},
                 {UP_PASS_FEATURES, place_features}};
    place_common(e, at, n);
    place_results(e, at, n);
    if (e->passes & UP_PASS_FORWARD)
        place_batch(&e->run.act, e, at, n, UP_KEEP_FORWARD);
    struct up_slab_cursor end = *at;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; ++i) {
        struct up_slab_cursor here = *at;
        if (e->passes & apart[i].pass)
            apart[i].place(e, &here, n);
        end = here.at > end.at ? here : end;
    }
    *at = end;
}

/* A run beside the batch's: it keeps no slot, leaves the batch's sums alone, and has no
 * published order to meet, since weights and images are the reader's own. */
static void prepare_features(struct up_evaluation *e)
{
    e->features.run = e->run;
    e->features.run.act = e->folded_act;
    e->features.run.norm = e->norm;
    e->features.run.factor = e->factor;
    e->features.run.published = false;
}

void up_evaluation_place(struct up_evaluation *e, struct up_slab_cursor *at)
{
    size_t numbers = e->net.layout.numbers;
    e->weight = UP_SLAB_TAKE(at, e->net.program.numbers, float);
    e->matrix = UP_SLAB_TAKE(at, numbers, float);
    e->turned = UP_SLAB_TAKE(at, numbers, float);
    if (e->passes & ~(unsigned)UP_PASS_WEIGHTS)
        place_run(e, at, e->of.batch->n);
    if (e->passes & UP_PASS_ABSOLUTE)
        place_absolute(e, at);
    e->run.weight = e->weight;
    e->run.matrix = e->matrix;
    e->run.turned = e->turned;
    prepare_features(e);
}
