/* The passes of passes.h for one real type; see both_reals.h. */
#define up_planes UP_R(up_planes)
#define up_passes UP_R(up_passes)
#define up_block UP_R(up_block)
#define up_passes_forward UP_R(up_passes_forward)
#define up_passes_backward UP_R(up_passes_backward)
#define up_passes_tangent UP_R(up_passes_tangent)
#define up_passes_backward_tangent UP_R(up_passes_backward_tangent)
#define up_passes_image UP_R(up_passes_image)
#define up_passes_again UP_R(up_passes_again)

/* struct up_passes_f32 / up_passes_f64: one network on one batch. All buffers are the caller's,
 * those a pass does not use may be NULL; those of slots are as the layout says, views point
 * into their slot.
 *
 * up_passes_forward   act of all slots, from act[input]
 * up_passes_backward  grad from grad[logits]; dmatrix and saliency unless NULL; grad[input]
 *                  only when to_input. Slots not reached, and those with a norm_of, are not
 * written. saliency[op]: sum over channels of mean over images of (sum over pixels of output *
 * its gradient)^2 / 2, of convolutions and linear layers up_passes_tangent   R-operator,
 * direction dmatrix on counted weights, 0 elsewhere: tan up_passes_backward_tangent  derivative
 * of grad in that direction, from gtan[logits], into gtan. Returns w . (H dmatrix), H the
 * Hessian over counted weights. up_passes_again     act of a slot on an image once more, where
 * it was not kept up_passes_image     an image's planes of a slot */
struct up_planes {
    real **at;       /* [slots] planes of image 0 */
    size_t *step;    /* [slots] numbers to the next image */
    bool *passing;   /* [slots] only what each thread is working on is held */
    const int *task; /* [n] the thread that works on an image */
};
struct up_passes {
    const struct up_program *program;
    const struct up_layout *layout;
    const struct up_schedule *schedule;
    const struct up_block *kernel;
    struct up_passes_sizes sizes;
    int n, threads;              /* images */
    bool identity_norm;          /* norms pass their input on */
    bool published;              /* the forward pass sums in the published order */
    const real *weight;          /* [program numbers]: gamma, beta, bias */
    const real *matrix, *turned; /* [layout numbers] */
    real *dmatrix, *dturned;     /* [layout numbers] */
    struct up_planes act, grad, tan;
    struct up_moments *norm;  /* [program norms] */
    real *factor;             /* [norm_blocks][UP_FACTORS][16] */
    double *sums;             /* [n][norm_blocks][UP_SUMS] */
    real *partial;            /* [UP_PASSES_GROUPS][sizes.partial] */
    double *saliency;         /* [ops] */
    double *saliency_partial; /* [UP_PASSES_GROUPS][sizes.saliency] */
    double *along;            /* [n] */
    real *scratch;            /* [threads][sizes.scratch] */
    real *winograd;           /* [sizes.winograd], or NULL: convolve directly */
};
void up_passes_forward(struct up_passes *run);
void up_passes_backward(struct up_passes *run, bool to_input);
void up_passes_tangent(struct up_passes *run);
double up_passes_backward_tangent(struct up_passes *run, const struct up_planes *gtan);
real *up_passes_image(const struct up_planes *p, int slot, int image);
void up_passes_again(struct up_passes *run, int slot, int image);
