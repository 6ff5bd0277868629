/* A remote: a place outside this machine's trust where objects lie under SHA-256 names.
 *
 * Two areas, as in Bazel's HTTP cache: `ac` has an entry (voucher.h) under the SHA-256 of
 * its key document, `cas` the bytes that entries name, under their own SHA-256. Nothing
 * that a remote says is believed here: who reads checks bytes and signatures (fetch.h).
 * No call of this header may be made inside a transaction of the store, and of one remote
 * only one at a time.
 *
 * How to add a kind of remote: a file that fills a struct up_remote and its four slots; a
 * row in `kinds` of open.c with the scheme of its addresses; the cases of
 * tests/unit/test_remote.c run over it too. */
#ifndef UP_STORE_REMOTE_REMOTE_H
#define UP_STORE_REMOTE_REMOTE_H
#include "store/base/buf.h"
#include "store/base/err.h"
#include "store/base/hash.h"
#include <signal.h>

#ifdef __cplusplus
extern "C" {
#endif

enum up_area { UP_AREA_AC, UP_AREA_CAS };
struct up_object_name {
    enum up_area area;
    struct up_sha256 sha;
};

/* Where fetched bytes go. begin: forget what came so far, an attempt starts. */
struct up_sink {
    int (*begin)(void *ctx, struct up_err *err);
    int (*take)(void *ctx, const void *p, size_t n, struct up_err *err);
    void *ctx;
};

/* What every slot may return, apart from its own:
 *   UP_EIO           trouble that may pass: no connection, time-out, 5xx, cut short
 *   UP_EUNSUPPORTED  refused, and asking again will not help: 401, 403, redirect, no right
 *   UP_EINVAL        this one object is not acceptable: larger than the limit
 * A sentence names the remote and never a credential. */
struct up_remote {
    const struct up_remote_ops *ops;
    const char *name; /* as people call it; borrowed, outlives the remote */
    unsigned tries;   /* attempts when trouble may pass; 0: one */
    unsigned wait_ms; /* before the second attempt, doubled for each further one, with jitter */
    const volatile sig_atomic_t *cancel; /* not 0: stop with UP_ECANCELED; may be NULL */
    uint64_t
        until_ms; /* up_remote_clock() at which to give up with UP_EUNSUPPORTED; 0: never */
    /* How much of an object has come, of `whole` bytes (0: not said); may be NULL. */
    void (*progress)(void *ctx, const struct up_remote *r, uint64_t got, uint64_t whole);
    void *progress_ctx;
};
uint64_t up_remote_clock(void); /* milliseconds, monotonic */
struct up_remote_ops {
    /* The object's size; UP_ENOTFOUND when it is not there. That it is there says
     * nothing about its bytes. */
    int (*head)(struct up_remote *r, struct up_object_name name, uint64_t *size,
                struct up_err *err);
    /* One attempt: sink->begin, then the bytes in order, never more than `limit`, and
     * UP_OK only when the other side says that these were all. UP_ENOTFOUND. What the
     * sink fails with is returned as it is, with its sentence. */
    int (*get)(struct up_remote *r, struct up_object_name name, uint64_t limit,
               const struct up_sink *sink, struct up_err *err);
    /* The object is there whole afterwards, or as it was before; one that was there is
     * replaced. sha: of the bytes (for `cas` it is the name). UP_ENOSPC. */
    int (*put)(struct up_remote *r, struct up_object_name name, struct up_view bytes,
               struct up_sha256 sha, struct up_err *err);
    void (*close)(struct up_remote *r);
};

/* As the slots, with further attempts when trouble may pass (UP_EIO). */
int up_remote_head(struct up_remote *r, struct up_object_name name, uint64_t *size,
                   struct up_err *err);
int up_remote_get(struct up_remote *r, struct up_object_name name, uint64_t limit,
                  const struct up_sink *sink, struct up_err *err);
int up_remote_put(struct up_remote *r, struct up_object_name name, struct up_view bytes,
                  struct up_sha256 sha, struct up_err *err);
void up_remote_close(struct up_remote *r); /* NULL is fine */

/* "ac/0123..." or "cas/0123..." */
enum { UP_OBJECT_PATH = 4 + UP_SHA256_HEX };
const char *up_object_path(struct up_object_name name, char out[UP_OBJECT_PATH]);

/* ---- the kinds ---- */

/* In memory: what the others are measured against. */
struct up_remote *up_remote_memory(const char *name);

/* A folder, laid out as a web server would show it: DIR/ac/HEX, DIR/cas/HEX. writable: ac
 * and cas are made when they are not there, but DIR is not, which may be a disk that is not
 * mounted. An object is written beside its place and renamed. */
int up_remote_folder(struct up_remote **out, const char *name, const char *dir, bool writable,
                     struct up_err *err);

enum { UP_REMOTE_SLOWEST = 32 << 10 }; /* bytes a second, on average over a request */

struct up_http_opts {   /* everything is copied */
    const char *url;    /* http:// or https://, no user, no query */
    const char *cas;    /* what the area `cas` is called there; NULL: cas */
    const char *region; /* not NULL: requests are signed as S3 wants it (SigV4) */
    const char *ca;     /* file of certificates to trust instead of the system's, or NULL */
    /* Give up when less than 4 KiB/s came for so long, and when a request has taken half as
     * long again and as long as its bytes would take at UP_REMOTE_SLOWEST; 0: 10 */
    unsigned stall_s;
    /* Credentials, or NULL: token is sent as Bearer, user and password as Basic; S3 takes
     * user as access key, password as secret key and token as session token. */
    const char *user, *password, *token;
};
/* URL/ac/HEX and URL/cas/HEX by GET, HEAD and PUT. Nothing is asked yet. UP_EUNSUPPORTED:
 * credentials that would cross a network in the clear. */
int up_remote_http(struct up_remote **out, const char *name, const struct up_http_opts *opts,
                   struct up_err *err);

/* An S3 bucket, addressed by path. opts->url is the endpoint; NULL: that of the region. The
 * areas are called ac and ca, so that names of objects need no escape in a signature. */
int up_remote_s3(struct up_remote **out, const char *name, const char *bucket,
                 const struct up_http_opts *opts, struct up_err *err);

#ifdef __cplusplus
}
#endif

#endif
