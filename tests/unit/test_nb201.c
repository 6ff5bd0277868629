/* links: up_space */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "stages/space/diagram.h"
#include "stages/space/space.h"

static const struct up_space *nb201;

static struct up_arch parsed(const char *text)
{
    struct up_arch a;
    struct up_err err;
    if (nb201->parse(&a, text, strlen(text), &err))
        fail_msg("%s: %s", text, err.msg);
    return a;
}

static void printed(const struct up_arch *a, enum up_spelling s, const char *want)
{
    char text[UP_ARCH_TEXT];
    nb201->print(text, a, s);
    assert_string_equal(text, want);
}

/* The three numberings: one row each, operations apart so that no two rows agree. */
static void row_of_official_string(void **state)
{
    static const char *const op[] = {"none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3",
                                     "avg_pool_3x3"};
    for (uint8_t i = 0; i < 5; i++) {
        char text[UP_ARCH_TEXT];
        snprintf(text, sizeof text, "|%s~0|+|none~0|none~1|+|none~0|none~1|skip_connect~2|",
                 op[i]);
        struct up_arch a = parsed(text);
        assert_int_equal(a.gene[0], i);
        printed(&a, UP_SPELL_OFFICIAL, text);
    }
    struct up_arch a = parsed("|skip_connect~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|avg_pool_3x3~"
                              "0|none~1|skip_connect~2|");
    assert_memory_equal(a.gene, ((uint8_t[]){1, 2, 3, 4, 0, 1}), 6); /* 01 02 12 03 13 23 */
}

static void row_of_naslib_tuple(void **state)
{
    static const uint8_t id[] = {1, 0, 3, 2, 4}; /* skip none conv3x3 conv1x1 avgpool */
    for (int i = 0; i < 5; i++) {
        char text[UP_ARCH_TEXT];
        snprintf(text, sizeof text, "(%d, 1, 1, 1, 1, 1)", i);
        struct up_arch a = parsed(text);
        assert_int_equal(a.gene[0], id[i]);
        printed(&a, UP_SPELL_NASLIB, text);
    }
    /* By source node 01 02 03 12 13 23. */
    struct up_arch a = parsed("(4, 0, 3, 1, 4, 3)");
    printed(&a, UP_SPELL_OFFICIAL,
            "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_"
            "1x1~2|");
}

static void row_of_arch2vec(void **state)
{
    static const uint8_t class_of[] = {5, 4, 1, 2, 3}; /* none skip conv1x1 conv3x3 avgpool */
    struct up_cell_graph g;
    for (uint8_t i = 0; i < 5; i++) {
        struct up_arch a = {.len = 6, .gene = {i, 0, 0, 0, 0, (uint8_t)(4 - i)}};
        nb201->encode(&g, &a);
        assert_int_equal(g.op[1], class_of[i]);
        assert_int_equal(g.op[6], class_of[4 - i]);
        assert_int_equal(g.op[0], 0);
        assert_int_equal(g.op[7], 6);
    }
    static const int arrows[][2] = {{0, 1}, {0, 2}, {0, 4}, {1, 3}, {1, 5},
                                    {2, 6}, {3, 6}, {4, 7}, {5, 7}, {6, 7}};
    uint8_t want[64] = {0};
    for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++)
        want[arrows[i][0] * 8 + arrows[i][1]] = 1;
    assert_memory_equal(g.adj, want, 64);
}

static void counts_of_canonical_forms(void **state)
{
    int forms = 0, apart = 0;
    for (uint64_t i = 0; i < nb201->count; i++) {
        struct up_arch a, c, cc;
        nb201->at(&a, i);
        assert_int_equal(nb201->index(&a), i);
        nb201->canonical(&c, &a);
        nb201->canonical(&cc, &c);
        assert_int_equal(up_arch_cmp(&c, &cc), 0);
        forms += !up_arch_cmp(&a, &c);
        apart += !nb201->connected(&a);
    }
    assert_int_equal(forms, 9445);
    assert_int_equal(apart, 341);
}

static void unused_edges_become_none(void **state)
{
    /* Node 1 is reached but leads nowhere; node 2 leads on but is not reached. */
    struct up_arch
        a = parsed("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|"),
        c;
    nb201->canonical(&c, &a);
    printed(&c, UP_SPELL_OFFICIAL, "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|");
}

static void encode_and_back(void **state)
{
    struct up_cell_graph g;
    struct up_err err;
    struct up_arch a, b;
    for (uint64_t i = 0; i < nb201->count; i += 7) {
        nb201->at(&a, i);
        nb201->encode(&g, &a);
        assert_int_equal(nb201->decode(&b, &g, &err), UP_OK);
        assert_int_equal(up_arch_cmp(&a, &b), 0);
    }
    nb201->encode(&g, &a);
    g.op[3] = 0;
    assert_int_equal(nb201->decode(&b, &g, &err), UP_EINVAL);
    assert_string_equal(err.msg, "node 3 is no operation");
    nb201->encode(&g, &a);
    g.op[7] = 1;
    assert_int_equal(nb201->decode(&b, &g, &err), UP_EINVAL);
    assert_string_equal(err.msg, "node 7 is not the output");
    nb201->encode(&g, &a);
    g.adj[0 * 8 + 4] = 0;
    assert_int_equal(nb201->decode(&b, &g, &err), UP_EINVAL);
    assert_string_equal(err.msg, "the arrow from node 0 to node 4 is missing");
    nb201->encode(&g, &a);
    g.adj[1 * 8 + 2] = 1;
    assert_int_equal(nb201->decode(&b, &g, &err), UP_EINVAL);
}

static void neighbours_differ_by_one(void **state)
{
    struct up_arch a = parsed("(4, 0, 3, 1, 4, 3)"), out[32];
    assert_int_equal(nb201->neighbours(&a, out, 32), 24);
    for (int i = 0; i < 24; i++) {
        int changed = 0;
        for (int g = 0; g < 6; g++)
            changed += a.gene[g] != out[i].gene[g];
        assert_int_equal(changed, 1);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(up_arch_cmp(&out[i], &out[j]), 0);
    }
    assert_int_equal(nb201->neighbours(&a, out, 5), 5);
}

static void cost_is(const char *text, int classes, int side, double flops, double params)
{
    struct up_arch a = parsed(text);
    struct up_net_size n = nb201->net;
    double f, p;
    n.classes = classes;
    n.height = n.width = side;
    nb201->cost(&f, &p, &a, &n);
    assert_true(f == flops);
    assert_true(p == params);
}

static void costs_of_the_closed_forms(void **state)
{
    cost_is("(1, 1, 1, 1, 1, 1)", 10, 32, 7.943872, 0.073306);
    cost_is("(1, 1, 1, 1, 1, 1)", 100, 32, 7.949632, 0.079156);
    cost_is("(1, 1, 1, 1, 1, 1)", 120, 16, 1.993792, 0.080456);
    cost_is("(2, 1, 1, 1, 1, 1)", 10, 32, 43.763392, 0.316346);
    cost_is("(1, 3, 1, 1, 1, 1)", 10, 32, 12.306112, 0.101306);
    cost_is("(1, 1, 4, 0, 1, 1)", 10, 32, 9.234112, 0.073306);
    cost_is("(4, 0, 3, 1, 4, 3)", 10, 32, 19.248832, 0.129306);
    cost_is("(2, 4, 0, 0, 3, 2)", 10, 32, 85.235392, 0.587386);
    cost_is("(2, 2, 2, 2, 2, 2)", 10, 32, 222.860992, 1.531546);
    cost_is("(2, 1, 1, 1, 1, 1)", 120, 16, 10.948672, 0.323496);
}

static void drawing_shows_what_carries_data(void **state)
{
    struct up_diagram d;
    struct up_arch a =
        parsed("|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|");
    nb201->diagram(&d, &a);
    assert_int_equal(d.cells, 1);
    assert_int_equal(d.cell[0].nodes, 4);
    assert_int_equal(d.cell[0].edges, 6);
    for (int e = 0; e < 6; e++)
        assert_int_equal(d.cell[0].edge[e].faint, e != 3);
    assert_string_equal(d.cell[0].edge[0].label, "nor_conv_3x3");
    assert_string_equal(d.cell[0].node[3], "output");
}

static void module_names_every_edge(void **state)
{
    struct up_buf b = UP_BUF_INIT;
    struct up_arch a = parsed("(4, 0, 3, 1, 4, 3)");
    nb201->torch(&b, &a, &nb201->net);
    const char *s = up_buf_str(&b);
    assert_non_null(strstr(s,
                           "    (\"avg_pool_3x3\", 0, 1),\n    (\"skip_connect\", 0, 2),\n"
                           "    (\"none\", 1, 2),\n    (\"nor_conv_1x1\", 0, 3),\n"
                           "    (\"avg_pool_3x3\", 1, 3),\n    (\"nor_conv_1x1\", 2, 3),\n"));
    assert_non_null(strstr(s, "# 129306 parameters and 19248832 FLOPs"));
    for (const char *p = strstr(s, "import"); p; p = strstr(p + 1, "import"))
        assert_true(!strncmp(p, "import torch\n", 13) || !strncmp(p, "import nn\n", 10));
    up_buf_release(&b);
}

static void a_pool_begins_a_larger_one(void **state)
{
    struct up_arch *small, *all, *other;
    size_t n, m, k;
    struct up_err err;
    assert_int_equal(up_space_pool(&small, &n, nb201, 100, 7, &err), UP_OK);
    assert_int_equal(up_space_pool(&all, &m, nb201, 0, 7, &err), UP_OK);
    assert_int_equal(up_space_pool(&other, &k, nb201, 100, 8, &err), UP_OK);
    assert_int_equal(n, 100);
    assert_int_equal(m, 9445);
    assert_memory_equal(small, all, n * sizeof *small);
    assert_memory_not_equal(small, other, n * sizeof *small);
    bool seen[15625] = {false};
    for (size_t i = 0; i < m; i++) {
        struct up_arch c;
        nb201->canonical(&c, &all[i]);
        assert_int_equal(up_arch_cmp(&c, &all[i]), 0);
        assert_false(seen[nb201->index(&c)]);
        seen[nb201->index(&c)] = true;
    }
    free(small);
    free(all);
    free(other);
    assert_int_equal(up_space_pool(&all, &n, nb201, 9446, 7, &err), UP_EUSAGE);
    assert_non_null(strstr(err.msg, "9445"));
}

/* A space that can only be sampled: nb201 without its enumeration. */
static void a_sampled_pool_begins_a_larger_one(void **state)
{
    struct up_space s = *nb201;
    struct up_arch *small, *large;
    size_t n, m;
    struct up_err err;
    s.count = 0;
    assert_int_equal(up_space_pool(&small, &n, &s, 500, 1, &err), UP_OK);
    assert_int_equal(up_space_pool(&large, &m, &s, 2000, 1, &err), UP_OK);
    assert_memory_equal(small, large, n * sizeof *small);
    for (size_t i = 1; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(up_arch_cmp(&small[i], &small[j]), 0);
    free(small);
    free(large);
    assert_int_equal(up_space_pool(&small, &n, &s, 0, 1, &err), UP_EUSAGE);
}

static void samples_are_uniform(void **state)
{
    struct up_rng r = up_rng_init(3, "test");
    int count[6][5] = {{0}};
    struct up_arch a;
    for (int i = 0; i < 10000; i++) {
        nb201->sample(&a, &r);
        for (int g = 0; g < 6; g++)
            count[g][a.gene[g]]++;
    }
    for (int g = 0; g < 6; g++)
        for (int op = 0; op < 5; op++)
            assert_in_range(count[g][op], 1800, 2200);
}

static void unknown_space_is_suggested(void **state)
{
    const struct up_space *s;
    struct up_err err;
    assert_int_equal(up_space_find(&s, "nb210", &err), UP_EUSAGE);
    assert_non_null(strstr(err.msg, "did you mean nb201?"));
}

int main(void)
{
    if (up_space_find(&nb201, "nb201", NULL))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_of_official_string),
        cmocka_unit_test(row_of_naslib_tuple),
        cmocka_unit_test(row_of_arch2vec),
        cmocka_unit_test(counts_of_canonical_forms),
        cmocka_unit_test(unused_edges_become_none),
        cmocka_unit_test(encode_and_back),
        cmocka_unit_test(neighbours_differ_by_one),
        cmocka_unit_test(costs_of_the_closed_forms),
        cmocka_unit_test(drawing_shows_what_carries_data),
        cmocka_unit_test(module_names_every_edge),
        cmocka_unit_test(a_pool_begins_a_larger_one),
        cmocka_unit_test(a_sampled_pool_begins_a_larger_one),
        cmocka_unit_test(samples_are_uniform),
        cmocka_unit_test(unknown_space_is_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
