/* links: up_proxy
 * wraps: up_program_build */
/* Scores of small networks: sharing changes nothing, what degenerates says so, bad input is
 * named. */
#include "stages/engine/run/batch.h"
#include "stages/proxy/proxy.h"
#include "stages/proxy/rows.h"
#include "store/base/arena.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* An allocation that cannot be had returns NULL under the sanitizers too. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }

/* The builder of networks, counted (the linker puts it before the real one). */
static int builds;
int __real_up_program_build(struct up_program *p, const struct up_space *space,
                            const struct up_arch *arch, const struct up_net_size *size,
                            int image_channels, struct up_err *err);
int __wrap_up_program_build(struct up_program *p, const struct up_space *space,
                            const struct up_arch *arch, const struct up_net_size *size,
                            int image_channels, struct up_err *err);
int __wrap_up_program_build(struct up_program *p, const struct up_space *space,
                            const struct up_arch *arch, const struct up_net_size *size,
                            int image_channels, struct up_err *err)
{
    ++builds;
    return __real_up_program_build(p, space, arch, size, image_channels, err);
}

enum { IMAGES = 8, SIDE = 8, CLASSES = 4 };
static const unsigned everything = (1u << UP_PROXIES) - 1;

struct fixture {
    float x[IMAGES * 3 * SIDE * SIDE];
    int32_t y[IMAGES];
    struct up_batch batch;
    struct up_proxy_job job;
    struct up_slab *slab;
    struct up_proxy_scores s;
    struct up_err err;
};

static void open_fixture(struct fixture *f, const char *arch)
{
    struct up_rng r = up_rng_init(5, "images");
    memset(f, 0, sizeof *f);
    for (int i = 0; i < IMAGES * 3 * SIDE * SIDE; ++i)
        f->x[i] = (float)up_rng_normal(&r);
    for (int i = 0; i < IMAGES; ++i)
        f->y[i] = i * 3 % CLASSES;
    f->batch = (struct up_batch){IMAGES, 3, SIDE, SIDE, CLASSES, f->x, f->y};
    f->job = (struct up_proxy_job){
        .net = {4, 1, CLASSES, SIDE, SIDE}, .batch = &f->batch, .seed = 9, .want = everything};
    assert_int_equal(up_space_find(&f->job.space, "nb201", NULL), UP_OK);
    assert_int_equal(f->job.space->parse(&f->job.arch, arch, strlen(arch), NULL), UP_OK);
    f->slab = up_slab_new(0);
}

/* The fixture's network and its weights, without any pass. */
static void begin_weights(struct up_evaluation *e, struct fixture *f)
{
    struct up_subject of = {.space = f->job.space,
                            .arch = &f->job.arch,
                            .size = &f->job.net,
                            .batch = f->job.batch,
                            .seed = f->job.seed};
    assert_int_equal(up_evaluation_init(e, &of, NULL), UP_OK);
    assert_int_equal(up_evaluation_begin(e, UP_PASS_WEIGHTS, f->slab, NULL), UP_OK);
}

static void score(struct fixture *f)
{
    assert_int_equal(up_proxy_score(&f->s, &f->job, f->slab, &f->err), UP_OK);
}

static const char usual[] =
    "|nor_conv_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|avg_pool_3x3~0|nor_"
    "conv_3x3~1|none~2|";
static const char nothing[] = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|";
/* Work is done, but none of it leaves the cell. */
static const char dead_end[] =
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|none~1|none~2|";

static void alone_or_together_the_bits_are_equal(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    score(&f);
    struct up_proxy_scores all = f.s;
    for (int i = 0; i < UP_PROXIES; ++i) {
        assert_int_equal(all.state[i], UP_SCORE_OK);
        f.job.want = 1u << i;
        score(&f);
        assert_memory_equal(&f.s.value[i], &all.value[i], sizeof all.value[i]);
        for (int k = 0; k < UP_PROXIES; ++k)
            assert_true(k == i || isnan(f.s.value[k]));
    }
    up_slab_free(f.slab);
}

/* A slab that served a larger network must not leave a trace. */
static void a_used_slab_changes_no_bit(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    score(&f);
    struct up_proxy_scores fresh = f.s;
    f.job.net.depth = 2;
    f.job.seed = 1;
    score(&f);
    f.job.net.depth = 1;
    f.job.seed = 9;
    score(&f);
    assert_memory_equal(&f.s, &fresh, sizeof fresh);
    up_slab_free(f.slab);
}

static void what_degenerates_says_so(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, nothing);
    score(&f);
    assert_int_equal(f.s.state[UP_JACOV], UP_SCORE_NAN);
    assert_int_equal(f.s.state[UP_EPE_NAS], UP_SCORE_NAN);
    assert_int_equal(f.s.state[UP_NWOT], UP_SCORE_SINGULAR);
    assert_int_equal(f.s.state[UP_ZEN], UP_SCORE_DEGENERATE);
    static const int zero[] = {UP_SNIP, UP_PLAIN, UP_GRAD_NORM, UP_GRASP, UP_SYNFLOW};
    for (size_t i = 0; i < sizeof zero / sizeof *zero; ++i) {
        assert_int_equal(f.s.state[zero[i]], UP_SCORE_OK);
        assert_true(f.s.value[zero[i]] == 0 && !signbit(f.s.value[zero[i]]));
    }
    for (int i = 0; i < UP_PROXIES; ++i) {
        assert_true(isnan(f.s.value[i]) == (f.s.state[i] != UP_SCORE_OK));
        assert_true(strlen(up_score_reason((enum up_score_state)f.s.state[i])) > 10);
    }
    up_slab_free(f.slab);
    open_fixture(&f, dead_end); /* its ReLUs do see data */
    score(&f);
    assert_int_equal(f.s.state[UP_NWOT], UP_SCORE_OK);
    assert_int_equal(f.s.state[UP_JACOV], UP_SCORE_NAN);
    assert_int_equal(f.s.state[UP_ZEN], UP_SCORE_DEGENERATE);
    assert_true(f.s.value[UP_SYNFLOW] == 0 && f.s.value[UP_SNIP] == 0);
    up_slab_free(f.slab);
}

/* With nothing but `none` the logits are the biases, and fisher is theirs alone. */
static void fisher_of_an_empty_net_is_that_of_its_biases(void **state)
{
    (void)state;
    struct fixture f;
    struct up_evaluation w;
    open_fixture(&f, nothing);
    score(&f);
    begin_weights(&w, &f);
    const float *b = w.run.weight + w.net.program.weight[w.net.program.weights - 1].at;
    double p[CLASSES], total = 0, want = 0;
    for (int k = 0; k < CLASSES; ++k)
        total += p[k] = exp((double)b[k]);
    for (int k = 0; k < CLASSES; ++k) {
        double mean = 0;
        for (int i = 0; i < IMAGES; ++i) {
            double s = (double)b[k] * (p[k] / total - (f.y[i] == k)) / IMAGES;
            mean += s * s / IMAGES;
        }
        want += 4 * 4 * 0.5 * mean; /* the last stage has four times the channels */
    }
    assert_true(fabs(f.s.value[UP_FISHER] - want) < 1e-6 * want);
    up_evaluation_release(&w);
    up_slab_free(f.slab);
}

/* E ||w|| of default weights: sqrt(outputs / 3) for every counted layer. */
static void l2_norm_is_what_default_weights_give(void **state)
{
    (void)state;
    struct fixture f;
    struct up_program p = UP_PROGRAM_INIT;
    double want = 0;
    open_fixture(&f, usual);
    f.job.net.channels = 16;
    score(&f);
    struct up_evaluation w;
    begin_weights(&w, &f);
    p = w.net.program;
    for (int i = 0; i < p.weights; ++i)
        if (p.weight[i].role == UP_W_COUNTED)
            want += sqrt((double)p.weight[i].count / p.weight[i].fan_in / 3);
    assert_true(fabs(f.s.value[UP_L2_NORM] / want - 1) < 0.02);
    up_evaluation_release(&w);
    up_slab_free(f.slab);
}

/* Four images of two classes among few or many: the definitions by hand. */
static void correlation_scores_follow_their_definitions(void **state)
{
    (void)state;
    double c[16] = {1, .5, .2, 0, .5, 1, -.3, .1, .2, -.3, 1, .4, 0, .1, .4, 1};
    double matrix[16], jacobian[4];
    int32_t y[4] = {7, 7, 7, 2};
    struct up_batch batch = {4, 3, 8, 8, 10, NULL, y};
    struct up_net_size size = {.classes = 10};
    struct up_evaluation w = {.of = {.batch = &batch, .size = &size},
                              .correlation = c,
                              .square = matrix,
                              .jacobian = jacobian};
    w.run.n = 4;
    double k = 1e-5, seven = 3 * log(1 + k) + 2 * (log(.5 + k) + log(.2 + k) + log(.3 + k));
    assert_true(fabs(up_proxy_epe_nas(&w) - fabs(seven) - log(1 + k)) < 1e-12);
    size.classes = 120; /* one class is left when lone images are dropped */
    assert_true(up_proxy_epe_nas(&w) == 0);
    y[2] = 2;
    double a = (2 * log(1 + k) + 2 * log(.5 + k)) / 2,
           b = (2 * log(1 + k) + 2 * log(.4 + k)) / 2;
    assert_true(fabs(up_proxy_epe_nas(&w) - 2 * fabs(a - b) / 2) < 1e-12);
    y[0] = 4; /* nobody has company */
    y[2] = 5;
    assert_true(up_proxy_epe_nas(&w) == 0);
    for (int i = 0; i < 16; ++i)
        c[i] = i % 5 == 0;
    assert_true(fabs(up_proxy_jacov(&w) + 4 * (log(1 + k) + 1 / (1 + k))) < 1e-12);
    c[1] = c[4] = (double)NAN;
    assert_true(isnan(up_proxy_jacov(&w)));
}

static void seeds_and_names_decide_the_weights(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    score(&f);
    double snip = f.s.value[UP_SNIP], zen = f.s.value[UP_ZEN];
    f.job.seed = 10;
    score(&f);
    assert_true(f.s.value[UP_SNIP] != snip && f.s.value[UP_ZEN] != zen);
    up_slab_free(f.slab);
}

static bool only_the_stem(void *ctx, const char *name, struct up_given_tensor *out)
{
    *out = *(const struct up_given_tensor *)ctx;
    return !strcmp(name, "stem.conv.weight");
}

static void bad_input_is_named(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    static float values[4 * 3 * 9];
    struct up_given_tensor stem = {.ndim = 4, .dims = {4, 3, 3, 3}, .value = values};
    struct up_given_weights given = {only_the_stem, &stem};
    f.job.given = &given;
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_EINVAL);
    assert_non_null(strstr(f.err.msg, "no tensor 'cells.0.edge.0.conv.weight' [4, 4, 3, 3]"));
    stem.dims[0] = 3; /* transposed */
    stem.dims[1] = 4;
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_EINVAL);
    assert_non_null(strstr(f.err.msg, "'stem.conv.weight' is [3, 4, 3, 3], this architecture "
                                      "needs [4, 3, 3, 3]"));
    f.job.given = NULL;
    f.y[3] = CLASSES;
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_EINVAL);
    assert_non_null(strstr(f.err.msg, "label 3"));
    f.y[3] = 0;
    f.job.net.height = 12;
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_EINVAL);
    f.batch.h = f.job.net.height = 10; /* not halved twice */
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_EINVAL);
    assert_non_null(strstr(f.err.msg, "divisible by 4"));
    f.batch.h = f.job.net.height = SIDE;
    f.job.net.channels = 0;
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_EINVAL);
    up_slab_free(f.slab);
}

static void memory_is_told_without_the_batch(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    f.batch.x = NULL;
    f.batch.y = NULL;
    size_t all = up_proxy_memory(&f.job);
    f.job.want = 1u << UP_SYNFLOW;
    size_t flow = up_proxy_memory(&f.job);
    assert_true(all > flow && flow > sizeof(float) * IMAGES * 3 * SIDE * SIDE);
    f.batch.n = 2 * IMAGES;
    f.job.want = everything;
    assert_true(up_proxy_memory(&f.job) > all);
    f.job.want = 1u << UP_FLOPS | 1u << UP_PARAMS;
    assert_int_equal(up_proxy_memory(&f.job), 0);
    f.job.want = everything;
    f.job.net.height = 12;
    assert_int_equal(up_proxy_memory(&f.job), 0);
    up_slab_free(f.slab);
}

static void too_large_a_network_says_its_size(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    enum { MANY = 1 << 16 };
    int32_t *y = up_alloc(MANY * sizeof *y);
    f.batch.n = MANY;
    f.batch.y = y;
    f.batch.h = f.batch.w = f.job.net.height = f.job.net.width = 32;
    f.job.net.channels = 1024;
    f.job.net.depth = 100;
    assert_int_equal(up_proxy_score(&f.s, &f.job, f.slab, &f.err), UP_ENOMEM);
    char size[40];
    snprintf(size, sizeof size, "%zu MiB", up_proxy_memory(&f.job) >> 20);
    assert_non_null(strstr(f.err.msg, size));
    struct up_slab *slab = f.slab;
    open_fixture(&f, usual);
    up_slab_free(f.slab);
    f.slab = slab; /* the refused slab serves the next network */
    score(&f);
    up_slab_free(f.slab);
    free(y);
}

static void pixels_are_normalised_by_channel(void **state)
{
    (void)state;
    const uint8_t pixels[12] = {0, 255, 51, 102, 0, 255, 51, 102, 0, 255, 51, 102};
    const double mean[3] = {0, .5, .25}, std[3] = {1, .5, .25};
    float x[12];
    up_batch_normalise(x, pixels, 2, 3, 2, mean, std);
    static const double want[12] = {0,  1, (.2 - .5) / .5,   (.4 - .5) / .5,  -1, 3, .2, .4,
                                    -1, 1, (.2 - .25) / .25, (.4 - .25) / .25};
    for (int i = 0; i < 12; ++i)
        assert_true(fabs((double)x[i] - want[i]) < 1e-6);
}

/* A network takes longer to build than to lay out; nothing that asks about it builds it again.
 */
static void a_network_is_built_once(void **state)
{
    (void)state;
    struct fixture f;
    open_fixture(&f, usual);
    builds = 0;
    score(&f);
    assert_int_equal(builds, 1);
    assert_true(up_proxy_memory(&f.job) > 0);
    assert_int_equal(builds, 2);
    f.job.want = 1u << UP_FLOPS | 1u << UP_PARAMS; /* these need none */
    score(&f);
    assert_int_equal(up_proxy_memory(&f.job), 0);
    assert_int_equal(builds, 2);
    up_slab_free(f.slab);
}

static void names_find_their_proxies(void **state)
{
    (void)state;
    for (int i = 0; i < UP_PROXIES; ++i)
        assert_int_equal(up_proxy_find(up_proxies[i].name), i);
    assert_int_equal(up_proxy_find("snipp"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alone_or_together_the_bits_are_equal),
        cmocka_unit_test(a_used_slab_changes_no_bit),
        cmocka_unit_test(what_degenerates_says_so),
        cmocka_unit_test(fisher_of_an_empty_net_is_that_of_its_biases),
        cmocka_unit_test(l2_norm_is_what_default_weights_give),
        cmocka_unit_test(correlation_scores_follow_their_definitions),
        cmocka_unit_test(seeds_and_names_decide_the_weights),
        cmocka_unit_test(bad_input_is_named),
        cmocka_unit_test(memory_is_told_without_the_batch),
        cmocka_unit_test(too_large_a_network_says_its_size),
        cmocka_unit_test(pixels_are_normalised_by_channel),
        cmocka_unit_test(a_network_is_built_once),
        cmocka_unit_test(names_find_their_proxies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
