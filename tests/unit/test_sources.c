/* The stages that bring things in: space, data, benchmark. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tests/unit/shared_file.h"
#include "tests/unit/stage_job.h"
#include "stages/format/npy.h"
#include "stages/space/space.h"
#include "tests/unit/numpy_file.h"

extern const struct up_stage up_stage_space, up_stage_data, up_stage_benchmark;

static char folder[] = "/tmp/upnas-sources-XXXXXX";
static struct up_arena arena;
static struct up_err err;

/* A file in the test's own folder; returns its path, good until the arena goes. */
static const char *file(const char *name, const void *bytes, size_t n)
{
    const char *path = up_arena_printf(&arena, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    return path;
}

static const char *set(const char *key, const char *value)
{
    return up_arena_printf(&arena, "%s=%s", key, value);
}

static int run(const struct up_stage *stage, const char *const *sets,
               const struct up_view *inputs, struct up_buf *out)
{
    struct stage_job s = {.stage = stage, .sets = sets, .inputs = inputs};
    up_buf_clear(out);
    return stage_job_run(&s, out, &err);
}

static void good(int rc)
{
    if (rc)
        fail_msg("%s", err.msg);
}

static void pool_of_a_space(void **state)
{
    struct up_buf small = UP_BUF_INIT, all = UP_BUF_INIT;
    const void *a, *b;
    uint64_t dims[2];
    good(run(&up_stage_space, (const char *const[]){"space.pool=50", "space.seed=4", NULL},
             NULL, &small));
    good(run(&up_stage_space, (const char *const[]){"space.seed=4", NULL}, NULL, &all));
    good(up_doc_array(up_buf_view(&small), "archs", UP_U8, 2, &arena, &a, dims, &err));
    assert_true(dims[0] == 50 && dims[1] == 6);
    good(up_doc_array(up_buf_view(&all), "archs", UP_U8, 2, &arena, &b, dims, &err));
    assert_int_equal(dims[0], 9445);
    assert_memory_equal(a, b, 300);
    assert_int_equal(
        run(&up_stage_space, (const char *const[]){"space.pool=20000", NULL}, NULL, &all),
        UP_EUSAGE);
    assert_non_null(strstr(err.msg, "9445"));
    up_buf_release(&small);
    up_buf_release(&all);
}

/* Any spelling, each canonical form once, in the order of the file. */
static void pool_of_a_file(void **state)
{
    static const char list[] = "# mine\n5\n(4, 0, 3, 1, 4, 3)\n\n"
                               "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|"
                               "avg_pool_3x3~1|nor_conv_1x1~2|\r\n0\n5\n2631\n";
    static const char *const wrong[][2] = {
        {"5\nfive\n", "/list:2: 'five' is no architecture of nb201: column 1: "},
        {"cell,x\n5,1\n",
         "space.list has no header with a column arch, so each of its lines is "
         "one architecture: "},
        {"arch,x\n5,1\n|no,2\n", "/list:3: '|no' is no architecture of nb201: column 2: "},
        {"arch,x\n", "/list (space.list) holds no architectures"},
        {"\n", "the file is empty"},
    };
    struct up_buf out = UP_BUF_INIT;
    struct up_arch a;
    const struct up_space *nb201;
    const void *archs;
    uint64_t dims[2];
    const char *where = set("space.list", file("list", list, sizeof list - 1));
    good(run(&up_stage_space, (const char *const[]){where, "space.seed=4", NULL}, NULL, &out));
    good(up_doc_array(up_buf_view(&out), "archs", UP_U8, 2, &arena, &archs, dims, &err));
    assert_true(dims[0] == 3 && dims[1] == 6);
    good(up_space_find(&nb201, "nb201", &err));
    nb201->at(&a, 5);
    nb201->canonical(&a, &a);
    assert_memory_equal(archs, a.gene, 6);
    nb201->at(&a, 0);
    assert_memory_equal((const uint8_t *)archs + 12, a.gene, 6);
    good(run(&up_stage_space, (const char *const[]){where, "space.pool=2", NULL}, NULL, &out));
    good(up_doc_array(up_buf_view(&out), "archs", UP_U8, 2, &arena, &archs, dims, &err));
    assert_int_equal(dims[0], 2);
    assert_int_equal(
        run(&up_stage_space, (const char *const[]){where, "space.pool=4", NULL}, NULL, &out),
        UP_EUSAGE);
    assert_non_null(strstr(err.msg, "(space.list) has 3 distinct architectures"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        file("list", wrong[i][0], strlen(wrong[i][0]));
        assert_int_equal(run(&up_stage_space, (const char *const[]){where, NULL}, NULL, &out),
                         UP_EINVAL);
        if (!strstr(err.msg, wrong[i][1]))
            fail_msg("%s", err.msg);
    }
    up_buf_release(&out);
}

static void synthetic_batch(void **state)
{
    struct up_buf one = UP_BUF_INIT, two = UP_BUF_INIT;
    const void *x, *y, *labels, *mean;
    uint64_t dims[4];
    int64_t v;
    good(run(&up_stage_data, (const char *const[]){"data.batch=8", "data.seed=1", NULL}, NULL,
             &one));
    good(run(&up_stage_data,
             (const char *const[]){"data.batch=8", "data.seed=1", "data.draws=2", NULL}, NULL,
             &two));
    good(up_doc_array(up_buf_view(&one), "images", UP_U8, 4, &arena, &x, dims, &err));
    assert_true(dims[0] == 8 && dims[1] == 3 && dims[2] == 32 && dims[3] == 32);
    good(up_doc_array(up_buf_view(&two), "images", UP_U8, 4, &arena, &y, dims, &err));
    assert_int_equal(dims[0], 16);
    assert_memory_equal(x, y, 8 * 3072);
    good(up_doc_array(up_buf_view(&two), "labels", UP_I32, 1, &arena, &labels, dims, &err));
    for (int i = 0; i < 16; i++)
        assert_in_range(((const int32_t *)labels)[i], 0, 9);
    good(up_doc_array(up_buf_view(&two), "mean", UP_F64, 1, &arena, &mean, dims, &err));
    assert_true(((const double *)mean)[0] == .49139968);
    good(up_doc_int(up_buf_view(&two), "draws", &v, &err));
    assert_int_equal(v, 2);
    good(up_doc_int(up_buf_view(&two), "classes", &v, &err));
    assert_int_equal(v, 10);
    up_buf_release(&one);
    up_buf_release(&two);
}

/* Ten images in one file: image i is filled with i and has label i. */
static const char *cifar_folder(void)
{
    uint8_t *b = calloc(10, 3073);
    for (int i = 0; i < 10; i++)
        memset(b + i * 3073, i, 3073);
    file("data_batch_1.bin", b, 10 * 3073);
    file("data_batch_x.bin", b, 7); /* neither training files nor part of the key */
    file("test_batch.bin", b, 7);
    free(b);
    return set("data.folder", folder);
}

static void cifar_takes_the_first_part(void **state)
{
    struct up_buf out = UP_BUF_INIT;
    const void *labels, *images;
    uint64_t dims[4];
    bool seen[10] = {false};
    const char *where = cifar_folder();
    const char *const sets[] = {"data.source=cifar10", where, "data.batch=7",
                                "data.augment=false", NULL};
    good(run(&up_stage_data, sets, NULL, &out));
    good(up_doc_array(up_buf_view(&out), "labels", UP_I32, 1, &arena, &labels, dims, &err));
    good(up_doc_array(up_buf_view(&out), "images", UP_U8, 4, &arena, &images, dims, &err));
    for (int i = 0; i < 7; i++) {
        int32_t l = ((const int32_t *)labels)[i];
        assert_in_range(l, 0, 6);
        assert_false(seen[l]);
        seen[l] = true;
        assert_int_equal(((const uint8_t *)images)[i * 3072], l);
    }
    const char *const many[] = {"data.source=cifar10", where, "data.batch=8", NULL};
    assert_int_equal(run(&up_stage_data, many, NULL, &out), UP_EINVAL);
    assert_string_equal(err.msg, "data.batch is 8, but the training part of data.folder has 7 "
                                 "images to draw from; lower "
                                 "data.batch or bring more images");
    const char *const hundred[] = {"data.source=cifar100", where, NULL};
    assert_int_equal(run(&up_stage_data, hundred, NULL, &out), UP_EINVAL);
    assert_non_null(strstr(err.msg, "it must hold train.bin"));
    up_buf_release(&out);
}

/* What the settings alone tell is said before anything is read. */
static void settings_are_checked(void **state)
{
    static const char *const cases[][3] = {
        {"data.source=cifar10", NULL, "data.folder is not set"},
        {"data.source=npy", "data.images=x.npy", "data.images and data.labels"},
        {"data.batch=65536", "data.size=256",
         "take 12.0 GiB, and an artifact's array holds at "
         "most 4; lower data.batch or data.draws"},
    };
    struct up_buf out = UP_BUF_INIT;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const sets[] = {cases[i][0], cases[i][1], NULL};
        assert_int_equal(run(&up_stage_data, sets, NULL, &out), UP_EUSAGE);
        assert_non_null(strstr(err.msg, cases[i][2]));
    }
    const char *const any[] = {"data.dataset=ImageNet16-120", "data.batch=4", NULL};
    int64_t classes;
    good(run(&up_stage_data, any, NULL, &out));
    good(up_doc_int(up_buf_view(&out), "classes", &classes, &err));
    assert_int_equal(classes, 120);
    up_buf_release(&out);
}

static void arrays_of_a_user(void **state)
{
    struct up_buf x = UP_BUF_INIT, y = UP_BUF_INIT, out = UP_BUF_INIT;
    static uint8_t pixels[4 * 3 * 16 * 16];
    const uint64_t dims[] = {4, 3, 16, 16}, flat[] = {12, 16, 16};
    const int64_t labels[] = {0, 119, 5, 7};
    npy_write(&x, UP_U8, pixels, 4, dims);
    npy_write(&y, UP_I64, labels, 1, dims);
    const char *images = set("data.images", file("x.npy", x.data, x.len));
    const char *ids = set("data.labels", file("y.npy", y.data, y.len));
    const char *const sets[] = {
        "data.source=npy", images, ids, "data.batch=4", "data.dataset=imagenet16-120", NULL};
    good(run(&up_stage_data, sets, NULL, &out));
    int64_t classes;
    good(up_doc_int(up_buf_view(&out), "classes", &classes, &err));
    assert_int_equal(classes, 120);
    const char *const ten[] = {"data.source=npy", images, ids, "data.batch=4", NULL};
    assert_int_equal(run(&up_stage_data, ten, NULL, &out), UP_EINVAL);
    assert_non_null(strstr(
        err.msg,
        "label 119 of image 1 is not below the number of classes, 10; set data.classes"));
    up_buf_clear(&x);
    npy_write(&x, UP_U8, pixels, 3, flat);
    file("x.npy", x.data, x.len);
    assert_int_equal(run(&up_stage_data, sets, NULL, &out), UP_EINVAL);
    assert_non_null(
        strstr(err.msg, "x.npy is uint8 [12, 16, 16]; images must be uint8 [N, 3, H, W]"));
    assert_int_equal(
        run(&up_stage_data, (const char *const[]){"data.source=npy", images, NULL}, NULL, &out),
        UP_EUSAGE);
    up_buf_release(&x);
    up_buf_release(&y);
    up_buf_release(&out);
}

static void benchmark_of_two_files(void **state)
{
    struct up_buf space = UP_BUF_INIT, out = UP_BUF_INIT;
    static const char scores[] = "arch,snip,flops,note\n2631,1.5,-1e8,7\n0,2,,8\n";
    static const char accuracy[] = "index,arch,cifar10_val\n5,0,81.9\n";
    good(run(&up_stage_space, (const char *const[]){"space.pool=5", NULL}, NULL, &space));
    const struct up_view inputs[] = {up_buf_view(&space)};
    const char *s = set("benchmark.scores", file("s.csv", scores, sizeof scores - 1));
    const char *a = set("benchmark.accuracy", file("a.csv", accuracy, sizeof accuracy - 1));
    const char *const sets[] = {s, a, "benchmark.ignore=[note]", NULL};
    good(run(&up_stage_benchmark, sets, inputs, &out));
    const void *v, *states, *archs;
    uint64_t dims[2];
    good(up_doc_array(up_buf_view(&out), "scores/values", UP_F64, 2, &arena, &v, dims, &err));
    assert_true(dims[0] == 2 && dims[1] == 2);
    good(
        up_doc_array(up_buf_view(&out), "scores/state", UP_U8, 2, &arena, &states, dims, &err));
    good(up_doc_array(up_buf_view(&out), "archs", UP_U8, 2, &arena, &archs, dims, &err));
    assert_true(dims[0] == 2 && dims[1] == 6);
    /* 0 is (conv1x1 at 02), 2631 is (skip at 02): the latter comes first by bytes. */
    assert_memory_equal(states, ((uint8_t[]){0, 1, 0, 2}), 4);
    assert_true(((const double *)v)[0] == 1.5 && ((const double *)v)[2] == 2);
    good(up_doc_array(up_buf_view(&out), "accuracy/values", UP_F64, 2, &arena, &v, dims, &err));
    assert_true(dims[0] == 2 && dims[1] == 1 && ((const double *)v)[1] == 81.9);
    static const char text[] = "arch,snip\n0,1\n1,high\n";
    file("s.csv", text, sizeof text - 1);
    assert_int_equal(run(&up_stage_benchmark, sets, inputs, &out), UP_EINVAL);
    assert_non_null(strstr(err.msg, "/s.csv:3:3: 'high' in column snip is no number"));
    up_buf_release(&space);
    up_buf_release(&out);
}

static void published_benchmark(void **state)
{
    struct up_buf b = shared_file("data/README.md"), space = UP_BUF_INIT, out = UP_BUF_INIT;
    up_buf_release(&b);
    const char *root = getenv("UPNAS_SHARED");
    good(run(&up_stage_space, (const char *const[]){"space.pool=5", NULL}, NULL, &space));
    const struct up_view inputs[] = {up_buf_view(&space)};
    const char *const sets[] = {
        up_arena_printf(&arena, "benchmark.scores=%s/data/nb201_zc_proxies.csv",
                        root ? root : "../shared"),
        up_arena_printf(&arena, "benchmark.accuracy=%s/data/nb201_accuracy_cifar10.csv",
                        root ? root : "../shared"),
        NULL};
    good(run(&up_stage_benchmark, sets, inputs, &out));
    const void *v;
    uint64_t dims[2];
    size_t absent = 0;
    good(up_doc_array(up_buf_view(&out), "accuracy/values", UP_F64, 2, &arena, &v, dims, &err));
    assert_true(dims[0] == 15625 && dims[1] == 2);
    good(up_doc_array(up_buf_view(&out), "scores/state", UP_U8, 2, &arena, &v, dims, &err));
    for (size_t i = 0; i < 15625 * 13; i++)
        absent += ((const uint8_t *)v)[i] == 2;
    assert_int_equal(absent, (15625 - 4722) * 13);
    up_buf_release(&space);
    up_buf_release(&out);
}

static int tidy(void **state)
{
    static const char *const names[] = {"data_batch_1.bin",
                                        "data_batch_x.bin",
                                        "test_batch.bin",
                                        "x.npy",
                                        "y.npy",
                                        "s.csv",
                                        "a.csv"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unlink(up_arena_printf(&arena, "%s/%s", folder, names[i]));
    up_arena_release(&arena);
    return rmdir(folder);
}

int main(void)
{
    if (!mkdtemp(folder))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pool_of_a_space),        cmocka_unit_test(pool_of_a_file),
        cmocka_unit_test(synthetic_batch),        cmocka_unit_test(cifar_takes_the_first_part),
        cmocka_unit_test(settings_are_checked),   cmocka_unit_test(arrays_of_a_user),
        cmocka_unit_test(benchmark_of_two_files), cmocka_unit_test(published_benchmark),
    };
    return cmocka_run_group_tests(tests, NULL, tidy);
}
