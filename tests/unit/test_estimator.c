/* The estimator: it learns, predicts and differentiates with bits of one row alone,
 * comes back from artifact and checkpoint. links: up_learn */
#include "stages/learn/estimator/mlp_train.h"
#include "store/base/pack.h"
#include "store/base/rng.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/unit/read_doc.h"

enum { IN = 20, OUT = 3, N = 150 };
static float z[N * IN];
static double target[N * OUT];
static uint32_t rows[N / 2];
static struct up_arena arena = UP_ARENA_INIT;

static int setup(void **state)
{
    struct up_rng r = up_rng_init(1, "estimator");
    for (int i = 0; i < N; i++) {
        double s = 0;
        for (int k = 0; k < IN; k++)
            s += (double)(z[i * IN + k] = (float)up_rng_normal(&r)) * (k % 3 - 1);
        target[i * OUT] = s / 4;
        target[i * OUT + 1] = tanh(s);
        target[i * OUT + 2] = -s / 4;
    }
    for (size_t i = 0; i < N / 2; i++)
        rows[i] = (uint32_t)(2 * i);
    return 0;
}

static int teardown(void **state)
{
    up_arena_release(&arena);
    return 0;
}

static const struct up_mlp_recipe recipe = {.hidden = 32,
                                            .depth = 2,
                                            .batch = 10,
                                            .epochs = 40,
                                            .lr = 5e-3,
                                            .lr_end = 1e-4,
                                            .standardise = true,
                                            .noise = 0.1,
                                            .seed = 3};

static const struct up_mlp_rows half_of_rows = {z, target, IN, OUT, rows, N / 2};

static struct up_mlp_trainer trained(const struct up_mlp_recipe *r, int epochs)
{
    struct up_mlp_trainer t;
    struct up_err err = {""};
    up_mlp_trainer_init(&t, r, &half_of_rows, &arena);
    for (int e = 0; e < epochs; e++)
        if (up_training_epoch(&t.training, 1, NULL, &arena, &err))
            fail_msg("%s", err.msg);
    return t;
}

static struct up_mlp folded(const struct up_mlp_trainer *t)
{
    struct up_mlp m;
    float *v = UP_NEW(&arena, t->layout.tensors.total, float);
    up_mlp_trainer_export(t, v);
    up_mlp_fold(&m, &t->layout, v, &arena);
    return m;
}

/* sum_m c[m] f(z)_m, by the definition, in double. */
static double plainly(const struct up_mlp *m, const double *x, const double *c)
{
    double a[64], b[64], sum = 0;
    memcpy(a, x, (size_t)m->in * sizeof *a);
    for (int i = 0; i <= m->depth; i++) {
        int from = i ? m->hidden : m->in, to = i < m->depth ? m->hidden : m->out;
        for (int o = 0; o < to; o++) {
            b[o] = (double)m->b[i][o];
            for (int k = 0; k < from; k++)
                b[o] += (double)m->w[i][o * from + k] * a[k];
            if (i < m->depth && b[o] < 0)
                b[o] = 0;
        }
        memcpy(a, b, sizeof a);
    }
    for (int o = 0; o < m->out; o++)
        sum += c[o] * a[o];
    return sum;
}

static void test_learns(void **state)
{
    struct up_mlp_trainer t = trained(&recipe, recipe.epochs);
    struct up_mlp m = folded(&t);
    float y[N * OUT];
    double error = 0, spread = 0;
    up_mlp_predict(y, &m, z, N);
    for (int i = 1; i < N; i += 2) /* held out */
        for (int c = 0; c < OUT; c++) {
            double e = (double)y[i * OUT + c] - target[i * OUT + c];
            error += e * e;
            spread += target[i * OUT + c] * target[i * OUT + c];
        }
    if (!(error < 0.4 * spread))
        fail_msg("squared error %g of %g", error, spread);
}

static void test_input_gradient(void **state)
{
    float dz[IN], y[OUT], dout[OUT] = {1, -0.5f, 0.25f};
    double c[OUT] = {1, -0.5, 0.25}, x[IN];
    for (int depth = 1; depth <= UP_MLP_DEPTH_MAX; depth++) {
        struct up_mlp_recipe r = recipe;
        r.depth = depth;
        struct up_mlp_trainer t = trained(&r, 3);
        struct up_mlp m = folded(&t);
        for (int i = 0; i < 5; i++) {
            for (int k = 0; k < IN; k++)
                x[k] = (double)z[i * IN + k];
            up_mlp_input_gradient(dz, y, &m, z + i * IN, 1, dout);
            double s = 0;
            for (int o = 0; o < OUT; o++)
                s += c[o] * (double)y[o];
            assert_true(fabs(s - plainly(&m, x, c)) < 1e-4);
            for (int k = 0; k < IN; k++) {
                double h = 1e-6, keep = x[k];
                x[k] = keep + h;
                double up = plainly(&m, x, c);
                x[k] = keep - h;
                double d = (up - plainly(&m, x, c)) / (2 * h);
                x[k] = keep;
                if (fabs(d - (double)dz[k]) > 1e-4)
                    fail_msg("depth %d, input %d: %g, by differences %g", depth, k,
                             (double)dz[k], d);
            }
        }
    }
}

static void test_company(void **state)
{
    struct up_mlp_trainer t = trained(&recipe, 1);
    struct up_mlp m = folded(&t);
    static float y[N * OUT], y1[N * OUT], dz[N * IN], dz1[N * IN], dout[N * OUT];
    for (int i = 0; i < N * OUT; i++)
        dout[i] = (float)(i % 7) - 3;
    up_mlp_input_gradient(dz, y, &m, z, N, dout);
    for (size_t i = 0; i < N; i++)
        up_mlp_input_gradient(dz1 + i * IN, y1 + i * OUT, &m, z + i * IN, 1, dout + i * OUT);
    assert_memory_equal(dz, dz1, sizeof dz);
    assert_memory_equal(y, y1, sizeof y);
    up_mlp_predict(y1, &m, z, 1);
    up_mlp_predict(y1 + OUT, &m, z + IN, N - 1);
    assert_memory_equal(y, y1, sizeof y);
}

/* Standardisation moves into the first layer: same function of the embedding as given. */
static void test_export(void **state)
{
    struct up_mlp_trainer t = trained(&recipe, 2);
    struct up_mlp inner, outer = folded(&t);
    up_mlp_fold(&inner, &t.layout, t.training.value, &arena);
    float a[N / 2 * OUT], b[N * OUT];
    up_mlp_predict(a, &inner, t.x, N / 2);
    up_mlp_predict(b, &outer, z, N);
    for (size_t i = 0; i < N / 2; i++)
        for (int c = 0; c < OUT; c++)
            assert_true(fabsf(a[i * OUT + (size_t)c] - b[rows[i] * OUT + (size_t)c]) < 1e-4f);
}

static void test_artifact(void **state)
{
    struct up_mlp_trainer t = trained(&recipe, 1);
    struct up_mlp m, back;
    struct up_buf doc = UP_BUF_INIT;
    struct up_err err = {""};
    up_mlp_fold(&m, &t.layout, t.training.value, &arena);
    struct up_writer w = up_writer_of(&doc);
    up_tensors_write(&w, "model", &t.layout.tensors, t.training.value);
    up_writer_end(&w);
    if (up_mlp_load(&back, READ_DOC(&doc, &arena, &err)))
        fail_msg("%s", err.msg);
    float a[N * OUT], b[N * OUT];
    up_mlp_predict(a, &m, z, N);
    up_mlp_predict(b, &back, z, N);
    assert_memory_equal(a, b, sizeof a);
    up_buf_clear(&doc);
    up_pack_map(&doc, 1);
    up_pack_str(&doc, "model");
    up_pack_map(&doc, 0);
    assert_int_equal(up_mlp_load(&back, READ_DOC(&doc, &arena, &err)), UP_ECORRUPT);
    up_buf_release(&doc);
}

static void test_resume(void **state)
{
    struct up_mlp_trainer whole = trained(&recipe, 4), half = trained(&recipe, 2), rest;
    struct up_buf a = UP_BUF_INIT, b = UP_BUF_INIT, c = UP_BUF_INIT;
    struct up_err err = {""};
    up_training_save(&whole.training, &a);
    up_training_save(&half.training, &b);
    up_mlp_trainer_init(&rest, &recipe, &half_of_rows, &arena);
    assert_int_equal(up_training_restore(&rest.training, up_buf_view(&b), &err), UP_OK);
    for (int e = 2; e < 4; e++)
        assert_int_equal(up_training_epoch(&rest.training, 1, NULL, &arena, &err), UP_OK);
    up_training_save(&rest.training, &c);
    assert_true(up_view_equal(up_buf_view(&a), up_buf_view(&c)));
    struct up_view cut = {a.data, a.len - 1};
    assert_int_not_equal(up_training_restore(&rest.training, cut, &err), UP_OK);
    up_buf_release(&a);
    up_buf_release(&b);
    up_buf_release(&c);
}

static void test_threads(void **state)
{
    struct up_mlp_trainer one = trained(&recipe, 2);
    struct up_buf want = UP_BUF_INIT;
    up_training_save(&one.training, &want);
    for (int threads = 2; threads <= 12; threads += threads < 3 ? 1 : 9) {
        struct up_mlp_trainer t;
        struct up_buf got = UP_BUF_INIT;
        up_mlp_trainer_init(&t, &recipe, &half_of_rows, &arena);
        for (int e = 0; e < 2; e++)
            assert_int_equal(up_training_epoch(&t.training, threads, NULL, &arena, NULL),
                             UP_OK);
        up_training_save(&t.training, &got);
        assert_true(up_view_equal(up_buf_view(&got), up_buf_view(&want)));
        up_buf_release(&got);
    }
    up_buf_release(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),        cmocka_unit_test(test_learns),
        cmocka_unit_test(test_input_gradient), cmocka_unit_test(test_company),
        cmocka_unit_test(test_export),         cmocka_unit_test(test_artifact),
        cmocka_unit_test(test_resume),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
