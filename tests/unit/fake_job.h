#ifndef UP_TESTS_FAKE_JOB_H
#define UP_TESTS_FAKE_JOB_H
#include "dag/stage.h"
#include "store/base/pack.h"

#include <stdlib.h>
#include <string.h>

/* ---- a job of our own: parameters by default or as set, inputs as given. (The
 * runner's cannot be used here: dag/ and stages/space/ each have a struct up_graph.) ---- */
struct up_job {
    const struct up_stage *stage;
    const char *const *sets; /* name, value, ..., NULL */
    const struct up_view *inputs;
    struct up_arena arena;
    struct up_buf out;
};

static const char *job_text(const struct up_job *j, const char *name)
{
    for (size_t i = 0; j->sets[i]; i += 2)
        if (strcmp(j->sets[i], name) == 0)
            return j->sets[i + 1];
    for (const struct up_param *p = j->stage->params; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p->def;
    fail_msg("%s has no parameter %s", j->stage->name, name);
    return NULL;
}

int64_t up_job_int(const struct up_job *j, const char *name)
{
    return strtoll(job_text(j, name), NULL, 10);
}
double up_job_real(const struct up_job *j, const char *name)
{
    return strtod(job_text(j, name), NULL);
}
const char *up_job_str(const struct up_job *j, const char *name) { return job_text(j, name); }
bool up_job_set(const struct up_job *j, const char *name) { return job_text(j, name) != NULL; }
uint64_t up_job_seed(const struct up_job *j, const char *name)
{
    job_text(j, name);
    return 42;
}
bool up_job_input(const struct up_job *j, const char *stage, struct up_view *doc)
{
    for (size_t i = 0; j->stage->inputs[i].stage; i++)
        if (strcmp(j->stage->inputs[i].stage, stage) == 0) {
            *doc = j->inputs[i];
            return doc->data != NULL;
        }
    fail_msg("%s does not read %s", j->stage->name, stage);
    return false;
}
struct up_arena *up_job_arena(struct up_job *j) { return &j->arena; }
struct up_buf *up_job_out(struct up_job *j) { return &j->out; }
int up_job_threads(const struct up_job *j) { return 2; }
bool up_job_canceled(const struct up_job *j) { return false; }
void up_job_progress(struct up_job *j, uint64_t done, uint64_t total, const char *unit)
{
    assert_true(done <= total && unit);
}
void up_job_note(struct up_job *j, const char *fmt, ...) {}

/* The artifact, checked to be canonical, appended to out. */
static int job_run(struct up_job *j, struct up_buf *out, struct up_err *err)
{
    err->msg[0] = 0;
    int rc = j->stage->run(j, err);
    if (!rc)
        rc = up_pack_check(up_buf_view(&j->out), err);
    if (!rc)
        up_buf_append(out, j->out.data, j->out.len);
    up_buf_release(&j->out);
    up_arena_release(&j->arena);
    return rc;
}

enum { N = 300, M = 3, USED = 60, TRAIN = 150, GENES = 6 };

#endif
