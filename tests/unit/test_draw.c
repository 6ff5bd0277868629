/* links: up_kernels m */
/* draw.h: the stream's own words behind every number, equal on every instruction set, and the
 * distributions that they should have. */
#include "stages/kernels/dense/sets.h"
#include "stages/kernels/draw.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SOME = 4 * UP_DRAW_COUNTERS, MANY = 1 << 20 };

/* The k-th word of the i-th block of a stream. */
static uint32_t word(const struct up_rng *stream, int i, int k)
{
    struct up_rng r = up_rng_at(stream, (uint64_t)i);
    while (k-- > 0)
        up_rng_u32(&r);
    return up_rng_u32(&r);
}

static bool near(float x, double wanted) { return fabs((double)x - wanted) < 2e-6; }

static void uniforms_are_the_words(void **state)
{
    (void)state;
    struct up_rng stream = up_rng_init(7, "uniforms");
    float x[SOME];
    up_draw_uniforms(x, SOME, 2, &stream, 3);
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < UP_DRAW_COUNTERS; i++)
            assert_true(near(x[k * UP_DRAW_COUNTERS + i],
                             2 * (double)(int32_t)word(&stream, 3 + i, k) / 0x1p31));
}

static void normals_are_box_and_muller(void **state)
{
    (void)state;
    struct up_rng stream = up_rng_init(8, "normals");
    float x[SOME];
    up_draw_normals(x, SOME, &stream, 0);
    for (int k = 0; k < 4; k += 2)
        for (int i = 0; i < UP_DRAW_COUNTERS; i++) {
            double u = (word(&stream, i, k) >> 1 | 1) / 0x1p31;
            double angle = 2 * 3.14159265358979323846 * word(&stream, i, k + 1) / 0x1p32;
            const float *at = x + k * UP_DRAW_COUNTERS + i;
            assert_true(near(at[0], sqrt(-2 * log(u)) * cos(angle)));
            assert_true(near(at[UP_DRAW_COUNTERS], sqrt(-2 * log(u)) * sin(angle)));
        }
}

static void sets_are_equal(void **state)
{
    (void)state;
    const struct up_draws *set[] = {
        &up_draws_portable_f32,
#if defined __x86_64__
        &up_draws_avx2_f32,
        &up_draws_avx512_f32
#endif
    };
    float first[2][SOME], x[2][SOME];
    for (int i = 0; i < 3 && i <= (int)up_isa_best(); i++) {
        memset(x, 0, sizeof x);
        set[i]->uniforms(x[0], 5, 6, UINT32_MAX - 9); /* the block's number carries over */
        set[i]->normals(x[1], 5, 6, 7);
        if (!i)
            memcpy(first, x, sizeof x);
        assert_memory_equal(first, x, sizeof x);
    }
}

static void any_count_is_a_beginning(void **state)
{
    (void)state;
    struct up_rng stream = up_rng_init(9, "count");
    float all[3 * SOME], part[3 * SOME + 1];
    up_draw_normals(all, 3 * SOME, &stream, 0);
    for (size_t n = 0; n <= 3 * SOME; n += 37) {
        part[n] = 42;
        up_draw_normals(part, n, &stream, 0);
        assert_memory_equal(all, part, n * sizeof *part);
        assert_true(part[n] == 42);
    }
    up_draw_normals(part, SOME, &stream, UP_DRAW_COUNTERS);
    assert_memory_equal(all + SOME, part, SOME * sizeof *part);
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: the largest distance from the distribution times sqrt(n) is above
 * 1.95 once in a thousand. */
static void distributions(void **state)
{
    (void)state;
    struct up_rng stream = up_rng_init(1, "distribution");
    float *x = malloc(MANY * sizeof *x);
    for (int normal = 0; normal < 2; normal++) {
        double worst = 0, lag = 0;
        if (normal)
            up_draw_normals(x, MANY, &stream, 0);
        else
            up_draw_uniforms(x, MANY, 1, &stream, 0);
        for (int i = 0; i + 1 < MANY; i++)
            lag += (double)x[i] * (double)x[i + 1];
        assert_true(fabs(lag) < 4 * sqrt(MANY) * (normal ? 1 : 1 / 3.0));
        qsort(x, MANY, sizeof *x, ascending);
        for (int i = 0; i < MANY; i++) {
            double p = normal ? 0.5 * erfc(-(double)x[i] / sqrt(2)) : 0.5 * (1 + (double)x[i]);
            worst = fmax(worst, fabs(p - (i + 0.5) / MANY));
        }
        assert_true(worst * sqrt(MANY) < 1.95);
    }
    assert_true(x[0] > -6.6f && x[0] < -4.5f && x[MANY - 1] < 6.6f && x[MANY - 1] > 4.5f);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uniforms_are_the_words), cmocka_unit_test(normals_are_box_and_muller),
        cmocka_unit_test(sets_are_equal),         cmocka_unit_test(any_count_is_a_beginning),
        cmocka_unit_test(distributions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
