/* l2_norm (Abdelfattah et al., ICLR 2021): the sum over counted layers of ||w||, the Euclidean
 * norm of the layer's weights, which is not squared. It reads no image. */
#include "stages/proxy/counted.h"
#include "stages/proxy/rows.h"

double up_proxy_l2_norm(struct up_evaluation *e)
{
    return up_proxy_over_counted(&e->net.program, up_proxy_norm, e->weight, e->weight);
}
