#include "stages/proxy/work.h"

#include "stages/nn/loss.h"
#include "stages/proxy/networks.h"
#include "stages/proxy/weights.h"

#include <string.h>

enum { MAX_PIXELS = 1 << 26 }; /* images x rows x columns: products of sizes fit an int */

static size_t slot_numbers(const struct up_slot *s)
{
    return (size_t)s->c * (size_t)s->h * (size_t)s->w;
}

/* Kept buffers, one per slot. */
static float **place_slots(struct up_place *at, const struct up_program *p, int n)
{
    float **slots = UP_PLACE(at, p->slots, float *);
    for (int i = 0; i < p->slots; ++i) {
        float *buffer = UP_PLACE(at, slot_numbers(&p->slot[i]) * (size_t)n, float);
        if (slots)
            slots[i] = buffer;
    }
    return slots;
}

static float **place_folded(struct up_place *at, const struct up_program *p, int n)
{
    float **slots = UP_PLACE(at, p->slots, float *);
    float *buffer = UP_PLACE(at, p->folded * (size_t)n, float);
    for (int i = 0; slots && i < p->slots; ++i)
        slots[i] = buffer + p->slot[i].folded * (size_t)n;
    return slots;
}

static void place_flow(struct up_work *w, struct up_place *at)
{
    const struct up_program *p = &w->program;
    struct up_run_f64 *f = &w->flow;
    *f = (struct up_run_f64){.program = p, .n = 1, .identity_norm = true};
    f->weight = UP_PLACE(at, p->numbers, double);
    f->dweight = UP_PLACE(at, p->numbers, double);
    f->reached = UP_PLACE(at, p->slots, bool);
    f->live = UP_PLACE(at, p->slots, bool);
    f->scratch = UP_PLACE(at, up_pass_scratch(p, 1), double);
    f->act = UP_PLACE(at, p->slots, double *);
    f->grad = UP_PLACE(at, p->slots, double *);
    double *folded = UP_PLACE(at, p->folded, double);
    for (int i = 0; i < p->slots; ++i) {
        double *act = UP_PLACE(at, slot_numbers(&p->slot[i]), double);
        if (!f->act)
            continue;
        f->act[i] = act;
        f->grad[i] = folded + p->slot[i].folded;
    }
}

static void place_run(struct up_work *w, struct up_place *at, int n)
{
    const struct up_program *p = &w->program;
    unsigned need = w->passes;
    struct up_run_f32 *r = &w->run;
    *r = (struct up_run_f32){.program = p, .n = n};
    r->live = UP_PLACE(at, p->slots, bool);
    r->reached = UP_PLACE(at, p->slots, bool);
    r->norm = UP_PLACE(at, p->norms, struct up_norm);
    r->scratch = UP_PLACE(at, up_pass_scratch(p, n), float);
    w->reached = UP_PLACE(at, p->slots, bool);
    w->norm = UP_PLACE(at, p->norms, struct up_norm);
    w->bits = UP_PLACE(at, w->words * (size_t)n, uint64_t);
    w->matrix = UP_PLACE(at, (size_t)n * (size_t)n, double);
    if (need & UP_PASS_FORWARD)
        r->act = place_slots(at, p, n);
    if (need & UP_PASS_LOSS) {
        r->dweight = UP_PLACE(at, p->numbers, float);
        r->grad = place_slots(at, p, n);
    }
    if (need & UP_PASS_HESSIAN)
        r->tan = place_slots(at, p, n);
    if (need & (UP_PASS_HESSIAN | UP_PASS_JACOBIAN | UP_PASS_ZEN))
        w->folded = place_folded(at, p, n);
    if (need & UP_PASS_JACOBIAN) {
        w->jacobian = UP_PLACE(at, slot_numbers(&p->slot[p->input]) * (size_t)n, double);
        w->correlation = UP_PLACE(at, (size_t)n * (size_t)n, double);
    }
    if (need & UP_PASS_ZEN) {
        w->feature = UP_PLACE(at, slot_numbers(&p->slot[p->feature]) * (size_t)n, float);
        w->variance = UP_PLACE(at, p->norms, double);
    }
}

static void layout(struct up_work *w, struct up_place *at)
{
    if (w->passes & ~(unsigned)UP_PASS_WEIGHTS)
        place_run(w, at, w->job->batch->n);
    if (w->passes & UP_PASS_SYNFLOW)
        place_flow(w, at);
    w->run.weight = UP_PLACE(at, w->program.numbers, float);
}

static int check_sizes(const struct up_proxy_job *job, struct up_err *err)
{
    const struct up_batch *b = job->batch;
    if (b->h != job->net.height || b->w != job->net.width)
        return up_fail(err, UP_EINVAL,
                       "the images are %d x %d pixels and the network is for %d x %d", b->h,
                       b->w, job->net.height, job->net.width);
    if (b->n < 1 || (double)b->n * b->h * b->w > MAX_PIXELS)
        return up_fail(
            err, UP_EINVAL,
            "a batch of %d images of %d x %d pixels cannot be scored: 1 to %d pixels in "
            "all; change the batch",
            b->n, b->h, b->w, MAX_PIXELS);
    return UP_OK;
}

static int check_labels(const struct up_proxy_job *job, struct up_err *err)
{
    const struct up_batch *b = job->batch;
    for (int i = 0; i < b->n; ++i)
        if (b->y[i] < 0 || b->y[i] >= job->net.classes)
            return up_fail(
                err, UP_EINVAL,
                "label %d of the batch is %d and the network has %d classes (0 to %d)", i,
                b->y[i], job->net.classes, job->net.classes - 1);
    return UP_OK;
}

static size_t most_words(const struct up_program *p)
{
    size_t most = 0;
    for (int i = 0; i < p->slots; ++i) {
        size_t words = (slot_numbers(&p->slot[i]) + 63) / 64;
        if (p->slot[i].relus && words > most)
            most = words;
    }
    return most;
}

/* Builds the program and counts the bytes that its buffers take. */
static int measure(struct up_work *w, const struct up_proxy_job *job, unsigned passes,
                   size_t *size, struct up_err *err)
{
    *w = (struct up_work){.job = job, .passes = passes};
    int rc = check_sizes(job, err);
    if (rc)
        return rc;
    rc = up_network_build(&w->program, job->space, &job->arch, &job->net, job->batch->c, err);
    if (rc)
        return rc;
    w->words = most_words(&w->program);
    struct up_place at = {NULL, 0};
    layout(w, &at);
    *size = at.at;
    return UP_OK;
}

size_t up_work_size(const struct up_proxy_job *job, unsigned passes)
{
    struct up_work w;
    size_t size = 0;
    if (measure(&w, job, passes, &size, NULL) == UP_OK)
        up_work_release(&w);
    return size;
}

int up_work_init(struct up_work *w, const struct up_proxy_job *job, unsigned passes,
                 struct up_proxy_slab *slab, struct up_err *err)
{
    size_t size;
    int rc = measure(w, job, passes, &size, err);
    if (rc)
        return rc;
    if ((rc = check_labels(job, err)))
        goto out;
    struct up_place at = {up_proxy_slab_reserve(slab, size), 0};
    if (!at.base) {
        rc = up_fail(
            err, UP_ENOMEM,
            "scoring with a batch of %d images needs %zu MiB of memory per thread; use a "
            "smaller batch or fewer threads",
            job->batch->n, size >> 20);
        goto out;
    }
    layout(w, &at);
    rc = up_weights_fill(w->run.weight, &w->program, job->seed, job->given, err);
out:
    if (rc)
        up_work_release(w);
    return rc;
}

void up_work_release(struct up_work *w) { up_program_release(&w->program); }

/* [n][c][hw] as images are stored to [c][n][hw] as passes want them. */
static void load_images(float *out, const struct up_batch *b)
{
    size_t area = (size_t)b->h * (size_t)b->w;
    for (int c = 0; c < b->c; ++c)
        for (int i = 0; i < b->n; ++i, out += area)
            memcpy(out, b->x + ((size_t)i * (size_t)b->c + (size_t)c) * area,
                   area * sizeof *out);
}

void up_work_forward(struct up_work *w)
{
    const struct up_program *p = &w->program;
    const struct up_batch *b = w->job->batch;
    load_images(w->run.act[p->input], b);
    up_run_forward_f32(&w->run, p->ops);
    w->loss = up_loss_forward_f32(w->run.act[p->logits], b->y, w->job->net.classes, b->n);
}

void up_work_loss(struct up_work *w)
{
    const struct up_batch *b = w->job->batch;
    int z = w->program.logits;
    up_loss_backward_f32(w->run.grad[z], w->run.act[z], b->y, w->job->net.classes, b->n);
    up_run_backward_f32(&w->run, false);
}

void up_work_hessian(struct up_work *w)
{
    int z = w->program.logits;
    w->curvature = up_run_tangent_f32(&w->run);
    up_loss_tangent_f32(w->folded[z], w->run.act[z], w->run.tan[z], w->job->net.classes,
                        w->job->batch->n);
    w->curvature += up_run_backward_tangent_f32(&w->run, w->folded);
}
