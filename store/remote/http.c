/* A remote behind HTTP: a WebDAV folder, a Bazel cache, or (s3.c) a bucket. */
#include "store/remote/remote.h"
#include "store/base/arena.h"
#include "store/remote/web.h"

#include <stdio.h>
#include <stdlib.h>

struct http {
    struct up_remote base;
    struct up_web *web;
    char *cas;
    bool s3;
};
enum { PATH = 128 };

static const char *path_of(const struct http *h, struct up_object_name name, char out[PATH])
{
    char hex[UP_SHA256_HEX];
    (void)snprintf(out, PATH, "/%.32s/%s", name.area == UP_AREA_AC ? "ac" : h->cas,
                   up_sha256_hex(name.sha, hex));
    return out;
}

/* What an answer other than the hoped-for one means. */
static int refused(const struct http *h, long status, const char *path, struct up_err *err)
{
    const char *name = h->base.name;
    if (status == 404 || status == 410)
        return up_fail(err, UP_ENOTFOUND, "remote %s has no %s", name, path + 1);
    if (status == 401 || status == 403)
        return up_fail(err, UP_EUNSUPPORTED,
                       "remote %s refuses (HTTP status %ld): it wants other credentials%s",
                       name, status,
                       h->s3 ? ", or the right to list the bucket, to say that an object is "
                               "missing"
                             : "");
    if (status >= 300 && status < 400)
        return up_fail(err, UP_EUNSUPPORTED,
                       "remote %s points elsewhere (HTTP status %ld), which is not followed; "
                       "give it the final address",
                       name, status);
    if (status == 507)
        return up_fail(err, UP_ENOSPC, "remote %s is full (HTTP status 507)", name);
    if (status == 408 || status == 425 || status == 429 || status >= 500)
        return up_fail(err, UP_EIO, "remote %s fails (HTTP status %ld)", name, status);
    return up_fail(err, UP_EUNSUPPORTED,
                   "remote %s refuses (HTTP status %ld): is its address that of a cache?", name,
                   status);
}

static int head(struct up_remote *r, struct up_object_name name, uint64_t *size,
                struct up_err *err)
{
    struct http *h = (struct http *)r;
    char path[PATH];
    const struct up_request q = {.method = UP_HEAD, .path = path_of(h, name, path)};
    long status = 0;
    int rc = up_web_do(h->web, &q, &status, size, err);
    return rc == UP_OK && status != 200 ? refused(h, status, path, err) : rc;
}

static int get(struct up_remote *r, struct up_object_name name, uint64_t limit,
               const struct up_sink *sink, struct up_err *err)
{
    struct http *h = (struct http *)r;
    char path[PATH];
    const struct up_request q = {
        .method = UP_GET, .path = path_of(h, name, path), .limit = limit, .sink = sink};
    long status = 0;
    uint64_t length;
    int rc = up_web_do(h->web, &q, &status, &length, err);
    return rc == UP_OK && status != 200 ? refused(h, status, path, err) : rc;
}

static int put(struct up_remote *r, struct up_object_name name, struct up_view bytes,
               struct up_sha256 sha, struct up_err *err)
{
    struct http *h = (struct http *)r;
    char path[PATH];
    const struct up_request q = {
        .method = UP_PUT, .path = path_of(h, name, path), .body = bytes, .sha = sha};
    long status = 0;
    uint64_t length;
    int rc = up_web_do(h->web, &q, &status, &length, err);
    if (rc != UP_OK || status == 200 || status == 201 || status == 204)
        return rc;
    rc = refused(h, status, path, err);
    return rc == UP_ENOTFOUND ? up_fail(err, UP_EUNSUPPORTED,
                                        "remote %s has no place for %s (HTTP status %ld)",
                                        r->name, path + 1, status)
                              : rc;
}

static void close_http(struct up_remote *r)
{
    struct http *h = (struct http *)r;
    up_web_close(h->web);
    free(h->cas);
    free(h);
}

int up_remote_http(struct up_remote **out, const char *name, const struct up_http_opts *opts,
                   struct up_err *err)
{
    static const struct up_remote_ops ops = {head, get, put, close_http};
    struct http *h = up_alloc(sizeof *h);
    h->base = (struct up_remote){.ops = &ops, .name = name};
    h->cas = up_strdup(opts->cas ? opts->cas : "cas");
    h->s3 = opts->region != NULL;
    int rc = up_web_open(&h->web, &h->base, opts, err);
    *out = &h->base;
    if (rc != UP_OK) {
        close_http(&h->base);
        *out = NULL;
    }
    return rc;
}
