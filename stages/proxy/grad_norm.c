/* grad_norm (Abdelfattah et al., ICLR 2021): the sum over counted layers of ||g||, the
 * Euclidean norm of the gradient of the loss by the layer's weights. */
#include "stages/proxy/counted.h"
#include "stages/proxy/rows.h"

double up_proxy_grad_norm(struct up_evaluation *e)
{
    return up_proxy_over_counted(&e->net.program, up_proxy_norm, e->dweight, e->dweight);
}
