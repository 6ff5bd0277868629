/* A network that is ready to be run: its program, how the program's tensors lie in memory, and
 * in which order its operations are done. Built once for each architecture that is evaluated.
 */
#ifndef UP_ENGINE_PLAN_NETWORK_H
#define UP_ENGINE_PLAN_NETWORK_H
#include "stages/engine/net/build.h"
#include "stages/engine/plan/layout.h"
#include "stages/engine/plan/schedule.h"

struct up_network { /* up_network_release */
    struct up_program program;
    struct up_layout layout;
    struct up_schedule schedule;
};

/* As up_program_build; on failure there is nothing to release. */
int up_network_init(struct up_network *net, const struct up_space *space,
                    const struct up_arch *arch, const struct up_net_size *size,
                    int image_channels, struct up_err *err);
void up_network_release(struct up_network *net);

/* For how long the planes of a slot are wanted. Planes that are never wanted at the same time
 * may lie over each other ("folded"), so that a pass needs less memory. */
enum up_network_keep {
    UP_KEEP_ALL,      /* every slot for itself */
    UP_KEEP_FORWARD,  /* every slot for itself; one image of those that are made again */
    UP_KEEP_GRADIENT, /* every slot whose gradient is stored */
    UP_KEEP_TANGENT,  /* what the backward pass's tangent reads; others while they are in use */
    UP_FOLD_FORWARD,  /* every slot while a forward pass uses it */
    UP_FOLD_BACKWARD  /* every stored gradient while a backward pass uses it */
};

/* Where the planes of every slot begin in one buffer, offset[slots] in numbers; a view's is
 * that of the slot it belongs to. passing[slots] says which slots hold no more than the image
 * that each of `tasks` threads works on, of `images`. Returns how many numbers the buffer has.
 */
size_t up_network_place(size_t *offset, bool *passing, const struct up_network *net,
                        size_t images, size_t tasks, enum up_network_keep keep);

#endif
