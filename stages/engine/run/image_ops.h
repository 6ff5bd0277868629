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

#define UP_IMAGE_OPS_DECLARE(real, R)                                                          \
    struct up_scratch##R {                                                                     \
        real *x, *xdot; /* padded inputs */                                                    \
        real *g, *gdot; /* padded gradients */                                                 \
        real *y;        /* dense input planes */                                               \
        real *v, *m;    /* Winograd's tiles: of input, of output */                            \
        struct up_ahead *ahead;                                                                \
    };                                                                                         \
    struct up_term##R {                                                                        \
        const real *x, *mask; /* dense planes, or a padded gradient without mask */            \
        const real *matrix;   /* [layout numbers] */                                           \
        const real *winograd; /* of the operation, or NULL */                                  \
    };                                                                                         \
    struct up_scratch##R up_passes_scratch##R(const struct up_passes##R *r, size_t task);      \
    /* Adds an image's planes of a slot, if there is such an image; of activations made        \
     * again, of what they are made from. */                                                   \
    void up_passes_ahead##R(const struct up_passes##R *r, struct up_ahead *a,                  \
                            const struct up_planes##R *p, int slot, int image);                \
    /* Makes op's output on an image again, unless it was kept. */                             \
    void up_passes_remake##R(struct up_passes##R *r, int op, int image,                        \
                             struct up_scratch##R s);                                          \
    /* One plane of an operation's input, padded with `outside`. */                            \
    void up_passes_pad##R(const struct up_passes##R *r, real *padded, const real *x,           \
                          const real *mask, const struct up_shape *s, real outside);           \
    /* up_passes_conv and up_passes_conv_back by Winograd's tiles; the gradient of their       \
     * weights. */                                                                             \
    void up_passes_tiles##R(const struct up_passes##R *r, real *y,                             \
                            const struct up_term##R *term, int terms, const real *mask,        \
                            bool add, int op, bool back, struct up_scratch##R s);              \
    void up_passes_tiles_gradient##R(const struct up_passes##R *r, real *du,                   \
                                     const struct up_term##R *term, const real *dy, int op,    \
                                     struct up_scratch##R s);                                  \
    /* Padded input of an operation, where mask > 0 (NULL: everywhere); may be x itself. */    \
    const real *up_passes_gather##R(const struct up_passes##R *r, real *padded, const real *x, \
                                    const real *mask, int op);                                 \
    /* y = sum of conv(x where mask > 0, matrix) over one or two terms: convolution or linear  \
     * layer without bias. `published`: in the order of the published forward pass. */         \
    void up_passes_conv##R(const struct up_passes##R *r, real *y,                              \
                           const struct up_term##R *term, int terms, int op, bool published,   \
                           struct up_scratch##R s);                                            \
    /* dx (+)= sum over terms of the transpose of conv(padded gradient, turned), masked */     \
    void up_passes_conv_back##R(const struct up_passes##R *r, real *dx,                        \
                                const struct up_term##R *term, int terms, const real *mask,    \
                                bool add, int op, struct up_scratch##R s);                     \
    /* Winograd's weights of a level's convolutions, all at once, of the matrices or the       \
     * turned ones; and where those of `step` are. NULL where there are none. */               \
    void up_passes_prepare##R(const struct up_passes##R *r, const struct up_step *step,        \
                              const struct up_step *end, const real *first,                    \
                              const real *second, bool turned);                                \
    const real *up_passes_prepared##R(const struct up_passes##R *r,                            \
                                      const struct up_step *begin, const struct up_step *step, \
                                      bool second);                                            \
    /* share += an image's gradient of conv's weights, for input term->x where mask > 0 */     \
    void up_passes_conv_gradient##R(const struct up_passes##R *r, real *share,                 \
                                    const struct up_term##R *term, const real *padded_g,       \
                                    int op, struct up_scratch##R s);                           \
    /* dw = the matrices' gradient from shares, summed in order; overwrites the first. */      \
    void up_passes_gradient_sum##R(const struct up_passes##R *r, real *dw, real *const *share, \
                                   int shares, int op);                                        \
    /* The padded gradient of op's output on an image: from grad of its norm or its own. */    \
    void up_passes_gradient##R(const struct up_passes##R *r, real *padded, int op, int image); \
    /* Its tangent. */                                                                         \
    void up_passes_gradient_tangent##R(const struct up_passes##R *r, real *padded, int op,     \
                                       int image, const struct up_planes##R *gtan);            \
    /* y (+)= op(x) of linear operations without weights; `at` is x in the forward pass (whose \
     * maxima or signs decide), and x where the pass is that one. */                           \
    void up_passes_simple##R(const struct up_passes##R *r, real *y, const real *x,             \
                             const real *at, int op, bool add, struct up_scratch##R s);        \
    /* dx (+)= its transpose of dy */                                                          \
    void up_passes_simple_back##R(const struct up_passes##R *r, real *dx, const real *dy,      \
                                  const real *at, int op, bool add, struct up_scratch##R s);   \
    /* Calls fn(ctx, task, image) for every image of every group. */                           \
    void up_passes_images##R(struct up_passes##R *r, void (*fn)(void *, size_t, int),          \
                             void *ctx);                                                       \
    /* The k-th coefficients of a norm's block b. */                                           \
    real *up_passes_factor##R(const struct up_passes##R *r, int norm, int b, int k);           \
    /* Sums of a norm's block b on an image, UP_SUMS of them. */                               \
    double *up_passes_sums##R(const struct up_passes##R *r, int norm, int b, int image);       \
    /* A norm's sums on an image: moments of v over x less its mean, or, `tangent`, less the   \
     * mean of its tangent, behind the others. v and x begin with the norm's first block. */   \
    void up_passes_moments##R(const struct up_passes##R *r, const real *v, const real *x,      \
                              int norm, int image, bool tangent);                              \
    /* y (+)= a norm's k-th coefficients of v, x and 1, block by block. */                     \
    void up_passes_mix##R(const struct up_passes##R *r, real *y, const real *v, const real *x, \
                          const struct up_step *step, int k);
UP_IMAGE_OPS_DECLARE(float, _f32)
UP_IMAGE_OPS_DECLARE(double, _f64)

/* Image numbers of group g: [*from, *to). */
void up_passes_group(int *from, int *to, int n, int g);

#endif
