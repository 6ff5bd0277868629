/* Drawing batches and making synthetic images. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "stages/data/draw.h"
#include "stages/data/synthetic.h"

enum { SIDE = 16, PIXELS = 3 * SIDE * SIDE };

/* Image i is filled with i + 1 and has label i. */
static const uint8_t *flat(void *ctx, size_t i, uint8_t *scratch, int32_t *label)
{
    memset(scratch, (int)i + 1, PIXELS);
    *label = (int32_t)i;
    return scratch;
}

static const struct up_image_set set = {
    .count = 100, .classes = 100, .h = SIDE, .w = SIDE, .name = "the set", .get = flat};

static void without_replacement(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_drawn d, more;
    struct up_err err;
    assert_int_equal(
        up_images_draw(&d, &set, &(struct up_images_plan){2, 100, false, 5}, &arena, &err),
        UP_OK);
    for (int k = 0; k < 2; k++) {
        int seen[100] = {0};
        for (int i = 0; i < 100; i++) {
            int label = d.labels[100 * k + i];
            seen[label]++;
            assert_int_equal(d.images[(size_t)(100 * k + i) * PIXELS], label + 1);
        }
        for (int i = 0; i < 100; i++)
            assert_int_equal(seen[i], 1);
    }
    assert_memory_not_equal(d.labels, d.labels + 100, 100 * sizeof *d.labels);
    assert_int_equal(
        up_images_draw(&more, &set, &(struct up_images_plan){3, 100, false, 5}, &arena, &err),
        UP_OK);
    assert_memory_equal(d.images, more.images, 200 * PIXELS);
    assert_int_equal(
        up_images_draw(&d, &set, &(struct up_images_plan){1, 101, false, 5}, &arena, &err),
        UP_EINVAL);
    assert_string_equal(err.msg, "data.batch is 101, but the set has 100 images to draw from; "
                                 "lower data.batch or bring more images");
    up_arena_release(&arena);
}

static void crops_and_mirrors(void **state)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_drawn d;
    int padded = 0;
    assert_int_equal(
        up_images_draw(&d, &set, &(struct up_images_plan){1, 100, true, 5}, &arena, NULL),
        UP_OK);
    for (int i = 0; i < 100; i++) {
        const uint8_t *p = d.images + (size_t)i * PIXELS;
        int zeros = 0;
        for (int k = 0; k < PIXELS; k++) {
            assert_true(p[k] == 0 || p[k] == d.labels[i] + 1);
            zeros += p[k] == 0;
        }
        assert_true(zeros <= PIXELS - 3 * 14 * 14); /* moved by at most SIDE / 8 = 2 */
        padded += zeros > 0;
    }
    assert_in_range(padded, 85, 100); /* 24 of 25 offsets */
    up_arena_release(&arena);
}

static void shift_by_hand(void **state)
{
    const uint8_t in[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}; /* three planes of 2 x 2 */
    uint8_t out[12];
    up_image_shift(out, in, 2, 2, (struct up_image_move){0, 0, true});
    assert_memory_equal(out, ((uint8_t[]){2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11}), 12);
    up_image_shift(out, in, 2, 2, (struct up_image_move){1, 0, false});
    assert_memory_equal(out, ((uint8_t[]){3, 4, 0, 0, 7, 8, 0, 0, 11, 12, 0, 0}), 12);
    up_image_shift(out, in, 2, 2, (struct up_image_move){0, -1, false});
    assert_memory_equal(out, ((uint8_t[]){0, 1, 0, 3, 0, 5, 0, 7, 0, 9, 0, 11}), 12);
}

/* Classes look different and images of one class look alike: the nearest class
 * mean, over all pixels, tells classes well above chance. */
static void synthetic_classes_differ(void **state)
{
    enum { N = 600, C = 10, P = 3 * 32 * 32 };
    struct up_synthetic s = {3, C, 32};
    double(*mean)[P] = calloc(C, sizeof *mean);
    uint8_t *im = malloc(P), *again = malloc(P);
    int count[C] = {0}, right = 0;
    for (size_t i = 0; i < N; i++) {
        int32_t c = up_synthetic_image(&s, i, im);
        assert_in_range(c, 0, C - 1);
        count[c]++;
        for (int k = 0; k < P; k++)
            mean[c][k] += im[k];
    }
    for (int c = 0; c < C; c++)
        assert_in_range(count[c], 30, 95);
    for (size_t i = N; i < N + 200; i++) {
        int32_t c = up_synthetic_image(&s, i, im);
        int best = 0;
        double least = 1e300;
        for (int m = 0; m < C; m++) {
            double d = 0;
            for (int k = 0; k < P; k++)
                d += (im[k] - mean[m][k] / count[m]) * (im[k] - mean[m][k] / count[m]);
            if (d < least) {
                least = d;
                best = m;
            }
        }
        right += best == c;
    }
    assert_true(right > 60); /* chance: 20 of 200 */
    assert_int_equal(up_synthetic_image(&s, 7, im), up_synthetic_image(&s, 7, again));
    assert_memory_equal(im, again, P);
    s.seed++;
    up_synthetic_image(&s, 7, again);
    assert_memory_not_equal(im, again, P);
    free(mean);
    free(im);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_replacement),
        cmocka_unit_test(crops_and_mirrors),
        cmocka_unit_test(shift_by_hand),
        cmocka_unit_test(synthetic_classes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
