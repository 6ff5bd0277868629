/* flops: millions of multiply-adds and elementwise operations of one forward pass over one
 * image, counted in closed form by the search space as the published tables count them. */
#include "stages/proxy/rows.h"

double up_proxy_flops(struct up_evaluation *e)
{
    double flops = 0, params = 0;
    e->of.space->cost(&flops, &params, e->of.arch, e->of.size);
    return flops;
}
