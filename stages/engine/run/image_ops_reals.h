/* The operations of image_ops.h for one real type; see both_reals.h. */
#define up_scratch UP_R(up_scratch)
#define up_term UP_R(up_term)
#define up_target UP_R(up_target)
#define up_passes_scratch UP_R(up_passes_scratch)
#define up_passes_ahead UP_R(up_passes_ahead)
#define up_passes_remake UP_R(up_passes_remake)
#define up_passes_pad UP_R(up_passes_pad)
#define up_passes_tiles UP_R(up_passes_tiles)
#define up_passes_tiles_gradient UP_R(up_passes_tiles_gradient)
#define up_passes_gather UP_R(up_passes_gather)
#define up_passes_conv UP_R(up_passes_conv)
#define up_passes_conv_back UP_R(up_passes_conv_back)
#define up_passes_prepare UP_R(up_passes_prepare)
#define up_passes_prepared UP_R(up_passes_prepared)
#define up_passes_conv_gradient UP_R(up_passes_conv_gradient)
#define up_passes_gradient_sum UP_R(up_passes_gradient_sum)
#define up_passes_gradient UP_R(up_passes_gradient)
#define up_passes_gradient_tangent UP_R(up_passes_gradient_tangent)
#define up_passes_simple UP_R(up_passes_simple)
#define up_passes_simple_back UP_R(up_passes_simple_back)
#define up_passes_images UP_R(up_passes_images)
#define up_passes_factor UP_R(up_passes_factor)
#define up_passes_sums UP_R(up_passes_sums)
#define up_passes_moments UP_R(up_passes_moments)
#define up_passes_mix UP_R(up_passes_mix)

struct up_scratch {
    real *x, *xdot; /* padded inputs */
    real *g, *gdot; /* padded gradients */
    real *y;        /* dense input planes */
    real *v, *m;    /* Winograd's tiles: of input, of output */
    struct up_ahead *ahead;
};
struct up_term {
    const real *x, *mask; /* dense planes, or a padded gradient without mask */
    const real *matrix;   /* [layout numbers] */
    const real *winograd; /* of the operation, or NULL */
};
/* Where a result goes: y (+)= where mask > 0, everywhere if mask is NULL. */
struct up_target {
    real *y;
    const real *mask;
    bool add;
};
struct up_scratch up_passes_scratch(const struct up_passes *r, size_t task);
/* Adds an image's planes of a slot, if there is such an image; of activations made
 * again, of what they are made from. */
void up_passes_ahead(const struct up_passes *r, struct up_ahead *a, const struct up_planes *p,
                     int slot, int image);
/* Makes op's output on an image again, unless it was kept. */
void up_passes_remake(struct up_passes *r, int op, int image, struct up_scratch s);
/* One plane of an operation's input, padded with `outside`. */
void up_passes_pad(const struct up_passes *r, real *padded, const real *x, const real *mask,
                   const struct up_shape *s, real outside);
/* up_passes_conv and up_passes_conv_back by Winograd's tiles; the gradient of their
 * weights. */
void up_passes_tiles(const struct up_passes *r, struct up_target to, const struct up_term *term,
                     int terms, int op, bool back, struct up_scratch s);
void up_passes_tiles_gradient(const struct up_passes *r, real *du, const struct up_term *term,
                              const real *dy, int op, struct up_scratch s);
/* Padded input of an operation, where mask > 0 (NULL: everywhere); may be x itself. */
const real *up_passes_gather(const struct up_passes *r, real *padded, const real *x,
                             const real *mask, int op);
/* y = sum of conv(x where mask > 0, matrix) over one or two terms: convolution or linear
 * layer without bias. `published`: in the order of the published forward pass. */
void up_passes_conv(const struct up_passes *r, real *y, const struct up_term *term, int terms,
                    int op, bool published, struct up_scratch s);
/* The target (+)= sum over terms of the transpose of conv(padded gradient, turned), masked. */
void up_passes_conv_back(const struct up_passes *r, struct up_target to,
                         const struct up_term *term, int terms, int op, struct up_scratch s);
/* Winograd's weights of a level's convolutions, all at once, of the matrices or the
 * turned ones; and where those of `step` are. NULL where there are none. */
void up_passes_prepare(const struct up_passes *r, const struct up_step *step,
                       const struct up_step *end, const real *first, const real *second,
                       bool turned);
const real *up_passes_prepared(const struct up_passes *r, const struct up_step *begin,
                               const struct up_step *step, bool second);
/* share += an image's gradient of conv's weights, for input term->x where mask > 0 */
void up_passes_conv_gradient(const struct up_passes *r, real *share, const struct up_term *term,
                             const real *padded_g, int op, struct up_scratch s);
/* dw = the matrices' gradient from shares, summed in order; overwrites the first. */
void up_passes_gradient_sum(const struct up_passes *r, real *dw, real *const *share, int shares,
                            int op);
/* The padded gradient of op's output on an image: from grad of its norm or its own. */
void up_passes_gradient(const struct up_passes *r, real *padded, int op, int image);
/* Its tangent. */
void up_passes_gradient_tangent(const struct up_passes *r, real *padded, int op, int image,
                                const struct up_planes *gtan);
/* y (+)= op(x) of linear operations without weights; `at` is x in the forward pass (whose
 * maxima or signs decide), and x where the pass is that one. */
void up_passes_simple(const struct up_passes *r, real *y, const real *x, const real *at, int op,
                      bool add, struct up_scratch s);
/* dx (+)= its transpose of dy */
void up_passes_simple_back(const struct up_passes *r, real *dx, const real *dy, const real *at,
                           int op, bool add, struct up_scratch s);
/* Calls fn(ctx, task, image) for every image of every group. */
void up_passes_images(struct up_passes *r, void (*fn)(void *, size_t, int), void *ctx);
/* The k-th coefficients of a norm's block b. */
real *up_passes_factor(const struct up_passes *r, int norm, int b, int k);
/* Sums of a norm's block b on an image, UP_SUMS of them. */
double *up_passes_sums(const struct up_passes *r, int norm, int b, int image);
/* A norm's sums on an image: moments of v over x less its mean, or, `tangent`, less the
 * mean of its tangent, behind the others. v and x begin with the norm's first block. */
void up_passes_moments(const struct up_passes *r, const real *v, const real *x, int norm,
                       int image, bool tangent);
/* y (+)= a norm's k-th coefficients of v, x and 1, block by block. */
void up_passes_mix(const struct up_passes *r, real *y, const real *v, const real *x,
                   const struct up_step *step, int k);
