#include "cli/shared/remotes.h"
#include "cli/shared/io.h"
#include "cli/shared/secret.h"
#include "cli/shared/workspace.h"
#include "cli/shared/say.h"
#include "stages/format/json_write.h"
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- the list ---- */

int up_team_list(struct up_remote_list *l, const char *store, struct up_err *err)
{
    struct up_buf path = UP_BUF_INIT, text = UP_BUF_INIT;
    *l = (struct up_remote_list){.n = 0};
    up_buf_printf(&path, "%s/remotes", store);
    int rc = up_file_read(&text, up_buf_str(&path), err);
    if (!rc)
        rc = up_remote_list_parse(l, up_buf_view(&text), up_buf_str(&path), err);
    else if (rc == UP_ENOTFOUND)
        rc = UP_OK;
    up_buf_release(&path);
    up_buf_release(&text);
    return rc;
}

/* ---- credentials ---- */

struct secrets { /* text: the file, credentials point into it or into the environment */
    struct up_buf text;
    struct up_credentials c;
};

static const char *of_environment(const char *remote, const char *what)
{
    struct up_buf name = UP_BUF_INIT;
    up_buf_puts(&name, "UPNAS_");
    for (const char *p = remote; *p; ++p) {
        char upper = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
        up_buf_append(&name, &upper, 1);
    }
    up_buf_printf(&name, "_%s", what);
    const char *value = getenv(up_buf_str(&name));
    up_buf_release(&name);
    return value && *value ? value : NULL;
}

static const char *of_aws(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

/* "user = ...": the value, in place; lines that begin with # aside. */
static int parse_credentials(struct secrets *s, const char *path, struct up_err *err)
{
    char *save, *line = strtok_r((char *)s->text.data, "\n", &save);
    for (; line; line = strtok_r(NULL, "\n", &save)) {
        line += strspn(line, " \t");
        size_t key = strcspn(line, " \t=");
        char *value = line + key + strspn(line + key, " \t");
        if (!*line || *line == '#' || *line == '\r')
            continue;
        if (*value == '=') {
            value += 1 + strspn(value + 1, " \t");
            for (size_t n = strlen(value); n && strchr(" \t\r", value[n - 1]);)
                value[--n] = '\0';
            if (key == 4 && !strncmp(line, "user", 4))
                s->c.user = value;
            else if (key == 8 && !strncmp(line, "password", 8))
                s->c.password = value;
            else if (key == 5 && !strncmp(line, "token", 5))
                s->c.token = value;
            else
                value = NULL;
        } else {
            value = NULL;
        }
        if (!value)
            return up_fail(err, UP_EINVAL,
                           "%s: its lines must be user = ..., password = ... or token = ...",
                           path);
    }
    return UP_OK;
}

static int of_file(struct secrets *s, const char *path, struct up_err *err)
{
    int rc = up_secret_read(&s->text, path, err);
    if (rc)
        return rc;
    if (s->text.len && memchr(s->text.data, 0, s->text.len))
        return up_fail(err, UP_EINVAL, "%s is no text", path);
    (void)up_buf_str(&s->text); /* terminated */
    return parse_credentials(s, path, err);
}

static int find_secrets(struct secrets *s, const struct up_remote_spec *spec,
                        struct up_err *err)
{
    struct up_credentials *c = &s->c;
    *s = (struct secrets){.text = UP_BUF_INIT};
    c->user = of_environment(spec->name, "USER");
    c->password = of_environment(spec->name, "PASSWORD");
    c->token = of_environment(spec->name, "TOKEN");
    if (c->user || c->password || c->token)
        return UP_OK;
    if (spec->credentials)
        return of_file(s, spec->credentials, err);
    if (strncmp(spec->url, "s3://", 5))
        return UP_OK;
    c->user = of_aws("AWS_ACCESS_KEY_ID");
    c->password = of_aws("AWS_SECRET_ACCESS_KEY");
    c->token = of_aws("AWS_SESSION_TOKEN");
    return UP_OK;
}

/* ---- opening ---- */

static void warn(void *ctx, const char *sentence)
{
    (void)ctx;
    up_cli_warn(sentence);
}

/* What a remote's trust names, and one's own keys. */
static void set_trust(struct up_team *t, struct up_member *m, const struct up_remote_spec *s)
{
    const char **names = UP_NEW(&t->arena, s->ntrust + t->keys.nmine, const char *);
    for (size_t i = 0; i < s->ntrust; ++i)
        names[m->ntrust++] = s->trust[i];
    for (size_t i = 0; i < t->keys.nmine; ++i)
        names[m->ntrust++] = t->keys.mine[i];
    m->trust = names;
    m->trust_any = s->trust_any;
}

static int open_one(struct up_team *t, const struct up_remote_spec *s, enum up_team_how how,
                    struct up_err *err)
{
    struct up_member m = {.writable = s->writable};
    struct secrets secret = {.text = UP_BUF_INIT};
    int rc = UP_OK;
    if (how == UP_TEAM_NAMES)
        m.remote = up_remote_memory(s->name);
    else if (!(rc = find_secrets(&secret, s, err)))
        rc = up_remote_open(&m.remote, s, &secret.c, err);
    up_secret_release(&secret.text);
    if (rc)
        return rc;
    set_trust(t, &m, s);
    up_remotes_add(&t->set, &m);
    return UP_OK;
}

static bool wanted(const struct up_words *only, const char *name)
{
    for (size_t i = 0; only && i < only->n; ++i)
        if (!strcmp(only->v[i], name))
            return true;
    return !only || !only->n;
}

static int check_wanted(struct up_team *t, const struct up_words *only, struct up_err *err)
{
    for (size_t i = 0; only && i < only->n; ++i)
        if (!up_remote_list_find(&t->list, only->v[i]))
            return up_fail(err, UP_EUSAGE,
                           "there is no remote %s; upnas remote list says which there are",
                           only->v[i]);
    return UP_OK;
}

int up_team_open(struct up_team *t, const struct up_common *c, enum up_team_how how,
                 const struct up_words *only, struct up_err *err)
{
    *t = (struct up_team){.arena = UP_ARENA_INIT};
    int rc = up_team_list(&t->list, c->store, err);
    if (!rc && (t->list.n || how == UP_TEAM_NAMES))
        rc = up_keys_load(&t->keys, err);
    if (!rc)
        rc = check_wanted(t, only, err);
    t->set.keyring = &t->keys.ring;
    t->set.own = t->keys.mine;
    t->set.nown = t->keys.nmine;
    t->set.temp_dir = c->store;
    t->set.warn = warn;
    for (size_t i = 0; !rc && i < t->list.n; ++i) {
        struct up_err why = {""};
        if (!wanted(only, t->list.v[i].name))
            continue;
        rc = open_one(t, &t->list.v[i], how, &why);
        if (rc && how == UP_TEAM_READ) {
            struct up_buf text = UP_BUF_INIT;
            up_say(&text, "%s; going on without this remote", why.msg);
            up_cli_warn(up_buf_str(&text));
            up_buf_release(&text);
            rc = UP_OK;
        } else if (rc) {
            rc = up_fail(err, (enum up_status)rc, "%s", why.msg);
        }
    }
    return rc;
}

void up_team_close(struct up_team *t)
{
    up_remotes_release(&t->set);
    up_remote_list_release(&t->list);
    up_keys_release(&t->keys);
    up_arena_release(&t->arena);
}

/* ---- afterwards ---- */

static void as_json(struct up_buf *out, const struct up_member *m)
{
    const struct up_remote_count *c = &m->count;
    struct up_jw w;
    up_jw_init(&w, out, 0);
    up_jw_object(&w);
    up_jw_key_str(&w, "event", "remote");
    up_jw_key_str(&w, "remote", m->remote->name);
    up_jw_key_int(&w, "asked", (int64_t)c->asked);
    up_jw_key_int(&w, "taken", (int64_t)c->taken);
    up_jw_key_int(&w, "refused", (int64_t)c->refused);
    up_jw_key_int(&w, "failed", (int64_t)c->failed);
    up_jw_key_int(&w, "spared", (int64_t)c->spared);
    up_jw_key_int(&w, "bytes", (int64_t)c->bytes);
    up_jw_end(&w);
    up_buf_puts(out, "\n");
}

static void as_text(struct up_buf *out, const struct up_member *m)
{
    const struct up_remote_count *c = &m->count;
    char size[24];
    up_say(out, "remote %s: asked for %" PRIu64 " results, took %" PRIu64 " (%s)",
           m->remote->name, c->asked, c->taken, up_size_text(size, c->bytes));
    if (c->refused)
        up_say(out, ", refused %" PRIu64, c->refused);
    if (c->failed)
        up_say(out, ", no answer to %" PRIu64 ", not asked for %" PRIu64 " more", c->failed,
               c->spared);
    up_buf_puts(out, "\n");
}

int up_team_report(const struct up_team *t, bool json, struct up_err *err)
{
    struct up_buf out = UP_BUF_INIT;
    for (size_t i = 0; i < t->set.n; ++i)
        if (t->set.member[i].count.asked)
            (json ? as_json : as_text)(&out, &t->set.member[i]);
    int rc = out.len ? up_cli_print(&out, err) : UP_OK;
    up_buf_release(&out);
    return rc;
}

int up_team_whole(const struct up_team *t, struct up_err *err)
{
    for (size_t i = 0; i < t->set.n; ++i)
        if (t->set.member[i].off)
            return up_fail(err, UP_EIO,
                           "remote %s did not answer, so not all was asked for; try again",
                           t->set.member[i].remote->name);
    return UP_OK;
}
