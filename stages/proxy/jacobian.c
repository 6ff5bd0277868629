/* The Jacobian pass: gradient of the sum of all logits with respect to every image, through
 * batch norm in training mode, hence with its terms across images. jacov and epe_nas read the
 * Pearson correlations of its rows. */
#include "stages/proxy/work.h"

#include "stages/kernels/gemm.h"
#include "stages/kernels/reduce.h"
#include "stages/engine/run/published.h"

#include <math.h>
#include <string.h>

static const double tiny = 1e-5; /* of both definitions */
enum { FEW_CLASSES = 100 };      /* epe_nas compares classes when there are more */

/* rows[n][c*hw] in float64, centred, from an input's gradient. */
static void rows_of(double *rows, const struct up_work *w, const float *dx)
{
    const struct up_program_slot *s = &w->program.slot[w->program.input];
    size_t image = w->layout.slot[w->program.input].image, area = (size_t)(s->h * s->w);
    size_t d = (size_t)s->c * area;
    for (int i = 0; i < w->run.n; ++i, rows += d, dx += image) {
        for (size_t j = 0; j < d; ++j) {
            size_t c = j / area;
            rows[j] = (double)dx[(c / UP_BLOCK_LANES * area + j % area) * UP_BLOCK_LANES +
                                 c % UP_BLOCK_LANES];
        }
        double mean = up_sum_f64(rows, (ptrdiff_t)d) / (double)d;
        for (size_t j = 0; j < d; ++j)
            rows[j] -= mean;
    }
}

static double clipped(double v) { return v > 1 ? 1 : v < -1 ? -1 : v; }

/* out[n][n] = Pearson correlations of centred rows; NaN where a row is constant. */
static void correlate(double *out, const double *rows, int n, ptrdiff_t d)
{
    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j)
            out[i * n + j] = up_dot_f64(rows + i * d, rows + j * d, d);
    for (int i = 0; i < n; ++i)
        for (int j = 0; j < i; ++j) {
            double scale = sqrt(out[i * n + i]) * sqrt(out[j * n + j]);
            out[i * n + j] = scale > 0 ? clipped(out[i * n + j] / scale) : (double)NAN;
            out[j * n + i] = out[i * n + j];
        }
    for (int i = 0; i < n; ++i)
        out[i * n + i] = out[i * n + i] > 0 ? 1 : (double)NAN;
}

void up_work_jacobian(struct up_work *w)
{
    const struct up_program *p = &w->program;
    struct up_passes_f32 run = w->run; /* keeps no slot, and the loss's sums stay as they are */
    const struct up_program_slot *image = &p->slot[p->input], *z = &p->slot[p->logits];
    size_t each = w->layout.slot[p->logits].image;
    run.grad = w->folded_grad;
    run.norm = w->norm;
    run.factor = w->factor;
    run.dmatrix = NULL;
    memcpy(run.norm, w->run.norm, (size_t)p->norms * sizeof *run.norm);
    memcpy(run.factor, w->run.factor,
           w->layout.norm_blocks * UP_FACTORS * UP_BLOCK_LANES * sizeof *run.factor);
    for (size_t i = 0; i < each * (size_t)run.n; ++i)
        run.grad.at[p->logits][i] = (int)(i % each) < z->c;
    if (run.published)
        up_published_backward(&run);
    else
        up_passes_backward_f32(&run, true);
    if (!w->schedule.reached[p->input])
        memset(run.grad.at[p->input], 0,
               w->layout.slot[p->input].image * (size_t)run.n * sizeof(float));
    rows_of(w->jacobian, w, run.grad.at[p->input]);
    correlate(w->correlation, w->jacobian, run.n, (ptrdiff_t)image->c * image->h * image->w);
}

/* -sum over eigenvalues v of log(v + 1e-5) + 1 / (v + 1e-5)  (Mellor et al., ICML 2021) */
double up_score_jacov(const struct up_work *w)
{
    int n = w->run.n;
    double score = 0;
    double *v = w->jacobian; /* at least n numbers, read no more once correlated */
    memcpy(w->matrix_n, w->correlation, (size_t)n * (size_t)n * sizeof *w->matrix_n);
    if (up_sym_eigenvalues(v, w->matrix_n, n, NULL))
        return (double)NAN;
    for (int i = 0; i < n; ++i) {
        double x = v[i] + tiny;
        if (!(x > 0))
            return (double)NAN;
        score -= log(x) + 1 / x;
    }
    return score;
}

/* Sum over pairs of images of class c of log(|correlation| + 1e-5); *images: how many there
 * are. */
static double class_score(const struct up_work *w, int c, int *images)
{
    int n = w->run.n;
    const int32_t *y = w->job->batch->y;
    double sum = 0;
    *images = 0;
    for (int i = 0; i < n; ++i) {
        *images += y[i] == c;
        for (int j = 0; y[i] == c && j < n; ++j)
            if (y[j] == c)
                sum += log(fabs(w->correlation[i * n + j]) + tiny);
    }
    return sum;
}

/* The next class from c on that has images: its mean over them, or `classes` at the end.
 * Classes of one image are left out (the published code loses them to an exception). */
static int next_class(const struct up_work *w, int c, double *mean)
{
    int classes = w->job->net.classes, images = 0;
    for (; c < classes; ++c) {
        double s = class_score(w, c, &images);
        if (images < 2)
            continue;
        *mean = s / images;
        return c;
    }
    return classes;
}

/* Mean over kept classes of the differences to all others. */
static double compare_classes(const struct up_work *w)
{
    int classes = w->job->net.classes, kept = 0;
    double sum = 0, a = 0, b = 0;
    for (int i = next_class(w, 0, &a); i < classes; i = next_class(w, i + 1, &a), ++kept)
        for (int j = next_class(w, 0, &b); j < classes; j = next_class(w, j + 1, &b))
            sum += fabs(a - b);
    return kept ? sum / kept : 0;
}

/* Lopes et al., ICANN 2021, with the published special cases. */
double up_score_epe_nas(const struct up_work *w)
{
    int images = 0;
    double sum = 0;
    if (w->job->net.classes > FEW_CLASSES)
        return compare_classes(w);
    for (int c = 0; c < w->job->net.classes; ++c)
        sum += fabs(class_score(w, c, &images));
    return sum;
}
