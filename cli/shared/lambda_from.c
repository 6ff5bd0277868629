#include "cli/shared/lambda_from.h"
#include "cli/shared/io.h"
#include "dag/record/record.h"
#include "stages/lambda/presets.h"
#include <string.h>
#include <unistd.h>

static int from_file(struct up_lambda_weights *w, const char *path, struct up_arena *arena,
                     struct up_err *err)
{
    struct up_buf bytes = UP_BUF_INIT;
    int rc = up_file_read(&bytes, path, err);
    if (!rc)
        rc = up_lambda_weights_read(w, path, up_buf_view(&bytes), arena, err);
    up_buf_release(&bytes);
    return rc;
}

/* The record of the lambda meant; UP_EUSAGE: word names none. */
static int find(struct up_store *s, const char *word, struct up_result *r,
                struct up_arena *arena, struct up_err *err)
{
    struct up_err unused;
    if (!strchr(word, ':') &&
        !up_result_find(s, up_arena_printf(arena, "%s:lambda", word), r, arena, &unused))
        return UP_OK;
    int rc = up_result_find(s, word, r, arena, err);
    if (!rc && strcmp(r->stage, "lambda") != 0)
        rc = up_fail(err, UP_EUSAGE,
                     "%s is of stage %s, not of lambda; name a run, as in "
                     "--lambda last",
                     word, r->stage);
    return rc;
}

static int from_store(struct up_lambda_weights *w, const char *word, struct up_store *s,
                      struct up_arena *arena, struct up_err *err)
{
    struct up_buf doc = UP_BUF_INIT;
    struct up_result r;
    int rc = find(s, word, &r, arena, err);
    if (!rc)
        rc = up_store_get(s, r.digest, &doc, err);
    if (!rc)
        rc = up_lambda_weights_of_artifact(w, up_buf_view(&doc), arena, err);
    up_buf_release(&doc);
    return rc;
}

static const char *presets(struct up_arena *arena)
{
    const char *s = up_presets[0].name;
    for (const struct up_preset *p = up_presets + 1; p->name; ++p)
        s = up_arena_printf(arena, "%s, %s", s, p->name);
    return s;
}

int up_weighing_from(struct up_lambda_weights *w, const char *word,
                     const struct up_common *common, struct up_arena *arena, struct up_err *err)
{
    struct up_store *store = NULL;
    struct up_err why;
    if (up_lambda_weights_of_preset(w, word, arena))
        return UP_OK;
    if (!access(word, F_OK))
        return from_file(w, word, arena, err);
    int rc = up_cli_open_store(&store, common, false, &why);
    if (!rc)
        rc = from_store(w, word, store, arena, &why);
    up_store_close(store);
    if (rc == UP_EUSAGE || rc == UP_ENOTFOUND)
        return up_fail(err, UP_EUSAGE,
                       "--lambda %s is no preset (%s), no file, and no run with a lambda: %s",
                       word, presets(arena), why.msg);
    if (rc)
        *err = why;
    return rc;
}
