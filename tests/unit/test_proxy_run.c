/* links: up_reference */
/* The engine against the plain one, pass by pass, on random small networks of every space; and
 * its scores against themselves on every instruction set and number of threads. */
#include "stages/kernels/loss.h"
#include "stages/kernels/reduce.h"
#include "stages/engine/run/evaluation.h"
#include "stages/proxy/proxy.h"
#include "store/base/arena.h"
#include "tests/reference/pass.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { NETWORKS = 24, CLASSES = 5, ALL_PASSES = 127 };

/* A job of its own: sizes, architecture, images and labels drawn by number. */
struct fixture {
    struct up_arena arena;
    struct up_batch batch;
    struct up_proxy_job job;
    struct up_slab *slab;
};

static int choose(struct up_rng *r, const int *of, uint64_t n)
{
    return of[up_rng_below(r, n)];
}

static void open_fixture(struct fixture *f, const char *space, uint64_t number)
{
    static const int channels[] = {3, 8, 16, 20}, sides[] = {8, 16}, depths[] = {1, 2};
    struct up_rng r = up_rng_init(number, space);
    *f = (struct fixture){UP_ARENA_INIT, {0}, {0}, up_slab_new(0)};
    assert_int_equal(up_space_find(&f->job.space, space, NULL), UP_OK);
    bool darts = !strcmp(space, "darts");
    int n = 4 + (int)up_rng_below(&r, 7), side = darts ? 16 : choose(&r, sides, 2);
    size_t each = (size_t)(3 * side * side);
    float *x = UP_NEW(&f->arena, (size_t)n * each, float);
    int32_t *y = UP_NEW(&f->arena, n, int32_t);
    for (size_t i = 0; i < (size_t)n * each; ++i)
        x[i] = (float)up_rng_normal(&r);
    for (int i = 0; i < n; ++i)
        y[i] = (int32_t)up_rng_below(&r, CLASSES);
    f->batch = (struct up_batch){n, 3, side, side, CLASSES, x, y};
    f->job.net = (struct up_net_size){
        choose(&r, channels, 4), choose(&r, depths, 2) + 2 * darts, CLASSES, side, side, false};
    f->job.batch = &f->batch;
    f->job.seed = number;
    f->job.want = (1u << UP_PROXIES) - 1;
    f->job.isa = up_isa_best();
    f->job.space->sample(&f->job.arch, &r);
}

/* The fixture's network, ready for `passes`. */
static void begin(struct up_evaluation *e, struct fixture *f, unsigned passes)
{
    struct up_subject of = {f->job.space, &f->job.arch, &f->job.net,    f->job.batch,
                            f->job.given, f->job.seed,  f->job.threads, f->job.isa};
    assert_int_equal(up_evaluation_init(e, &of, NULL), UP_OK);
    assert_int_equal(up_evaluation_begin(e, passes, f->slab, NULL), UP_OK);
}

static void close_fixture(struct fixture *f)
{
    up_slab_free(f->slab);
    up_arena_release(&f->arena);
}

/* ---- the weights that a job draws, given to it: the published order is for given ones ---- */
struct drawn {
    struct up_program_weight *weight;
    float *value;
    int weights;
};

static bool drawn_tensor(void *ctx, const char *name, struct up_given_tensor *out)
{
    const struct drawn *d = ctx;
    for (int i = 0; i < d->weights; ++i) {
        const struct up_program_weight *w = &d->weight[i];
        if (strcmp(w->name, name))
            continue;
        *out = (struct up_given_tensor){.ndim = w->ndim, .value = d->value + w->at};
        memcpy(out->dims, w->dims, sizeof w->dims);
        return true;
    }
    return false;
}

static void give_weights(struct fixture *f)
{
    struct up_evaluation w;
    struct drawn *d = UP_NEW(&f->arena, 1, struct drawn);
    struct up_given_weights *source = UP_NEW(&f->arena, 1, struct up_given_weights);
    begin(&w, f, UP_PASS_WEIGHTS);
    const struct up_program *p = &w.net.program;
    *d = (struct drawn){UP_NEW(&f->arena, p->weights, struct up_program_weight),
                        UP_NEW(&f->arena, p->numbers, float), p->weights};
    memcpy(d->weight, p->weight, (size_t)p->weights * sizeof *d->weight);
    memcpy(d->value, w.weight, p->numbers * sizeof *d->value);
    up_evaluation_release(&w);
    *source = (struct up_given_weights){drawn_tensor, d};
    f->job.given = source;
}

/* ---- the plain engine on the same program and weights ---- */
struct plain {
    struct up_plain_f32 run;
    float **folded, *jacobian;
    double loss, curvature;
};

static float **buffers(struct up_arena *arena, const struct up_program *p, int n)
{
    float **b = UP_NEW(arena, p->slots, float *);
    for (int i = 0; i < p->slots; ++i) {
        const struct up_program_slot *s = &p->slot[i];
        b[i] = s->of < 0 ? UP_NEW(arena, up_program_slot_numbers(s) * (size_t)n, float)
                         : b[s->of] + up_program_slot_from(s) * (size_t)n;
    }
    return b;
}

static void plain_init(struct plain *t, struct fixture *f, const struct up_evaluation *w)
{
    const struct up_program *p = &w->net.program;
    int n = f->batch.n;
    *t = (struct plain){.run = {.program = p, .n = n, .weight = w->weight}};
    t->run.dweight = UP_NEW(&f->arena, p->numbers, float);
    t->run.act = buffers(&f->arena, p, n);
    t->run.grad = buffers(&f->arena, p, n);
    t->run.tan = buffers(&f->arena, p, n);
    t->folded = buffers(&f->arena, p, n);
    t->run.live = UP_NEW(&f->arena, p->slots, bool);
    t->run.reached = UP_NEW(&f->arena, p->slots, bool);
    t->run.norm = UP_NEW(&f->arena, p->norms + 1, struct up_norm);
    t->run.scratch = UP_NEW(&f->arena, up_pass_scratch(p, n), float);
    size_t area = (size_t)(f->batch.h * f->batch.w);
    for (int c = 0; c < 3; ++c)
        for (int i = 0; i < n; ++i)
            memcpy(t->run.act[p->input] + (size_t)(c * n + i) * area,
                   f->batch.x + (size_t)(i * 3 + c) * area, area * sizeof(float));
}

static void plain_passes(struct plain *t, struct fixture *f)
{
    struct up_plain_f32 *r = &t->run, jacobian = *r;
    const struct up_program *p = r->program;
    int z = p->logits, n = r->n;
    up_plain_forward_f32(r, p->ops);
    t->loss = up_loss_forward_f32(r->act[z], f->batch.y, CLASSES, n);
    jacobian.grad = t->folded;
    jacobian.dweight = NULL;
    for (int i = 0; i < CLASSES * n; ++i)
        jacobian.grad[z][i] = 1;
    up_plain_backward_f32(&jacobian, true);
    size_t numbers = up_program_slot_numbers(&p->slot[p->input]) * (size_t)n;
    t->jacobian = UP_NEW(&f->arena, numbers, float);
    if (jacobian.reached[p->input])
        memcpy(t->jacobian, jacobian.grad[p->input], numbers * sizeof(float));
    up_loss_backward_f32(r->grad[z], r->act[z], f->batch.y, CLASSES, n);
    up_plain_backward_f32(r, false);
    t->curvature = up_plain_tangent_f32(r);
    up_loss_tangent_f32(t->folded[z], r->act[z], r->tan[z], CLASSES, n);
    t->curvature += up_plain_backward_tangent_f32(r, t->folded);
}

/* ---- comparisons ---- */

/* Largest difference between two slots, by the larger of 1 and the plain value; `flips`
 * counts the numbers with another sign. */
static double slot_difference(const struct up_evaluation *w, const struct plain *t, int slot,
                              int *flips)
{
    const struct up_program_slot *s = &w->net.program.slot[slot];
    const struct up_layout_slot *l = &w->net.layout.slot[slot];
    struct up_passes_f32 run = w->run;
    int area = s->h * s->w;
    double most = 0;
    for (int i = 0; i < t->run.n; ++i) {
        up_passes_again_f32(&run, slot, i);
        const float *image = up_passes_image_f32(&run.act, slot, i);
        for (int c = 0; c < s->c; ++c)
            for (int k = 0; k < area; ++k) {
                int at = up_layout_channel(l, c);
                double a = (double)image[(size_t)(at / 16 * area + k) * 16 + (size_t)(at % 16)];
                double b = (double)t->run.act[slot][(c * t->run.n + i) * area + k];
                most = fmax(most, fabs(a - b) / fmax(1, fabs(b)));
                *flips += (a > 0) != (b > 0);
            }
    }
    return most;
}

/* How many inputs of ReLUs have another sign. */
static int same_forward(const struct up_evaluation *w, const struct plain *t, double tolerance)
{
    int flips = 0;
    for (int i = 0; i < w->net.program.slots; ++i)
        if (w->net.program.slot[i].relus)
            assert_true(slot_difference(w, t, i, &flips) < tolerance);
    assert_true(fabs(w->loss - t->loss) < tolerance * fmax(1, fabs(t->loss)));
    return flips;
}

static double norm_of_difference(const float *a, const float *b, size_t n, double *size)
{
    double difference = 0;
    *size = 0;
    for (size_t i = 0; i < n; ++i) {
        difference += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
        *size += (double)b[i] * (double)b[i];
    }
    *size = sqrt(*size);
    return sqrt(difference);
}

/* Rows of the engine are centred. `noise`: what float32 leaves of a Jacobian of zero. */
static void same_jacobian(const struct up_evaluation *w, const struct plain *t,
                          double tolerance, double noise)
{
    const struct up_program_slot *s = &w->net.program.slot[w->net.program.input];
    int n = w->run.n, area = s->h * s->w, d = s->c * area;
    double difference = 0, size = 0;
    for (int i = 0; i < n; ++i) {
        double mean = 0;
        for (int k = 0; k < d; ++k)
            mean += (double)t->jacobian[(k / area * n + i) * area + k % area] / d;
        for (int k = 0; k < d; ++k) {
            double v = (double)t->jacobian[(k / area * n + i) * area + k % area] - mean;
            difference += (v - w->jacobian[i * d + k]) * (v - w->jacobian[i * d + k]);
            size += v * v;
        }
    }
    assert_true(sqrt(difference) <= tolerance * sqrt(size) + noise);
}

static void same_gradients(struct up_evaluation *w, const struct plain *t, double tolerance)
{
    double gradient, difference;
    up_evaluation_jacobian(w);
    up_evaluation_loss(w);
    difference =
        norm_of_difference(w->dweight, t->run.dweight, w->net.program.numbers, &gradient);
    same_jacobian(w, t, tolerance, 1e-5 * (1 + gradient));
    for (int i = 0; i < w->net.program.weights;
         ++i) /* only counted ones have a gradient in both */
        if (w->net.program.weight[i].role != UP_W_COUNTED)
            assert_true(w->dweight[w->net.program.weight[i].at] == 0);
    assert_true(difference <= tolerance * (gradient + 1e-6));
    up_evaluation_hessian(w);
    double scale = gradient * gradient + fabs(t->curvature);
    assert_true(fabs(w->curvature - t->curvature) <= fmin(10 * tolerance, 2e-2) * scale + 1e-9);
}

/* `published`: with given weights, in the published order. In any other order an input of a
 * ReLU that is all but zero may have another sign, which shows in a small network. */
static void same_passes(const char *space, uint64_t number, bool published)
{
    struct fixture f;
    struct up_evaluation w;
    struct plain t;
    open_fixture(&f, space, number);
    if (published)
        give_weights(&f);
    begin(&w, &f, ALL_PASSES);
    plain_init(&t, &f, &w);
    plain_passes(&t, &f);
    up_evaluation_forward(&w);
    int flips = same_forward(&w, &t, published ? 1e-5 : 2e-4);
    assert_true(!published || !flips);
    same_gradients(&w, &t, published ? 1e-4 : flips ? 2e-2 : 1e-3);
    up_evaluation_release(&w);
    close_fixture(&f);
}

static void passes_are_the_plain_ones(void **state)
{
    for (uint64_t i = 0; i < NETWORKS; ++i)
        same_passes(*state, i, true);
}

static void any_order_gives_the_same(void **state)
{
    for (uint64_t i = 0; i < NETWORKS; ++i)
        same_passes(*state, i, false);
}

static void scores_depend_on_no_processor(void **state)
{
    for (uint64_t i = 0; i < NETWORKS / 4; ++i) {
        struct fixture f;
        struct up_proxy_scores first, s;
        open_fixture(&f, *state, i);
        if (i % 2)
            give_weights(&f);
        assert_int_equal(up_proxy_score(&first, &f.job, f.slab, NULL), UP_OK);
        for (int isa = 0; isa <= (int)up_isa_best(); ++isa)
            for (int threads = 1; threads < 4; threads += 2) {
                f.job.isa = (enum up_isa)isa;
                f.job.threads = threads;
                assert_int_equal(up_proxy_score(&s, &f.job, f.slab, NULL), UP_OK);
                assert_memory_equal(s.value, first.value, sizeof s.value);
                assert_memory_equal(s.state, first.state, sizeof s.state);
            }
        close_fixture(&f);
    }
}

/* The gradient of the logits' sum is zero, but for rounding, just where the program says so;
 * then there is no jacov and no epe_nas, unless the weights are given. */
static void a_fixed_sum_has_no_jacobian(void **state)
{
    for (uint64_t i = 0; i < NETWORKS / 4; ++i) {
        struct fixture f;
        struct up_evaluation w;
        struct plain t;
        struct up_proxy_scores s, given;
        open_fixture(&f, *state, i);
        begin(&w, &f, ALL_PASSES);
        plain_init(&t, &f, &w);
        plain_passes(&t, &f);
        size_t pixels = (size_t)(f.batch.n * 3 * f.batch.h * f.batch.w);
        double size = sqrt(up_reduce_dot_f32(t.jacobian, t.jacobian, (ptrdiff_t)pixels));
        bool fixed = up_program_sum_is_fixed(&w.net.program);
        assert_true(fixed == !strcmp(*state, "darts") && (size < 1e-3) == (fixed || size == 0));
        up_evaluation_release(&w);
        assert_int_equal(up_proxy_score(&s, &f.job, f.slab, NULL), UP_OK);
        give_weights(&f);
        assert_int_equal(up_proxy_score(&given, &f.job, f.slab, NULL), UP_OK);
        for (int k = 0; k < UP_PROXIES; ++k) {
            bool refused = fixed && (k == UP_JACOV || k == UP_EPE_NAS);
            assert_true((s.state[k] == UP_SCORE_ROUNDING) == refused);
            assert_true(given.state[k] != UP_SCORE_ROUNDING);
        }
        close_fixture(&f);
    }
}

int main(void)
{
    static char nb201[] = "nb201", darts[] = "darts";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(passes_are_the_plain_ones, nb201),
        cmocka_unit_test_prestate(passes_are_the_plain_ones, darts),
        cmocka_unit_test_prestate(any_order_gives_the_same, nb201),
        cmocka_unit_test_prestate(any_order_gives_the_same, darts),
        cmocka_unit_test_prestate(a_fixed_sum_has_no_jacobian, nb201),
        cmocka_unit_test_prestate(a_fixed_sum_has_no_jacobian, darts),
        cmocka_unit_test_prestate(scores_depend_on_no_processor, nb201),
        cmocka_unit_test_prestate(scores_depend_on_no_processor, darts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
