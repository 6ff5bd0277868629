/* nwot (Mellor et al., ICML 2021): log |det K|, where K_ij is how many inputs of ReLUs have the
 * same sign in images i and j. K is an exact integer. -inf, where K is singular, is no score.
 */
#include "stages/proxy/rows.h"

#include "stages/kernels/gemm.h"

double up_proxy_nwot(struct up_evaluation *e)
{
    up_evaluation_same_signs(e, e->square);
    return up_log_abs_det(e->square, e->run.n);
}
