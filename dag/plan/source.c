#include "dag/plan/source.h"
#include "store/base/regular.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_FILES = 4096 };
static const uint64_t MOST_BYTES = (uint64_t)4 << 30; /* of one file */

/* Where the user named the path: " (named at FILE:LINE)". */
static const char *named_at(const struct up_entry *e, struct up_arena *a)
{
    if (e->origin.kind == UP_FROM_FILE)
        return up_arena_printf(a, " (named at %s:%u)", e->origin.where, e->origin.line);
    if (e->origin.kind == UP_FROM_SET)
        return up_arena_printf(a, " (named by --set)");
    return "";
}

static int read_one(struct up_source *s, size_t i, const char *path, struct up_arena *arena,
                    struct up_err *err)
{
    const struct up_entry *e = s->entry;
    struct stat st;
    const char *why;
    int fd = up_regular_open(path, &st, &why);
    if (fd < 0)
        return up_fail(err, UP_EIO,
                       "%s: cannot open %s%s: %s; paths in a config are relative to its "
                       "folder, those in --set to the working folder",
                       e->name, path, named_at(e, arena), why);
    int rc = up_regular_read_fd(&s->bytes[i], fd, path, MOST_BYTES, err);
    (void)close(fd);
    if (rc)
        return up_fail_in(err, rc, "%s%s", e->name, named_at(e, arena));
    s->files[i].bytes = up_buf_view(&s->bytes[i]);
    s->digests[i] = up_digest_of(s->files[i].bytes.data, s->files[i].bytes.len);
    return UP_OK;
}

static void make_room(struct up_source *s, size_t n, struct up_arena *arena)
{
    s->files = UP_NEW(arena, n, struct up_file);
    s->digests = UP_NEW(arena, n, struct up_digest);
    s->bytes = UP_NEW(arena, n, struct up_buf);
}

static int read_file(struct up_source *s, struct up_arena *arena, struct up_err *err)
{
    const struct up_value *v = &s->entry->value;
    const char *slash = strrchr(v->s, '/');
    make_room(s, 1, arena);
    s->n = 1;
    s->files[0].name = slash ? slash + 1 : v->s;
    s->files[0].path = v->s;
    return read_one(s, 0, v->path, arena, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct up_file *)a)->name, ((const struct up_file *)b)->name);
}

/* One of the patterns, which are joined by "|". */
static bool matches(const char *globs, const char *name)
{
    for (;;) {
        char glob[64];
        size_t n = strcspn(globs, "|");
        UP_CHECK(n < sizeof glob);
        memcpy(glob, globs, n);
        glob[n] = '\0';
        if (!fnmatch(glob, name, FNM_PERIOD))
            return true;
        if (!globs[n])
            return false;
        globs += n + 1;
    }
}

/* Fills files[] with the names that match, sorted; n counts them. */
static int list_folder(struct up_source *s, DIR *dir, struct up_arena *arena,
                       struct up_err *err)
{
    const struct up_entry *e = s->entry;
    const char *glob = e->param->glob ? e->param->glob : "*";
    make_room(s, MOST_FILES, arena);
    for (const struct dirent *d; (d = readdir(dir));) {
        struct stat st;
        if (!matches(glob, d->d_name) || fstatat(dirfd(dir), d->d_name, &st, 0) ||
            !S_ISREG(st.st_mode))
            continue;
        if (s->n == MOST_FILES)
            return up_fail(err, UP_EINVAL, "%s: more than %d files match %s in %s%s", e->name,
                           MOST_FILES, glob, e->value.path, named_at(e, arena));
        struct up_file *f = &s->files[s->n++];
        f->name = up_arena_strdup(arena, d->d_name);
        f->path = up_arena_printf(arena, "%s/%s", e->value.s, f->name);
    }
    qsort(s->files, s->n, sizeof *s->files, by_name);
    if (!s->n)
        return up_fail(err, UP_EIO,
                       "%s: no file in %s%s matches %s; name the folder that holds them",
                       e->name, e->value.path, named_at(e, arena), glob);
    return UP_OK;
}

static int read_folder(struct up_source *s, struct up_arena *arena, struct up_err *err)
{
    const struct up_entry *e = s->entry;
    DIR *dir = opendir(e->value.path);
    if (!dir)
        return up_fail(err, UP_EIO, "%s: cannot open the folder %s%s: %s", e->name,
                       e->value.path, named_at(e, arena), strerror(errno));
    int rc = list_folder(s, dir, arena, err);
    (void)closedir(dir);
    for (size_t i = 0; !rc && i < s->n; i++)
        rc = read_one(s, i, up_arena_printf(arena, "%s/%s", e->value.path, s->files[i].name),
                      arena, err);
    return rc;
}

int up_sources_read(struct up_sources *out, const struct up_config *c,
                    const struct up_stage *stage, struct up_arena *arena, struct up_err *err)
{
    size_t most = 0;
    for (size_t i = 0; i < c->n; i++)
        most += c->entries[i].stage == stage;
    *out = (struct up_sources){.list = UP_NEW(arena, most, struct up_source)};
    int rc = UP_OK;
    for (size_t i = 0; !rc && i < c->n; i++) {
        const struct up_entry *e = &c->entries[i];
        enum up_param_kind kind = e->param->kind;
        if (e->stage != stage || !e->value.set || (kind != UP_P_FILE && kind != UP_P_DIR) ||
            !up_entry_relevant(c, e))
            continue;
        struct up_source *s = &out->list[out->n++];
        s->entry = e;
        rc = kind == UP_P_FILE ? read_file(s, arena, err) : read_folder(s, arena, err);
    }
    return rc;
}

void up_sources_release(struct up_sources *s)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < s->list[i].n; k++)
            up_buf_release(&s->list[i].bytes[k]);
    s->n = 0;
}

const struct up_source *up_sources_of(const struct up_sources *s, const struct up_param *p)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->list[i].entry->param == p)
            return &s->list[i];
    return NULL;
}
