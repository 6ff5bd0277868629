/* The pages' writer: what comes from outside cannot leave its place, addresses and pictures are
 * encoded, the policy fits the assets, and the graph holds whatever a record says.
 * links: up_cli */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cli/page/assets.h"
#include "cli/page/graph.h"
#include "cli/page/html.h"
#include "store/base/hash.h"
#include "store/base/rng.h"

/* The text between before and after, which must be where they are said to be. */
static struct up_view inner(struct up_buf *b, const char *before, const char *after)
{
    const char *s = up_buf_str(b);
    size_t n = strlen(before), m = strlen(after);
    assert_true(b->len >= n + m);
    assert_memory_equal(s, before, n);
    assert_memory_equal(s + b->len - m, after, m);
    return (struct up_view){b->data + n, b->len - n - m};
}

static void assert_inert(struct up_view v)
{
    for (size_t i = 0; i < v.len; i++) {
        assert_true(v.data[i] >= 0x20 || v.data[i] == '\n' || v.data[i] == '\t');
        assert_null(memchr("<>\"'", v.data[i], 4));
        if (v.data[i] != '&')
            continue;
        static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
        bool known = false;
        for (size_t k = 0; k < 5; k++)
            known |= v.len - i >= strlen(entity[k]) &&
                     !memcmp(v.data + i, entity[k], strlen(entity[k]));
        assert_true(known);
    }
}

static void write_both(const char *hostile)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_html h = {.out = &b};
    up_html_leaf(&h, "i", hostile, NULL);
    assert_inert(inner(&b, "<i>", "</i>"));
    up_buf_clear(&b);
    up_html_empty(&h, "i", "title", hostile, "lang", NULL, "class", "x", NULL);
    assert_inert(inner(&b, "<i title=\"", "\" class=\"x\"/>"));
    up_buf_release(&b);
}

static void test_escape(void **state)
{
    static const char *const hostile[] = {"",
                                          "<script>alert(1)</script>",
                                          "\" onload=\"alert(1)",
                                          "' onload='x",
                                          "a & b",
                                          "&amp;",
                                          "--><svg/onload=x>",
                                          "]]>",
                                          "\x80\xff",
                                          "\xed\xa0\x80",
                                          "\xc0\xbc",
                                          "\x01\x1b[31m",
                                          "\xf0\x9f\x98\x80",
                                          "\xe2\x80\xae"
                                          "reversed",
                                          "</title></style></script>"};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
        write_both(hostile[i]);
    struct up_rng r = up_rng_init(1, "escape");
    for (int round = 0; round < 20000; round++) {
        static const char often[] = "<>&\"'\\/=;#x\x80\xc3\xe2\xf0 ";
        char text[40] = {0};
        size_t n = (size_t)up_rng_below(&r, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = up_rng_below(&r, 3) ? (char)up_rng_below(&r, 256)
                                          : often[up_rng_below(&r, sizeof often - 1)];
        write_both(text);
    }
}

static void test_elements(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_html h;
    up_html_init(&h, &b);
    up_html_open(&h, "b", "class", "k", NULL);
    up_html_textf(&h, "%d<%s", 3, "x");
    up_html_textn(&h, (struct up_view){(const uint8_t *)"&yz", 2});
    up_html_open(&h, "i", NULL);
    up_html_close(&h);
    up_html_close(&h);
    assert_string_equal(up_buf_str(&b),
                        "<!DOCTYPE html>\n<b class=\"k\">3&lt;x&amp;y<i></i></b>");
    assert_int_equal(h.depth, 0);
    up_buf_release(&b);
}

static void test_encodings(void **state)
{
    static const char *const vector[][2] = {{"", ""},
                                            {"f", "Zg=="},
                                            {"fo", "Zm8="},
                                            {"foo", "Zm9v"},
                                            {"foob", "Zm9vYg=="},
                                            {"fooba", "Zm9vYmE="},
                                            {"foobar", "Zm9vYmFy"}}; /* RFC 4648, 10 */
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf b = UP_BUF_INIT;
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        up_buf_clear(&b);
        up_base64(&b, vector[i][0], strlen(vector[i][0]));
        assert_string_equal(up_buf_str(&b), vector[i][1]);
    }
    assert_string_equal(up_url_part(&a, "az09-._~"), "az09-._~");
    assert_string_equal(up_url_part(&a, "a/b?c=d&e#f%\"<\xff"),
                        "a%2Fb%3Fc%3Dd%26e%23f%25%22%3C%FF");
    up_arena_release(&a);
    up_buf_release(&b);
}

static void test_assets(void **state)
{
    struct up_view css = up_page_css(), js = up_page_js();
    struct up_buf policy = UP_BUF_INIT, hash = UP_BUF_INIT;
    assert_true(css.len > 1000 && js.len > 500);
    assert_null(memchr(css.data, '<', css.len));
    assert_null(memchr(css.data, '&', css.len));
    assert_null(memchr(js.data, '<', js.len));
    assert_null(memchr(js.data, '&', js.len));
    up_page_policy(&policy, true);
    struct up_sha256 d = up_sha256_of(js.data, js.len);
    up_buf_puts(&hash, "script-src 'sha256-");
    up_base64(&hash, d.b, sizeof d.b);
    assert_non_null(strstr(up_buf_str(&policy), up_buf_str(&hash)));
    assert_non_null(strstr(up_buf_str(&policy), "default-src 'none'"));
    assert_null(strstr(up_buf_str(&policy), "unsafe"));
    up_buf_release(&policy);
    up_buf_release(&hash);
}

/* ---- the graph ---- */

static bool draw(struct up_buf *out, struct up_run_node *nodes, size_t n)
{
    struct up_run_record r = {.nodes = nodes, .nnodes = n};
    struct up_html h = {.out = out};
    struct up_arena a = UP_ARENA_INIT;
    up_buf_clear(out);
    bool drawn = up_page_graph(&h, &r, &a);
    assert_int_equal(h.depth, 0);
    assert_int_equal(drawn, out->len > 0);
    up_arena_release(&a);
    return drawn;
}

static size_t count(struct up_buf *b, const char *word)
{
    size_t n = 0;
    for (const char *s = up_buf_str(b); (s = strstr(s, word)); s += strlen(word))
        n++;
    return n;
}

static void test_graph(void **state)
{
    static const char *const ab[] = {"a", "b"}, *const a[] = {"a"}, *const self[] = {"a", "c"};
    struct up_buf out = UP_BUF_INIT;
    struct up_run_node nodes[] = {
        {.stage = "a", .status = UP_DONE_CACHED, .why = "up to date"},
        {.stage = "b", .status = UP_DONE_RAN, .why = "<w>", .inputs = a, .ninputs = 1},
        {.stage = "c", .status = UP_DONE_NOT, .why = "", .inputs = ab, .ninputs = 2}};
    assert_true(draw(&out, nodes, 3));
    assert_int_equal(count(&out, "<rect"), 3);
    assert_int_equal(count(&out, "marker-end"), 2); /* a to c follows */
    assert_int_equal(count(&out, "class=\"cached\""), 1);
    assert_int_equal(count(&out, "class=\"ran\""), 1);
    assert_int_equal(count(&out, "class=\"not\""), 1);
    assert_int_equal(count(&out, "&lt;w&gt;"), 1);

    nodes[0].stage = "\"><script>";
    nodes[0].inputs = self; /* of a record that lies: behind itself */
    nodes[0].ninputs = 2;
    assert_true(draw(&out, nodes, 3));
    assert_int_equal(count(&out, "<script"), 0);
    assert_false(draw(&out, nodes, 0));

    enum { MANY = 200 };
    static struct up_run_node many[MANY];
    static char name[MANY][8];
    static const char *inputs[MANY];
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(name[i], sizeof name[i], "n%zu", i);
        inputs[i] = name[i];
        many[i] =
            (struct up_run_node){.stage = name[i], .why = "", .inputs = inputs, .ninputs = i};
    }
    assert_false(draw(&out, many, MANY));
    assert_true(draw(&out, many, 40)); /* a chain of forty, each reading all before */
    assert_int_equal(count(&out, "marker-end"), 39);
    for (size_t i = 0; i < 40; i++)
        many[i].ninputs = i / 7 * 7; /* layers of seven, all to all */
    (void)draw(&out, many, 40);
    up_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),    cmocka_unit_test(test_elements),
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_assets),
        cmocka_unit_test(test_graph),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
