/* data: the minibatch that networks are scored on.
 *
 * {classes int; dataset str; draws int; images u8[draws*n][3][h][w] after crop and
 * mirror, not normalised; labels i32[draws*n]; mean f64[3], std f64[3] of pixels
 * in 0..1; schema} */
#include "dag/stage.h"
#include "stages/data/datasets.h"
#include "stages/data/draw.h"
#include "stages/data/synthetic.h"
#include "stages/format/cifar.h"
#include "stages/format/npy.h"
#include "store/base/writer.h"
#include <string.h>

static const char *const sources[] = {"synthetic", "cifar10", "cifar100", "npy", NULL};
static const char *const datasets[] = {"cifar10", "cifar100", "imagenet16-120", "svhn", NULL};

static const struct up_param params[] = {
    {.name = "source",
     .kind = UP_P_ENUM,
     .def = "synthetic",
     .choices = sources,
     .doc = "where images come from; synthetic needs no download"},
    {.name = "folder",
     .kind = UP_P_DIR,
     .glob = "data_batch_[0-9]*.bin|train.bin",
     .when = "data.source=cifar10|cifar100",
     .doc = "folder with the files of CIFAR's binary version"},
    {.name = "images",
     .kind = UP_P_FILE,
     .when = "data.source=npy",
     .doc = "images.npy: bytes of N images, an array of shape [N, 3, H, W]"},
    {.name = "labels",
     .kind = UP_P_FILE,
     .when = "data.source=npy",
     .doc = "labels.npy: the class of each image, an array of N whole numbers"},
    {.name = "dataset",
     .kind = UP_P_ENUM,
     .choices = datasets,
     .doc = "the data set whose mean and deviation normalise the pixels; null: cifar100 if "
            "that is the source, else cifar10"},
    {.name = "classes",
     .kind = UP_P_INT,
     .min = 2,
     .max = 100000,
     .when = "data.source=npy|synthetic",
     .doc = "number of classes; null: the data set's"},
    {.name = "size",
     .kind = UP_P_INT,
     .def = "32",
     .min = 8,
     .max = 256,
     .when = "data.source=synthetic",
     .doc = "height and width of a synthetic image in pixels"},
    {.name = "batch",
     .kind = UP_P_INT,
     .def = "64",
     .min = 2,
     .max = 65536,
     .doc = "images in the batch that a network is scored on; scores depend on it"},
    {.name = "draws",
     .kind = UP_P_INT,
     .def = "1",
     .min = 1,
     .max = 1024,
     .doc = "number of independent batches; scores.repeats needs at least as many"},
    {.name = "augment",
     .kind = UP_P_BOOL,
     .def = "true",
     .doc = "crop and mirror the images at random, as for training"},
    {.name = "train_fraction",
     .kind = UP_P_REAL,
     .def = "0.7",
     .min = 0.0001,
     .max = 1,
     .when = "data.source=cifar10|cifar100",
     .doc = "the batch is drawn from this first part of the training images alone"},
    {.name = "seed",
     .kind = UP_P_INT,
     .seed = true,
     .doc = "seed of the choice of images, crops and mirrors"},
    {0},
};
static const struct up_stage_input inputs[] = {{0}};

struct arrays { /* images and labels of the npy source */
    struct up_npy images, labels;
};
union source {
    struct up_cifar cifar;
    struct arrays npy;
    struct up_synthetic synthetic;
};

static const uint8_t *cifar_get(void *ctx, size_t i, uint8_t *scratch, int32_t *label)
{
    (void)scratch;
    return up_cifar_image(ctx, i, label);
}

static const uint8_t *npy_get(void *ctx, size_t i, uint8_t *scratch, int32_t *label)
{
    const struct arrays *a = ctx;
    (void)scratch;
    *label = (int32_t)up_npy_int(&a->labels, i);
    return a->images.data + i * (a->images.count / a->images.dims[0]);
}

static const uint8_t *synthetic_get(void *ctx, size_t i, uint8_t *scratch, int32_t *label)
{
    *label = up_synthetic_image(ctx, i, scratch);
    return scratch;
}

static const struct up_dataset *dataset_of(const struct up_job *job)
{
    const char *name = up_job_str(job, "dataset");
    if (!name)
        name = strcmp(up_job_str(job, "source"), "cifar100") ? "cifar10" : "cifar100";
    const struct up_dataset *d = up_dataset_find(name);
    UP_CHECK(d);
    return d;
}

static int open_cifar(struct up_job *job, int classes, union source *u,
                      struct up_image_set *set, struct up_err *err)
{
    const struct up_file *files;
    size_t n = up_job_files(job, "folder", &files);
    struct up_cifar_file *f = UP_NEW(up_job_arena(job), n, struct up_cifar_file);
    for (size_t i = 0; i < n; i++)
        f[i] = (struct up_cifar_file){files[i].name, files[i].path, files[i].bytes};
    int rc = up_cifar_open(&u->cifar, classes, f, n, err);
    if (rc)
        return rc;
    double part = up_job_real(job, "train_fraction") * (double)u->cifar.count;
    *set = (struct up_image_set){(size_t)(part + 1e-6),
                                 classes,
                                 UP_CIFAR_SIDE,
                                 UP_CIFAR_SIDE,
                                 "the training part of data.folder",
                                 cifar_get,
                                 &u->cifar};
    return UP_OK;
}

static int check_npy(const struct arrays *a, const char *images, const char *labels,
                     int classes, struct up_err *err)
{
    char text[160];
    const struct up_npy *x = &a->images, *y = &a->labels;
    if (x->type != UP_U8 || x->ndim != 4 || x->dims[1] != 3 || !x->dims[0] || x->dims[2] < 8 ||
        x->dims[3] < 8 || x->dims[2] > 1024 || x->dims[3] > 1024)
        return up_fail(err, UP_EINVAL,
                       "%s is %s; images must be uint8 [N, 3, H, W] with sides of 8 to 1024",
                       images, up_npy_describe(x, text));
    bool whole = y->type == UP_U8 || y->type == UP_I32 || y->type == UP_I64 ||
                 y->type == UP_U32 || y->type == UP_U64;
    if (!whole || y->ndim != 1 || y->dims[0] != x->dims[0])
        return up_fail(err, UP_EINVAL,
                       "%s is %s; labels must be integers [%llu], one per image", labels,
                       up_npy_describe(y, text), (unsigned long long)x->dims[0]);
    for (size_t i = 0; i < y->count; i++)
        if (up_npy_int(y, i) < 0 || up_npy_int(y, i) >= classes)
            return up_fail(
                err, UP_EINVAL,
                "%s: label %lld of image %zu is not below the number of classes, %d; set "
                "data.classes",
                labels, (long long)up_npy_int(y, i), i, classes);
    return UP_OK;
}

static int open_npy(struct up_job *job, int classes, union source *u, struct up_image_set *set,
                    struct up_err *err)
{
    const struct up_file *images, *labels;
    UP_CHECK(up_job_files(job, "images", &images) && up_job_files(job, "labels", &labels));
    struct up_arena *arena = up_job_arena(job);
    int rc = up_npy_read(&u->npy.images, images->path, images->bytes, arena, err);
    if (!rc)
        rc = up_npy_read(&u->npy.labels, labels->path, labels->bytes, arena, err);
    if (!rc)
        rc = check_npy(&u->npy, images->path, labels->path, classes, err);
    if (rc)
        return rc;
    const uint64_t *d = u->npy.images.dims;
    *set = (struct up_image_set){(size_t)d[0],  classes, (int)d[2], (int)d[3],
                                 "data.images", npy_get, &u->npy};
    return UP_OK;
}

static int open_source(struct up_job *job, const struct up_dataset *d, union source *u,
                       struct up_image_set *set, struct up_err *err)
{
    const char *source = up_job_str(job, "source");
    if (!strcmp(source, "cifar10") || !strcmp(source, "cifar100"))
        return open_cifar(job, strcmp(source, "cifar10") ? 100 : 10, u, set, err);
    int classes = up_job_set(job, "classes") ? (int)up_job_int(job, "classes") : d->classes;
    if (!strcmp(source, "npy"))
        return open_npy(job, classes, u, set, err);
    int side = (int)up_job_int(job, "size");
    u->synthetic = (struct up_synthetic){up_job_seed(job, "seed"), classes, side};
    /* Far more than any batch, and whatever the number of draws: see up_images_draw. */
    size_t count = 1 << 17;
    *set = (struct up_image_set){
        count, classes, side, side, "the synthetic source", synthetic_get, &u->synthetic};
    return UP_OK;
}

static void write_out(struct up_buf *out, const struct up_dataset *d,
                      const struct up_image_set *set, const struct up_drawn *x)
{
    uint64_t n = x->draws * x->n, dims[4] = {n, 3, (uint64_t)set->h, (uint64_t)set->w};
    struct up_writer w = up_writer_of(out);
    up_writer_int(&w, "classes", set->classes);
    up_writer_str(&w, "dataset", d->name);
    up_writer_uint(&w, "draws", x->draws);
    up_writer_array(&w, "images", UP_U8, x->images, 4, dims);
    up_writer_vector(&w, "labels", UP_I32, x->labels, (size_t)n);
    up_writer_vector(&w, "mean", UP_F64, d->mean, 3);
    up_writer_str(&w, "schema", "upnas.data/1");
    up_writer_vector(&w, "std", UP_F64, d->std, 3);
    up_writer_end(&w);
}

static int data_run(struct up_job *job, struct up_err *err)
{
    const struct up_dataset *d = dataset_of(job);
    union source *u = UP_NEW(up_job_arena(job), 1, union source);
    struct up_image_set set;
    struct up_drawn drawn;
    const struct up_images_plan plan = {.draws = (size_t)up_job_int(job, "draws"),
                                        .n = (size_t)up_job_int(job, "batch"),
                                        .augment = up_job_bool(job, "augment"),
                                        .seed = up_job_seed(job, "seed")};
    int rc = open_source(job, d, u, &set, err);
    if (!rc)
        rc = up_images_draw(&drawn, &set, &plan, up_job_arena(job), err);
    if (rc)
        return rc;
    write_out(up_job_out(job), d, &set, &drawn);
    up_job_note(job, "%zu of %zu images, %d classes", drawn.draws * drawn.n, set.count,
                set.classes);
    return UP_OK;
}

static int data_check(const struct up_config *c, struct up_err *err)
{
    bool npy = up_setting_is(c, "data.source", "npy"),
         synthetic = up_setting_is(c, "data.source", "synthetic");
    if (npy && !(up_setting_set(c, "data.images") && up_setting_set(c, "data.labels")))
        return up_fail(err, UP_EUSAGE,
                       "data.source npy needs data.images and data.labels; name both files");
    if (!npy && !synthetic && !up_setting_set(c, "data.folder"))
        return up_fail(
            err, UP_EUSAGE,
            "data.folder is not set; name the folder with the binary files of %s, or set "
            "data.source to synthetic",
            up_setting_str(c, "data.source"));
    if (npy) /* sizes are in the file */
        return UP_OK;
    int side = synthetic ? (int)up_setting_int(c, "data.size") : UP_CIFAR_SIDE;
    return up_images_fit((size_t)up_setting_int(c, "data.draws"),
                         (size_t)up_setting_int(c, "data.batch"), side, side, err);
}

const struct up_stage up_stage_data = {
    .name = "data",
    .version = 1,
    .does = "draws the batch of images that networks are scored on",
    .params = params,
    .inputs = inputs,
    .when = "scores.source=compute",
    .run = data_run,
    .check = data_check,
};
