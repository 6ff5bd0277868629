/* The functions of pass.h for one real type; see both_reals.h. */
#define up_plain UP_R(up_plain)
#define up_plain_forward UP_R(up_plain_forward)
#define up_plain_backward UP_R(up_plain_backward)
#define up_plain_tangent UP_R(up_plain_tangent)
#define up_plain_backward_tangent UP_R(up_plain_backward_tangent)

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
struct up_plain {
    const struct up_program *program;
    int n;                     /* images */
    bool identity_norm;        /* norms pass their input on (synflow) */
    real *weight, *dweight;    /* [numbers] of the program */
    real **act, **grad, **tan; /* [slots] */
    bool *reached;             /* [slots] has a gradient */
    bool *live;                /* [slots] a pass's own notes */
    struct up_norm *norm;      /* [norms] of the program */
    real *scratch;             /* [up_pass_scratch] */
};
void up_plain_forward(struct up_plain *run, int ops);
void up_plain_backward(struct up_plain *run, bool to_input);
double up_plain_tangent(struct up_plain *run);
double up_plain_backward_tangent(struct up_plain *run, real *const *gtan);
