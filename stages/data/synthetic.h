/* Images made up from nothing, so that a fresh machine needs no download. A
 * class fixes shape, hue and texture; place, size, turn, light and background
 * are the image's own. Built from + - * / and comparisons alone: the same bytes
 * on every machine. */
#ifndef UP_DATA_SYNTHETIC_H
#define UP_DATA_SYNTHETIC_H
#include "stages/data/draw.h"

struct up_synthetic {
    uint64_t seed;
    int classes, side;
};
/* Image i: out[3][side][side]; returns its class, uniform over classes. */
int32_t up_synthetic_image(const struct up_synthetic *s, size_t i, uint8_t *out);

#endif
