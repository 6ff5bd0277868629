/* From stored pixels to the batch a network is scored on. */
#ifndef UP_PROXY_BATCH_H
#define UP_PROXY_BATCH_H
#include <stdint.h>

/* x[n][c][hw] = (pixels[n][c][hw] / 255 - mean[channel]) / std[channel]; c <= 3, std > 0. */
void up_batch_normalise(float *x, const uint8_t *pixels, int n, int c, int hw,
                        const double mean[3], const double std[3]);

#endif
