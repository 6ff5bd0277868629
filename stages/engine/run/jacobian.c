/* The Jacobian pass: the gradient of the sum of all logits by every image, through batch norm
 * in training mode and hence with its terms across images; and how alike the images' gradients
 * are. */
#include "stages/engine/run/evaluation.h"

#include "stages/engine/run/published.h"
#include "stages/kernels/reduce.h"

#include <math.h>
#include <string.h>

/* rows[n][c*hw] in float64, centred, from the input's gradient in blocks. */
static void lay_rows(double *rows, const struct up_evaluation *e, const float *dx)
{
    const struct up_program *p = &e->net.program;
    const struct up_program_slot *s = &p->slot[p->input];
    size_t image = e->net.layout.slot[p->input].image, area = (size_t)s->h * (size_t)s->w;
    size_t d = (size_t)s->c * area;
    for (int i = 0; i < e->run.n; ++i, rows += d, dx += image) {
        for (size_t j = 0; j < d; ++j) {
            size_t c = j / area;
            rows[j] = (double)dx[(c / UP_BLOCK_LANES * area + j % area) * UP_BLOCK_LANES +
                                 c % UP_BLOCK_LANES];
        }
        double mean = up_reduce_sum_f64(rows, (ptrdiff_t)d) / (double)d;
        for (size_t j = 0; j < d; ++j)
            rows[j] -= mean;
    }
}

static double clip_to_one(double v) { return v > 1 ? 1 : v < -1 ? -1 : v; }

/* out[n][n] = Pearson correlations of centred rows; NaN where a row is constant. */
static void correlate(double *out, const double *rows, int n, ptrdiff_t d)
{
    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j)
            out[i * n + j] = up_reduce_dot_f64(rows + i * d, rows + j * d, d);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < i; ++j) {
            double scale = sqrt(out[i * n + i]) * sqrt(out[j * n + j]);
            out[i * n + j] = scale > 0 ? clip_to_one(out[i * n + j] / scale) : (double)NAN;
            out[j * n + i] = out[i * n + j];
        }
    for (int i = 0; i < n; ++i)
        out[i * n + i] = out[i * n + i] > 0 ? 1 : (double)NAN;
}

/* A run beside the batch's: it keeps no slot, and leaves the sums that the loss needs alone. */
static struct up_passes_f32 beside(const struct up_evaluation *e)
{
    const struct up_network *net = &e->net;
    struct up_passes_f32 run = e->run;
    run.grad = e->folded_grad;
    run.norm = e->norm;
    run.factor = e->factor;
    run.dmatrix = NULL;
    memcpy(run.norm, e->run.norm, (size_t)net->program.norms * sizeof *run.norm);
    memcpy(run.factor, e->run.factor,
           net->layout.norm_blocks * UP_FACTORS * UP_BLOCK_LANES * sizeof *run.factor);
    return run;
}

void up_evaluation_jacobian(struct up_evaluation *e)
{
    const struct up_program *p = &e->net.program;
    const struct up_program_slot *image = &p->slot[p->input], *z = &p->slot[p->logits];
    size_t each = e->net.layout.slot[p->logits].image;
    struct up_passes_f32 run = beside(e);
    for (size_t i = 0; i < each * (size_t)run.n; ++i)
        run.grad.at[p->logits][i] = (int)(i % each) < z->c;
    if (run.published)
        up_published_backward(&run);
    else
        up_passes_backward_f32(&run, true);
    if (!e->net.schedule.reached[p->input])
        memset(run.grad.at[p->input], 0,
               e->net.layout.slot[p->input].image * (size_t)run.n * sizeof(float));
    lay_rows(e->jacobian, e, run.grad.at[p->input]);
    correlate(e->correlation, e->jacobian, run.n, (ptrdiff_t)image->c * image->h * image->w);
}
