#include "cli/answer/outdir.h"
#include "cli/shared/io.h"
#include "cli/answer/outdir_list.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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
    o->file[o->n++] = (struct up_out_file){
        .name = s, .bytes = bytes, .sum = up_sha256_of(bytes.data, bytes.len)};
    up_buf_printf(o->names, "%s\n", s);
}

bool up_outdir_holds(const struct up_outdir *o, struct up_view name)
{
    for (size_t i = 0; i < o->n; ++i)
        if (up_view_equal(up_view_str(o->file[i].name), name))
            return true;
    return false;
}

void up_outdir_release(struct up_outdir *o) { up_arena_release(&o->arena); }

static const char *in(struct up_outdir *o, const char *dir, const char *name)
{
    return up_arena_printf(&o->arena, "%s/%s", dir, name);
}

/* ---- before anything is changed ---- */

/* What stands where a file of this run shall be: nothing, the very bytes, or what the program
 * itself put there. ours: what is there may be replaced and, by a later run, removed. */
static int look_at_place(struct up_outdir *o, const char *dir, struct up_out_file *f,
                         bool adopt, struct up_err *err)
{
    struct up_sha256 there;
    const char *path = in(o, dir, f->name);
    enum up_out_state is = up_outdir_state(path, &there);
    bool same = is == UP_OUT_FILE && !memcmp(&there, &f->sum, sizeof there);
    if (is == UP_OUT_ABSENT) {
        f->ours = true;
        f->temp = "";
    } else if (is == UP_OUT_FILE && up_outdir_listed(o, f->name, &there)) {
        f->ours = true;
        f->temp = same ? NULL : "";
    } else if (same) {
        f->ours = adopt;
    } else {
        return up_fail(err, UP_EUSAGE,
                       "%s was not written by upnas run, which would replace it; move it away, "
                       "or name another folder with --out DIR",
                       path);
    }
    return UP_OK;
}

/* Two runs that end at once put their files there one after the other. */
static int lock(int *fd, const char *dir, struct up_err *err)
{
    enum { TRIES = 100 };
    *fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return up_fail_errno(err, "cannot open the folder %s; --out DIR names another", dir);
    for (int i = 0; flock(*fd, LOCK_EX | LOCK_NB); ++i) {
        if (errno != EWOULDBLOCK) /* a file system without locks */
            return UP_OK;
        if (i == TRIES)
            return up_fail(err, UP_EIO,
                           "another upnas run has been writing into %s for ten seconds; try "
                           "again when it is done, or name another folder with --out DIR",
                           dir);
        (void)nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
    }
    return UP_OK;
}

/* ---- changing it ---- */

static int write_temps(struct up_outdir *o, const char *dir, struct up_err *err)
{
    for (size_t i = 0; i < o->n; ++i) {
        struct up_out_file *f = &o->file[i];
        if (!f->temp)
            continue;
        f->temp = up_file_temp(&o->arena, dir, f->name);
        int rc = up_file_write_new(f->temp, f->bytes, err);
        if (!rc)
            continue;
        f->temp = NULL; /* there is none */
        if (rc == UP_ENOSPC)
            return up_fail(err, rc,
                           "no space for the run's files in %s, which is as it was; make some, "
                           "or name another folder with --out DIR",
                           dir);
        return up_fail_in(err, rc, "%s is as it was; --out DIR names another folder", dir);
    }
    return UP_OK;
}

static int put_in_place(struct up_outdir *o, const char *dir, struct up_err *err)
{
    for (size_t i = 0; i < o->n; ++i) {
        const char *to = in(o, dir, o->file[i].name);
        if (o->file[i].temp && rename(o->file[i].temp, to))
            return up_fail_errno(err, "cannot put %s in its place", to);
    }
    return UP_OK;
}

static void remove_temps(struct up_outdir *o)
{
    for (size_t i = 0; i < o->n; ++i)
        if (o->file[i].temp && *o->file[i].temp)
            (void)unlink(o->file[i].temp);
}

/* Files of earlier runs, which have been looked at; once more, for time has passed. */
static void remove_stale(struct up_outdir *o, const char *dir)
{
    struct up_sha256 there;
    for (size_t i = 0; i < o->nlisted; ++i) {
        const char *path = in(o, dir, o->listed[i].name);
        if (!up_outdir_holds(o, up_view_str(o->listed[i].name)) &&
            up_outdir_state(path, &there) == UP_OUT_FILE &&
            up_outdir_listed(o, o->listed[i].name, &there))
            (void)unlink(path);
    }
}

static int change(struct up_outdir *o, const char *dir, struct up_err *err)
{
    int rc = write_temps(o, dir, err);
    if (!rc) /* whoever is killed below leaves a list of all there may be */
        rc = up_outdir_list_write(o, dir, true, err);
    if (!rc)
        rc = put_in_place(o, dir, err);
    if (rc) {
        remove_temps(o);
        return rc;
    }
    remove_stale(o, dir);
    if (!(rc = up_outdir_list_write(o, dir, false, err)))
        rc = up_folder_sync(dir, err);
    return rc;
}

static int make_folder(const char *dir, struct up_err *err)
{
    if (!*dir)
        return up_fail(err, UP_EUSAGE, "--out is empty; name a folder, or give --no-out");
    if (mkdir(dir, 0777) && errno != EEXIST)
        return up_fail_errno(err, "cannot make the folder %s; --out DIR names another", dir);
    return UP_OK;
}

int up_outdir_switch(struct up_outdir *o, const char *dir, struct up_err *err)
{
    bool former = false;
    int fd = -1, rc = make_folder(dir, err);
    if (!rc && !(rc = lock(&fd, dir, err)))
        rc = up_outdir_list_read(o, dir, &former, err);
    for (size_t i = 0; i < o->n && !rc; ++i)
        rc = look_at_place(o, dir, &o->file[i], former, err);
    if (!rc)
        rc = change(o, dir, err);
    if (fd >= 0)
        (void)close(fd);
    return rc;
}

int up_outdir_check(const char *dir, struct up_err *err)
{
    struct up_outdir o = {.n = 0};
    struct stat st;
    int rc = UP_OK;
    if (!*dir)
        rc = make_folder(dir, err);
    else if (!stat(dir, &st) && !S_ISDIR(st.st_mode))
        rc = up_fail(err, UP_EIO, "%s is no folder; --out DIR names another", dir);
    else if (!access(dir, F_OK))
        rc = up_outdir_list_read(&o, dir, NULL, err);
    up_outdir_release(&o);
    return rc;
}
