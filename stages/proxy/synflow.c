/* synflow (Tanaka et al., NeurIPS 2020) as published: no norms, absolute weights, one image of
 * ones, in float64, and the logarithm of the sum. */
#include "stages/proxy/work.h"

#include "stages/nn/reduce.h"

#include <math.h>

void up_work_synflow(struct up_work *w)
{
    const struct up_program *p = &w->program;
    struct up_run_f64 *f = &w->flow;
    struct up_slot image = p->slot[p->input];
    for (size_t i = 0; i < p->numbers; ++i)
        f->weight[i] = fabs((double)w->run.weight[i]);
    for (int i = 0; i < image.c * image.h * image.w; ++i)
        f->act[p->input][i] = 1;
    up_run_forward_f64(f, p->ops);
    for (int k = 0; k < p->slot[p->logits].c; ++k)
        f->grad[p->logits][k] = 1;
    up_run_backward_f64(f, false);
}

double up_score_synflow(const struct up_work *w)
{
    const struct up_program *p = &w->program;
    double sum = 0;
    for (int i = 0; i < p->weights; ++i) {
        const struct up_weight *t = &p->weight[i];
        if (t->role == UP_W_COUNTED)
            sum += up_abs_dot_f64(w->flow.weight + t->at, w->flow.dweight + t->at,
                                  (ptrdiff_t)t->count);
    }
    return sum > 0 ? log(sum) : sum;
}
