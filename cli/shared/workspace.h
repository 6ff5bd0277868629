/* What run, plan, status, explain and verify share: a configuration, a store and the
 * float mode, from the words CONFIG --set KEY=VALUE. */
#ifndef UP_CLI_SHARED_WORKSPACE_H
#define UP_CLI_SHARED_WORKSPACE_H
#include "cli/shared/cli.h"
#include "dag/plan/plan.h"
#include "dag/record/record.h"

struct up_task {
    struct up_common common;
    struct up_words sets, rest; /* rest: the words that are no options */
    struct up_config *config;
    struct up_store *store;
    struct up_float mode;
};
#define UP_TASK_INIT                                                                           \
    {                                                                                          \
        .common = UP_COMMON_INIT                                                               \
    }
#define UP_OPT_TASK(t)                                                                         \
    UP_OPT_COMMON(&(t)->common),                                                               \
    {                                                                                          \
        "--set", UP_OPT_MANY, &(t)->sets, "KEY=VALUE",                                         \
            "lay a value over the config; repeatable", 0, 0                                    \
    }

/* The node after the configuration's name, rest.v[1], or NULL. */
const char *up_task_target(const struct up_task *t);
/* Loads the configuration rest.v[0]. */
int up_task_config(struct up_task *t, struct up_err *err);
/* Opens the store for reading; when there is none, store stays NULL and that is fine. */
int up_task_peek_store(struct up_task *t, struct up_err *err);
/* up_run_find, which says when "last" is a run from the future. */
int up_task_run_find(struct up_store *s, const char *name, struct up_run_record **out,
                     struct up_err *err);
/* Says once that a run's clock was ahead, if it was. */
void up_task_warn_ahead(const struct up_run_record *r);
/* Warns of settings that have no effect. */
void up_task_warn(const struct up_task *t);
void up_task_release(struct up_task *t);

/* One text line a node; reasons: and one for each field of its key that differs. */
void up_plan_nodes(struct up_buf *out, const struct up_plan *p, bool reasons);
/* One JSON line; only: the one node, or NULL for all. */
void up_plan_json(struct up_buf *out, const struct up_plan *p, const char *only);

/* "1.2 KiB" */
const char *up_size_text(char out[24], uint64_t bytes);
/* "0.12 s", "3.4 s", "2:05 min" */
const char *up_time_text(char out[24], double seconds);

#endif
