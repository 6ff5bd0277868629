/* Sums over counted weights: what four of the proxies have in common. */
#include "stages/proxy/counted.h"

#include "stages/kernels/reduce.h"

#include <math.h>

double up_proxy_over_counted(const struct up_program *p,
                             double (*of)(const float *, const float *, ptrdiff_t),
                             const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < p->weights; ++i) {
        const struct up_program_weight *t = &p->weight[i];
        if (t->role == UP_W_COUNTED)
            sum += of(a + t->at, b + t->at, (ptrdiff_t)t->count);
    }
    return sum;
}

double up_proxy_norm(const float *a, const float *b, ptrdiff_t m)
{
    return sqrt(up_reduce_dot_f32(a, b, m));
}
