/* Search methods over a model whose optimum is known. links: up_stages */
#include "stages/search/search.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* An architecture of nb201 is embedded as one coordinate per edge and operation.
 * Score 0 is linear in them, score 1 its FLOPs-like shadow. A point decodes to the
 * largest operation of each edge, and to nothing once a coordinate leaves [-3, 3]. */
enum { EDGES = 6, OPS = 5, DIM = EDGES * OPS, M = 2 };
struct toy {
    float gain[DIM], weight[DIM];
};

static void toy_embed(const void *ctx, float *z, const struct up_arch *a, size_t n)
{
    (void)ctx;
    memset(z, 0, n * DIM * sizeof *z);
    for (size_t i = 0; i < n; i++)
        for (int e = 0; e < EDGES; e++)
            z[i * DIM + (size_t)(e * OPS + a[i].gene[e])] = 1;
}

static void toy_predict(const void *ctx, float *y, const float *z, size_t n)
{
    const struct toy *t = ctx;
    for (size_t i = 0; i < n; i++) {
        double sum[M] = {0, 0};
        for (size_t d = 0; d < DIM; d++) {
            sum[0] += (double)z[i * DIM + d] * (double)t->gain[d];
            sum[1] += (double)z[i * DIM + d] * (double)t->weight[d];
        }
        y[i * M] = (float)sum[0];
        y[i * M + 1] = (float)sum[1];
    }
}

static void toy_gradient(const void *ctx, float *dz, float *y, const float *z, size_t n,
                         const float *dy)
{
    const struct toy *t = ctx;
    toy_predict(ctx, y, z, n);
    for (size_t i = 0; i < n; i++)
        for (size_t d = 0; d < DIM; d++)
            dz[i * DIM + d] = dy[i * M] * t->gain[d] + dy[i * M + 1] * t->weight[d];
}

static void toy_decode(const void *ctx, struct up_arch *a, uint8_t *ok, const float *z,
                       size_t n)
{
    (void)ctx;
    for (size_t i = 0; i < n; i++) {
        const float *p = z + i * DIM;
        a[i] = (struct up_arch){.len = EDGES};
        ok[i] = 1;
        for (size_t d = 0; d < DIM; d++)
            ok[i] = ok[i] && fabsf(p[d]) <= 3;
        for (size_t e = 0; e < EDGES; e++)
            for (uint8_t o = 1; o < OPS; o++)
                if (p[e * OPS + o] > p[e * OPS + a[i].gene[e]])
                    a[i].gene[e] = o;
    }
}

static const double weights[M] = {1, 0};
struct fixture {
    struct toy toy;
    struct up_models_view model;
    struct up_search_task task;
    struct up_search s;
    struct up_arena arena;
};

static void fixture_init(struct fixture *f, size_t budget, int threads)
{
    struct up_rng r = up_rng_init(7, "toy");
    *f = (struct fixture){0};
    for (size_t d = 0; d < DIM; d++) {
        /* `none` is worst everywhere, so that the optimum is its own canonical form. */
        f->toy.gain[d] = d % OPS == 0 ? -2 : (float)up_rng_range(&r, -1, 1);
        f->toy.weight[d] = (float)(d % OPS == 3 ? 10 : d % OPS == 2 ? 2 : 0);
    }
    f->model = (struct up_models_view){DIM,         M,    &f->toy,      toy_embed,
                                       toy_predict, NULL, toy_gradient, toy_decode};
    f->task = (struct up_search_task){
        up_spaces[0],      &f->model,         weights, up_spaces[0]->net,
        {INFINITY, -1, 0}, {INFINITY, -1, 0}, NULL,    0};
    f->s.arena = &f->arena;
    f->s.seed = 3;
    f->s.population = 100;
    f->s.tournament = 10;
    f->s.gradient = (struct up_gradient_options){64, 60, 30, 0.05, false};
    up_ledger_init(&f->s.ledger, &f->task, budget, threads);
}

static void fixture_release(struct fixture *f)
{
    up_ledger_release(&f->s.ledger);
    up_arena_release(&f->arena);
}

/* The best allowed unified score, and the architecture that has it. */
static double optimum(const struct fixture *f, struct up_arch *best)
{
    double top = -INFINITY;
    for (uint64_t i = 0; i < f->task.space->count; i++) {
        struct up_arch a, c;
        float y[M];
        f->task.space->at(&a, i);
        f->task.space->canonical(&c, &a);
        up_models_predict(f->task.model, y, &c, 1);
        double u = up_models_unify(f->task.model, f->task.weights, y);
        if (up_search_allows(&f->task, &c) && u > top) {
            top = u;
            *best = c;
        }
    }
    return top;
}

static double found(const struct fixture *f)
{
    uint32_t row;
    assert_int_equal(up_search_best(&row, 1, &f->s), 1);
    return f->s.ledger.unified[row];
}

static void test_every_method_nears_the_optimum(void **state)
{
    /* Fraction of the way from nothing to the optimum that each must reach. */
    static const double reach[] = {1, 0.6, 1, 1};
    for (size_t i = 0; up_search_methods[i]; i++) {
        struct fixture f;
        struct up_err err = {""};
        struct up_arch best;
        fixture_init(&f, i == 3 ? 0 : 3000, 2);
        assert_int_equal(up_search_methods[i]->run(&f.s, &err), UP_OK);
        double top = optimum(&f, &best);
        assert_true(top > 0);
        assert_true(found(&f) >= reach[i] * top - 1e-5);
        assert_true(found(&f) <= top + 1e-5);
        fixture_release(&f);
    }
}

static void test_budget_is_kept_and_rows_are_distinct(void **state)
{
    for (size_t i = 0; i < 3; i++) {
        struct fixture f;
        fixture_init(&f, 300, 2);
        f.s.gradient.starts = 1024;
        assert_int_equal(up_search_methods[i]->run(&f.s, NULL), UP_OK);
        assert_true(f.s.ledger.n <= 300);
        assert_true(f.s.ledger.n >= 250);
        for (size_t a = 0; a < f.s.ledger.n; a++)
            for (size_t b = 0; b < a; b++)
                assert_int_not_equal(up_arch_cmp(&f.s.ledger.arch[a], &f.s.ledger.arch[b]), 0);
        fixture_release(&f);
    }
}

static void test_limits_hold_exactly(void **state)
{
    for (size_t i = 0; up_search_methods[i]; i++)
        for (int shadow = 0; shadow < 2; shadow++) {
            struct fixture f;
            struct up_arch best;
            fixture_init(&f, i == 3 ? 0 : 2500, 1);
            f.s.gradient.starts = 400;
            f.task.flops = (struct up_limit){40, shadow ? 1 : -1, 12};
            f.task.params.max = 0.4;
            assert_int_equal(up_search_methods[i]->run(&f.s, NULL), UP_OK);
            for (size_t r = 0; r < f.s.ledger.n; r++) {
                double flops, params;
                f.task.space->cost(&flops, &params, &f.s.ledger.arch[r], &f.task.net);
                assert_true(flops <= 40 && params <= 0.4);
            }
            assert_true(found(&f) <= optimum(&f, &best) + 1e-5);
            if (i == 3)
                assert_true(found(&f) >= optimum(&f, &best) - 1e-5);
            fixture_release(&f);
        }
}

/* Children that are forbidden or known must not end the search: every seed spends its
 * budget, or all that is allowed, and comes to the best that is allowed. */
static void test_evolution_under_limits(void **state)
{
    static const double limit[][2] = {{60, 0.3}, {25, 0.2}, {9, 0.08}};
    for (size_t k = 0; k < sizeof limit / sizeof *limit; k++)
        for (uint64_t seed = 0; seed < 6; seed++) {
            struct fixture f;
            struct up_arch best;
            size_t allowed = 0;
            fixture_init(&f, 1500, 1);
            f.s.seed = seed;
            for (size_t d = 0; d < DIM; d++) /* heavy is good: the best is at the limits */
                f.toy.gain[d] = d % OPS == 0 ? -2 : f.toy.weight[d] / 10 + f.toy.gain[d] / 4;
            f.task.flops.max = limit[k][0];
            f.task.params.max = limit[k][1];
            for (uint64_t i = 0; i < f.task.space->count; i++) {
                struct up_arch a, c;
                f.task.space->at(&a, i);
                f.task.space->canonical(&c, &a);
                allowed += up_arch_cmp(&a, &c) == 0 && up_search_allows(&f.task, &c);
            }
            assert_int_equal(up_search_evolution.run(&f.s, NULL), UP_OK);
            size_t least = allowed < 1500 ? allowed * 9 / 10 : 1500;
            double top = optimum(&f, &best), have = found(&f);
            if (f.s.ledger.n < least || have < top - 1e-5)
                fail_msg("limits %g and %g, seed %d: %zu queries of %zu allowed, %g of %g",
                         limit[k][0], limit[k][1], (int)seed, f.s.ledger.n, allowed, have, top);
            fixture_release(&f);
        }
}

/* A predicted cost over its level pulls the climb to where more is allowed. */
static void test_penalty_helps_under_a_limit(void **state)
{
    size_t asked[2];
    for (int shadow = 0; shadow < 2; shadow++) {
        struct fixture f;
        fixture_init(&f, 5000, 1);
        for (size_t d = 0; d < DIM; d++) /* heavy is good: climbing alone leaves the limit */
            f.toy.gain[d] = d % OPS == 0 ? -2 : f.toy.weight[d] / 10;
        f.s.gradient.starts = 200;
        f.task.flops = (struct up_limit){60, shadow ? 1 : -1, 14};
        assert_int_equal(up_search_gradient.run(&f.s, NULL), UP_OK);
        size_t under = 0;
        for (size_t i = 0; i < f.s.path.starts; i++) {
            uint32_t last = f.s.path.offset[i + 1];
            double flops, params;
            f.task.space->cost(&flops, &params, &f.s.path.final[i], &f.task.net);
            under += last > f.s.path.offset[i] && flops <= 60;
        }
        asked[shadow] = under;
        fixture_release(&f);
    }
    assert_true(asked[1] >= asked[0]);
}

static void test_threads_change_nothing(void **state)
{
    for (size_t i = 0; i < 3; i++) {
        struct fixture f[2];
        for (int k = 0; k < 2; k++) {
            fixture_init(&f[k], 1500, k ? 5 : 1);
            f[k].s.gradient.starts = 300;
            assert_int_equal(up_search_methods[i]->run(&f[k].s, NULL), UP_OK);
        }
        const struct up_ledger *a = &f[0].s.ledger, *b = &f[1].s.ledger;
        assert_int_equal(a->n, b->n);
        assert_memory_equal(a->unified, b->unified, a->n * sizeof *a->unified);
        assert_memory_equal(a->arch, b->arch, a->n * sizeof *a->arch);
        const struct up_trajectories *p = &f[0].s.path, *q = &f[1].s.path;
        assert_int_equal(p->length, q->length);
        if (p->length) {
            assert_memory_equal(p->point, q->point, p->length * sizeof *p->point);
            assert_memory_equal(p->decoded, q->decoded, p->length * sizeof *p->decoded);
        }
        for (int k = 0; k < 2; k++)
            fixture_release(&f[k]);
    }
}

static void test_trajectories_tell_the_climb(void **state)
{
    struct fixture f;
    fixture_init(&f, 5000, 1);
    f.s.gradient.steps = 200;
    f.s.gradient.patience = 0;
    assert_int_equal(up_search_gradient.run(&f.s, NULL), UP_OK);
    const struct up_trajectories *p = &f.s.path;
    assert_int_equal(p->starts, 64);
    for (size_t i = 0; i < p->starts; i++) {
        uint32_t from = p->offset[i], to = p->offset[i + 1];
        assert_true(to > from && to - from < 200); /* 3 / 0.05 = 60 steps to the edge */
        assert_int_equal(p->stop[i], UP_STOP_INVALID);
        assert_true(p->point[to - 1] > p->point[from]);
        /* the start's own embedding: point and architecture agree */
        assert_float_equal(p->point[from], p->decoded[from], 1e-5);
    }
    fixture_release(&f);
}

static void test_patience_and_steps_stop(void **state)
{
    struct fixture f;
    fixture_init(&f, 5000, 1);
    f.s.gradient = (struct up_gradient_options){16, 10, 0, 1e-4, false};
    assert_int_equal(up_search_gradient.run(&f.s, NULL), UP_OK);
    for (size_t i = 0; i < 16; i++) {
        assert_int_equal(f.s.path.stop[i], UP_STOP_STEPS);
        assert_int_equal(f.s.path.offset[i + 1] - f.s.path.offset[i], 10);
    }
    fixture_release(&f);
    fixture_init(&f, 5000, 1);
    f.s.gradient = (struct up_gradient_options){16, 10, 4, 1e-6, false};
    assert_int_equal(up_search_gradient.run(&f.s, NULL), UP_OK);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(f.s.path.stop[i], UP_STOP_PATIENCE);
    assert_true(f.s.path.length == 16 * 6);
    fixture_release(&f);
}

/* One start, walked until it decodes to nothing; only where it ended counts. */
static void test_paper_keeps_the_last_valid(void **state)
{
    struct fixture f;
    uint32_t row[4];
    fixture_init(&f, 5000, 1);
    f.s.gradient = (struct up_gradient_options){1, 20000, 0, 1e-2, true};
    assert_int_equal(up_search_gradient.run(&f.s, NULL), UP_OK);
    assert_int_equal(f.s.path.stop[0], UP_STOP_INVALID);
    assert_int_equal(up_search_best(row, 4, &f.s), 1);
    assert_int_equal(up_arch_cmp(&f.s.ledger.arch[row[0]], &f.s.path.final[0]), 0);
    assert_true(f.s.ledger.n > 1);
    fixture_release(&f);
}

static bool from_even(const struct up_arch *a)
{
    return a->gene[0] % 2 == 0 && up_spaces[0]->connected(a);
}

/* A start that connects nothing is drawn again. */
static void test_every_start_is_connected(void **state)
{
    for (uint64_t seed = 0; seed < 8; seed++) {
        struct fixture f;
        fixture_init(&f, 5000, 1);
        struct up_space half = *f.task.space;
        half.connected = from_even;
        f.task.space = &half;
        f.s.seed = seed;
        f.s.gradient = (struct up_gradient_options){1, 20000, 0, 1e-2, true};
        uint32_t row;
        assert_int_equal(up_search_gradient.run(&f.s, NULL), UP_OK);
        assert_int_equal(f.s.path.starts, 1);
        assert_int_equal(up_search_best(&row, 1, &f.s), 1);
        fixture_release(&f);
    }
}

static bool canceled(void *ctx) { return ++*(int *)ctx > 2; }

static void test_cancel_stops_soon(void **state)
{
    for (size_t i = 0; up_search_methods[i]; i++) {
        struct fixture f;
        struct up_err err = {""};
        int asked = 0;
        fixture_init(&f, i == 3 ? 0 : 5000, 1);
        f.s.watch = (struct up_search_watch){&asked, canceled, NULL};
        assert_int_equal(up_search_methods[i]->run(&f.s, &err), UP_ECANCELED);
        assert_int_equal(asked, 3);
        assert_true(err.msg[0]);
        fixture_release(&f);
    }
}

static void test_exhaustive_lists_every_canonical_form(void **state)
{
    struct fixture f;
    fixture_init(&f, 0, 2);
    assert_int_equal(up_search_exhaustive.run(&f.s, NULL), UP_OK);
    assert_int_equal(f.s.ledger.n, 9444); /* 9,445 less the one that connects nothing */
    fixture_release(&f);
    fixture_init(&f, 0, 2);
    struct up_space endless = *f.task.space;
    struct up_err err = {""};
    endless.count = 0;
    f.task.space = &endless;
    assert_int_equal(up_search_exhaustive.run(&f.s, &err), UP_EUSAGE);
    assert_non_null(strstr(err.msg, "search.method"));
    fixture_release(&f);
}

static void test_methods_are_found_by_name(void **state)
{
    const struct up_search_method *m;
    struct up_err err = {""};
    for (size_t i = 0; up_search_methods[i]; i++) {
        assert_int_equal(up_search_method_find(&m, up_search_methods[i]->name, &err), UP_OK);
        assert_ptr_equal(m, up_search_methods[i]);
    }
    assert_int_equal(up_search_method_find(&m, "luck", &err), UP_EUSAGE);
    assert_non_null(strstr(err.msg, "luck"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_method_nears_the_optimum),
        cmocka_unit_test(test_budget_is_kept_and_rows_are_distinct),
        cmocka_unit_test(test_limits_hold_exactly),
        cmocka_unit_test(test_evolution_under_limits),
        cmocka_unit_test(test_every_start_is_connected),
        cmocka_unit_test(test_penalty_helps_under_a_limit),
        cmocka_unit_test(test_threads_change_nothing),
        cmocka_unit_test(test_trajectories_tell_the_climb),
        cmocka_unit_test(test_patience_and_steps_stop),
        cmocka_unit_test(test_paper_keeps_the_last_valid),
        cmocka_unit_test(test_cancel_stops_soon),
        cmocka_unit_test(test_exhaustive_lists_every_canonical_form),
        cmocka_unit_test(test_methods_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
