/* fisher (Turner et al., ICLR 2020): for each channel of each counted layer's output y, half
 * the mean over images of (sum over pixels of y dL/dy) squared. Each channel counts once for
 * every weight that makes it; the score is the sum over channels and layers. */
#include "stages/proxy/rows.h"

double up_proxy_fisher(struct up_evaluation *e)
{
    double sum = 0;
    for (int i = 0; i < e->net.program.ops; ++i)
        sum += e->run.saliency[i];
    return sum;
}
