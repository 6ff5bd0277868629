/* The remote that tests hold the others against: objects in a list. */
#include "store/base/arena.h"
#include "store/remote/remote.h"

#include <stdlib.h>
#include <string.h>

struct object {
    struct object *next;
    struct up_object_name name;
    struct up_buf bytes;
};
struct memory {
    struct up_remote base;
    struct object *first;
};

static struct object *find(struct up_remote *r, struct up_object_name name)
{
    struct object *o = ((struct memory *)r)->first;
    while (o &&
           (o->name.area != name.area || memcmp(o->name.sha.b, name.sha.b, sizeof name.sha.b)))
        o = o->next;
    return o;
}

static int missing(struct up_remote *r, struct up_object_name name, struct up_err *err)
{
    char path[UP_OBJECT_PATH];
    return up_fail(err, UP_ENOTFOUND, "remote %s has no %s", r->name,
                   up_object_path(name, path));
}

static int head(struct up_remote *r, struct up_object_name name, uint64_t *size,
                struct up_err *err)
{
    const struct object *o = find(r, name);
    if (!o)
        return missing(r, name, err);
    *size = o->bytes.len;
    return UP_OK;
}

static int get(struct up_remote *r, struct up_object_name name, uint64_t limit,
               const struct up_sink *sink, struct up_err *err)
{
    const struct object *o = find(r, name);
    if (!o)
        return missing(r, name, err);
    if (o->bytes.len > limit)
        return up_fail(err, UP_EINVAL, "remote %s: an object is larger than it may be",
                       r->name);
    int rc = sink->begin(sink->ctx, err);
    return rc ? rc : sink->take(sink->ctx, o->bytes.data, o->bytes.len, err);
}

static int put(struct up_remote *r, struct up_object_name name, struct up_view bytes,
               struct up_sha256 sha, struct up_err *err)
{
    struct memory *m = (struct memory *)r;
    struct object *o = find(r, name);
    (void)sha;
    (void)err;
    if (!o) {
        o = up_alloc(sizeof *o);
        o->name = name;
        o->next = m->first;
        m->first = o;
    }
    up_buf_clear(&o->bytes);
    up_buf_append(&o->bytes, bytes.data, bytes.len);
    return UP_OK;
}

static void close_memory(struct up_remote *r)
{
    struct memory *m = (struct memory *)r;
    while (m->first) {
        struct object *o = m->first;
        m->first = o->next;
        up_buf_release(&o->bytes);
        free(o);
    }
    free(m);
}

struct up_remote *up_remote_memory(const char *name)
{
    static const struct up_remote_ops ops = {head, get, put, close_memory};
    struct memory *m = up_alloc(sizeof *m);
    m->base = (struct up_remote){.ops = &ops, .name = name};
    return &m->base;
}
