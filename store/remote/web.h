/* One HTTP request at a time over a kept connection; web.c alone knows libcurl. */
#ifndef UP_STORE_REMOTE_WEB_H
#define UP_STORE_REMOTE_WEB_H
#include "store/remote/remote.h"

struct up_web;
/* r->name and r->cancel are read at every request. */
int up_web_open(struct up_web **out, const struct up_remote *r, const struct up_http_opts *opts,
                struct up_err *err);
void up_web_close(struct up_web *w); /* NULL is fine */

enum up_method { UP_HEAD, UP_GET, UP_PUT };
struct up_request {
    enum up_method method;
    const char *path;    /* behind the address: "/ac/0123" */
    struct up_view body; /* PUT */
    struct up_sha256 sha;
    uint64_t limit; /* GET: bytes of a body; other bodies are not passed on */
    const struct up_sink *sink;
};
/* UP_OK: there was a whole answer, with *status and, where it says so, *length (else 0). The
 * sink has the body of a 200 alone. No redirect is followed. UP_EIO: no answer, or cut short;
 * UP_EUNSUPPORTED: too slow, wrong certificate; UP_EINVAL: over the limit; UP_ECANCELED; what
 * the sink failed with. */
int up_web_do(struct up_web *w, const struct up_request *q, long *status, uint64_t *length,
              struct up_err *err);

#endif
