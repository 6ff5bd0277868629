/* upnas report: what a run found, as text or as one page in a file. */
#include "cli/shared/io.h"
#include "cli/shared/cli.h"
#include "cli/shared/workspace.h"
#include "cli/page/page.h"
#include "cli/answer/result.h"
#include "store/base/arena.h"
#include <string.h>

static int to_file(const char *path, struct up_view bytes, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dir = !slash          ? "."
                      : slash == path ? "/"
                                      : up_arena_strndup(&a, path, (size_t)(slash - path));
    int rc = *name ? up_file_may_replace(path, "name=\"generator\" content=\"upnas ", err)
                   : up_fail(err, UP_EUSAGE, "--html takes the name of a file, not '%s'", path);
    if (!rc)
        rc = up_file_write(dir, name, bytes, err);
    up_arena_release(&a);
    return rc;
}

static int page(struct up_buf *out, struct up_store *s, const struct up_run_record *r,
                const char *path, struct up_err *err)
{
    int rc = up_page_run(out, s, r, false, err);
    if (rc)
        return rc;
    if (!strcmp(path, "-"))
        return up_cli_print_raw(out, err);
    rc = to_file(path, up_buf_view(out), err);
    up_buf_clear(out);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    const char *html = NULL;
    const struct up_opt opts[] = {UP_OPT_COMMON(&common),
                                  {"--html", UP_OPT_TEXT, &html, "FILE",
                                   "everything as one page that stands alone; -: to standard "
                                   "output",
                                   0, 0},
                                  {0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_store *store = NULL;
    struct up_run_record *r = NULL;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 1, "", err)) ||
        (rc = up_cli_open_store(&store, &common, false, err)) ||
        (rc = up_task_run_find(store, rest.n ? rest.v[0] : "last", &r, err)))
        goto out;
    if (html)
        rc = page(&out, store, r, html, err);
    else if (common.json)
        rc = up_result_event(&out, store, r, err);
    else if (up_run_record_node(r, "report"))
        rc = up_result_text(&out, store, r, err);
    else
        rc = up_fail(
            err, UP_EUSAGE,
            "run %s went no further than %s, and has no report; 'upnas log' lists others",
            r->id, r->nnodes ? r->nodes[r->nnodes - 1].stage : "its start");
    if (!rc)
        rc = up_cli_print(&out, err);
out:
    up_run_record_free(r);
    up_buf_release(&out);
    up_store_close(store);
    return rc;
}

const struct up_command up_command_report = {
    "report", "[RUN] [--html FILE]", "what a run found, as text or as a page in one file",
    "RUN: an id, part of one, last (the default), last~1. The page has the architectures "
    "drawn,\n"
    "the graph, the pictures and the provenance of every number, and needs no other file.",
    run};
