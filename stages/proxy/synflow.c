/* synflow (Tanaka et al., NeurIPS 2020) as published: no norms, absolute weights, one image of
 * ones, in float64, and the logarithm of the sum. */
#include "stages/proxy/work.h"

#include "stages/kernels/reduce.h"

#include <math.h>
#include <string.h>

void up_work_synflow(struct up_work *w)
{
    const struct up_program *p = &w->program;
    struct up_passes_f64 *f = &w->flow;
    size_t image = w->layout.slot[p->input].image, last = w->layout.slot[p->logits].image;
    for (size_t i = 0; i < p->numbers; ++i)
        w->flow_weight[i] = fabs((double)w->weight[i]);
    up_layout_pack_f64(w->flow_matrix, w->flow_weight, &w->layout, p, false);
    up_layout_turn_f64(w->flow_matrix + w->layout.numbers, w->flow_matrix, &w->layout, p);
    for (size_t i = 0; i < image; ++i)
        f->act.at[p->input][i] = (int)(i % UP_BLOCK_LANES) < p->slot[p->input].c;
    up_passes_forward_f64(f);
    for (size_t i = 0; i < last; ++i)
        f->grad.at[p->logits][i] = (int)i < p->slot[p->logits].c;
    up_passes_backward_f64(f, false);
    memset(w->flow_dweight, 0, p->numbers * sizeof *w->flow_dweight);
    up_layout_unpack_f64(w->flow_dweight, f->dmatrix, &w->layout, p);
}

double up_score_synflow(const struct up_work *w)
{
    const struct up_program *p = &w->program;
    double sum = 0;
    for (int i = 0; i < p->weights; ++i) {
        const struct up_program_weight *t = &p->weight[i];
        if (t->role == UP_W_COUNTED)
            sum += up_abs_dot_f64(w->flow_weight + t->at, w->flow_dweight + t->at,
                                  (ptrdiff_t)t->count);
    }
    return sum > 0 ? log(sum) : sum;
}
