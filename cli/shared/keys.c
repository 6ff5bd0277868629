#include "cli/shared/keys.h"
#include "cli/shared/io.h"
#include "cli/shared/secret.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *folder(struct up_arena *a)
{
    const char *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (xdg && *xdg == '/')
        return up_arena_printf(a, "%s/upnas", xdg);
    return home && *home ? up_arena_printf(a, "%s/.config/upnas", home) : NULL;
}

/* ---- loading ---- */

/* Whoever can write here can put a key among those that are believed. */
static int private(const char *path, bool folder, struct up_err *err)
{
    struct stat st;
    if (stat(path, &st))
        return errno == ENOENT || errno == ENOTDIR
                   ? UP_OK
                   : up_fail_errno(err, "cannot look at %s", path);
    if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
        return up_fail(err, UP_EINVAL, "%s is no %s; move it away", path,
                       folder ? "folder" : "plain file");
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return up_fail(err, UP_EINVAL,
                       "%s belongs to another user, who could put keys there, so none there is "
                       "used; chown it, or set XDG_CONFIG_HOME to a folder of your own",
                       path);
    if (st.st_mode & 022)
        return up_fail(err, UP_EINVAL,
                       "others can write %s (mode %04o) and could have put keys there, so none "
                       "there is used: look at `upnas key list` after chmod go-w %s",
                       path, (unsigned)st.st_mode & 07777, path);
    return UP_OK;
}

static int load_file(struct up_keys *k, const char *path, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    int rc = private(path, false, err);
    if (!rc)
        rc = up_file_read(&text, path, err);
    if (!rc)
        rc = up_keyring_parse(&k->ring, up_buf_view(&text), path, err);
    up_buf_release(&text);
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

/* One's own: NAME.public in keys/, in the order of names. */
static int load_mine(struct up_keys *k, struct up_err *err)
{
    const char *dir = up_arena_printf(&k->arena, "%s/keys", k->dir);
    const char **names = NULL;
    size_t n = 0;
    int rc = UP_OK;
    DIR *d = opendir(dir);
    if (!d)
        return errno == ENOENT ? UP_OK : up_fail_errno(err, "cannot read the folder %s", dir);
    for (struct dirent *e; (e = readdir(d));) {
        const char *dot = strstr(e->d_name, ".public");
        if (!dot || dot[7] ||
            !up_key_name_ok(
                (struct up_view){(const uint8_t *)e->d_name, (size_t)(dot - e->d_name)}))
            continue;
        names = up_realloc(names, (n + 1) * sizeof *names);
        names[n++] = up_arena_strndup(&k->arena, e->d_name, (size_t)(dot - e->d_name));
    }
    (void)closedir(d);
    if (n)
        qsort(names, n, sizeof *names, by_text);
    for (size_t i = 0; !rc && i < n; ++i)
        rc = load_file(k, up_arena_printf(&k->arena, "%s/%s.public", dir, names[i]), err);
    const char **mine = UP_NEW(&k->arena, n, const char *);
    if (n)
        memcpy(mine, names, n * sizeof *mine);
    k->mine = mine;
    k->nmine = n;
    free(names);
    return rc;
}

int up_keys_load(struct up_keys *k, struct up_err *err)
{
    *k = (struct up_keys){.nmine = 0};
    k->dir = folder(&k->arena);
    if (!k->dir)
        return UP_OK;
    int rc = private(k->dir, true, err);
    if (!rc)
        rc = private(up_arena_printf(&k->arena, "%s/keys", k->dir), true, err);
    if (!rc)
        rc = load_mine(k, err);
    return rc ? rc : load_file(k, up_arena_printf(&k->arena, "%s/trusted", k->dir), err);
}

void up_keys_release(struct up_keys *k)
{
    up_keyring_release(&k->ring);
    up_arena_release(&k->arena);
}

bool up_keys_mine(const struct up_keys *k, const char *name)
{
    for (size_t i = 0; i < k->nmine; ++i)
        if (!strcmp(k->mine[i], name))
            return true;
    return false;
}

int up_keys_secret(struct up_secret_key *out, const struct up_keys *k, const char *name,
                   struct up_err *err)
{
    if (!name && k->nmine > 1)
        return up_fail(err, UP_EUSAGE,
                       "there are several keys to sign with, such as %s and %s: choose with "
                       "--key NAME",
                       k->mine[0], k->mine[1]);
    if (!name && !k->nmine)
        return up_fail(
            err, UP_EUSAGE,
            "there is no key to sign with: make one (upnas key generate NAME), or push "
            "without (--unsigned), for remotes that trust anybody");
    name = name ? name : k->mine[0];
    if (!up_keys_mine(k, name))
        return up_fail(err, UP_EUSAGE,
                       "there is no key %s; upnas key list says which there are", name);
    struct up_arena a = UP_ARENA_INIT;
    struct up_buf text = UP_BUF_INIT;
    const char *path = up_arena_printf(&a, "%s/keys/%s.secret", k->dir, name);
    int rc = up_secret_read(&text, path, err);
    if (!rc && (rc = up_secret_key_parse(out, up_buf_view(&text), err)))
        up_fail_in(err, rc, "%s", path);
    up_secret_release(&text);
    up_arena_release(&a);
    return rc;
}

/* ---- changing ---- */

/* The folder, for its owner alone. */
static int make_folder(struct up_keys *k, struct up_err *err)
{
    if (!k->dir)
        return up_fail(err, UP_EIO, "there is no place for keys: set HOME or XDG_CONFIG_HOME");
    const char *path = up_arena_printf(&k->arena, "%s/keys", k->dir);
    int rc = up_folders_above(path, 0700, err);
    if (rc)
        return rc;
    if (mkdir(path, 0700) && errno != EEXIST)
        return up_fail_errno(err, "cannot make the folder %s", path);
    return UP_OK;
}

int up_keys_generate(struct up_public_key *out, struct up_keys *k, const char *name,
                     struct up_err *err)
{
    struct up_secret_key secret;
    char text[UP_KEY_TEXT];
    struct up_buf line = UP_BUF_INIT;
    int rc = up_key_generate(&secret, name, err);
    if (rc)
        return UP_EUSAGE;
    if (up_keyring_find(&k->ring, name))
        rc = up_fail(err, UP_EUSAGE, "there is a key %s already; choose another name", name);
    if (rc || (rc = make_folder(k, err)))
        goto out;
    up_buf_reserve(&line, 2 * UP_KEY_TEXT);
    up_buf_printf(&line, "%s\n", up_secret_key_text(&secret, text));
    explicit_bzero(text, sizeof text);
    rc = up_secret_write(up_arena_printf(&k->arena, "%s/keys/%s.secret", k->dir, name),
                         up_buf_view(&line), err);
    if (rc)
        goto out;
    *out = up_key_public(&secret);
    explicit_bzero(line.data, line.cap);
    up_buf_clear(&line);
    up_buf_printf(&line, "%s\n", up_public_key_text(out, text));
    rc = up_file_write(up_arena_printf(&k->arena, "%s/keys", k->dir),
                       up_arena_printf(&k->arena, "%s.public", name), up_buf_view(&line), err);
out:
    up_secret_key_wipe(&secret);
    up_secret_release(&line);
    return rc;
}

static int write_trusted(struct up_keys *k, const char *without, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    char line[UP_KEY_TEXT];
    for (size_t i = 0; i < k->ring.n; ++i) {
        const struct up_public_key *key = &k->ring.key[i];
        if (!up_keys_mine(k, key->name) && (!without || strcmp(key->name, without)))
            up_buf_printf(&text, "%s\n", up_public_key_text(key, line));
    }
    int rc = make_folder(k, err);
    if (!rc)
        rc = up_file_write(k->dir, "trusted", up_buf_view(&text), err);
    up_buf_release(&text);
    return rc;
}

int up_keys_trust(struct up_keys *k, const struct up_public_key *key, struct up_err *err)
{
    int rc = up_keyring_add(&k->ring, key, err);
    return rc ? rc : write_trusted(k, NULL, err);
}

int up_keys_distrust(struct up_keys *k, const char *name, struct up_err *err)
{
    if (up_keys_mine(k, name))
        return up_fail(
            err, UP_EUSAGE,
            "%s is a key of your own: remove its two files in %s/keys to be without it", name,
            k->dir);
    if (!up_keyring_find(&k->ring, name))
        return up_fail(err, UP_ENOTFOUND, "no key %s is known; upnas key list says which are",
                       name);
    return write_trusted(k, name, err);
}
