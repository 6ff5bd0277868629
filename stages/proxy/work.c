#include "stages/proxy/work.h"

#include "stages/kernels/loss.h"
#include "stages/engine/net/build.h"
#include "stages/engine/net/initial.h"
#include "store/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PIXELS = 1 << 26 }; /* images x rows x columns: products of sizes fit an int */

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

static size_t most_words(const struct up_work *w)
{
    size_t most = 0;
    for (int i = 0; i < w->program.slots; ++i) {
        const struct up_layout_slot *s = &w->layout.slot[i];
        size_t words = ((size_t)s->blocks * s->plane + 63) / 64;
        if (w->program.slot[i].relus && words > most)
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
    up_layout_init(&w->layout, &w->program);
    up_schedule_init(&w->schedule, &w->program);
    w->run.sizes = up_passes_sizes(&w->program, &w->layout, &w->schedule);
    w->words = most_words(w);
    struct up_slab_cursor at = {NULL, 0};
    up_work_place(w, &at);
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
                 struct up_slab *slab, struct up_err *err)
{
    size_t size;
    int rc = measure(w, job, passes, &size, err);
    if (rc)
        return rc;
    if ((rc = check_labels(job, err)))
        goto out;
    struct up_slab_cursor at = {up_slab_reserve(slab, size), 0};
    if (!at.base) {
        rc = up_fail(
            err, UP_ENOMEM,
            "scoring with a batch of %d images needs %zu MiB of memory per thread; use a "
            "smaller batch or fewer threads",
            job->batch->n, size >> 20);
        goto out;
    }
    up_work_place(w, &at);
    rc = up_initial_weights(w->weight, &w->program, job->seed, job->given, err);
    if (rc)
        goto out;
    up_layout_pack_f32(w->matrix, w->weight, &w->layout, &w->program, false);
    up_layout_pack_f32(w->turned, w->weight, &w->layout, &w->program, true);
out:
    if (rc)
        up_work_release(w);
    return rc;
}

void up_work_release(struct up_work *w)
{
    up_program_release(&w->program);
    up_layout_release(&w->layout);
    up_schedule_release(&w->schedule);
}

void up_work_images(float *blocks, const struct up_work *w, const float *x)
{
    const struct up_program_slot *s = &w->program.slot[w->program.input];
    size_t image = w->layout.slot[w->program.input].image, area = (size_t)(s->h * s->w);
    memset(blocks, 0, image * (size_t)w->run.n * sizeof *blocks);
    for (int i = 0; i < w->run.n; ++i, blocks += image)
        for (int c = 0; c < s->c; ++c) {
            float *to = blocks + (size_t)(c / UP_BLOCK_LANES) * area * UP_BLOCK_LANES +
                        c % UP_BLOCK_LANES;
            for (size_t k = 0; k < area; ++k)
                to[k * UP_BLOCK_LANES] = *x++;
        }
}

/* [classes][n] from the logits' slot, and back. */
static void take_logits(float *z, const struct up_work *w, const struct up_planes_f32 *p)
{
    int k = w->program.logits, n = w->run.n;
    for (int c = 0; c < w->job->net.classes; ++c)
        for (int i = 0; i < n; ++i)
            z[c * n + i] = p->at[k][(size_t)i * w->layout.slot[k].image + (size_t)c];
}

static void give_logits(const struct up_planes_f32 *p, const struct up_work *w, const float *z)
{
    int k = w->program.logits, n = w->run.n;
    memset(p->at[k], 0, w->layout.slot[k].image * (size_t)n * sizeof **p->at);
    for (int c = 0; c < w->job->net.classes; ++c)
        for (int i = 0; i < n; ++i)
            p->at[k][(size_t)i * w->layout.slot[k].image + (size_t)c] = z[c * n + i];
}

void up_work_forward(struct up_work *w)
{
    const struct up_batch *b = w->job->batch;
    up_work_images(w->run.act.at[w->program.input], w, b->x);
    up_passes_forward_f32(&w->run);
    take_logits(w->logits, w, &w->run.act);
    w->loss = up_loss_forward_f32(w->logits, b->y, w->job->net.classes, b->n);
}

void up_work_loss(struct up_work *w)
{
    const struct up_batch *b = w->job->batch;
    up_loss_backward_f32(w->dlogits, w->logits, b->y, w->job->net.classes, b->n);
    give_logits(&w->run.grad, w, w->dlogits);
    up_passes_backward_f32(&w->run, false);
    memset(w->dweight, 0, w->program.numbers * sizeof *w->dweight);
    up_layout_unpack_f32(w->dweight, w->run.dmatrix, &w->layout, &w->program);
}

void up_work_hessian(struct up_work *w)
{
    up_layout_turn_f32(w->run.dturned, w->run.dmatrix, &w->layout, &w->program);
    up_passes_tangent_f32(&w->run);
    take_logits(w->tlogits, w, &w->run.tan);
    up_loss_tangent_f32(w->dlogits, w->logits, w->tlogits, w->job->net.classes,
                        w->job->batch->n);
    give_logits(&w->dtan, w, w->dlogits);
    w->curvature = up_passes_backward_tangent_f32(&w->run, &w->dtan);
}
