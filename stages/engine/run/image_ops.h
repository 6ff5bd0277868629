/* One operation on one image: what the passes of passes.h are made of. Internal to this folder.
 *
 * x, y, g and u are the planes of an image's slot; `s` is a thread's scratch. */
#ifndef UP_ENGINE_RUN_IMAGE_OPS_H
#define UP_ENGINE_RUN_IMAGE_OPS_H
#include "stages/engine/run/passes.h"

/* Rows of a block's factors: each the coefficients of a kernel (affine, mix2, mix2, mix4). */
enum { UP_K_FORWARD = 0, UP_K_GRAD = 2, UP_K_TANGENT = 5, UP_K_BOTH = 8 };

/* Lanes of block b that belong to the slot: [*lo, *hi). */
void up_passes_lanes(int *lo, int *hi, const struct up_layout_slot *s,
                     const struct up_program_slot *slot, int b);

/* What the next image will read, fetched into cache a little at a time: by the share of the
 * work that is done, `done` of `work`. */
enum { UP_AHEAD = 16 };
struct up_ahead {
    const char *at[UP_AHEAD];
    size_t bytes[UP_AHEAD], fetched[UP_AHEAD];
    size_t done, work;
    int n;
};
void up_ahead_add(struct up_ahead *a, const void *p, size_t bytes);
void up_ahead_fetch(struct up_ahead *a, size_t work); /* some more is done; a may be NULL */

/* Rows of Winograd's tiles that are worked on together. */
int up_passes_strip(const struct up_layout_op *o);

#define UP_DECLARATIONS "stages/engine/run/image_ops_reals.h"
#include "stages/kernels/both_reals.h"

/* Image numbers of group g: [*from, *to). */
void up_passes_group(int *from, int *to, int n, int g);

#endif
