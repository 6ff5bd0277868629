/* upnas remote: the places where a store looks for results, and puts them. */
#include "cli/shared/io.h"
#include "cli/shared/remotes.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct adding {
    struct up_common common;
    struct up_words rest, trust;
    bool writable;
    const char *region, *endpoint, *ca, *credentials;
    int64_t stall;
};

/* The list replaces the file at once, or the old one stays. */
static int write_list(const struct up_remote_list *l, const char *store, struct up_err *err)
{
    struct up_buf text = UP_BUF_INIT;
    up_remote_list_text(&text, l);
    int rc = up_file_write(store, "remotes", up_buf_view(&text), err);
    up_buf_release(&text);
    return rc;
}

/* A plain path is a folder; it is kept as an absolute address, for the list is read from
 * wherever the program is started. */
static int address(struct up_arena *a, const char *word, bool make, const char **url,
                   struct up_err *err)
{
    const char *path = strncmp(word, "file://", 7) ? word : word + 7;
    *url = word;
    if (strstr(word, "://") && path == word)
        return UP_OK;
    if (make && mkdir(path, 0777) && errno != EEXIST)
        return up_fail_errno(err, "cannot make the folder %s", path);
    char *full = realpath(path, NULL);
    if (!full)
        return up_fail_errno(err, "cannot find the folder %s", path);
    *url = up_arena_printf(a, "file://%s", full);
    free(full);
    return UP_OK;
}

static int absolute(struct up_arena *a, const char **path, struct up_err *err)
{
    char *full = *path ? realpath(*path, NULL) : NULL;
    if (*path && !full)
        return up_fail_errno(err, "cannot find %s", *path);
    *path = full ? up_arena_strdup(a, full) : NULL;
    free(full);
    return UP_OK;
}

static void set_trust(struct up_remote_spec *s, struct up_arena *a, const struct up_words *w)
{
    const char **names = UP_NEW(a, w->n, const char *);
    for (size_t i = 0; i < w->n; ++i)
        if (!strcmp(w->v[i], "any"))
            s->trust_any = true;
        else
            names[s->ntrust++] = w->v[i];
    s->trust = names;
}

/* Whom the remote trusts and nobody knows here. */
static int warn_unknown(const struct up_remote_spec *s, struct up_err *err)
{
    struct up_keys keys;
    struct up_buf text = UP_BUF_INIT;
    int rc = up_keys_load(&keys, err);
    for (size_t i = 0; !rc && i < s->ntrust; ++i) {
        if (up_keyring_find(&keys.ring, s->trust[i]))
            continue;
        up_buf_clear(&text);
        up_say(&text, "the public key of %s is not known yet: upnas key trust %s:...",
               s->trust[i], s->trust[i]);
        up_cli_warn(up_buf_str(&text));
    }
    up_buf_release(&text);
    up_keys_release(&keys);
    return rc;
}

static void list_json(struct up_buf *out, const struct up_remote_spec *s)
{
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "remote", s->name);
    up_jw_key_str(&w, "url", s->url);
    up_jw_key_str(&w, "access", s->writable ? "rw" : "ro");
    up_jw_key(&w, "trust");
    up_jw_list(&w);
    for (size_t i = 0; i < s->ntrust; ++i)
        up_jw_str(&w, s->trust[i]);
    if (s->trust_any)
        up_jw_str(&w, "any");
    up_jw_end(&w);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static int add(struct adding *o, struct up_buf *out, struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_remote_list l;
    struct up_store *store = NULL;
    struct up_remote_spec s = {.name = o->rest.v[1],
                               .region = o->region,
                               .endpoint = o->endpoint,
                               .ca = o->ca,
                               .credentials = o->credentials,
                               .writable = o->writable,
                               .stall_s = (unsigned)o->stall};
    set_trust(&s, &a, &o->trust);
    int rc = up_cli_open_store(&store, &o->common, true, err); /* made if it is not there */
    up_store_close(store);
    if (!rc)
        rc = up_team_list(&l, o->common.store, err);
    if (rc) {
        up_arena_release(&a);
        return rc;
    }
    if (!(rc = address(&a, o->rest.v[2], o->writable, &s.url, err)) &&
        !(rc = absolute(&a, &s.ca, err)) && !(rc = absolute(&a, &s.credentials, err)) &&
        !(rc = up_remote_list_add(&l, &s, err)) && !(rc = warn_unknown(&s, err)))
        rc = write_list(&l, o->common.store, err);
    if (!rc && o->common.json)
        list_json(out, &s);
    else if (!rc)
        up_say(out, "remote %s: %s\n", s.name, s.url);
    up_remote_list_release(&l);
    up_arena_release(&a);
    return rc == UP_EINVAL ? UP_EUSAGE : rc;
}

static int list(struct adding *o, struct up_buf *out, struct up_err *err)
{
    struct up_remote_list l;
    int rc = up_team_list(&l, o->common.store, err);
    for (size_t i = 0; !rc && i < l.n; ++i) {
        const struct up_remote_spec *s = &l.v[i];
        if (o->common.json) {
            list_json(out, s);
            continue;
        }
        up_say(out, "%-10s %s %s, trusts", s->name, s->writable ? "rw" : "ro", s->url);
        for (size_t k = 0; k < s->ntrust; ++k)
            up_say(out, " %s", s->trust[k]);
        up_say(out, "%s\n", s->trust_any ? " anybody" : s->ntrust ? "" : " nobody but oneself");
    }
    up_remote_list_release(&l);
    return rc;
}

static int drop(struct adding *o, struct up_err *err)
{
    struct up_remote_list l;
    int rc = up_team_list(&l, o->common.store, err);
    if (!rc && !up_remote_list_remove(&l, o->rest.v[1]))
        rc = up_fail(err, UP_EUSAGE,
                     "there is no remote %s; upnas remote list says which there are",
                     o->rest.v[1]);
    if (!rc)
        rc = write_list(&l, o->common.store, err);
    up_remote_list_release(&l);
    return rc;
}

static int act(const struct up_command *c, struct adding *o, struct up_buf *out,
               struct up_err *err)
{
    const struct up_words *rest = &o->rest;
    int rc = up_cli_words(c, rest, 1, UP_WORDS_MAX, "add, list or remove", err);
    if (rc)
        return rc;
    if (!strcmp(rest->v[0], "add"))
        return (rc = up_cli_words(c, rest, 3, 3, "a name and an address", err))
                   ? rc
                   : add(o, out, err);
    if (!strcmp(rest->v[0], "list"))
        return (rc = up_cli_words(c, rest, 1, 1, "", err)) ? rc : list(o, out, err);
    if (!strcmp(rest->v[0], "remove"))
        return (rc = up_cli_words(c, rest, 2, 2, "the name of a remote", err)) ? rc
                                                                               : drop(o, err);
    return up_fail(err, UP_EUSAGE, "remote does not know '%s': upnas remote %s", rest->v[0],
                   c->args);
}

static int run(const struct up_command *c, int argc, char **argv, struct up_err *err)
{
    struct adding o = {.common = UP_COMMON_INIT};
    const struct up_opt opts[] = {
        UP_OPT_COMMON(&o.common),
        {"--rw", UP_OPT_FLAG, &o.writable, NULL, "push may write there (default: read only)", 0,
         0},
        {"--trust", UP_OPT_MANY, &o.trust, "KEY",
         "believe what this key has signed; repeatable; any: unsigned results too", 0, 0},
        {"--credentials", UP_OPT_TEXT, &o.credentials, "FILE",
         "user, password, token; of mode 0600", 0, 0},
        {"--endpoint", UP_OPT_TEXT, &o.endpoint, "URL", "of s3://BUCKET, where it is not AWS's",
         0, 0},
        {"--region", UP_OPT_TEXT, &o.region, "NAME", "of s3://BUCKET (default us-east-1)", 0,
         0},
        {"--ca", UP_OPT_TEXT, &o.ca, "FILE", "certificates to accept instead of the system's",
         0, 0},
        {"--stall", UP_OPT_INT, &o.stall, "S",
         "seconds below 4 KiB/s until it is given up (default 10)", 1, 3600},
        {0}};
    struct up_buf out = UP_BUF_INIT;

    int rc = up_cli_options(c, opts, argc, argv, &o.rest, err);
    if (!rc && !o.common.help && !(rc = act(c, &o, &out, err)))
        rc = up_cli_print(&out, err);
    up_buf_release(&out);
    return rc;
}

const struct up_command up_command_remote = {
    "remote", "add NAME ADDRESS [OPTION...] | list | remove NAME",
    "places where results are looked for before they are computed",
    "An address is a folder, http://..., https://... (WebDAV, Bazel's HTTP cache) or "
    "s3://BUCKET.\n"
    "The list is STORE/remotes, a text file. Credentials are never in it: for a remote "
    "called team\n"
    "they are UPNAS_TEAM_TOKEN, or UPNAS_TEAM_USER and UPNAS_TEAM_PASSWORD (S3: access and "
    "secret key,\n"
    "also AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or lines 'token = ...', 'user = ...', "
    "'password = ...'\n"
    "of the file that --credentials names, which only its owner may read.",
    run};
