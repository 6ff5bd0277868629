/* links: up_reference */
/* Whole passes over a small nb201 network in float64, against differences of the loss. */
#include "stages/kernels/loss.h"
#include "stages/kernels/reduce.h"
#include "stages/engine/net/build.h"
#include "tests/reference/pass.h"
#include "store/base/arena.h"
#include "store/base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { IMAGES = 3, CLASSES = 4 };
static const int32_t labels[IMAGES] = {1, 3, 0};

struct net {
    struct up_arena arena;
    struct up_program p;
    struct up_plain_f64 run;
    double **folded;
};

static double **buffers(struct net *t)
{
    double **b = UP_NEW(&t->arena, t->p.slots, double *);
    for (int i = 0; i < t->p.slots; ++i)
        b[i] = UP_NEW(&t->arena, t->p.slot[i].c * t->p.slot[i].h * t->p.slot[i].w * IMAGES,
                      double);
    return b;
}

static void draw(double *v, size_t n, const char *name, double scale)
{
    struct up_rng r = up_rng_init(11, name);
    for (size_t i = 0; i < n; ++i)
        v[i] = scale * up_rng_normal(&r);
}

static void make(struct net *t, const uint8_t genes[6])
{
    struct up_arch arch = {.len = 6};
    struct up_net_size size = {2, 1, CLASSES, 8, 8, false};
    *t = (struct net){UP_ARENA_INIT, UP_PROGRAM_INIT, {0}, NULL};
    memcpy(arch.gene, genes, 6);
    assert_int_equal(up_program_nb201(&t->p, &arch, &size, 3, NULL), UP_OK);
    const struct up_program *p = &t->p;
    t->run = (struct up_plain_f64){.program = p, .n = IMAGES};
    t->run.weight = UP_NEW(&t->arena, p->numbers, double);
    t->run.dweight = UP_NEW(&t->arena, p->numbers, double);
    t->run.act = buffers(t);
    t->run.grad = buffers(t);
    t->run.tan = buffers(t);
    t->folded = buffers(t);
    t->run.live = UP_NEW(&t->arena, p->slots, bool);
    t->run.reached = UP_NEW(&t->arena, p->slots, bool);
    t->run.norm = UP_NEW(&t->arena, p->norms, struct up_norm);
    t->run.scratch = UP_NEW(&t->arena, up_pass_scratch(p, IMAGES), double);
    draw(t->run.weight, p->numbers, "weights", 0.5);
    draw(t->run.act[p->input], 3 * 64 * IMAGES, "images", 1);
}

static void drop(struct net *t)
{
    up_program_release(&t->p);
    up_arena_release(&t->arena);
}

static double loss(struct net *t)
{
    up_plain_forward_f64(&t->run, t->p.ops);
    return up_loss_forward_f64(t->run.act[t->p.logits], labels, CLASSES, IMAGES);
}

static void gradient(struct net *t)
{
    int z = t->p.logits;
    loss(t);
    up_loss_backward_f64(t->run.grad[z], t->run.act[z], labels, CLASSES, IMAGES);
    up_plain_backward_f64(&t->run, false);
}

static double curvature(struct net *t)
{
    int z = t->p.logits;
    double sum = up_plain_tangent_f64(&t->run);
    up_loss_tangent_f64(t->folded[z], t->run.act[z], t->run.tan[z], CLASSES, IMAGES);
    return sum + up_plain_backward_tangent_f64(&t->run, t->folded);
}

static void expect(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * (1 + fabs(want))))
        fail_msg("%.12g, expected %.12g", got, want);
}

/* All five operations, a node only `none` leads to, a node that leads nowhere. */
static const uint8_t archs[][6] = {
    {3, 2, 3, 1, 4, 3}, {1, 2, 0, 3, 4, 2}, {3, 0, 3, 3, 0, 0},
    {0, 3, 1, 0, 2, 3}, {4, 4, 4, 4, 4, 4},
};
enum { ARCHS = sizeof archs / sizeof *archs };

static void gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    for (int a = 0; a < ARCHS; ++a) {
        struct net t;
        make(&t, archs[a]);
        gradient(&t);
        for (int i = 0; i < t.p.weights; ++i) {
            const struct up_program_weight *w = &t.p.weight[i];
            for (size_t k = 0; w->role == UP_W_COUNTED && k < w->count; k += 1 + w->count / 5) {
                double *v = &t.run.weight[w->at + k], keep = *v, h = 1e-6;
                *v = keep + h;
                double up = loss(&t);
                *v = keep - h;
                double down = loss(&t);
                *v = keep;
                expect(t.run.dweight[w->at + k], (up - down) / (2 * h), 1e-6);
            }
        }
        drop(&t);
    }
}

static double logit_sum(struct net *t)
{
    up_plain_forward_f64(&t->run, t->p.ops);
    return up_reduce_sum_f64(t->run.act[t->p.logits], CLASSES * IMAGES);
}

static void jacobian_is_that_of_the_logits(void **state)
{
    (void)state;
    for (int a = 0; a < ARCHS; ++a) {
        struct net t;
        make(&t, archs[a]);
        logit_sum(&t);
        struct up_plain_f64 run = t.run; /* as the engine runs it: folded, without weights */
        run.grad = t.folded;
        run.dweight = NULL;
        for (int i = 0; i < CLASSES * IMAGES; ++i)
            run.grad[t.p.logits][i] = 1;
        up_plain_backward_f64(&run, true);
        for (int k = 0; k < 3 * 64 * IMAGES; k += 23) {
            double *v = &t.run.act[t.p.input][k], keep = *v, h = 1e-6;
            double got = run.reached[t.p.input] ? run.grad[t.p.input][k] : 0;
            *v = keep + h;
            double up = logit_sum(&t);
            *v = keep - h;
            double down = logit_sum(&t);
            *v = keep;
            expect(got, (up - down) / (2 * h), 1e-6);
        }
        drop(&t);
    }
}

/* w . (H v) by moving the weights along v = the gradient itself. */
static void hessian_product_is_that_of_the_gradient(void **state)
{
    (void)state;
    for (int a = 0; a < ARCHS; ++a) {
        struct net t;
        make(&t, archs[a]);
        gradient(&t);
        double got = curvature(&t), side[2], h = 1e-6;
        double *w = UP_NEW(&t.arena, t.p.numbers, double);
        double *g = UP_NEW(&t.arena, t.p.numbers, double);
        memcpy(w, t.run.weight, t.p.numbers * sizeof *w);
        memcpy(g, t.run.dweight, t.p.numbers * sizeof *g);
        for (int s = 0; s < 2; ++s) {
            for (size_t i = 0; i < t.p.numbers; ++i)
                t.run.weight[i] = w[i] + (s ? -h : h) * g[i];
            gradient(&t);
            side[s] = up_reduce_dot_f64(w, t.run.dweight, (ptrdiff_t)t.p.numbers);
        }
        expect(got, (side[0] - side[1]) / (2 * h), 1e-5);
        drop(&t);
    }
}

/* A convolution straight into a batch norm does not care for its scale: sum w g = 0 but for
 * the epsilon. The classifier and the two shortcuts are the ones that care. */
static void scale_invariant_layers_have_no_plain(void **state)
{
    (void)state;
    struct net t;
    make(&t, archs[0]);
    for (size_t i = 0; i < t.p.numbers; ++i)
        t.run.weight[i] *= 20; /* the epsilon vanishes beside the variance */
    gradient(&t);
    int invariant = 0, others = 0;
    for (int i = 0; i < t.p.weights; ++i) {
        const struct up_program_weight *w = &t.p.weight[i];
        if (w->role != UP_W_COUNTED)
            continue;
        const double *v = t.run.weight + w->at, *g = t.run.dweight + w->at;
        double sum = up_reduce_dot_f64(v, g, (ptrdiff_t)w->count);
        double size = up_reduce_abs_dot_f64(v, g, (ptrdiff_t)w->count);
        bool scales = strstr(w->name, "shortcut") || strstr(w->name, "fc");
        if (scales)
            assert_true(fabs(sum) > 1e-6 * size);
        else
            assert_true(fabs(sum) <= 2e-5 * size);
        others += scales;
        invariant += !scales;
    }
    assert_int_equal(others, 3);
    assert_int_equal(invariant, 5 + 3 * 4);
    drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_that_of_the_loss),
        cmocka_unit_test(jacobian_is_that_of_the_logits),
        cmocka_unit_test(hessian_product_is_that_of_the_gradient),
        cmocka_unit_test(scale_invariant_layers_have_no_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
