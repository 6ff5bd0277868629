/* Looking runs and results up by what people type. */
#include "dag/record/record.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/base/pack.h"
#include "store/store.h"

/* ---- runs ---- */

struct runs {
    up_run_visit *visit;
    void *ctx;
};

static int visit_run(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    (void)name, (void)doc;
    const struct runs *w = ctx;
    struct up_run_record *r = NULL;
    if (up_run_record_unpack(&r, value, NULL)) /* of a newer version: not ours to read */
        return 0;
    int stop = w->visit(w->ctx, r);
    up_run_record_free(r);
    return stop;
}

int up_runs_walk(struct up_store *s, up_run_visit *visit, void *ctx, struct up_err *err)
{
    struct runs w = {visit, ctx};
    int rc = up_store_walk(s, UP_STORE_RUN, true, visit_run, &w, err);
    return rc > 0 ? UP_OK : rc; /* above zero: the visitor had enough */
}

struct ids {
    const char *part;
    long back; /* "last~N": runs still to pass over; -1: match by part */
    size_t found;
    char id[64], other[64];
};

static bool matches(const char *id, const char *part)
{
    size_t n = strlen(id), m = strlen(part);
    return m <= n && (!strncmp(id, part, m) || !strcmp(id + n - m, part));
}

static int match_id(void *ctx, struct up_view name, struct up_view doc, struct up_view value)
{
    (void)doc, (void)value;
    struct ids *w = ctx;
    char id[64];
    (void)snprintf(id, sizeof id, "%.*s", (int)(name.len < 63 ? name.len : 63),
                   (const char *)name.data);
    bool hit = w->back < 0 ? matches(id, w->part) : w->back-- == 0;
    if (!hit)
        return w->back < 0 && w->found > 1;
    memcpy(w->found ? w->other : w->id, id, sizeof id);
    w->found++;
    bool exact = w->part && !strcmp(id, w->part);
    if (exact) {
        memcpy(w->id, id, sizeof id);
        w->found = 1;
    }
    return exact || !w->part || w->found > 1;
}

static int find_id(struct up_store *s, struct ids *w, const char *name, struct up_err *err)
{
    char *end = NULL;
    w->part = name;
    w->back = -1;
    if (!strcmp(name, "last") || !strncmp(name, "last~", 5)) {
        w->back = name[4] ? strtol(name + 5, &end, 10) : 0;
        if (w->back < 0 || (end && (*end || end == name + 5)))
            return up_fail(err, UP_EUSAGE,
                           "\"%.60s\" is no run; write last, last~1, last~2, ...", name);
        w->part = NULL;
    }
    long asked = w->back;
    int rc = up_store_walk(s, UP_STORE_RUN, true, match_id, w, err);
    if (rc < 0)
        return rc;
    if (!w->found && asked >= 0)
        return up_fail(err, UP_EUSAGE, "\"%.60s\": there are only %ld runs in this store", name,
                       asked - w->back);
    if (!w->found)
        return up_fail(err, UP_EUSAGE, "no run \"%.60s\" in this store; `upnas log` lists them",
                       name);
    if (w->found > 1)
        return up_fail(err, UP_EUSAGE,
                       "\"%.60s\" is more than one run (%s, %s, ...); write more of it", name,
                       w->id, w->other);
    return UP_OK;
}

int up_run_find(struct up_store *s, const char *name, struct up_run_record **out,
                struct up_err *err)
{
    struct ids w = {.found = 0};
    struct up_buf doc = UP_BUF_INIT;
    struct up_buf pin = UP_BUF_INIT;
    *out = NULL;
    if (*name && !up_store_pin_get(s, name, &pin, NULL) &&
        !strncmp(up_buf_str(&pin), "run ", 4))
        name = up_buf_str(&pin) + 4;
    int rc = find_id(s, &w, name, err);
    if (!rc)
        rc = up_store_run_get(s, w.id, &doc, err);
    if (!rc)
        rc = up_run_record_unpack(out, up_buf_view(&doc), err);
    up_buf_release(&doc);
    up_buf_release(&pin);
    return rc;
}

/* ---- results ---- */

struct newest { /* the newest run that has the node */
    const char *stage;
    struct up_buf key_doc;
};

static int has_node(void *ctx, const struct up_run_record *r)
{
    struct newest *w = ctx;
    const struct up_run_node *n = up_run_record_node(r, w->stage);
    if (!n || up_digest_zero(n->digest))
        return 0;
    up_buf_append(&w->key_doc, n->key_doc.data, n->key_doc.len);
    return 1;
}

static int result_of_key(struct up_store *s, struct up_view key_doc, struct up_result *r,
                         struct up_arena *arena, struct up_err *err)
{
    struct up_buf record = UP_BUF_INIT;
    int rc = up_store_result_get(s, key_doc, &record, err);
    if (!rc)
        rc = up_result_unpack(r, arena, up_buf_view(&record), err);
    up_buf_release(&record);
    return rc;
}

/* "NODE" or "RUN:NODE"; UP_ENOTFOUND when it is neither. */
static int by_node(struct up_store *s, const char *name, struct up_result *r,
                   struct up_arena *arena, struct up_err *err)
{
    const char *colon = strrchr(name, ':');
    struct newest w = {.stage = colon ? colon + 1 : name};
    struct up_run_record *run = NULL;
    int rc = UP_OK;
    if (colon) {
        rc = up_run_find(s, up_arena_strndup(arena, name, (size_t)(colon - name)), &run, err);
        if (!rc && !has_node(&w, run))
            rc = up_fail(err, UP_EUSAGE, "run %s has no result of a node \"%.60s\"", run->id,
                         w.stage);
    } else {
        rc = up_runs_walk(s, has_node, &w, err);
    }
    if (!rc && !w.key_doc.len)
        rc = UP_ENOTFOUND;
    else if (!rc)
        rc = result_of_key(s, up_buf_view(&w.key_doc), r, arena, err);
    if (rc == UP_ENOTFOUND && w.key_doc.len)
        rc = up_fail(err, UP_EUSAGE,
                     "the result record of %.60s is gone from the store; `upnas run` "
                     "makes it again",
                     name);
    up_run_record_free(run);
    up_buf_release(&w.key_doc);
    return rc;
}

struct prefix {
    const char *hex;
    struct up_arena *arena;
    struct up_buf record; /* newest so far */
    struct up_digest digest;
    char finished[40];
    bool many;
};

static bool hex_starts(const uint8_t *b, size_t n, const char *hex)
{
    struct up_digest d;
    char text[UP_DIGEST_HEX];
    if (n != sizeof d.b)
        return false;
    memcpy(d.b, b, sizeof d.b);
    return !strncasecmp(up_digest_hex(d, text), hex, strlen(hex));
}

static int match_result(void *ctx, struct up_view name, struct up_view doc,
                        struct up_view value)
{
    (void)doc;
    struct prefix *w = ctx;
    struct up_cursor c;
    struct up_view digest, when;
    if (up_doc_at(value, "digest", &c, NULL) || up_cur_bin(&c, &digest, NULL) ||
        digest.len != sizeof w->digest.b || up_doc_at(value, "finished", &c, NULL) ||
        up_cur_str(&c, &when, NULL))
        return 0;
    if (!hex_starts(digest.data, digest.len, w->hex) &&
        !hex_starts(name.data, name.len, w->hex))
        return 0;
    char finished[40];
    (void)snprintf(finished, sizeof finished, "%.*s", (int)(when.len < 39 ? when.len : 39),
                   (const char *)when.data);
    w->many |= w->record.len && memcmp(w->digest.b, digest.data, sizeof w->digest.b) != 0;
    if (w->record.len && strcmp(finished, w->finished) <= 0)
        return 0;
    memcpy(w->finished, finished, sizeof finished);
    memcpy(w->digest.b, digest.data, sizeof w->digest.b);
    up_buf_clear(&w->record);
    up_buf_append(&w->record, value.data, value.len);
    return 0;
}

static int by_digest(struct up_store *s, const char *name, struct up_result *r,
                     struct up_arena *arena, struct up_err *err)
{
    struct prefix w = {.hex = name, .arena = arena};
    int rc = up_store_walk(s, UP_STORE_RESULT, false, match_result, &w, err);
    if (!rc && !w.record.len)
        rc = up_fail(err, UP_EUSAGE,
                     "no artifact or key starts with %s; `upnas log` lists runs, "
                     "`upnas show RUN` their artifacts",
                     name);
    if (!rc && w.many)
        rc = up_fail(err, UP_EUSAGE,
                     "%s is the start of more than one artifact; write more digits", name);
    if (!rc)
        rc = up_result_unpack(r, arena, up_buf_view(&w.record), err);
    up_buf_release(&w.record);
    return rc;
}

int up_result_find(struct up_store *s, const char *name, struct up_result *r,
                   struct up_arena *arena, struct up_err *err)
{
    int rc = by_node(s, name, r, arena, err);
    if (rc != UP_ENOTFOUND)
        return rc;
    size_t n = strlen(name);
    if (n >= 4 && n < UP_DIGEST_HEX && strspn(name, "0123456789abcdefABCDEF") == n)
        return by_digest(s, name, r, arena, err);
    return up_fail(err, UP_EUSAGE,
                   "no node \"%.60s\" in any run here, and it is no digest (at least "
                   "4 hex digits)",
                   name);
}
