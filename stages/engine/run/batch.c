/* Normalising images, in float32 and in the order of operations that PyTorch uses, so that
 * published batches are met bit for bit. */
#include "stages/engine/run/batch.h"

#include "store/base/err.h"

#include <stddef.h>

void up_batch_normalise(float *x, const uint8_t *pixels, int n, int c, int hw,
                        const double mean[3], const double std[3])
{
    UP_CHECK(c >= 1 && c <= 3);
    for (int i = 0; i < n * c; ++i) {
        float m = (float)mean[i % c], s = (float)std[i % c];
        UP_CHECK(s > 0);
        for (int k = 0; k < hw; ++k) {
            size_t at = (size_t)i * (size_t)hw + (size_t)k;
            x[at] = ((float)pixels[at] / 255.0f - m) / s;
        }
    }
}
