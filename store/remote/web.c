#include "store/remote/web.h"
#include "store/base/arena.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MS = 3000,
    STALL_S = 10,
    SLOWEST = 4096,     /* bytes a second */
    HEADERS = 64 << 10, /* bytes: libcurl bounds a line, not their number */
    TEXT = 256
};

struct up_web {
    const struct up_remote *r;
    CURL *curl;
    char *url, *ca, *user, *password, *token, *sigv4;
    unsigned stall_s;
    bool loopback;
    char why[CURL_ERROR_SIZE];
};

struct transfer { /* one request */
    struct up_web *w;
    const struct up_request *q;
    struct up_err *err;
    uint64_t got, sent;
    uint64_t began; /* up_remote_clock() */
    size_t headers;
    bool begun, too_large, too_slow;
    int rc; /* what the sink failed with */
};

/* ---- opening ---- */

static void init_curl(void) { UP_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == 0); }

static char *copy(const char *s) { return s ? up_strdup(s) : NULL; }

static bool is_loopback(const char *url)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
    const char *host = strstr(url, "://");
    for (size_t i = 0; host && i < sizeof hosts / sizeof *hosts; i++) {
        size_t n = strlen(hosts[i]);
        if (!strncmp(host + 3, hosts[i], n) && strchr(":/", host[3 + n])) /* or the end */
            return true;
    }
    return false;
}

int up_web_open(struct up_web **out, const struct up_remote *r, const struct up_http_opts *o,
                struct up_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bool secret = !o->region && (o->token || o->password);
    *out = NULL;
    if (secret && !strncmp(o->url, "http://", 7) && !is_loopback(o->url))
        return up_fail(err, UP_EUNSUPPORTED,
                       "remote %s: its password would cross the network in the clear; use an "
                       "https:// address",
                       r->name);
    (void)pthread_once(&once, init_curl);
    struct up_web *w = up_alloc(sizeof *w);
    w->r = r;
    w->url = copy(o->url);
    w->ca = copy(o->ca);
    w->user = copy(o->user);
    w->password = copy(o->password);
    w->token = copy(o->token);
    w->stall_s = o->stall_s ? o->stall_s : STALL_S;
    w->loopback = is_loopback(o->url);
    for (size_t n = strlen(w->url); n && w->url[n - 1] == '/';)
        w->url[--n] = '\0';
    if (o->region) {
        struct up_buf b = UP_BUF_INIT;
        up_buf_printf(&b, "aws:amz:%s:s3", o->region);
        w->sigv4 = copy(up_buf_str(&b));
        up_buf_release(&b);
    }
    w->curl = curl_easy_init();
    UP_CHECK(w->curl);
    *out = w;
    return UP_OK;
}

static void wipe(char *s)
{
    if (s)
        explicit_bzero(s, strlen(s));
    free(s);
}

void up_web_close(struct up_web *w)
{
    if (!w)
        return;
    curl_easy_cleanup(w->curl);
    free(w->url);
    free(w->ca);
    free(w->sigv4);
    wipe(w->user);
    wipe(w->password);
    wipe(w->token);
    free(w);
}

/* ---- what libcurl calls ---- */

static size_t on_body(char *p, size_t one, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    long status = 0;
    curl_off_t whole = 0;
    n *= one;
    (void)curl_easy_getinfo(t->w->curl, CURLINFO_RESPONSE_CODE, &status);
    t->got += n;
    if (t->q->method != UP_GET || status != 200) /* a page that explains; no more of it */
        return t->got > HEADERS ? 0 : n;
    (void)curl_easy_getinfo(t->w->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &whole);
    if (t->got > t->q->limit || (whole > 0 && (uint64_t)whole > t->q->limit)) {
        t->too_large = true;
        return 0;
    }
    if (!t->begun) {
        t->begun = true;
        t->rc = t->q->sink->begin(t->q->sink->ctx, t->err);
    }
    if (!t->rc)
        t->rc = t->q->sink->take(t->q->sink->ctx, p, n, t->err);
    return t->rc ? 0 : n;
}

static size_t on_header(char *p, size_t one, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    (void)p;
    t->headers += one * n;
    return t->headers > HEADERS ? 0 : one * n;
}

static size_t on_send(char *p, size_t one, size_t n, void *ctx)
{
    struct transfer *t = ctx;
    uint64_t left = t->q->body.len - t->sent;
    size_t len = one * n < left ? one * n : (size_t)left;
    if (len)
        memcpy(p, t->q->body.data + t->sent, len);
    t->sent += len;
    return len;
}

static int on_rewind(void *ctx, curl_off_t at, int origin)
{
    struct transfer *t = ctx;
    if (origin != SEEK_SET || at < 0 || (uint64_t)at > t->q->body.len)
        return CURL_SEEKFUNC_FAIL;
    t->sent = (uint64_t)at;
    return CURL_SEEKFUNC_OK;
}

/* A request has a start's grace and the time that its bytes take at the slowest rate that is
 * borne: a server that lets bytes drip is given up after seconds, whatever size it promises,
 * and one that works has more time the more it brings. */
static bool too_slow(const struct transfer *t)
{
    const struct up_remote *r = t->w->r;
    uint64_t now = up_remote_clock(), moved = t->got + t->sent;
    uint64_t grace = t->w->stall_s * 1500u, due = moved * 1000 / UP_REMOTE_SLOWEST;
    return now - t->began > grace + due || (r->until_ms && now >= r->until_ms);
}

static int on_progress(void *ctx, curl_off_t whole, curl_off_t got, curl_off_t c, curl_off_t d)
{
    struct transfer *t = ctx;
    const struct up_remote *r = t->w->r;
    (void)c, (void)d;
    if (r->progress && t->begun && up_remote_clock() - t->began >= 1000) /* worth a word */
        r->progress(r->progress_ctx, r, (uint64_t)got, whole > 0 ? (uint64_t)whole : 0);
    t->too_slow = too_slow(t);
    return t->too_slow || (r->cancel && *r->cancel);
}

/* ---- a request ---- */

static void set_limits(struct transfer *t)
{
    CURL *c = t->w->curl;
    (void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    (void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST);
    (void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)t->w->stall_s);
    (void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->w->why);
    (void)curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    (void)curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    (void)curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
    (void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    (void)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    (void)curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    (void)curl_easy_setopt(c, CURLOPT_HEADERDATA, t);
    if (t->w->loopback)
        (void)curl_easy_setopt(c, CURLOPT_PROXY, "");
    if (t->w->ca)
        (void)curl_easy_setopt(c, CURLOPT_CAINFO, t->w->ca);
}

static void set_method(struct transfer *t)
{
    CURL *c = t->w->curl;
    if (t->q->method == UP_HEAD)
        (void)curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
    if (t->q->method != UP_PUT)
        return;
    (void)curl_easy_setopt(c, CURLOPT_UPLOAD, 1L);
    (void)curl_easy_setopt(c, CURLOPT_READFUNCTION, on_send);
    (void)curl_easy_setopt(c, CURLOPT_READDATA, t);
    (void)curl_easy_setopt(c, CURLOPT_SEEKFUNCTION, on_rewind);
    (void)curl_easy_setopt(c, CURLOPT_SEEKDATA, t);
    (void)curl_easy_setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->q->body.len);
}

static struct curl_slist *header(struct curl_slist *l, const char *name, const char *value)
{
    struct up_buf b = UP_BUF_INIT;
    up_buf_printf(&b, *value ? "%s: %s" : "%s:", name, value);
    struct curl_slist *more = curl_slist_append(l, up_buf_str(&b));
    UP_CHECK(more);
    up_buf_release(&b);
    return more;
}

/* libcurl 7.88 signs a digest of the body only when the request names it, and a header that
 * is listed to be left out as if it were sent. */
static struct curl_slist *set_auth(struct transfer *t)
{
    struct up_web *w = t->w;
    CURL *c = w->curl;
    struct curl_slist *l = NULL;
    if (t->q->method == UP_PUT)
        l = header(l, "Content-Type", "application/octet-stream");
    if (!w->sigv4 && t->q->method == UP_PUT)
        l = header(l, "Expect", ""); /* no wait for a 100 */
    if (w->sigv4) {
        char hex[UP_SHA256_HEX];
        struct up_sha256 sha = t->q->method == UP_PUT ? t->q->sha : up_sha256_of("", 0);
        (void)curl_easy_setopt(c, CURLOPT_AWS_SIGV4, w->sigv4);
        l = header(l, "x-amz-content-sha256", up_sha256_hex(sha, hex));
        if (w->token)
            l = header(l, "x-amz-security-token", w->token);
    } else if (w->token) {
        (void)curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        (void)curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, w->token);
    } else if (w->user) {
        (void)curl_easy_setopt(c, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    }
    if (w->user && (w->sigv4 || !w->token)) {
        (void)curl_easy_setopt(c, CURLOPT_USERNAME, w->user);
        (void)curl_easy_setopt(c, CURLOPT_PASSWORD, w->password ? w->password : "");
    }
    (void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, l);
    return l;
}

static int outcome(struct transfer *t, CURLcode code)
{
    struct up_web *w = t->w;
    const char *name = w->r->name;
    const char *why = w->why[0] ? w->why : curl_easy_strerror(code);
    if (t->rc)
        return t->rc;
    if (t->too_slow)
        return up_fail(t->err, UP_EUNSUPPORTED,
                       "remote %s is too slow: %" PRIu64 " bytes in %.0f seconds", name,
                       t->got + t->sent, (double)(up_remote_clock() - t->began) / 1000);
    if (t->too_large)
        return up_fail(t->err, UP_EINVAL, "remote %s: an object is larger than it may be",
                       name);
    switch (code) {
    case CURLE_OK:
        return UP_OK;
    case CURLE_ABORTED_BY_CALLBACK:
        return up_fail(t->err, UP_ECANCELED, "interrupted while remote %s was asked", name);
    case CURLE_OPERATION_TIMEDOUT:
        return up_fail(t->err, UP_EUNSUPPORTED, "remote %s is too slow: %.*s", name, TEXT, why);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return up_fail(
            t->err, UP_EUNSUPPORTED,
            "remote %s: its certificate is not accepted (%.*s); --ca names a file of "
            "others",
            name, TEXT, why);
    case CURLE_WRITE_ERROR: /* on_header or on_body had enough */
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return up_fail(t->err, UP_EUNSUPPORTED, "remote %s does not answer as HTTP: %.*s", name,
                       TEXT, why);
    default:
        return up_fail(t->err, UP_EIO, "remote %s does not answer: %.*s", name, TEXT, why);
    }
}

int up_web_do(struct up_web *w, const struct up_request *q, long *status, uint64_t *length,
              struct up_err *err)
{
    struct up_buf url = UP_BUF_INIT;
    struct up_err local;
    struct transfer t = {.w = w, .q = q, .err = err ? err : &local, .began = up_remote_clock()};
    curl_off_t len = 0;
    curl_easy_reset(w->curl); /* the connection stays */
    w->why[0] = '\0';
    up_buf_printf(&url, "%s%s", w->url, q->path);
    (void)curl_easy_setopt(w->curl, CURLOPT_URL, up_buf_str(&url));
    set_limits(&t);
    set_method(&t);
    struct curl_slist *headers = set_auth(&t);
    CURLcode code = curl_easy_perform(w->curl);
    curl_slist_free_all(headers);
    up_buf_release(&url);
    int rc = outcome(&t, code);
    if (rc != UP_OK)
        return rc;
    (void)curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, status);
    (void)curl_easy_getinfo(w->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &len);
    *length = len > 0 ? (uint64_t)len : 0;
    if (q->method == UP_GET && *status == 200 && !t.begun) /* an empty body */
        rc = q->sink->begin(q->sink->ctx, t.err);
    return rc;
}
