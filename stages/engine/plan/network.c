/* Builds and releases the parts of a network that every pass reads. */
#include "stages/engine/plan/network.h"

int up_network_init(struct up_network *net, const struct up_space *space,
                    const struct up_arch *arch, const struct up_net_size *size,
                    int image_channels, struct up_err *err)
{
    *net = (struct up_network){.program = UP_PROGRAM_INIT};
    int rc = up_program_build(&net->program, space, arch, size, image_channels, err);
    if (rc)
        return rc;
    up_layout_init(&net->layout, &net->program);
    up_schedule_init(&net->schedule, &net->program);
    return UP_OK;
}

void up_network_release(struct up_network *net)
{
    up_program_release(&net->program);
    up_layout_release(&net->layout);
    up_schedule_release(&net->schedule);
}
