/* benchmark: published scores and accuracies, as a user downloaded them.
 *
 * {accuracy: {names [str], values f64[n][A], NaN = absent}; archs u8[n][genes] as
 * spelled, ascending, unique; left_out: {names [str], why [str]}, columns of text; schema;
 * scores: {names [str], state u8[n][M] 0 good
 * 1 invalid 2 absent, values f64[n][M] NaN where not good}; space}
 *
 * Neither names of files nor anything else that is not in their bytes is kept. */
#include "stages/benchmark/columns.h"
#include "stages/benchmark/merge.h"
#include "dag/stage.h"
#include "store/base/pack.h"
#include <string.h>

static const struct up_param params[] = {
    {.name = "scores",
     .kind = UP_P_FILE,
     .doc = "proxy scores: NASLib zc_*.json, CSV or NPZ, one row per architecture"},
    {.name = "accuracy",
     .kind = UP_P_FILE,
     .doc = "true accuracies: CSV, NPZ or NASLib JSON, columns such as cifar10_val"},
    {.name = "dataset",
     .kind = UP_P_STR,
     .doc = "the data set whose scores are taken from a JSON file that has several; null: "
            "cifar10"},
    {.name = "ignore",
     .kind = UP_P_LIST,
     .def = "[]",
     .doc = "columns of the files to leave out: they are neither scores nor accuracies"},
    {0},
};
static const struct up_stage_input inputs[] = {{"space", NULL}, {0}};

static int load(struct up_job *job, const char *param, struct up_table *t,
                const struct up_table **out, struct up_err *err)
{
    const struct up_file *file;
    struct up_column_ignore ignore = {0};
    *out = NULL;
    if (!up_job_files(job, param, &file))
        return UP_OK;
    ignore.n = up_job_list(job, "ignore", &ignore.name);
    struct up_table_wish wish = {.want = up_column_wanted,
                                 .ctx = &ignore,
                                 .dataset = up_job_str(job, "dataset"),
                                 .number = strcmp(param, "scores") ? NULL : up_column_is_proxy};
    int rc = up_table_read(t, file->path, file->bytes, &wish, up_job_arena(job), err);
    if (rc)
        return rc;
    if (t->note)
        up_job_note(job, "%s", t->note);
    *out = t;
    return UP_OK;
}

static void names(struct up_buf *b, const char *const *name, size_t n)
{
    up_pack_str(b, "names");
    up_pack_list(b, n);
    for (size_t i = 0; i < n; i++)
        up_pack_str(b, name[i]);
}

static void left_out(struct up_buf *b, const struct up_table *t)
{
    size_t n = t ? t->texts : 0;
    up_pack_str(b, "left_out");
    up_pack_map(b, 2);
    up_pack_str(b, "names");
    up_pack_list(b, n);
    for (size_t i = 0; i < n; i++)
        up_pack_str(b, t->text[i].name);
    up_pack_str(b, "why");
    up_pack_list(b, n);
    for (size_t i = 0; i < n; i++)
        up_pack_str(b, t->text[i].why);
}

static void write_out(struct up_job *job, const struct up_space *space,
                      const struct up_benchmark *b, const struct up_table *scores)
{
    struct up_buf *out = up_job_out(job);
    size_t genes = (size_t)space->genes;
    uint8_t *archs = UP_NEW(up_job_arena(job), b->n * genes, uint8_t);
    for (size_t i = 0; i < b->n; i++)
        for (size_t g = 0; g < genes; g++)
            archs[i * genes + g] = b->arch[i].gene[g];
    up_pack_map(out, 6);
    up_pack_str(out, "accuracy");
    up_pack_map(out, 2);
    names(out, b->accuracy_name, b->accuracies);
    up_pack_str(out, "values");
    up_pack_array2(out, UP_F64, b->accuracy, b->n, b->accuracies);
    up_pack_str(out, "archs");
    up_pack_array2(out, UP_U8, archs, b->n, genes);
    left_out(out, scores);
    up_pack_str(out, "schema");
    up_pack_str(out, "upnas.benchmark/2");
    up_pack_str(out, "scores");
    up_pack_map(out, 3);
    names(out, b->proxy, b->proxies);
    up_pack_str(out, "state");
    up_pack_array2(out, UP_U8, b->state, b->n, b->proxies);
    up_pack_str(out, "values");
    up_pack_array2(out, UP_F64, b->score, b->n, b->proxies);
    up_pack_str(out, "space");
    up_pack_str(out, space->name);
}

static int run(struct up_job *job, struct up_err *err)
{
    struct up_view doc = {0};
    const char *name;
    const struct up_space *space;
    struct up_table tables[2];
    const struct up_table *scores, *accuracy;
    struct up_benchmark b;
    UP_CHECK(up_job_input(job, "space", &doc));
    int rc = up_doc_str(doc, "space", up_job_arena(job), &name, err);
    if (!rc)
        rc = up_space_find(&space, name, err);
    rc = up_job_read(job, "space", rc, err);
    if (!rc)
        rc = load(job, "scores", &tables[0], &scores, err);
    if (!rc)
        rc = load(job, "accuracy", &tables[1], &accuracy, err);
    if (!rc && !scores && !accuracy)
        rc = up_fail(err, UP_EUSAGE,
                     "benchmark.scores and benchmark.accuracy are both unset; name a file");
    if (!rc)
        rc = up_benchmark_merge(&b, space, scores, accuracy, up_job_str(job, "dataset"),
                                up_job_arena(job), err);
    if (rc)
        return rc;
    write_out(job, space, &b, scores);
    up_job_note(job, "%zu architectures, %zu proxies, %zu accuracies", b.n, b.proxies,
                b.accuracies);
    return UP_OK;
}

const struct up_stage up_stage_benchmark = {
    .name = "benchmark",
    .version = 2,
    .does = "reads the scores and accuracies of a published benchmark",
    .params = params,
    .inputs = inputs,
    .when = "benchmark.scores|benchmark.accuracy",
    .run = run,
};
