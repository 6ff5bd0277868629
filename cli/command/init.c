/* upnas init: an empty store, so that a folder can be prepared (and shared) before a run. */
#include "cli/shared/cli.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), {0}};
    struct up_buf out = UP_BUF_INIT;
    struct up_store *store = NULL;
    struct up_jw w;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)))
        return rc;
    if ((rc = up_cli_open_store(&store, &common, true, err)))
        return rc;
    up_store_close(store);
    if (common.json) {
        up_jw_init(&w, &out, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "store", common.store);
        up_jw_end(&w);
        up_buf_puts(&out, "\n");
    } else {
        up_say(&out, "store ready in %s\n", common.store);
    }
    rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

const struct up_command up_command_init = {
    "init", "[--store DIR]", "make an empty store (run does it by itself)", NULL, run};
