#include "cli/answer/outdir_list.h"
#include "cli/shared/io.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum {
    SUM = UP_SHA256_HEX - 1,
    LIST_MOST = 1 << 20, /* bytes of a list */
    FILE_MOST = 1 << 28  /* bytes of a file; none that the program writes comes near */
};
static const char list_name[] = "files.txt";
static const char mark[] =
    "# written by upnas run, which replaces or removes no other file of this folder\n";

bool up_outdir_name_ok(struct up_view v)
{
    if (!v.len || v.len >= 200 || v.data[0] == '.' || up_view_equal(v, up_view_str(list_name)))
        return false;
    for (size_t i = 0; i < v.len; ++i)
        if (v.data[i] == '/' || v.data[i] < ' ' || v.data[i] >= 0x7f)
            return false;
    return true;
}

enum up_out_state up_outdir_state(const char *path, struct up_sha256 *sum)
{
    struct up_buf have = UP_BUF_INIT;
    struct stat st;
    enum up_out_state is = UP_OUT_FILE;
    if (lstat(path, &st))
        return errno == ENOENT ? UP_OUT_ABSENT : UP_OUT_OTHER;
    if (!S_ISREG(st.st_mode) || st.st_size > FILE_MOST || up_file_read(&have, path, NULL))
        is = UP_OUT_OTHER;
    else
        *sum = up_sha256_of(have.data, have.len);
    up_buf_release(&have);
    return is;
}

bool up_outdir_listed(const struct up_outdir *o, const char *name, const struct up_sha256 *sum)
{
    for (size_t i = 0; i < o->nlisted; ++i)
        if (!strcmp(o->listed[i].name, name) && !memcmp(&o->listed[i].sum, sum, sizeof *sum))
            return true;
    return false;
}

static int digit(char c)
{
    const char *at = c ? strchr("0123456789abcdef", c) : NULL;
    return at ? (int)(at - "0123456789abcdef") : -1;
}

static bool read_sum(struct up_sha256 *sum, const char *hex)
{
    for (size_t i = 0; i < sizeof sum->b; ++i) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        sum->b[i] = (uint8_t)(16 * high + low);
    }
    return true;
}

/* The lines after the mark. */
static int parse(struct up_outdir *o, const char *path, const char *text, struct up_err *err)
{
    size_t lines = 0;
    for (const char *s = text; (s = strchr(s, '\n')); ++s)
        ++lines;
    o->listed = UP_NEW(&o->arena, lines + 1, struct up_out_listed);
    for (size_t len; *text; text += len + 1) {
        struct up_out_listed *l = &o->listed[o->nlisted];
        len = strcspn(text, "\n");
        size_t name = len > SUM + 2 ? len - SUM - 2 : 0;
        if (text[len] != '\n' || !name || memcmp(text + SUM, "  ", 2) ||
            !read_sum(&l->sum, text) ||
            !up_outdir_name_ok((struct up_view){(const uint8_t *)text + SUM + 2, name}))
            return up_fail(err, UP_EUSAGE,
                           "%s, line %zu: not as upnas run wrote it (a SHA-256, two spaces, a "
                           "plain file name); move that list away, or name another folder with "
                           "--out DIR",
                           path, o->nlisted + 2);
        l->name = up_arena_strndup(&o->arena, text + SUM + 2, name);
        o->nlisted++;
    }
    return UP_OK;
}

/* Every file of the list that is there is still as the program left it. */
static int unchanged(struct up_outdir *o, const char *dir, struct up_err *err)
{
    struct up_sha256 there;
    for (size_t i = 0; i < o->nlisted; ++i) {
        const char *path = up_arena_printf(&o->arena, "%s/%s", dir, o->listed[i].name);
        enum up_out_state is = up_outdir_state(path, &there);
        if (is == UP_OUT_ABSENT ||
            (is == UP_OUT_FILE && up_outdir_listed(o, o->listed[i].name, &there)))
            continue;
        return up_fail(err, UP_EUSAGE,
                       "%s has been changed since upnas run wrote it; keep it under another "
                       "name, or name another folder with --out DIR",
                       path);
    }
    return UP_OK;
}

/* Exactly the list that an earlier version would have written for this run. */
static bool is_former(const struct up_outdir *o, struct up_view text)
{
    struct up_buf want = UP_BUF_INIT;
    for (size_t i = 0; i < o->n; ++i)
        up_buf_printf(&want, "%s\n", o->file[i].name);
    bool equal = o->n && up_view_equal(text, up_buf_view(&want));
    up_buf_release(&want);
    return equal;
}

/* Every list of an earlier version named this file. */
static bool may_be_former(const char *text)
{
    static const char always[] = "result.json\n";
    return !strncmp(text, always, sizeof always - 1) || strstr(text, "\nresult.json\n");
}

static int foreign(const char *path, struct up_err *err)
{
    return up_fail(
        err, UP_EUSAGE,
        "%s is not the list that upnas run keeps of the files it wrote (versions up "
        "to 0.1.0 wrote names without SHA-256, which prove nothing); move the folder "
        "or that list away, or name another folder with --out DIR",
        path);
}

int up_outdir_list_read(struct up_outdir *o, const char *dir, bool *former, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    const char *path = up_arena_printf(&o->arena, "%s/%s", dir, list_name);
    const size_t n = sizeof mark - 1;
    struct stat st;
    int rc = UP_OK;

    if (former)
        *former = false;
    if (lstat(path, &st))
        return errno == ENOENT ? UP_OK : up_fail_errno(err, "cannot read %s", path);
    if (!S_ISREG(st.st_mode) || st.st_size > LIST_MOST)
        return foreign(path, err);
    if ((rc = up_file_read(&text, path, err)))
        goto out;
    const char *s = up_buf_str(&text);
    if (text.len >= n && !memcmp(s, mark, n) && !memchr(s, '\0', text.len)) {
        if (!(rc = parse(o, path, s + n, err)))
            rc = unchanged(o, dir, err);
    } else if (former ? !(*former = is_former(o, up_buf_view(&text))) : !may_be_former(s)) {
        rc = foreign(path, err);
    }
out:
    up_buf_release(&text);
    return rc;
}

static void line(struct up_buf *list, const char *name, struct up_sha256 sum)
{
    char hex[UP_SHA256_HEX];
    up_buf_printf(list, "%s  %s\n", up_sha256_hex(sum, hex), name);
}

static bool is_new(const struct up_outdir *o, const struct up_out_listed *l)
{
    for (size_t i = 0; i < o->n; ++i)
        if (!strcmp(o->file[i].name, l->name) &&
            !memcmp(&o->file[i].sum, &l->sum, sizeof l->sum))
            return true;
    return false;
}

int up_outdir_list_write(struct up_outdir *o, const char *dir, bool old, struct up_err *err)
{
    struct up_buf list = UP_BUF_INIT;
    struct up_sha256 is, want;
    up_buf_puts(&list, mark);
    for (size_t i = 0; i < o->n; ++i)
        if (o->file[i].ours)
            line(&list, o->file[i].name, o->file[i].sum);
    for (size_t i = 0; old && i < o->nlisted; ++i)
        if (!is_new(o, &o->listed[i]))
            line(&list, o->listed[i].name, o->listed[i].sum);
    want = up_sha256_of(list.data, list.len);
    const char *path = up_arena_printf(&o->arena, "%s/%s", dir, list_name);
    int rc = UP_OK;
    if (up_outdir_state(path, &is) != UP_OUT_FILE || memcmp(&is, &want, sizeof is))
        rc = up_file_write(dir, list_name, up_buf_view(&list), err);
    up_buf_release(&list);
    return rc;
}
