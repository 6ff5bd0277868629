/* An input artifact that cannot be read: every node says UP_ECORRUPT, whose it is and which
 * field, for an empty map in its place, its first bytes, and another stage's bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/unit/report_world.h"
#include "tests/unit/stage_job.h"

extern const struct up_stage up_stage_vgae, up_stage_calibrate, up_stage_lambda, up_stage_mpe,
    up_stage_search, up_stage_scores, up_stage_decode, up_stage_report, up_stage_benchmark;

enum { INPUTS = 9 };

static struct up_view artifact_of(const char *stage)
{
    static const struct {
        const char *name;
        const struct up_buf *doc;
    } docs[] = {{"space", &w.space_doc},    {"scores", &w.scores}, {"calibrate", &w.calibrate},
                {"vgae", &w.vgae},          {"mpe", &w.mpe},       {"lambda", &w.lambda},
                {"benchmark", &w.benchmark}};
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        if (!strcmp(docs[i].name, stage))
            return up_buf_view(docs[i].doc);
    return up_view_str("\x80"); /* nothing that is read before the damage */
}

static const struct {
    const struct up_stage *stage;
    const char *sets[4];
    const char *input; /* to be damaged */
} cases[] = {
    {&up_stage_vgae, {NULL}, "space"},
    {&up_stage_calibrate, {NULL}, "scores"},
    {&up_stage_lambda, {"lambda.preset=sum", "lambda.absent=ignore"}, "calibrate"},
    {&up_stage_lambda, {"lambda.preset=regression"}, "scores"},
    {&up_stage_lambda, {"lambda.preset=regression"}, "benchmark"},
    {&up_stage_mpe, {NULL}, "scores"},
    {&up_stage_mpe, {NULL}, "calibrate"},
    {&up_stage_mpe, {NULL}, "vgae"},
    {&up_stage_search, {NULL}, "space"},
    {&up_stage_search, {NULL}, "vgae"},
    {&up_stage_search, {NULL}, "mpe"},
    {&up_stage_search, {NULL}, "lambda"},
    {&up_stage_search, {"search.max_flops=100"}, "calibrate"},
    {&up_stage_decode, {NULL}, "scores"},
    {&up_stage_decode, {NULL}, "calibrate"},
    {&up_stage_decode, {NULL}, "lambda"},
    {&up_stage_decode, {NULL}, "search"},
    {&up_stage_report, {NULL}, "scores"},
    {&up_stage_report, {NULL}, "search"},
    {&up_stage_scores, {"scores.source=import", "benchmark.scores=x"}, "benchmark"},
    {&up_stage_scores, {"scores.source=import", "benchmark.scores=x"}, "space"},
    {&up_stage_benchmark, {NULL}, "space"},
};

/* Runs the stage with `damaged` in the place of one input and checks what it says. */
static void check(size_t i, struct up_view damaged)
{
    const struct up_stage *stage = cases[i].stage;
    struct up_view inputs[INPUTS] = {{0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_err err;
    char says[64];
    for (size_t k = 0; stage->inputs[k].stage; k++)
        inputs[k] = strcmp(stage->inputs[k].stage, cases[i].input)
                        ? artifact_of(stage->inputs[k].stage)
                        : damaged;
    struct stage_job job = {.stage = stage, .sets = cases[i].sets, .inputs = inputs};
    int rc = stage_job_run(&job, &out, &err);
    snprintf(says, sizeof says, "the artifact of %s cannot be read: ", cases[i].input);
    if (rc != UP_ECORRUPT || strncmp(err.msg, says, strlen(says)))
        fail_msg("%s, damaged %s: %d, \"%s\"", stage->name, cases[i].input, rc, err.msg);
    up_buf_release(&out);
}

static void empty_map(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(i, up_view_str("\x80"));
}

static void cut_off(void **state)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct up_view v = artifact_of(cases[i].input);
        v.len = v.len < 16 ? 0 : 16;
        check(i, v.data ? v : up_view_str(""));
    }
}

static void another_stage(void **state)
{
    static const uint8_t other[] = "\x81\xa5other\xc0";
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check(i, (struct up_view){other, sizeof other - 1});
}

/* Sound by itself, and of other scores than the rest. */
static void swapped(void **state)
{
    static const double one[] = {1};
    static const char *const names[] = {"zen"};
    struct up_buf doc = UP_BUF_INIT;
    struct up_writer d = up_writer_of(&doc);
    up_writer_names(&d, "names", names, 1);
    up_writer_vector(&d, "weights", UP_F64, one, 1);
    up_writer_str(&d, "preset", "fixed");
    up_writer_end(&d);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(cases[i].input, "lambda"))
            check(i, up_buf_view(&doc));
    up_buf_release(&doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(empty_map), cmocka_unit_test(cut_off),
                                       cmocka_unit_test(another_stage),
                                       cmocka_unit_test(swapped)};
    return cmocka_run_group_tests(tests, world_make, world_end);
}
