/* upnas export and import: a run with all it made and read, in one file. */
#include "dag/exchange/bundle.h"
#include "cli/shared/cli.h"
#include "cli/shared/io.h"
#include "cli/shared/workspace.h"
#include "cli/shared/say.h"
#include "cli/command/verify_trust.h"
#include "stages/format/json_write.h"
#include "store/base/regular.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct file {
    int fd;
    const char *path;
};

static int sink(void *ctx, struct up_view v, struct up_err *err)
{
    const struct file *f = ctx;
    while (v.len) {
        ssize_t n = write(f->fd, v.data, v.len);
        if (n < 0 && errno != EINTR)
            return up_fail_errno(err, "cannot write %s", f->path);
        if (n > 0) {
            v.data += n;
            v.len -= (size_t)n;
        }
    }
    return UP_OK;
}

static int report(const struct up_common *common, const char *verb,
                  const struct up_bundle_count *c, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    char size[24];
    bool taken = *verb == 'i';
    if (common->json) {
        struct up_jw w;
        up_jw_init(&w, &out, 0);
        up_jw_object(&w);
        up_jw_key_str(&w, "run", c->run);
        up_jw_key_int(&w, "results", (int64_t)c->results);
        up_jw_key_int(&w, "artifacts", (int64_t)c->artifacts);
        up_jw_key_int(&w, "bytes", (int64_t)c->bytes);
        up_jw_key_int(&w, "had_results", (int64_t)c->had_results);
        up_jw_key_int(&w, "had_artifacts", (int64_t)c->had_artifacts);
        up_jw_key_int(&w, "differ", (int64_t)c->differ);
        if (taken)
            up_jw_key_int(&w, "signed", (int64_t)c->vouched);
        up_jw_end(&w);
        up_buf_puts(&out, "\n");
    } else {
        up_say(&out, "%s run %s: %" PRIu64 " results, %" PRIu64 " artifacts of %s", verb,
               c->run, c->results, c->artifacts, up_size_text(size, c->bytes));
        if (c->had_results || c->had_artifacts)
            up_say(&out, "; %" PRIu64 " results and %" PRIu64 " artifacts were here",
                   c->had_results, c->had_artifacts);
        if (c->differ)
            up_say(&out, ", %" PRIu64 " results with other bytes, which stay", c->differ);
        if (taken && c->vouched < c->results)
            up_say(&out, "; %" PRIu64 " of the file's results nobody trusted has signed",
                   c->results - c->vouched);
        up_buf_puts(&out, "\n");
    }
    int rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

/* The file is there whole, and on the disk, or it is as it was. */
static int write_file(struct up_store *s, const char *run, const char *path,
                      struct up_bundle_count *c, struct up_err *err)
{
    struct up_buf temp = UP_BUF_INIT;
    up_buf_printf(&temp, "%s.%ld.tmp", path, (long)getpid());
    struct file f = {open(up_buf_str(&temp), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666),
                     path};
    int rc = f.fd < 0 ? up_fail_errno(err, "cannot make %s", up_buf_str(&temp))
                      : up_bundle_write(s, run, sink, &f, c, err);
    if (f.fd >= 0 && ((fsync(f.fd) && errno != EINVAL) | close(f.fd)) && !rc)
        rc = up_fail_errno(err, "cannot write %s", path);
    if (!rc && rename(up_buf_str(&temp), path))
        rc = up_fail_errno(err, "cannot write %s", path);
    if (rc)
        (void)unlink(up_buf_str(&temp));
    up_buf_release(&temp);
    return rc;
}

static int run_export(const struct up_command *cmd, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), {0}};
    struct up_store *store = NULL;
    struct up_bundle_count c;
    int rc = up_cli_options(cmd, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(cmd, &rest, 2, 2, "a run, such as last, and a file", err)))
        return rc;
    rc = up_file_may_replace(rest.v[1], "\x93UPB", err);
    if (!rc)
        rc = up_cli_open_existing(&store, &common, false, err);
    if (!rc && !(rc = write_file(store, rest.v[0], rest.v[1], &c, err)))
        rc = report(&common, "exported", &c, err);
    up_store_close(store);
    return rc;
}

static int map(struct up_view *out, const char *path, struct up_err *err)
{
    struct stat st = {.st_size = 0};
    const char *why;
    int rc = UP_OK, fd = up_regular_open(path, &st, &why);
    *out = (struct up_view){(const uint8_t *)"", 0};
    if (fd < 0) {
        rc = up_fail(err, UP_EIO, "cannot open %s: %s", path, why);
    } else if (st.st_size > 0) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
            rc = up_fail_errno(err, "cannot read %s", path);
        else
            *out = (struct up_view){p, (size_t)st.st_size};
    }
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

static int run_import(const struct up_command *cmd, int argc, char **argv, struct up_err *err)
{
    struct up_common common = UP_COMMON_INIT;
    struct up_words rest = {0}, trust = {0};
    const struct up_opt opts[] = {UP_OPT_COMMON(&common), UP_OPT_TRUST(&trust), {0}};
    struct up_store *store = NULL;
    struct up_bundle_count c;
    struct up_team team = {.arena = UP_ARENA_INIT};
    struct up_view file = {(const uint8_t *)"", 0};
    int rc = up_cli_options(cmd, opts, argc, argv, &rest, err);
    if (rc || common.help)
        return rc;
    if ((rc = up_cli_words(cmd, &rest, 1, 1, "a file that `upnas export` has written", err)))
        return rc;
    if (!(rc = map(&file, rest.v[0], err)) && (rc = up_bundle_check(file, &c, err)))
        up_fail_in(err, rc, "%s", rest.v[0]);
    if (!rc && !(rc = up_cli_open_store(&store, &common, true, err)))
        rc = up_team_open(&team, &common, UP_TEAM_NAMES, NULL, err);
    if (!rc) {
        struct up_admit admit = up_trust_admit(&team, UP_CAME_FILE, rest.v[0], &trust);
        rc = up_bundle_take(store, file, &admit, &c, err);
    }
    if (!rc)
        rc = report(&common, "imported", &c, err);
    up_team_close(&team);
    up_store_close(store);
    if (file.len)
        (void)munmap((void *)(uintptr_t)file.data, file.len);
    return rc;
}

const struct up_command up_command_export = {"export", "RUN FILE",
                                             "a run with all it made and read, as one file",
                                             "Takes results, artifacts and provenance; `upnas "
                                             "import FILE` puts them into another store.\n"
                                             "Signatures go with them: `upnas key sign` "
                                             "first signs what this store computed.\n"
                                             "dag/exchange/bundle.h describes the file.",
                                             run_export};
const struct up_command up_command_import = {
    "import", "FILE [--trust KEY ...]", "take over a run that was exported",
    "Everything is checked first: checksums, both digests of every artifact, keys, and that\n"
    "nothing is missing; a file that is not whole changes nothing. What is here under a key "
    "stays.\n"
    "What is taken is marked as come from this file, with the signatures it has; with --trust "
    "a file\n"
    "in which these keys (or one's own) have not signed every result is refused. verify and "
    "push do\n"
    "not believe what nobody trusted has signed.",
    run_import};
