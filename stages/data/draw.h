/* Drawing a batch of images from a set, cropped and mirrored as the published
 * scores did it. Pixels stay uint8; consumers normalise. */
#ifndef UP_DATA_DRAW_H
#define UP_DATA_DRAW_H
#include "store/base/arena.h"
#include "store/base/err.h"
#include "store/base/rng.h"
#include <stdbool.h>

struct up_image_set { /* count images [3][h][w], borrowed or made on demand */
    size_t count;
    int classes, h, w;
    const char *name; /* for sentences */
    /* Pixels of image i < count and its label; may write them into scratch[3*h*w]. */
    const uint8_t *(*get)(void *ctx, size_t i, uint8_t *scratch, int32_t *label);
    void *ctx;
};
struct up_drawn {
    size_t draws, n; /* batches, images each */
    uint8_t *images; /* [draws * n][3][h][w] */
    int32_t *labels; /* [draws * n] */
};

struct up_images_plan {
    size_t draws, n; /* batches, images each */
    bool augment; /* zero padding of h/8, random crop to the old size, mirrored half the time */
    uint64_t seed;
};
/* Each draw takes n images uniformly without replacement, from a stream named
 * by its number: draw k is the same however many there are. */
int up_images_draw(struct up_drawn *out, const struct up_image_set *set,
                   const struct up_images_plan *plan, struct up_arena *arena,
                   struct up_err *err);

struct up_image_move { /* by (dy, dx), zeros from outside, then mirrored if flip */
    int dy, dx;
    bool flip;
};
/* out[3][h][w] = in, moved. */
void up_image_shift(uint8_t *out, const uint8_t *in, int h, int w, struct up_image_move by);

/* UP_EUSAGE when so many images are more than one array of an artifact holds. */
int up_images_fit(size_t draws, size_t n, int h, int w, struct up_err *err);

#endif
