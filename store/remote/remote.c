#include "store/remote/remote.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

uint64_t up_remote_clock(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const char *up_object_path(struct up_object_name name, char out[UP_OBJECT_PATH])
{
    char hex[UP_SHA256_HEX];
    (void)snprintf(out, UP_OBJECT_PATH, "%s/%s", name.area == UP_AREA_AC ? "ac" : "cas",
                   up_sha256_hex(name.sha, hex));
    return out;
}

/* Between half and all of the doubled time: who failed together does not come back
 * together. */
static void nap(const struct up_remote *r, unsigned attempt)
{
    uint64_t ms = (uint64_t)r->wait_ms << (attempt < 8 ? attempt : 8);
    if (!ms)
        return;
    ms = ms / 2 + randombytes_uniform((uint32_t)(ms / 2 + 1));
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL);
}

/* Whether another attempt is due after rc. */
static bool again(const struct up_remote *r, unsigned *attempt, int rc)
{
    if (rc != UP_EIO || *attempt + 1 >= r->tries || (r->cancel && *r->cancel))
        return false;
    nap(r, (*attempt)++);
    return true;
}

int up_remote_head(struct up_remote *r, struct up_object_name name, uint64_t *size,
                   struct up_err *err)
{
    unsigned attempt = 0;
    int rc;
    do
        rc = r->ops->head(r, name, size, err);
    while (again(r, &attempt, rc));
    return rc;
}

/* What a sink fails with is no trouble of the remote's, whatever its status. */
struct guard {
    const struct up_sink *sink;
    int rc;
};

static int guard_begin(void *ctx, struct up_err *err)
{
    struct guard *g = ctx;
    return g->rc = g->sink->begin(g->sink->ctx, err);
}

static int guard_take(void *ctx, const void *p, size_t n, struct up_err *err)
{
    struct guard *g = ctx;
    return g->rc = g->sink->take(g->sink->ctx, p, n, err);
}

int up_remote_get(struct up_remote *r, struct up_object_name name, uint64_t limit,
                  const struct up_sink *sink, struct up_err *err)
{
    struct guard g = {sink, UP_OK};
    const struct up_sink guarded = {guard_begin, guard_take, &g};
    unsigned attempt = 0;
    int rc;
    do
        rc = r->ops->get(r, name, limit, &guarded, err);
    while (!g.rc && again(r, &attempt, rc));
    return g.rc ? g.rc : rc;
}

int up_remote_put(struct up_remote *r, struct up_object_name name, struct up_view bytes,
                  struct up_sha256 sha, struct up_err *err)
{
    unsigned attempt = 0;
    int rc;
    do
        rc = r->ops->put(r, name, bytes, sha, err);
    while (again(r, &attempt, rc));
    return rc;
}

void up_remote_close(struct up_remote *r)
{
    if (r)
        r->ops->close(r);
}
