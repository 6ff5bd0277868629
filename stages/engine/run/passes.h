/* The passes over a program: forward, backward, and the tangents of both.
 *
 * Each goes level by level through the schedule, image by image inside a level. Images are in
 * up to UP_PASSES_GROUPS groups, whose sums are added in order: bits do not depend on
 * `threads`. Order of use: forward; backward on grad[logits]; tangent; backward_tangent. */
#ifndef UP_ENGINE_RUN_PASSES_H
#define UP_ENGINE_RUN_PASSES_H
#include "stages/kernels/block/block.h"
#include "stages/engine/plan/layout.h"
#include "stages/engine/plan/schedule.h"
#include "stages/engine/plan/shape.h"

#define UP_NORM_EPS 1e-5
struct up_moments {           /* of one channel of a norm, filled pass by pass */
    double mean, var, inv;    /* forward: inv = 1 / sqrt(var + eps) */
    double grad, grad_xhat;   /* backward: mean(dy), mean(dy * xhat) */
    double tangent, tan_xhat; /* tangent: mean(xdot), mean(xhat * xdot) */
};

enum { UP_PASSES_GROUPS = 8, UP_FACTORS = 13, UP_SUMS = 64 };

/* Numbers of the buffers of a run, besides those of slots. */
struct up_passes_sizes {
    size_t x, g, y,
        v;           /* reals of a thread's padded input, padded gradient, dense input, tiles */
    size_t scratch;  /* all of those, of one thread */
    size_t partial;  /* reals, of one group: gradients of the weights of a level */
    size_t saliency; /* doubles, of one group */
    size_t winograd; /* reals: transformed weights of a level */
};
struct up_passes_sizes up_passes_sizes(const struct up_program *p, const struct up_layout *l,
                                       const struct up_schedule *s);

/* Threads that images are divided over, and task[n]: which of them works on an image. */
int up_passes_tasks(int threads);
void up_passes_deal(int *task, int n, int threads);

#define UP_DECLARATIONS "stages/engine/run/passes_reals.h"
#include "stages/kernels/both_reals.h"

#endif
