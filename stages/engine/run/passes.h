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
    size_t fisher;   /* doubles, of one group */
    size_t winograd; /* reals: transformed weights of a level */
};
struct up_passes_sizes up_passes_sizes(const struct up_program *p, const struct up_layout *l,
                                       const struct up_schedule *s);

/* Threads that images are divided over, and task[n]: which of them works on an image. */
int up_passes_tasks(int threads);
void up_passes_deal(int *task, int n, int threads);

/* struct up_passes_f32 / up_passes_f64: one network on one batch. All buffers are the caller's,
 * those a pass does not use may be NULL; those of slots are as the layout says, views point
 * into their slot.
 *
 * up_passes_forward   act of all slots, from act[input]
 * up_passes_backward  grad from grad[logits]; dmatrix and fisher unless NULL; grad[input] only
 *                  when to_input. Slots not reached, and those with a norm_of, are not written.
 *                  fisher[op]: sum over channels of mean over images of (sum over pixels of
 *                  output * its gradient)^2 / 2, of convolutions and linear layers
 * up_passes_tangent   R-operator, direction dmatrix on counted weights, 0 elsewhere: tan
 * up_passes_backward_tangent  derivative of grad in that direction, from gtan[logits], into
 * gtan. Returns w . (H dmatrix), H the Hessian over counted weights. up_passes_again     act of
 * a slot on an image once more, where it was not kept up_passes_image     an image's planes of
 * a slot */
#define UP_PASSES_DECLARE(real, R)                                                             \
    struct up_planes##R {                                                                      \
        real **at;       /* [slots] planes of image 0 */                                       \
        size_t *step;    /* [slots] numbers to the next image */                               \
        bool *passing;   /* [slots] only what each thread is working on is held */             \
        const int *task; /* [n] the thread that works on an image */                           \
    };                                                                                         \
    struct up_passes##R {                                                                      \
        const struct up_program *program;                                                      \
        const struct up_layout *layout;                                                        \
        const struct up_schedule *schedule;                                                    \
        const struct up_block##R *kernel;                                                      \
        struct up_passes_sizes sizes;                                                          \
        int n, threads;              /* images */                                              \
        bool identity_norm;          /* norms pass their input on (synflow) */                 \
        bool published;              /* the forward pass sums in the published order */        \
        const real *weight;          /* [program numbers]: gamma, beta, bias */                \
        const real *matrix, *turned; /* [layout numbers] */                                    \
        real *dmatrix, *dturned;     /* [layout numbers] */                                    \
        struct up_planes##R act, grad, tan;                                                    \
        struct up_moments *norm; /* [program norms] */                                         \
        real *factor;            /* [norm_blocks][UP_FACTORS][16] */                           \
        double *sums;            /* [n][norm_blocks][UP_SUMS] */                               \
        real *partial;           /* [UP_PASSES_GROUPS][sizes.partial] */                       \
        double *fisher;          /* [ops] */                                                   \
        double *fisher_partial;  /* [UP_PASSES_GROUPS][sizes.fisher] */                        \
        double *along;           /* [n] */                                                     \
        real *scratch;           /* [threads][sizes.scratch] */                                \
        real *winograd;          /* [sizes.winograd], or NULL: convolve directly */            \
    };                                                                                         \
    void up_passes_forward##R(struct up_passes##R *run);                                       \
    void up_passes_backward##R(struct up_passes##R *run, bool to_input);                       \
    void up_passes_tangent##R(struct up_passes##R *run);                                       \
    double up_passes_backward_tangent##R(struct up_passes##R *run,                             \
                                         const struct up_planes##R *gtan);                     \
    real *up_passes_image##R(const struct up_planes##R *p, int slot, int image);               \
    void up_passes_again##R(struct up_passes##R *run, int slot, int image);
UP_PASSES_DECLARE(float, _f32)
UP_PASSES_DECLARE(double, _f64)

#endif
