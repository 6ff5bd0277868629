/* links: up_cli
 * Text from outside is escaped wherever it stands, and everything else is as printf has it. */
#include "cli/shared/say.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

static void check(struct up_buf *b, const char *want)
{
    assert_string_equal(up_buf_str(b), want);
    up_buf_clear(b);
}

static void escapes(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"plain words", "plain words"},
        {"", ""},
        {"\x1b[31m", "\\u001b[31m"},
        {"a\nb\rc\td", "a\\nb\\rc\\td"},
        {"\x7f\x01", "\\u007f\\u0001"},
        {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u0080\\u009b\\u009f\xc2\xa0"},
        {"\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\xd8\x9c", "\\u202e\\u2066\\u2028\\u061c"},
        {"\xff\xc0\xaf", "\\xff\\xc0\\xaf"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xe2\x80", "\\xe2\\x80"},
        {"\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80", "\xc3\xa9\xe6\xbc\xa2\xf0\x9f\x98\x80"}};
    struct up_buf b = UP_BUF_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        up_say(&b, "%s", cases[i].text);
        check(&b, cases[i].want);
    }
    up_say_text(&b, (struct up_view){(const uint8_t *)"a\n\tb\r\0c", 7}, true);
    check(&b, "a\n\tb\\r\\u0000c");
    up_say(&b, "%c%c", '\x1b', 'x');
    check(&b, "\\u001bx");
    up_say(&b, "own\nlines\t%s", "\n");
    check(&b, "own\nlines\t\\n");
    up_buf_release(&b);
}

#define SAME(...)                                                                              \
    do {                                                                                       \
        up_buf_printf(&want, __VA_ARGS__);                                                     \
        up_say(&b, __VA_ARGS__);                                                               \
        check(&b, up_buf_str(&want));                                                          \
        up_buf_clear(&want);                                                                   \
    } while (0)

static void formats(void **state)
{
    struct up_buf b = UP_BUF_INIT, want = UP_BUF_INIT;
    SAME("no conversion, 100%%");
    SAME("%-8s|%8s|%.2s|%-6.3s|%.*s|%*s", "abc", "abc", "abc", "abcd", 2, "abcd", 5, "x");
    SAME("%d %i %u %x %04x %+d %3d|%-5d|", -1, 2, 3u, 255u, 10u, 7, 5, 5);
    SAME("%ld %lu %lld %llu %zu %" PRId64 " %" PRIu64, -1L, 2UL, -3LL, 4ULL, (size_t)5,
         INT64_MIN, UINT64_MAX);
    SAME("%f %.3f %10.4f|%-8.1f|%g %.10g %e %.*f", 1.5, 2.25, 3.5, 4.5, 1e-7, 0.1, 1e10, 3,
         2.0);
    up_say(&b, "%8s|%-8s|%.1s", "\n", "\x1b", "\x1b[31m");
    check(&b, "      \\n|\\u001b  |\\u001b");
    up_buf_release(&b);
    up_buf_release(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(escapes), cmocka_unit_test(formats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
