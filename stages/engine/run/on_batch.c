/* The passes over the batch whose gradients are by the weights: forward, the loss's gradient,
 * and the product of the loss's Hessian with that gradient. */
#include "stages/engine/run/evaluation.h"

#include "stages/kernels/loss.h"

#include <string.h>

/* Images [n][c][h][w] into blocks of 16 channels. */
static void lay_images(float *blocks, const struct up_evaluation *e, const float *x)
{
    const struct up_program *p = &e->net.program;
    const struct up_program_slot *s = &p->slot[p->input];
    size_t image = e->net.layout.slot[p->input].image, area = (size_t)s->h * (size_t)s->w;
    memset(blocks, 0, image * (size_t)e->run.n * sizeof *blocks);
    for (int i = 0; i < e->run.n; ++i, blocks += image)
        for (int c = 0; c < s->c; ++c) {
            float *to = blocks + (size_t)(c / UP_BLOCK_LANES) * area * UP_BLOCK_LANES +
                        c % UP_BLOCK_LANES;
            for (size_t k = 0; k < area; ++k)
                to[k * UP_BLOCK_LANES] = *x++;
        }
}

/* [classes][n] from the logits' slot, and back. */
static void read_logits(float *z, const struct up_evaluation *e, const struct up_planes_f32 *p)
{
    int k = e->net.program.logits, n = e->run.n;
    for (int c = 0; c < e->of.size->classes; ++c)
        for (int i = 0; i < n; ++i)
            z[c * n + i] = p->at[k][(size_t)i * e->net.layout.slot[k].image + (size_t)c];
}

static void write_logits(const struct up_planes_f32 *p, const struct up_evaluation *e,
                         const float *z)
{
    int k = e->net.program.logits, n = e->run.n;
    size_t image = e->net.layout.slot[k].image;
    memset(p->at[k], 0, image * (size_t)n * sizeof **p->at);
    for (int c = 0; c < e->of.size->classes; ++c)
        for (int i = 0; i < n; ++i)
            p->at[k][(size_t)i * image + (size_t)c] = z[c * n + i];
}

void up_evaluation_forward(struct up_evaluation *e)
{
    const struct up_batch *b = e->of.batch;
    lay_images(e->run.act.at[e->net.program.input], e, b->x);
    up_passes_forward_f32(&e->run);
    read_logits(e->logits, e, &e->run.act);
    e->loss = up_loss_forward_f32(e->logits, b->y, e->of.size->classes, b->n);
}

void up_evaluation_loss(struct up_evaluation *e)
{
    const struct up_batch *b = e->of.batch;
    const struct up_program *p = &e->net.program;
    up_loss_backward_f32(e->dlogits, e->logits, b->y, e->of.size->classes, b->n);
    write_logits(&e->run.grad, e, e->dlogits);
    up_passes_backward_f32(&e->run, false);
    memset(e->dweight, 0, p->numbers * sizeof *e->dweight);
    up_layout_unpack_f32(e->dweight, e->run.dmatrix, &e->net.layout, p);
}

void up_evaluation_hessian(struct up_evaluation *e)
{
    up_layout_turn_f32(e->run.dturned, e->run.dmatrix, &e->net.layout, &e->net.program);
    up_passes_tangent_f32(&e->run);
    read_logits(e->tlogits, e, &e->run.tan);
    up_loss_tangent_f32(e->dlogits, e->logits, e->tlogits, e->of.size->classes, e->of.batch->n);
    write_logits(&e->dtan, e, e->dlogits);
    e->curvature = up_passes_backward_tangent_f32(&e->run, &e->dtan);
}
