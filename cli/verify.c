/* upnas verify: reads every record against both digests, and names the runs that
 * lost something. Exit status: 0 sound, 1 corrupt, 4 other trouble. */
#include "cli/task.h"
#include "dag/record.h"
#include "stages/format/json_write.h"
#include <inttypes.h>
#include <stdio.h>

struct affected {
    struct up_store *store;
    struct up_words runs; /* ids; the arena owns the strings */
    struct up_arena arena;
};

/* A run is affected when a node's artifact, which it once had, is not readable any more. */
static int visit(void *ctx, const struct up_run_record *r)
{
    struct affected *a = ctx;
    for (size_t i = 0; i < r->nnodes; ++i) {
        if (up_digest_zero(r->nodes[i].digest) || up_store_has(a->store, r->nodes[i].digest))
            continue;
        a->runs.v = up_realloc((void *)a->runs.v, (a->runs.n + 1) * sizeof *a->runs.v);
        a->runs.v[a->runs.n++] = up_arena_printf(&a->arena, "%s", r->id);
        break;
    }
    return 0;
}

static void print(struct up_buf *out, const struct up_common *c,
                  const struct up_store_health *h, const struct affected *a)
{
    char size[24];
    struct up_jw w;

    if (!c->json) {
        up_buf_printf(out, "%" PRIu64 " records, %s: ", h->records,
                      up_size_text(size, h->bytes));
        if (h->bad)
            up_buf_printf(out, "%" PRIu64 " damaged; 'upnas run' computes what is missing\n",
                          h->bad);
        else
            up_buf_puts(out, "sound\n");
        for (size_t i = 0; i < a->runs.n; ++i)
            up_buf_printf(out, "affected: run %s\n", a->runs.v[i]);
        return;
    }
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_int(&w, "records", (int64_t)h->records);
    up_jw_key_int(&w, "bytes", (int64_t)h->bytes);
    up_jw_key_int(&w, "bad", (int64_t)h->bad);
    up_jw_key(&w, "affected");
    up_jw_list(&w);
    for (size_t i = 0; i < a->runs.n; ++i)
        up_jw_str(&w, a->runs.v[i]);
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int verify(struct up_common *c, struct up_store *store, struct up_store_health *h,
                  struct up_err *err)
{
    struct affected a = {.store = store};
    struct up_buf out = UP_BUF_INIT;
    int rc = up_store_verify(store, h, err);

    if (!rc && h->bad)
        rc = up_runs_walk(store, visit, &a, err);
    if (!rc) {
        print(&out, c, h, &a);
        rc = up_cli_print(&out, err);
    }
    up_buf_release(&out);
    up_arena_release(&a.arena);
    return rc;
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), {0}};
    struct up_store_health h = {0};
    struct up_store *store = NULL;

    int rc = up_cli_options(c, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(c, &rest, 0, 0, "", err)))
        return rc;
    if (!(rc = up_cli_open_store(&store, &common, false, err)))
        rc = verify(&common, store, &h, err);
    up_store_close(store);
    if (rc == UP_ECORRUPT || (!rc && h.bad))
        return UP_EXIT_CORRUPT;
    if (!rc)
        return UP_EXIT_OK;
    fprintf(stderr, "upnas: %s\n", err->msg);
    return UP_EXIT_OTHER;
}

const struct up_command up_command_verify = {
    "verify", "[--store DIR]", "check every record against its digests",
    "Exit status: 0 sound, 1 corrupt, 2 usage, 4 other trouble. Damaged records are moved "
    "aside;\n"
    "the next run computes them again, with the same bytes.",
    run};
