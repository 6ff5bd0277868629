/* Batches drawn from a set of images, cropped and mirrored, see draw.h. */
#include "stages/data/draw.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void up_image_shift(uint8_t *out, const uint8_t *in, int h, int w, struct up_image_move by)
{
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                int sy = y + by.dy, sx = (by.flip ? w - 1 - x : x) + by.dx;
                bool inside = sy >= 0 && sy < h && sx >= 0 && sx < w;
                out[(c * h + y) * w + x] = inside ? in[(c * h + sy) * w + sx] : 0;
            }
}

static void augmented(uint8_t *out, const uint8_t *in, const struct up_image_set *set,
                      struct up_rng *r)
{
    int py = set->h / 8, px = set->w / 8;
    struct up_image_move by = {0};
    by.dy = (int)up_rng_below(r, (uint64_t)(2 * py + 1)) - py;
    by.dx = (int)up_rng_below(r, (uint64_t)(2 * px + 1)) - px;
    by.flip = up_rng_u32(r) >> 31;
    up_image_shift(out, in, set->h, set->w, by);
}

struct draw_room {    /* of one draw after the other */
    uint32_t *order;  /* [count] */
    uint8_t *scratch; /* [3][h][w] */
};

static void draw_one(struct up_drawn *out, const struct up_image_set *set,
                     const struct up_images_plan *plan, size_t k, const struct draw_room *room)
{
    uint32_t *order = room->order;
    char name[40];
    size_t pixels = 3 * (size_t)set->h * (size_t)set->w;
    snprintf(name, sizeof name, "draw %zu", k);
    struct up_rng r = up_rng_init(plan->seed, name);
    for (size_t i = 0; i < set->count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = 0; i < out->n; i++) { /* the first n steps of a shuffle */
        size_t j = i + (size_t)up_rng_below(&r, set->count - i);
        uint32_t t = order[i];
        order[i] = order[j];
        order[j] = t;
    }
    for (size_t i = 0; i < out->n; i++) {
        size_t at = k * out->n + i;
        const uint8_t *in = set->get(set->ctx, order[i], room->scratch, &out->labels[at]);
        if (plan->augment)
            augmented(out->images + at * pixels, in, set, &r);
        else
            memcpy(out->images + at * pixels, in, pixels);
    }
}

int up_images_fit(size_t draws, size_t n, int h, int w, struct up_err *err)
{
    double bytes = 3.0 * h * w * (double)n * (double)draws;
    if (bytes < 4294967296.0)
        return UP_OK;
    return up_fail(err, UP_EUSAGE,
                   "data.draws (%zu) batches of data.batch (%zu) images of %d x %d pixels take "
                   "%.1f GiB, and an artifact's array holds at most 4; lower data.batch or "
                   "data.draws",
                   draws, n, h, w, bytes / 1073741824.0);
}

/* Images, and once more while the artifact is written. */
static int images_room(size_t bytes, size_t draws, size_t n, struct up_err *err)
{
    void *probe = malloc(2 * bytes);
    free(probe);
    if (probe)
        return UP_OK;
    return up_fail(err, UP_ENOMEM,
                   "there is no memory for %zu batches of %zu images (%zu MiB); lower "
                   "data.batch or data.draws",
                   draws, n, (2 * bytes) >> 20);
}

int up_images_draw(struct up_drawn *out, const struct up_image_set *set,
                   const struct up_images_plan *plan, struct up_arena *arena,
                   struct up_err *err)
{
    size_t draws = plan->draws, n = plan->n;
    if (n > set->count)
        return up_fail(
            err, UP_EINVAL,
            "data.batch is %zu, but %s has %zu images to draw from; lower data.batch "
            "or bring more images",
            n, set->name, set->count);
    size_t pixels = 3 * (size_t)set->h * (size_t)set->w;
    int rc = up_images_fit(draws, n, set->h, set->w, err);
    if (!rc)
        rc = images_room(draws * n * pixels, draws, n, err);
    if (rc)
        return rc;
    *out = (struct up_drawn){.draws = draws, .n = n};
    out->images = UP_NEW(arena, draws * n * pixels, uint8_t);
    out->labels = UP_NEW(arena, draws * n, int32_t);
    struct draw_room room = {up_alloc(set->count * sizeof *room.order), up_alloc(pixels)};
    for (size_t k = 0; k < draws; k++)
        draw_one(out, set, plan, k, &room);
    free(room.order);
    free(room.scratch);
    return UP_OK;
}
