/* How well scores are predicted on rows that nothing was fitted on. */
#ifndef UP_LEARN_STATISTICS_HELD_OUT_H
#define UP_LEARN_STATISTICS_HELD_OUT_H
#include <stddef.h>
#include <stdint.h>

struct up_held_out {
    size_t m;                 /* proxies */
    const double *raw;        /* [][m], NaN where the score is invalid */
    const double *calibrated; /* [][m] */
    const float *predicted;   /* [][m] */
    const uint32_t *row;      /* [n] the rows held out */
    size_t n;
};
/* tau[m], used[m]: per proxy Kendall's tau-b of predicted against calibrated scores, and
 * the rows it is taken over: those held out whose score is valid. An invalid score is
 * calibrated to the worst one there is, which nobody measured; a pair that is not finite
 * is left out too. tau is NaN where it is undefined. */
void up_held_out_tau(double *tau, uint32_t *used, const struct up_held_out *h);

#endif
