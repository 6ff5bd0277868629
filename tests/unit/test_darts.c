/* links: up_space
 * The row darts of the table of spaces: spellings, canonical form, graphs, costs, files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "stages/space/diagram.h"
#include "stages/space/space.h"

static const struct up_space *darts;
/* DARTS_V2 of the DARTS paper; its network for ImageNet has 4.7 million parameters there. */
#define V2                                                                                     \
    "[[(0, 3), (1, 3), (0, 3), (1, 3), (1, 3), (0, 2), (0, 2), (2, 5)], "                      \
    "[(0, 0), (1, 0), (2, 2), (1, 0), (0, 0), (2, 2), (2, 2), (1, 0)]]"

static struct up_arch parsed(const char *text)
{
    struct up_arch a = {0};
    struct up_err err = {""};
    if (darts->parse(&a, text, strlen(text), &err))
        fail_msg("%s", err.msg);
    return a;
}

static struct up_arch drawn(struct up_rng *r)
{
    struct up_arch a;
    darts->sample(&a, r);
    return a;
}

/* The same network: node i of both cells becomes node to[i] if that is allowed, and the pairs
 * of some nodes change places. */
static bool respelled(struct up_arch *out, const struct up_arch *a, const int to[4],
                      struct up_rng *r)
{
    *out = (struct up_arch){.len = a->len};
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < 4; i++) {
            int turn = (int)up_rng_below(r, 2);
            for (int p = 0; p < 2; p++) {
                const uint8_t *from = a->gene + 16 * c + 4 * i + 2 * (p ^ turn);
                uint8_t *gene = out->gene + 16 * c + 4 * to[i] + 2 * p;
                gene[0] = from[0] < 2 ? from[0] : (uint8_t)(2 + to[from[0] - 2]);
                gene[1] = from[1];
                if (gene[0] >= 2 + to[i])
                    return false;
            }
        }
    return true;
}

static void names_and_order_mean_nothing(void **state)
{
    struct up_rng r = up_rng_init(1, "test");
    int respellings = 0;
    for (int i = 0; i < 2000; i++) {
        struct up_arch a = drawn(&r), b, ca, cb, again;
        int to[4] = {0, 1, 2, 3};
        for (int k = 3; k > 0; k--) {
            int j = (int)up_rng_below(&r, (uint64_t)k + 1), t = to[k];
            to[k] = to[j];
            to[j] = t;
        }
        darts->canonical(&ca, &a);
        darts->canonical(&again, &ca);
        assert_int_equal(up_arch_cmp(&ca, &again), 0);
        assert_true(up_arch_cmp(&ca, &a) <= 0);
        if (!respelled(&b, &a, to, &r))
            continue;
        respellings++;
        darts->canonical(&cb, &b);
        assert_int_equal(up_arch_cmp(&ca, &cb), 0);
    }
    assert_true(respellings > 100);
}

static void canonical_forms_of_known_cells(void **state)
{
    struct up_arch a = parsed(V2), c,
                   want = parsed(
                       "[[(0, 2), (1, 3), (0, 3), (1, 3), (0, 2), (3, 5), "
                       "(0, 3), (1, 3)], [(0, 0), (1, 0), (0, 0), (2, 2), (1, 0), (2, 2), "
                       "(1, 0), (2, 2)]]");
    darts->canonical(&c, &a);
    assert_int_equal(up_arch_cmp(&c, &want), 0);
    a.gene[5] = 4; /* one operation of a node that others read: another network */
    darts->canonical(&c, &a);
    assert_int_not_equal(up_arch_cmp(&c, &want), 0);
}

static void every_spelling_comes_back(void **state)
{
    struct up_rng r = up_rng_init(2, "test");
    for (int i = 0; i < 2000; i++) {
        struct up_arch a = drawn(&r), b, ca, cb;
        char text[UP_ARCH_TEXT];
        darts->canonical(&ca, &a);
        for (int s = UP_SPELL_OFFICIAL; s <= UP_SPELL_CONFIG; s++) {
            darts->print(text, &a, (enum up_spelling)s);
            assert_true(strlen(text) < UP_ARCH_TEXT - 1);
            b = parsed(text);
            if (s != UP_SPELL_CONFIG)
                assert_int_equal(up_arch_cmp(&a, &b), 0);
            darts->canonical(&cb, &b);
            assert_int_equal(up_arch_cmp(&ca, &cb), 0);
        }
    }
}

static void graphs_come_back(void **state)
{
    struct up_rng r = up_rng_init(3, "test");
    assert_int_equal(darts->graphs * darts->nodes * 16, 352);
    for (int i = 0; i < 5000; i++) {
        struct up_arch a = drawn(&r), b;
        struct up_cell_graph g[UP_GRAPHS_MAX];
        struct up_err err;
        darts->encode(g, &a);
        for (int k = 0; k < 2; k++)
            for (int p = 0; p < 11; p++)
                for (int q = 0; q <= p; q++)
                    assert_int_equal(g[k].adj[p * 11 + q], 0);
        assert_int_equal(darts->decode(&b, g, &err), UP_OK);
        assert_int_equal(up_arch_cmp(&a, &b), 0);
    }
}

static void row_of_arch2vec(void **state)
{
    static const uint8_t op[11] = {0, 1, 6, 6, 6, 6, 6, 5, 5, 8, 10};
    /* arrows of the normal cell of V2; operations 2 and 3 are node 2 of DARTS */
    static const uint8_t arrow[][2] = {{0, 2},  {1, 3},  {0, 4},  {1, 5},  {1, 6},  {0, 7},
                                       {0, 8},  {2, 9},  {3, 9},  {2, 10}, {3, 10}, {4, 10},
                                       {5, 10}, {6, 10}, {7, 10}, {8, 10}, {9, 10}};
    struct up_arch a = parsed(V2);
    struct up_cell_graph g[UP_GRAPHS_MAX], want = {{0}, {0}};
    for (size_t i = 0; i < sizeof arrow / sizeof *arrow; i++)
        want.adj[arrow[i][0] * 11 + arrow[i][1]] = 1;
    darts->encode(g, &a);
    assert_memory_equal(g[0].op, op, sizeof op);
    assert_memory_equal(g[0].adj, want.adj, sizeof want.adj);
}

static void broken(const char *says, void (*harm)(struct up_cell_graph *g))
{
    struct up_arch a = parsed(V2), b;
    struct up_cell_graph g[UP_GRAPHS_MAX];
    struct up_err err = {""};
    darts->encode(g, &a);
    harm(g);
    assert_int_equal(darts->decode(&b, g, &err), UP_EINVAL);
    assert_string_equal(err.msg, says);
}

static void no_input(struct up_cell_graph *g) { g[1].op[1] = 0; }
static void no_output(struct up_cell_graph *g) { g[0].op[10] = 9; }
static void a_none(struct up_cell_graph *g) { g[0].op[4] = 2; }
static void no_class(struct up_cell_graph *g) { g[0].op[4] = 77; }
static void no_source(struct up_cell_graph *g) { g[0].adj[0 * 11 + 2] = 0; }
static void two_sources(struct up_cell_graph *g) { g[1].adj[0 * 11 + 4] = 1; }
static void half_a_node(struct up_cell_graph *g) { g[0].adj[3 * 11 + 9] = 0; }
static void same_source(struct up_cell_graph *g)
{
    g[0].adj[1 * 11 + 3] = 0;
    g[0].adj[0 * 11 + 3] = 1;
}
static void not_handed_on(struct up_cell_graph *g) { g[0].adj[5 * 11 + 10] = 0; }
static void input_handed_on(struct up_cell_graph *g) { g[0].adj[0 * 11 + 10] = 1; }
static void backwards(struct up_cell_graph *g) { g[1].adj[9 * 11 + 3] = 1; }
static void within(struct up_cell_graph *g) { g[1].adj[4 * 11 + 5] = 1; }

static void every_rule_has_its_sentence(void **state)
{
    broken("reduction cell: node 1 is not the input c_{k-1}", no_input);
    broken("normal cell: node 10 is not the output", no_output);
    broken("normal cell: node 4 is no operation of the space", a_none);
    broken("normal cell: node 4 is no operation of the space", no_class);
    broken("normal cell: operation 2 has 0 sources instead of one", no_source);
    broken("reduction cell: operation 4 has 2 sources instead of one", two_sources);
    broken("normal cell: node 9 has an arrow from one of the operations 2 and 3, which go "
           "together",
           half_a_node);
    broken("normal cell: operations 2 and 3 have the same source", same_source);
    broken("normal cell: the arrow from node 5 to node 10 is missing", not_handed_on);
    broken("normal cell: the arrow from node 0 to node 10 is not of this space",
           input_handed_on);
    broken("reduction cell: the arrow from node 9 to node 3 is not of this space", backwards);
    broken("reduction cell: the arrow from node 4 to node 5 is not of this space", within);
}

static double log_odds(const struct up_arch *a, const float *op, const float *edge)
{
    struct up_cell_graph g[UP_GRAPHS_MAX];
    double sum = 0;
    darts->encode(g, a);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 11; i++) {
            sum += (double)op[(k * 11 + i) * 11 + g[k].op[i]];
            for (int j = i + 1; j < 11; j++)
                sum += g[k].adj[i * 11 + j] ? (double)edge[(k * 11 + i) * 11 + j] : 0;
        }
    return sum;
}

/* The odds of an architecture's own graphs give it back; of any odds nothing is likelier than
 * what is found: checked against every choice for one node at a time, as nodes are independent.
 */
static void likeliest_of_odds(void **state)
{
    static float op[2 * 11 * 11], edge[2 * 11 * 11];
    struct up_rng r = up_rng_init(6, "test");
    for (int i = 0; i < 500; i++) {
        struct up_arch a = drawn(&r), b;
        struct up_cell_graph g[UP_GRAPHS_MAX];
        darts->encode(g, &a);
        for (int k = 0; k < 2 * 121; k++) {
            edge[k] = (float)up_rng_range(&r, 0.1, 3) * (g[k / 121].adj[k % 121] ? 1 : -1);
            op[k] = (float)up_rng_range(&r, -1, 1) +
                    (g[k / 121].op[k % 121 / 11] == k % 11 ? 2.5f : 0);
        }
        darts->likeliest(&b, op, edge);
        assert_int_equal(up_arch_cmp(&a, &b), 0);
    }
    for (int i = 0; i < 200; i++) {
        struct up_arch a, c;
        struct up_cell_graph g[UP_GRAPHS_MAX];
        for (int k = 0; k < 2 * 121; k++) {
            edge[k] = (float)up_rng_normal(&r);
            op[k] = (float)up_rng_normal(&r);
        }
        darts->likeliest(&a, op, edge);
        darts->encode(g, &a);
        assert_int_equal(darts->decode(&c, g, NULL), UP_OK);
        double best = log_odds(&a, op, edge);
        for (int k = 0; k < 50; k++) {
            struct up_arch b = drawn(&r), mixed = a;
            int node = (int)up_rng_below(&r, 8);
            memcpy(mixed.gene + 4 * node, b.gene + 4 * node, 4);
            assert_true(log_odds(&mixed, op, edge) <= best + 1e-4);
            assert_true(log_odds(&b, op, edge) <= best + 1e-4);
        }
    }
}

/* Whoever is a neighbour has the cell as a neighbour too, and no spelling has others. */
static void neighbours_are_mutual(void **state)
{
    struct up_rng r = up_rng_init(4, "test");
    size_t most = 0;
    for (int i = 0; i < 20; i++) {
        struct up_arch a, c, near[200], back[200];
        a = drawn(&r);
        darts->canonical(&c, &a);
        size_t n = darts->neighbours(&a, near, 200);
        most = n > most ? n : most;
        assert_true(n > 80 && n <= 144);
        assert_int_equal(darts->neighbours(&c, back, 200), n);
        for (size_t k = 0; k < n; k++) {
            struct up_arch own;
            darts->canonical(&own, &near[k]);
            assert_int_equal(up_arch_cmp(&own, &near[k]), 0);
            assert_int_not_equal(up_arch_cmp(&own, &c), 0);
            for (size_t o = 0; o < k; o++)
                assert_int_not_equal(up_arch_cmp(&near[o], &near[k]), 0);
            size_t m = darts->neighbours(&near[k], back, 200), found = 0;
            for (size_t o = 0; o < m; o++)
                found += up_arch_cmp(&back[o], &c) == 0;
            assert_int_equal(found, 1);
        }
        assert_int_equal(darts->neighbours(&a, near, 7), 7);
    }
    assert_true(most > 110);
}

static void cost_is(const char *text, double flops, double params)
{
    struct up_arch a = parsed(text);
    double f, p;
    darts->cost(&f, &p, &a, &darts->net);
    assert_true(f == flops);
    assert_true(p == params);
}

/* Base and what one operation adds, of the published closed forms: normal cells, reduction
 * cells by source. */
static void costs_of_the_closed_forms(void **state)
{
    static const double flops[7][3] = {
        {1146880, 245760, 245760},    {1146880, 245760, 245760},    {0, 2220032, 0},
        {15106048, 4808704, 4734976}, {18776064, 5595136, 5521408}, {7553024, 2441216, 2367488},
        {9388032, 2834432, 2760704}};
    static const double params[7][3] = {{0, 0, 0},
                                        {0, 0, 0},
                                        {0, 20480, 0},
                                        {94080, 44416, 44416},
                                        {108416, 50560, 50560},
                                        {47040, 22208, 22208},
                                        {54208, 25280, 25280}};
    struct up_rng r = up_rng_init(5, "test");
    for (int i = 0; i < 1000; i++) {
        struct up_arch a = drawn(&r);
        double f = 81606144, p = 392426, got_f, got_p;
        for (int k = 0; k < 16; k++) {
            int source = a.gene[2 * k], op = a.gene[2 * k + 1];
            int row = k < 8 ? 0 : source < 2 ? 1 : 2;
            f += flops[op][row];
            p += params[op][row];
        }
        darts->cost(&got_f, &got_p, &a, &darts->net);
        assert_true(got_f == f / 1e6);
        assert_true(got_p == p / 1e6);
    }
    cost_is("[[(0, 0), (1, 5), (1, 1), (0, 1), (1, 3), (0, 3), (1, 3), (3, 2)], "
            "[(1, 0), (0, 2), (1, 3), (0, 3), (3, 0), (0, 1), (2, 0), (3, 6)]]",
            153.499136, 0.856298);
}

/* The parameters are those of the DARTS paper (4.7 million); the FLOPs as PyTorch's modules
 * count them, 529.9 million multiplications and what is done once per element.
 * cli/test_darts.sh counts both for other cells. */
static void cost_of_the_imagenet_network(void **state)
{
    struct up_arch a = parsed(V2);
    double flops, params;
    assert_string_equal(darts->others[0].name, "imagenet");
    darts->cost(&flops, &params, &a, &darts->others[0].size);
    assert_true(flops == 545.305152);
    assert_true(params == 4.718752);
}

static void both_cells_are_drawn(void **state)
{
    struct up_diagram d;
    struct up_arch a = parsed(V2);
    darts->diagram(&d, &a);
    assert_int_equal(d.cells, 2);
    for (int k = 0; k < 2; k++) {
        assert_string_equal(d.cell[k].title, k ? "reduction cell" : "normal cell");
        assert_int_equal(d.cell[k].nodes, 7);
        assert_int_equal(d.cell[k].edges, 12);
        assert_string_equal(d.cell[k].node[0], "c_{k-2}");
        assert_string_equal(d.cell[k].node[6], "c_{k}");
        for (int e = 0; e < 12; e++) {
            assert_true(d.cell[k].edge[e].from < d.cell[k].edge[e].to);
            assert_int_equal(d.cell[k].edge[e].label[0] == '\0', d.cell[k].edge[e].to == 6);
        }
    }
    assert_int_equal(d.cell[0].edge[7].from, 2);
    assert_int_equal(d.cell[0].edge[7].to, 5);
    assert_string_equal(d.cell[0].edge[7].label, "dil_conv_3x3");
}

static void modules_name_every_pair(void **state)
{
    struct up_arch a = parsed(V2);
    const struct up_net_size *size[] = {&darts->net, &darts->others[0].size};
    for (int i = 0; i < 2; i++) {
        struct up_buf b = UP_BUF_INIT;
        darts->torch(&b, &a, size[i]);
        const char *s = up_buf_str(&b);
        assert_non_null(strstr(s, "NORMAL = [\n    (\"sep_conv_3x3\", 0),\n"));
        assert_non_null(strstr(s, "    (\"dil_conv_3x3\", 2),\n]\nREDUCTION = ["));
        assert_non_null(strstr(s, i ? "AFFINE = True" : "AFFINE = False"));
        for (const char *p = strstr(s, "import"); p; p = strstr(p + 1, "import"))
            assert_true(!strncmp(p, "import torch\n", 13) || !strncmp(p, "import nn\n", 10));
        up_buf_release(&b);
    }
}

static void a_pool_begins_a_larger_one(void **state)
{
    struct up_arch *small, *large;
    size_t n, m;
    struct up_err err;
    assert_int_equal(up_space_pool(&small, &n, darts, 300, 1, &err), UP_OK);
    assert_int_equal(up_space_pool(&large, &m, darts, 3000, 1, &err), UP_OK);
    assert_memory_equal(small, large, n * sizeof *small);
    for (size_t i = 0; i < m; i++) {
        struct up_arch c;
        darts->canonical(&c, &large[i]);
        assert_int_equal(up_arch_cmp(&c, &large[i]), 0);
    }
    assert_int_equal(up_space_distinct(large, m, darts), m);
    free(small);
    free(large);
}

int main(void)
{
    if (up_space_find(&darts, "darts", NULL))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_order_mean_nothing),
        cmocka_unit_test(canonical_forms_of_known_cells),
        cmocka_unit_test(every_spelling_comes_back),
        cmocka_unit_test(graphs_come_back),
        cmocka_unit_test(row_of_arch2vec),
        cmocka_unit_test(every_rule_has_its_sentence),
        cmocka_unit_test(likeliest_of_odds),
        cmocka_unit_test(neighbours_are_mutual),
        cmocka_unit_test(costs_of_the_closed_forms),
        cmocka_unit_test(cost_of_the_imagenet_network),
        cmocka_unit_test(both_cells_are_drawn),
        cmocka_unit_test(modules_name_every_pair),
        cmocka_unit_test(a_pool_begins_a_larger_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
