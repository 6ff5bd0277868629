/* The size of a scored network in an artifact: {channels, classes, depth, height, width}. */
#ifndef UP_SPACE_NET_SIZE_H
#define UP_SPACE_NET_SIZE_H
#include "stages/space/space.h"
#include "store/base/buf.h"

void up_net_size_pack(struct up_buf *out, const struct up_net_size *n);
/* Of the map `net` of a document. UP_EINVAL, UP_ENOTFOUND: names the field. */
int up_net_size_load(struct up_net_size *n, struct up_view doc, struct up_err *err);

#endif
