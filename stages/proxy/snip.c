/* snip (Lee, Ajanthan and Torr, ICLR 2019): the sum over all counted weights of |w g|, where g
 * is the gradient of the loss by the weight w. It is the saliency by which weights are pruned;
 * a larger score is better. */
#include "stages/proxy/counted.h"
#include "stages/proxy/rows.h"

#include "stages/kernels/reduce.h"

double up_proxy_snip(struct up_evaluation *e)
{
    return up_proxy_over_counted(&e->net.program, up_reduce_abs_dot_f32, e->weight, e->dweight);
}
