/* grasp (Wang, Zhang and Grosse, ICLR 2020): -w . (H g) over counted weights, where g is the
 * gradient of the loss and H its Hessian, both on the same batch. The minus sign is part of the
 * definition. */
#include "stages/proxy/rows.h"

double up_proxy_grasp(struct up_evaluation *e)
{
    return 0 - e->curvature; /* 0, not -0, where there is none */
}
