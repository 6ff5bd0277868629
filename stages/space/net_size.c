/* Packs the size of a scored network into an artifact, and reads it again. */
#include "stages/space/net_size.h"
#include "store/base/pack.h"
#include <limits.h>

void up_net_size_pack(struct up_buf *out, const struct up_net_size *n)
{
    up_pack_map(out, 5);
    up_pack_str(out, "channels");
    up_pack_int(out, n->channels);
    up_pack_str(out, "classes");
    up_pack_int(out, n->classes);
    up_pack_str(out, "depth");
    up_pack_int(out, n->depth);
    up_pack_str(out, "height");
    up_pack_int(out, n->height);
    up_pack_str(out, "width");
    up_pack_int(out, n->width);
}

static int size_at(int *out, struct up_view doc, const char *path, struct up_err *err)
{
    int64_t v;
    int rc = up_doc_int(doc, path, &v, err);
    if (rc)
        return rc;
    if (v < 1 || v > INT_MAX)
        return up_fail(err, UP_EINVAL, "%s: a network has no size %lld", path, (long long)v);
    *out = (int)v;
    return UP_OK;
}

int up_net_size_load(struct up_net_size *n, struct up_view doc, struct up_err *err)
{
    *n = (struct up_net_size){0};
    int rc = size_at(&n->channels, doc, "net/channels", err);
    if (!rc)
        rc = size_at(&n->classes, doc, "net/classes", err);
    if (!rc)
        rc = size_at(&n->depth, doc, "net/depth", err);
    if (!rc)
        rc = size_at(&n->height, doc, "net/height", err);
    if (!rc)
        rc = size_at(&n->width, doc, "net/width", err);
    return rc;
}
