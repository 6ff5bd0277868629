/* From an address to the kind of remote behind it. */
#include "store/remote/list.h"
#include "store/remote/remote.h"

#include <string.h>

enum { TRIES = 3, WAIT_MS = 200 };

static int open_file(struct up_remote **out, const struct up_remote_spec *s,
                     const struct up_credentials *c, struct up_err *err)
{
    (void)c;
    return up_remote_folder(out, s->name, s->url + strlen("file://"), s->writable, err);
}

static int open_http(struct up_remote **out, const struct up_remote_spec *s,
                     const struct up_credentials *c, struct up_err *err)
{
    const struct up_http_opts o = {.url = s->url,
                                   .ca = s->ca,
                                   .stall_s = s->stall_s,
                                   .user = c->user,
                                   .password = c->password,
                                   .token = c->token};
    return up_remote_http(out, s->name, &o, err);
}

static int open_s3(struct up_remote **out, const struct up_remote_spec *s,
                   const struct up_credentials *c, struct up_err *err)
{
    const struct up_http_opts o = {.url = s->endpoint,
                                   .region = s->region,
                                   .ca = s->ca,
                                   .stall_s = s->stall_s,
                                   .user = c->user,
                                   .password = c->password,
                                   .token = c->token};
    return up_remote_s3(out, s->name, s->url + strlen("s3://"), &o, err);
}

static const struct {
    const char *scheme;
    int (*open)(struct up_remote **out, const struct up_remote_spec *s,
                const struct up_credentials *c, struct up_err *err);
} kinds[] = {{"file://", open_file},
             {"http://", open_http},
             {"https://", open_http},
             {"s3://", open_s3}};

int up_remote_open(struct up_remote **out, const struct up_remote_spec *s,
                   const struct up_credentials *c, struct up_err *err)
{
    *out = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strncmp(s->url, kinds[i].scheme, strlen(kinds[i].scheme)) != 0)
            continue;
        int rc = kinds[i].open(out, s, c, err);
        if (rc == UP_OK) {
            (*out)->tries = TRIES;
            (*out)->wait_ms = WAIT_MS;
        }
        return rc;
    }
    return up_fail(err, UP_EINVAL, "remote %s: nothing is known about such an address",
                   s->name);
}
