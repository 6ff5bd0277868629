/* What the passes have in common on one image: where its planes and a norm's coefficients
 * lie, padding, the gradient of an output, and the threads that images are dealt to. */
#include "stages/engine/run/image_ops.h"

#include "stages/kernels/parallel.h"

#include <string.h>

#include "stages/kernels/real.h"

enum { LANES = UP_BLOCK_LANES };

struct up_scratch up_passes_scratch(const struct up_passes *r, size_t task)
{
    const struct up_passes_sizes *n = &r->sizes;
    real *x = r->scratch + task * n->scratch, *g = x + 2 * n->x;
    real *y = g + 2 * n->g, *v = y + n->y;
    return (struct up_scratch){x, x + n->x, g, g + n->g, y, v, v + n->v, NULL};
}

real *up_passes_image(const struct up_planes *p, int slot, int image)
{
    return p->at[slot] + (size_t)(p->passing[slot] ? p->task[image] : image) * p->step[slot];
}

void up_passes_ahead(const struct up_passes *r, struct up_ahead *a, const struct up_planes *p,
                     int slot, int image)
{
    while (p == &r->act && p->passing[slot] && r->schedule->maker[slot] >= 0)
        slot = r->program->op[r->schedule->maker[slot]].src;
    const struct up_layout_slot *s = &r->layout->slot[slot];
    if (image < r->n && !p->passing[slot])
        up_ahead_add(a, up_passes_image(p, slot, image),
                     (size_t)s->blocks * s->plane * sizeof(real));
}

real *up_passes_factor(const struct up_passes *r, int norm, int b, int k)
{
    size_t block = r->layout->op[norm].norm + (size_t)b;
    return r->factor + (block * UP_FACTORS + (size_t)k) * LANES;
}

double *up_passes_sums(const struct up_passes *r, int norm, int b, int image)
{
    size_t block = r->layout->op[norm].norm + (size_t)b;
    return r->sums + ((size_t)image * r->layout->norm_blocks + block) * UP_SUMS;
}

void up_passes_moments(const struct up_passes *r, const real *v, const real *x, int norm,
                       int image, bool tangent)
{
    const struct up_op *op = &r->program->op[norm];
    const struct up_layout_slot *src = &r->layout->slot[op->src];
    for (int b = 0; b < src->blocks; ++b, v += src->plane, x += src->plane) {
        double mean[LANES] = {0};
        double *s = up_passes_sums(r, norm, b, image) + (tangent ? 2 * LANES : 0);
        for (int i = 0; i < LANES && b * LANES + i < r->program->slot[op->src].c; ++i) {
            const struct up_moments *n = &r->norm[op->norm + b * LANES + i];
            mean[i] = tangent ? n->tangent : n->mean;
        }
        memset(s, 0, 2 * LANES * sizeof *s);
        r->kernel->moments(s, v, x, mean, (ptrdiff_t)(src->plane / LANES));
    }
}

void up_passes_mix(const struct up_passes *r, real *y, const real *v, const real *x,
                   const struct up_step *step, int factor)
{
    const struct up_layout_slot *src = &r->layout->slot[r->program->op[step->op].src];
    struct up_rectangle all = {1, (int)(src->plane / LANES), 0, 0};
    for (int b = 0; b < src->blocks; ++b, y += src->plane, v += src->plane, x += src->plane) {
        const real *p[2] = {v, x};
        r->kernel->mix2(y, p, up_passes_factor(r, step->op, b, factor), &all, step->add);
    }
}

/* The frame of a padded plane of h x w pixels. */
static void frame(real *padded, int h, int w, int frame, real v)
{
    ptrdiff_t width = (ptrdiff_t)(w + 2 * frame) * LANES, side = (ptrdiff_t)frame * LANES;
    ptrdiff_t edge = frame * width + side;
    real *end = padded + (h + 2 * frame) * width;
    for (ptrdiff_t i = 0; i < edge; ++i)
        padded[i] = v;
    for (int y = 1; y < h; ++y)
        for (ptrdiff_t i = -side; i < side; ++i)
            padded[(y + frame) * width + i] = v;
    for (real *at = end - edge; at < end; ++at)
        *at = v;
}

/* One padded plane. */
void up_passes_pad(const struct up_passes *r, real *padded, const real *x, const real *mask,
                   const struct up_shape *s, real outside)
{
    struct up_rectangle a = {s->h, s->w, (ptrdiff_t)(s->w + 2 * s->frame) * LANES,
                             (ptrdiff_t)s->w * LANES};
    frame(padded, s->h, s->w, s->frame, outside);
    r->kernel->pass(padded + up_shape_interior(s->frame, s->w), x, mask, &a, false);
}

const real *up_passes_gather(const struct up_passes *r, real *padded, const real *x,
                             const real *mask, int op)
{
    struct up_shape s = r->layout->op[op].shape;
    const struct up_layout_slot *src = &r->layout->slot[r->program->op[op].src];
    if (!mask && !s.frame)
        return x;
    for (int b = 0; b < src->blocks; ++b) {
        size_t at = (size_t)b * src->plane;
        up_passes_pad(r, padded + (size_t)b * s.padded, x + at, mask ? mask + at : NULL, &s, 0);
    }
    return padded;
}

/* Padded planes of an output's gradient: fn of `count` planes, or the gradient as it is. */
static void mixed(const struct up_passes *r, real *padded, int op, const real *const *p,
                  int count, int factor)
{
    const struct up_op *o = &r->program->op[op];
    const struct up_layout_slot *dst = &r->layout->slot[o->dst];
    struct up_shape s = r->layout->op[op].shape;
    int norm = r->schedule->norm_of[o->dst], first = (int)(dst->offset / dst->plane);
    struct up_rectangle a = {s.oh, s.ow, (ptrdiff_t)(s.ow + 2 * s.back_frame) * LANES,
                             (ptrdiff_t)s.ow * LANES};
    for (int b = 0; b < dst->blocks; ++b) {
        real *plane = padded + (size_t)b * s.back;
        real *to = plane + up_shape_interior(s.back_frame, s.ow);
        const real *q[4];
        for (int i = 0; i < count; ++i)
            q[i] = p[i] + (size_t)b * dst->plane;
        frame(plane, s.oh, s.ow, s.back_frame, 0);
        if (norm < 0 || r->identity_norm)
            r->kernel->pass(to, q[0], NULL, &a, false);
        else if (count == 2)
            r->kernel->mix2(to, q, up_passes_factor(r, norm, first + b, factor), &a, false);
        else
            r->kernel->mix4(to, q, up_passes_factor(r, norm, first + b, factor), &a, false);
    }
}

/* Planes of grads that belong to op's output: its norm's target, or its own. */
static const real *target(const struct up_passes *r, const struct up_planes *grads, int op,
                          int image)
{
    int dst = r->program->op[op].dst, norm = r->schedule->norm_of[dst];
    if (norm < 0)
        return up_passes_image(grads, dst, image);
    return up_passes_image(grads, r->program->op[norm].dst, image) +
           r->layout->slot[dst].offset;
}

void up_passes_gradient(const struct up_passes *r, real *padded, int op, int image)
{
    const real *p[2] = {target(r, &r->grad, op, image),
                        up_passes_image(&r->act, r->program->op[op].dst, image)};
    mixed(r, padded, op, p, 2, UP_K_GRAD);
}

void up_passes_gradient_tangent(const struct up_passes *r, real *padded, int op, int image,
                                const struct up_planes *gtan)
{
    int dst = r->program->op[op].dst;
    const real *p[4] = {target(r, gtan, op, image), target(r, &r->grad, op, image),
                        up_passes_image(&r->tan, dst, image),
                        up_passes_image(&r->act, dst, image)};
    mixed(r, padded, op, p, 4, UP_K_BOTH);
}

/* ---- images over threads ---- */
struct crew {
    struct up_passes *run;
    void (*fn)(void *, size_t, int);
    void *ctx;
    size_t tasks;
};

static void crew_work(void *ctx, size_t task)
{
    const struct crew *c = ctx;
    for (size_t g = task; g < UP_PASSES_GROUPS; g += c->tasks) {
        int from, to;
        up_passes_group(&from, &to, c->run->n, (int)g);
        for (int image = from; image < to; ++image)
            c->fn(c->ctx, task, image);
    }
}

void up_passes_images(struct up_passes *r, void (*fn)(void *, size_t, int), void *ctx)
{
    struct crew c = {r, fn, ctx, (size_t)up_passes_tasks(r->threads)};
    up_parallel_each((int)c.tasks, c.tasks, crew_work, &c);
}
