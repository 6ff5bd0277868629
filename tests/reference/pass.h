/* The passes over a program: forward, backward, and the tangents of both.
 *
 * A pass writes the slots it reaches: the first operation that ends in a slot
 * sets it, later ones add. What is not reached is zero and is never touched,
 * so gradients of branches that lead nowhere cost nothing. A slot is reached
 * with any of its views, and they with it.
 * Order of use: forward; backward on grad[logits]; tangent; backward_tangent. */
#ifndef UP_PROXY_PASS_H
#define UP_PROXY_PASS_H
#include "tests/reference/norm.h"
#include "stages/engine/net/program.h"

/* Numbers of scratch that every pass over the program needs, for n images. */
size_t up_pass_scratch(const struct up_program *p, int n);

/* struct up_plain_f32 / up_plain_f64: one network on one batch. All buffers are the caller's;
 * buffers of a slot are [c][n][h][w]. Fields a pass does not use may be NULL.
 *
 * up_plain_forward   act of the first `ops` operations, from act[input]
 * up_plain_backward  grad, `reached` and (unless dweight is NULL) dweight, from grad[logits];
 *                  grad[input] only when to_input
 * up_plain_tangent   R-operator, direction dweight on counted weights, 0 elsewhere: tan of all
 *                  slots. Returns sum over counted layers of <layer(xdot, w), grad of its
 * output> up_plain_backward_tangent  derivative of grad in that direction, from gtan[logits],
 * into gtan. Returns sum over counted layers of <output without bias, gtan of it>. The two
 * returned sums together are w . (H dweight), H the Hessian over counted weights. */
#define UP_PASS_DECLARE(real, R)                                                               \
    struct up_plain##R {                                                                       \
        const struct up_program *program;                                                      \
        int n;                     /* images */                                                \
        bool identity_norm;        /* norms pass their input on (synflow) */                   \
        real *weight, *dweight;    /* [numbers] of the program */                              \
        real **act, **grad, **tan; /* [slots] */                                               \
        bool *reached;             /* [slots] has a gradient */                                \
        bool *live;                /* [slots] a pass's own notes */                            \
        struct up_norm *norm;      /* [norms] of the program */                                \
        real *scratch;             /* [up_pass_scratch] */                                     \
    };                                                                                         \
    void up_plain_forward##R(struct up_plain##R *run, int ops);                                \
    void up_plain_backward##R(struct up_plain##R *run, bool to_input);                         \
    double up_plain_tangent##R(struct up_plain##R *run);                                       \
    double up_plain_backward_tangent##R(struct up_plain##R *run, real *const *gtan);
UP_PASS_DECLARE(float, _f32)
UP_PASS_DECLARE(double, _f64)

#endif
