/* synflow (Tanaka et al., NeurIPS 2020), as published: the logarithm of the sum over counted
 * weights of |w dS/dw|, where S is the sum of the logits of the network with absolute weights
 * and without norms, on one image of ones, in float64. A network that nothing flows through
 * scores 0. */
#include "stages/proxy/rows.h"

#include "stages/kernels/reduce.h"

#include <math.h>

double up_proxy_synflow(struct up_evaluation *e)
{
    const struct up_program *p = &e->net.program;
    const struct up_absolute *a = &e->absolute;
    double sum = 0;
    for (int i = 0; i < p->weights; ++i) {
        const struct up_program_weight *t = &p->weight[i];
        if (t->role == UP_W_COUNTED)
            sum += up_reduce_abs_dot_f64(a->weight + t->at, a->dweight + t->at,
                                         (ptrdiff_t)t->count);
    }
    return sum > 0 ? log(sum) : sum;
}
