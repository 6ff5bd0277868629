/* jacov (Mellor et al., arXiv 2006.04647v1): -(sum over i of log(v_i + k) + 1 / (v_i + k)), k =
 * 1e-5, where v_i are the eigenvalues of the images' correlation matrix: Pearson's correlations
 * of the gradients of the sum of all logits by each image. The largest score, -n for n images,
 * says that the network tells all images apart. */
#include "stages/proxy/rows.h"

#include "stages/kernels/gemm.h"

#include <math.h>
#include <string.h>

double up_proxy_jacov(struct up_evaluation *e)
{
    const double k = 1e-5;
    int n = e->run.n;
    double score = 0;
    double *v =
        e->jacobian; /* at least n numbers, which nobody reads once they are correlated */
    memcpy(e->square, e->correlation, (size_t)n * (size_t)n * sizeof *e->square);
    if (up_sym_eigenvalues(v, e->square, n, NULL))
        return (double)NAN;
    for (int i = 0; i < n; ++i) {
        double x = v[i] + k;
        if (!(x > 0))
            return (double)NAN;
        score -= log(x) + 1 / x;
    }
    return score;
}
