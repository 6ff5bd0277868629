/* Shares of a sweep: every architecture is in one, in whole blocks. */
#include "stages/scores/chunks.h"
#include "stages/scores/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void only_i_of_n_is_a_share(void **state)
{
    static const char *const bad[] = {"0/3",
                                      "4/3",
                                      "x",
                                      "",
                                      "3",
                                      "/3",
                                      "3/",
                                      "1/3/",
                                      "1/3 ",
                                      "-1/3",
                                      "+1/3",
                                      "01/3",
                                      "1/03",
                                      "1//3",
                                      "1.0/3",
                                      "1/0",
                                      "0/0",
                                      "1/1000001",
                                      "18446744073709551617/18446744073709551617"};
    struct up_shard s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (up_shard_parse(&s, bad[i]))
            fail_msg("\"%s\" passes", bad[i]);
    assert_true(up_shard_parse(&s, "1/1") && s.i == 1 && s.n == 1);
    assert_true(up_shard_parse(&s, "20/1000000") && s.i == 20 && s.n == 1000000);
}

enum { POOL = 200, GENES = 2 };

/* Shares 1..n of the first `limit` of POOL architectures, whose genes are their number. */
static void deal(size_t n, size_t limit, const uint8_t *archs)
{
    struct up_arena arena = UP_ARENA_INIT;
    uint8_t owner[POOL] = {0};
    size_t total = 0, most = 0, least = POOL;
    for (size_t i = 1; i <= n; i++) {
        struct up_portion p = {archs, limit, POOL};
        up_shard_take(&p, (struct up_shard){i, n}, GENES, &arena);
        for (size_t k = 0; k < p.pool; k++) {
            size_t at = p.archs[k * GENES];
            assert_int_equal(p.archs[k * GENES + 1], 255 - at);
            assert_int_equal(at / UP_GROUP % n, i - 1);
            assert_int_equal(at % UP_GROUP, k % UP_GROUP); /* a kept block's place */
            assert_true(at < limit ? k < p.n : k >= p.n);
            owner[at] = 1;
        }
        total += p.n;
        most = p.n > most ? p.n : most;
        least = p.n < least ? p.n : least;
    }
    assert_int_equal(total, limit);
    assert_true(most - least <= UP_GROUP);
    size_t whole = (limit + UP_GROUP - 1) / UP_GROUP * UP_GROUP;
    for (size_t at = 0; at < POOL; at++)
        assert_int_equal(owner[at], n == 1 || at < whole);
    up_arena_release(&arena);
}

static void every_architecture_is_in_one_share(void **state)
{
    static const size_t limits[] = {1, 15, 16, 17, 96, 100, 192, 193, 200};
    uint8_t archs[POOL * GENES];
    for (size_t i = 0; i < POOL; i++) {
        archs[i * GENES] = (uint8_t)i;
        archs[i * GENES + 1] = (uint8_t)(255 - i);
    }
    for (size_t k = 0; k < sizeof limits / sizeof *limits; k++)
        for (size_t n = 1; n <= 20; n++)
            deal(n, limits[k], archs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_i_of_n_is_a_share),
        cmocka_unit_test(every_architecture_is_in_one_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
