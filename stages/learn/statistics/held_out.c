/* How well predicted scores order rows that nothing was trained on. */
#include "stages/learn/statistics/held_out.h"
#include "stages/learn/statistics/kendall.h"
#include "store/base/arena.h"
#include <math.h>
#include <stdlib.h>

void up_held_out_tau(double *tau, uint32_t *used, const struct up_held_out *h)
{
    double *x = up_alloc((2 * h->n + 1) * sizeof *x), *y = x + h->n;
    for (size_t c = 0; c < h->m; c++) {
        size_t k = 0;
        for (size_t i = 0; i < h->n; i++) {
            size_t at = h->row[i] * h->m + c;
            x[k] = (double)h->predicted[at];
            y[k] = h->calibrated[at];
            k += !isnan(h->raw[at]) && isfinite(x[k]) && isfinite(y[k]);
        }
        used[c] = (uint32_t)k;
        tau[c] = up_kendall_tau_b(x, y, k);
    }
    free(x);
}
