/* Builders of the scored networks, one per search space. */
#ifndef UP_ENGINE_NET_BUILD_H
#define UP_ENGINE_NET_BUILD_H
#include "stages/engine/net/program.h"
#include "stages/space/space.h"

/* The program of `arch` for images of `image_channels`. UP_EUNSUPPORTED: no network
 * for that space; UP_EINVAL: a size the network cannot have. On failure p is empty. */
int up_program_build(struct up_program *p, const struct up_space *space,
                     const struct up_arch *arch, const struct up_net_size *size,
                     int image_channels, struct up_err *err);

/* One builder each; p is empty and the sizes are positive. */
int up_program_nb201(struct up_program *p, const struct up_arch *arch,
                     const struct up_net_size *size, int image_channels, struct up_err *err);
int up_program_darts(struct up_program *p, const struct up_arch *arch,
                     const struct up_net_size *size, int image_channels, struct up_err *err);

#endif
