/* The images a network is evaluated on, and how stored pixels become such a batch. */
#ifndef UP_ENGINE_RUN_BATCH_H
#define UP_ENGINE_RUN_BATCH_H
#include <stdint.h>

struct up_batch {
    int n, c, h, w, classes;
    const float *x;   /* [n][c][h][w], normalised */
    const int32_t *y; /* [n], 0 <= y < classes */
};

/* x[n][c][hw] = (pixels[n][c][hw] / 255 - mean[channel]) / std[channel]; c <= 3, std > 0. */
void up_batch_normalise(float *x, const uint8_t *pixels, int n, int c, int hw,
                        const double mean[3], const double std[3]);

#endif
