/* The pass with absolute weights, without norms, on one image of ones, in float64. */
#include "stages/engine/run/evaluation.h"

#include <math.h>
#include <string.h>

void up_evaluation_absolute(struct up_evaluation *e)
{
    const struct up_program *p = &e->net.program;
    const struct up_layout *l = &e->net.layout;
    struct up_absolute *a = &e->absolute;
    size_t image = l->slot[p->input].image, last = l->slot[p->logits].image;
    for (size_t i = 0; i < p->numbers; ++i)
        a->weight[i] = fabs((double)e->weight[i]);
    up_layout_pack_f64(a->matrix, a->weight, l, p, false);
    up_layout_turn_f64(a->matrix + l->numbers, a->matrix, l, p);
    for (size_t i = 0; i < image; ++i)
        a->run.act.at[p->input][i] = (int)(i % UP_BLOCK_LANES) < p->slot[p->input].c;
    up_passes_forward_f64(&a->run);
    for (size_t i = 0; i < last; ++i)
        a->run.grad.at[p->logits][i] = (int)i < p->slot[p->logits].c;
    up_passes_backward_f64(&a->run, false);
    memset(a->dweight, 0, p->numbers * sizeof *a->dweight);
    up_layout_unpack_f64(a->dweight, a->run.dmatrix, l, p);
}
