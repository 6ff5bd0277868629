/* plain (Abdelfattah et al., ICLR 2021): the sum over all counted weights of w g, with its
 * sign, where g is the gradient of the loss by the weight w. A convolution straight into a
 * batch norm does not care for its scale and gives almost nothing, so that the classifier
 * decides. */
#include "stages/proxy/counted.h"
#include "stages/proxy/rows.h"

#include "stages/kernels/reduce.h"

double up_proxy_plain(struct up_evaluation *e)
{
    return up_proxy_over_counted(&e->net.program, up_reduce_dot_f32, e->weight, e->dweight);
}
