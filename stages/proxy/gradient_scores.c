/* Scores that read weights and the gradient of the loss. "Counted" are the weights of
 * convolutions and linear layers; norms and biases never count. */
#include "stages/proxy/work.h"

#include "stages/kernels/reduce.h"

#include <math.h>

/* Sum over counted tensors of a function of (weight, gradient, count). */
static double over_counted(const struct up_work *w,
                           double (*of)(const float *, const float *, ptrdiff_t),
                           const float *a, const float *b)
{
    const struct up_program *p = &w->program;
    double sum = 0;
    for (int i = 0; i < p->weights; ++i) {
        const struct up_program_weight *t = &p->weight[i];
        if (t->role == UP_W_COUNTED)
            sum += of(a + t->at, b + t->at, (ptrdiff_t)t->count);
    }
    return sum;
}

static double norm(const float *a, const float *b, ptrdiff_t m)
{
    return sqrt(up_dot_f32(a, b, m));
}

double up_score_snip(const struct up_work *w)
{
    return over_counted(w, up_abs_dot_f32, w->weight, w->dweight);
}

double up_score_plain(const struct up_work *w)
{
    return over_counted(w, up_dot_f32, w->weight, w->dweight);
}

double up_score_grad_norm(const struct up_work *w)
{
    return over_counted(w, norm, w->dweight, w->dweight);
}

double up_score_l2_norm(const struct up_work *w)
{
    return over_counted(w, norm, w->weight, w->weight);
}

double up_score_grasp(const struct up_work *w)
{
    return 0 - w->curvature; /* 0, not -0, where there is none */
}

/* At every counted layer's output, each channel counted once per weight that makes it. */
double up_score_fisher(const struct up_work *w)
{
    double sum = 0;
    for (int i = 0; i < w->program.ops; ++i)
        sum += w->run.fisher[i];
    return sum;
}
