/* Runs one stage alone: its parameters from --set texts, its files from disk, its
 * inputs as given; no graph, no store. */
#ifndef UP_TEST_STAGE_JOB_H
#define UP_TEST_STAGE_JOB_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dag/config/config.h"
#include "dag/run/job.h"
#include "dag/plan/source.h"
#include "stages/stages.h"
#include "store/base/pack.h"

struct stage_job {
    const struct up_stage *stage;
    const char *const *sets;      /* NULL-terminated */
    const struct up_view *inputs; /* one per declared input */
    char notes[2048];             /* one a line */
    struct up_store *store;       /* NULL: for stages that keep no parts */
    int threads;                  /* 0: 1 */
    const volatile sig_atomic_t *cancel;
    uint64_t first_done; /* of the first progress told */
    bool told;
};

static inline void stage_job_event(void *ctx, struct up_event *e)
{
    struct stage_job *s = ctx;
    size_t n = strlen(s->notes);
    if (e->kind == UP_EV_PROGRESS && !s->told) {
        s->told = true;
        s->first_done = e->done;
    }
    if (e->kind == UP_EV_NOTE || e->kind == UP_EV_WARN)
        snprintf(s->notes + n, sizeof s->notes - n, "%s\n", e->text);
}

/* The artifact, checked to be canonical, appended to out. */
static inline int stage_job_run(struct stage_job *s, struct up_buf *out, struct up_err *err)
{
    struct up_config *config = NULL;
    struct up_arena arena = UP_ARENA_INIT;
    struct up_sources sources = {0};
    struct up_node node = {.stage = s->stage};
    struct up_job job = {.node = &node,
                         .inputs = s->inputs,
                         .sources = &sources,
                         .threads = s->threads ? s->threads : 1,
                         .store = s->store,
                         .float_doc = up_view_str("\xa8portable"),
                         .cancel = s->cancel,
                         .emit = stage_job_event,
                         .ctx = s};
    size_t nsets = 0;
    while (s->sets[nsets])
        nsets++;
    while (s->stage->inputs[node.ninputs].stage)
        node.ninputs++;
    err->msg[0] = s->notes[0] = '\0';
    s->told = false;
    int rc = up_config_load(&config, up_stages, NULL, s->sets, nsets, err);
    if (!rc && s->stage->check)
        rc = s->stage->check(config, err);
    if (!rc)
        rc = up_sources_read(&sources, config, s->stage, &arena, err);
    job.config = config;
    if (!rc)
        rc = s->stage->run(&job, err);
    if (!rc)
        rc = up_pack_check(up_buf_view(&job.out), err);
    up_buf_append(out, job.out.data, job.out.len);
    up_job_release(&job);
    up_sources_release(&sources);
    up_config_free(config);
    up_arena_release(&arena);
    return rc;
}

#endif
