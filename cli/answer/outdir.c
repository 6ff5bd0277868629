#include "cli/answer/outdir.h"
#include "cli/shared/io.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char list_name[] = "files.txt";

void up_outdir_add(struct up_outdir *o, struct up_view name, struct up_view bytes)
{
    if (o->n == o->cap) {
        size_t cap = o->cap ? 2 * o->cap : 64;
        struct up_out_file *file = UP_NEW(&o->arena, cap, struct up_out_file);
        if (o->n)
            memcpy(file, o->file, o->n * sizeof *file);
        o->file = file;
        o->cap = cap;
    }
    const char *s = up_arena_strndup(&o->arena, (const char *)name.data, name.len);
    o->file[o->n++] = (struct up_out_file){s, bytes};
    up_buf_printf(o->names, "%s\n", s);
}

void up_outdir_release(struct up_outdir *o) { up_arena_release(&o->arena); }

static const char *in(struct up_outdir *o, const char *dir, const char *name)
{
    return up_arena_printf(&o->arena, "%s/%s", dir, name);
}

static bool same(struct up_outdir *o, const char *dir, const char *name, struct up_view bytes)
{
    struct up_buf have = UP_BUF_INIT;
    bool equal = !up_file_read(&have, in(o, dir, name), NULL) &&
                 up_view_equal(up_buf_view(&have), bytes);
    up_buf_release(&have);
    return equal;
}

static bool holds(const struct up_outdir *o, const char *name)
{
    for (size_t i = 0; i < o->n; ++i)
        if (!strcmp(o->file[i].name, name))
            return true;
    return false;
}

/* Names of the list in the folder that no file of this run has, one a line. */
static void stale_names(struct up_outdir *o, const char *dir, struct up_buf *out)
{
    struct up_buf list = UP_BUF_INIT;
    if (!up_file_read(&list, in(o, dir, list_name), NULL)) {
        const char *s = up_buf_str(&list);
        for (size_t len; (len = strcspn(s, "\n")); s += len + (s[len] != '\0')) {
            const char *name = up_arena_strndup(&o->arena, s, len);
            if (name[0] != '.' && !strchr(name, '/') && !holds(o, name))
                up_buf_printf(out, "%s\n", name);
        }
    }
    up_buf_release(&list);
}

static const char *temp_name(struct up_outdir *o, const char *name)
{
    return up_arena_printf(&o->arena, ".%s.%ld", name, (long)getpid());
}

/* changed[i]: file i has a temporary now. */
static int write_temps(struct up_outdir *o, const char *dir, bool *changed, struct up_err *err)
{
    for (size_t i = 0; i < o->n; ++i) {
        if (same(o, dir, o->file[i].name, o->file[i].bytes))
            continue;
        changed[i] = true;
        int rc =
            up_file_write_new(in(o, dir, temp_name(o, o->file[i].name)), o->file[i].bytes, err);
        if (rc == UP_ENOSPC)
            return up_fail(err, rc,
                           "no space for the run's files in %s, which is as it was; make some, "
                           "or name another folder with --out DIR",
                           dir);
        if (rc)
            return up_fail_in(err, rc, "%s is as it was; --out DIR names another folder", dir);
    }
    return UP_OK;
}

static int put_in_place(struct up_outdir *o, const char *dir, const bool *changed,
                        struct up_err *err)
{
    for (size_t i = 0; i < o->n; ++i) {
        const char *to = in(o, dir, o->file[i].name);
        if (changed[i] && rename(in(o, dir, temp_name(o, o->file[i].name)), to))
            return up_fail_errno(err, "cannot put %s in its place", to);
    }
    return UP_OK;
}

static void remove_stale(struct up_outdir *o, const char *dir, const char *names)
{
    for (size_t len; (len = strcspn(names, "\n")); names += len + 1)
        (void)unlink(in(o, dir, up_arena_strndup(&o->arena, names, len)));
}

static int write_list(struct up_outdir *o, const char *dir, const char *more,
                      struct up_err *err)
{
    struct up_buf list = UP_BUF_INIT;
    int rc = UP_OK;
    for (size_t i = 0; i < o->n; ++i)
        up_buf_printf(&list, "%s\n", o->file[i].name);
    up_buf_puts(&list, more);
    if (!same(o, dir, list_name, up_buf_view(&list)))
        rc = up_file_write(dir, list_name, up_buf_view(&list), err);
    up_buf_release(&list);
    return rc;
}

int up_outdir_switch(struct up_outdir *o, const char *dir, struct up_err *err)
{
    struct up_buf stale = UP_BUF_INIT;
    bool *changed = UP_NEW(&o->arena, o->n + 1, bool);
    if (mkdir(dir, 0777) && errno != EEXIST)
        return up_fail_errno(err, "cannot make the folder %s; --out DIR names another", dir);
    stale_names(o, dir, &stale);
    int rc = write_temps(o, dir, changed, err);
    if (!rc) /* whoever is killed below leaves a list of all there may be */
        rc = write_list(o, dir, up_buf_str(&stale), err);
    if (!rc)
        rc = put_in_place(o, dir, changed, err);
    if (rc)
        for (size_t i = 0; i < o->n; ++i)
            if (changed[i])
                (void)unlink(in(o, dir, temp_name(o, o->file[i].name)));
    if (!rc && stale.len) {
        remove_stale(o, dir, up_buf_str(&stale));
        rc = write_list(o, dir, "", err);
    }
    if (!rc)
        rc = up_folder_sync(dir, err);
    up_buf_release(&stale);
    return rc;
}
