#include "store/remote/list.h"
#include "store/remote/key.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a remote may be ---- */

static bool name_ok(const char *s)
{
    size_t n = strlen(s);
    return n && n <= UP_REMOTE_NAME_MAX && islower((unsigned char)*s) &&
           strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == n;
}

static bool starts(const char *s, const char *with) { return !strncmp(s, with, strlen(with)); }

/* One line of printable text, so that the list can be written and read again. */
static bool text_ok(const char *s)
{
    if (!s)
        return true;
    for (const char *p = s; *p; p++)
        if ((unsigned char)*p < 32 || *p == 127)
            return false;
    return *s && *s != ' ' && s[strlen(s) - 1] != ' ';
}

/* Scheme, and no user or query: those could hold a password. */
static const char *url_fault(const char *url)
{
    const char *host = strstr(url, "://");
    if (starts(url, "file:///"))
        return NULL;
    if (!host || !(starts(url, "http://") || starts(url, "https://") || starts(url, "s3://")))
        return "its address must be a folder, file:///..., http://..., https://... or "
               "s3://BUCKET";
    host += 3;
    if (memchr(host, '@', strlen(host)))
        return "its address may not hold a user or password: put them into a file that only "
               "you can read, and name that with --credentials";
    if (strpbrk(host, "?# \\\"<>"))
        return "its address may not hold ? # \\ \" < > or a blank";
    if (!*host || *host == '/' || *host == ':')
        return "its address names no host";
    if (starts(url, "s3://")) {
        size_t n = strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-");
        if (host[n] || n < 3 || n > 63)
            return "its address must be s3://BUCKET and nothing behind it";
    }
    return NULL;
}

static int check(const struct up_remote_spec *s, struct up_err *err)
{
    if (!s->name || !name_ok(s->name))
        return up_fail(err, UP_EINVAL,
                       "a remote's name has up to %d of a-z 0-9 - and begins with a letter",
                       UP_REMOTE_NAME_MAX);
    if (!s->url)
        return up_fail(err, UP_EINVAL, "remote %s has no url", s->name);
    const char *const texts[] = {s->url, s->region, s->endpoint, s->ca, s->credentials};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!text_ok(texts[i]))
            return up_fail(err, UP_EINVAL,
                           "remote %s: a setting is empty or holds a control character",
                           s->name);
    const char *fault = url_fault(s->url);
    if (!fault && s->endpoint &&
        !(starts(s->endpoint, "http://") || starts(s->endpoint, "https://")))
        fault = "its endpoint must begin with http:// or https://";
    if (!fault && s->endpoint)
        fault = url_fault(s->endpoint);
    for (size_t i = 0; !fault && i < s->ntrust; i++)
        if (!up_key_name_ok(up_view_str(s->trust[i])))
            fault = "what it trusts must be names of keys, such as alice-1";
    return fault ? up_fail(err, UP_EINVAL, "remote %s: %s", s->name, fault) : UP_OK;
}

/* ---- the list ---- */

struct up_remote_spec *up_remote_list_find(struct up_remote_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (!strcmp(l->v[i].name, name))
            return &l->v[i];
    return NULL;
}

static const char *copy(struct up_arena *a, const char *s)
{
    return s ? up_arena_strdup(a, s) : NULL;
}

int up_remote_list_add(struct up_remote_list *l, const struct up_remote_spec *s,
                       struct up_err *err)
{
    struct up_arena *a = &l->arena;
    int rc = check(s, err);
    if (rc != UP_OK)
        return rc;
    if (up_remote_list_find(l, s->name))
        return up_fail(err, UP_EINVAL,
                       "there is a remote %s already; remove it first (upnas remote remove %s)",
                       s->name, s->name);
    if (l->n == UP_REMOTES_MAX)
        return up_fail(err, UP_EINVAL, "a store has at most %d remotes", UP_REMOTES_MAX);
    struct up_remote_spec *to = &l->v[l->n++];
    const char **trust = UP_NEW(a, s->ntrust, const char *);
    for (size_t i = 0; i < s->ntrust; i++)
        trust[i] = copy(a, s->trust[i]);
    *to = *s;
    to->name = copy(a, s->name);
    to->url = copy(a, s->url);
    to->region = copy(a, s->region);
    to->endpoint = copy(a, s->endpoint);
    to->ca = copy(a, s->ca);
    to->credentials = copy(a, s->credentials);
    to->trust = trust;
    return UP_OK;
}

bool up_remote_list_remove(struct up_remote_list *l, const char *name)
{
    struct up_remote_spec *s = up_remote_list_find(l, name);
    if (!s)
        return false;
    size_t at = (size_t)(s - l->v);
    memmove(s, s + 1, (l->n - at - 1) * sizeof *s);
    l->n--;
    return true;
}

void up_remote_list_release(struct up_remote_list *l)
{
    up_arena_release(&l->arena);
    l->n = 0;
}

static void put(struct up_buf *out, const char *key, const char *value)
{
    if (value)
        up_buf_printf(out, "%s = %s\n", key, value);
}

void up_remote_list_text(struct up_buf *out, const struct up_remote_list *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct up_remote_spec *s = &l->v[i];
        up_buf_printf(out, "%s[%s]\n", i ? "\n" : "", s->name);
        put(out, "url", s->url);
        put(out, "access", s->writable ? "rw" : "ro");
        if (s->ntrust || s->trust_any) {
            up_buf_puts(out, "trust =");
            for (size_t k = 0; k < s->ntrust; k++)
                up_buf_printf(out, " %s", s->trust[k]);
            up_buf_puts(out, s->trust_any ? " any\n" : "\n");
        }
        put(out, "region", s->region);
        put(out, "endpoint", s->endpoint);
        put(out, "ca", s->ca);
        put(out, "credentials", s->credentials);
        if (s->stall_s)
            up_buf_printf(out, "stall = %u\n", s->stall_s);
    }
}

/* ---- reading ---- */

static int set_trust(struct up_remote_spec *s, struct up_arena *a, char *value)
{
    const char **names = UP_NEW(a, strlen(value) / 2 + 1, const char *);
    for (char *save, *w = strtok_r(value, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
        if (!strcmp(w, "any"))
            s->trust_any = true;
        else
            names[s->ntrust++] = w;
    }
    s->trust = names;
    return UP_OK;
}

static int set(struct up_remote_spec *s, struct up_arena *a, const char *key, char *value,
               struct up_err *err)
{
    const struct {
        const char *key;
        const char **to;
    } texts[] = {{"url", &s->url},
                 {"region", &s->region},
                 {"endpoint", &s->endpoint},
                 {"ca", &s->ca},
                 {"credentials", &s->credentials}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!strcmp(key, texts[i].key)) {
            *texts[i].to = value;
            return UP_OK;
        }
    if (!strcmp(key, "trust"))
        return s->trust ? up_fail(err, UP_EINVAL, "trust stands here a second time")
                        : set_trust(s, a, value);
    if (!strcmp(key, "access") && (!strcmp(value, "rw") || !strcmp(value, "ro"))) {
        s->writable = value[1] == 'w';
        return UP_OK;
    }
    if (!strcmp(key, "stall")) {
        char *end;
        unsigned long v = strtoul(value, &end, 10);
        if (*end || !isdigit((unsigned char)*value) || v < 1 || v > 3600)
            return up_fail(err, UP_EINVAL, "stall is a number of seconds, 1 to 3600");
        s->stall_s = (unsigned)v;
        return UP_OK;
    }
    return up_fail(err, UP_EINVAL,
                   !strcmp(key, "access")
                       ? "access is ro or rw"
                       : "a remote has no such setting; there are url, access, "
                         "trust, region, endpoint, ca, credentials and stall");
}

static char *trim(char *s)
{
    while (*s == ' ' || *s == '\t')
        s++;
    for (size_t n = strlen(s); n && memchr(" \t\r", s[n - 1], 3); s[--n] = '\0')
        ;
    return s;
}

static int finish(struct up_remote_list *l, struct up_remote_spec *s, struct up_err *err)
{
    int rc = s->name ? up_remote_list_add(l, s, err) : UP_OK;
    *s = (struct up_remote_spec){0};
    return rc;
}

static int line_of(struct up_remote_list *l, struct up_remote_spec *s, struct up_arena *a,
                   char *line, struct up_err *err)
{
    char *eq, *close;
    if (!*line || *line == '#')
        return UP_OK;
    if (*line == '[' && (close = strchr(line, ']')) && !close[1]) {
        int rc = finish(l, s, err);
        *close = '\0';
        s->name = trim(line + 1);
        return rc;
    }
    if (!(eq = strchr(line, '=')) || !s->name)
        return up_fail(err, UP_EINVAL, "a line must be [NAME] or, below one, KEY = VALUE");
    *eq = '\0';
    return set(s, a, trim(line), trim(eq + 1), err);
}

int up_remote_list_parse(struct up_remote_list *l, struct up_view text, const char *where,
                         struct up_err *err)
{
    struct up_arena a = UP_ARENA_INIT;
    struct up_remote_spec s = {0};
    int rc = UP_OK;
    size_t number = 1;
    if (text.len && memchr(text.data, 0, text.len))
        return up_fail(err, UP_EINVAL, "%s is no text", where);
    char *line = up_arena_strndup(&a, text.len ? (const char *)text.data : "", text.len);
    for (char *next; rc == UP_OK && line; line = next, number++) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        rc = line_of(l, &s, &a, trim(line), err);
        if (rc != UP_OK)
            break;
    }
    if (rc == UP_OK)
        rc = finish(l, &s, err);
    up_arena_release(&a);
    return rc == UP_OK ? rc : up_fail_in(err, rc, "%s:%zu", where, number);
}
