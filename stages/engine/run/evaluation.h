/* One network evaluated on one batch: its weights, its buffers, and the results of the passes
 * that were asked for.
 *
 * Order of use: up_evaluation_init builds the network, once. up_evaluation_size says how much
 * memory a set of passes takes; up_evaluation_begin takes it and fills the weights;
 * up_evaluation_run makes the passes, each once and in the order of enum up_pass, and tells
 * after each. Readers find the results where the lines of enum up_pass say. */
#ifndef UP_ENGINE_RUN_EVALUATION_H
#define UP_ENGINE_RUN_EVALUATION_H
#include "stages/engine/net/initial.h"
#include "stages/engine/plan/network.h"
#include "stages/engine/plan/slab.h"
#include "stages/engine/run/batch.h"
#include "stages/engine/run/passes.h"

/* What can be asked for, as a set of bits, and the fields of struct up_evaluation that hold
 * what it gives. Every pass needs WEIGHTS; JACOBIAN and LOSS need FORWARD; HESSIAN needs LOSS.
 */
enum up_pass {
    UP_PASS_WEIGHTS = 1,  /* weight */
    UP_PASS_FORWARD = 2,  /* run.act on the batch; loss */
    UP_PASS_JACOBIAN = 4, /* jacobian: of the sum of all logits, by every image; correlation */
    UP_PASS_LOSS = 8,     /* dweight of the loss; run.grad; run.saliency */
    UP_PASS_HESSIAN =
        16, /* curvature: w . (H g), H the Hessian and g the gradient of the loss */
    UP_PASS_ABSOLUTE = 32, /* absolute.dweight: of the network made linear and positive */
    UP_PASS_FEATURES = 64  /* room for up_evaluation_features, which the reader calls. Last,
                              because the reader may then overwrite the weights */
};

/* What is evaluated. All of it is borrowed until up_evaluation_release. */
struct up_subject {
    const struct up_space *space;
    const struct up_arch *arch;
    const struct up_net_size *size;
    const struct up_batch *batch;
    const struct up_given_weights *given; /* NULL: drawn by seed (initial.h) */
    uint64_t seed;
    int threads;     /* inside this network; results do not depend on it */
    enum up_isa isa; /* of the kernels; results do not depend on it */
};

/* The network with absolute weights and without norms, on one image of ones, in float64: all it
 * computes is positive, and the gradient is that of the sum of its logits. */
struct up_absolute {
    struct up_passes_f64 run;
    double *weight, *dweight; /* [program numbers] */
    double *matrix;           /* [3][layout numbers] */
};

/* What a forward pass over other images leaves, when nothing else is kept of it. */
struct up_features {
    struct up_passes_f32 run; /* run.act of the input and of program.feature; run.norm */
    float *first;             /* room for a copy of the planes of program.feature */
    double *variance;         /* [norms] room for the reader's own sums */
};

struct up_evaluation { /* up_evaluation_release */
    struct up_subject of;
    struct up_network net;
    struct up_passes_f32 run; /* on the batch */
    unsigned passes; /* those that have been made; before up_evaluation_run, asked for */
    float *weight, *dweight;                /* [program numbers], as PyTorch has them */
    float *matrix, *turned;                 /* [layout numbers] */
    struct up_planes_f32 folded_act;        /* of a forward pass that keeps nothing */
    struct up_planes_f32 folded_grad, dtan; /* of a backward pass that keeps nothing */
    struct up_moments *norm;                /* [norms] of such a pass */
    float *factor;                          /* likewise */
    float *logits, *dlogits, *tlogits;      /* [classes][n] */
    double loss;                            /* cross entropy, mean over the batch */
    double *jacobian;                       /* [n][c*h*w] each row centred */
    double *correlation;                    /* [n][n] Pearson's, of the rows of jacobian */
    double curvature;
    struct up_absolute absolute;
    struct up_features features;
    double *square;    /* [n][n] room for the reader's own matrix */
    uint16_t *signs;   /* [n][4 * sign_words] signs of one slot; rows are whole uint64_t */
    size_t sign_words; /* uint64_t of the largest slot that a ReLU reads */
};

/* Builds the network. Refuses a size or a space that has none (build.h). */
int up_evaluation_init(struct up_evaluation *e, const struct up_subject *of,
                       struct up_err *err);
/* Bytes that up_evaluation_begin takes from the slab; 0 when it would refuse the sizes. */
size_t up_evaluation_size(struct up_evaluation *e, unsigned passes);
/* Places the buffers and fills the weights. UP_EINVAL: images or labels that do not fit the
 * network, given weights that do not fit; UP_ENOMEM: says the size. */
int up_evaluation_begin(struct up_evaluation *e, unsigned passes, struct up_slab *slab,
                        struct up_err *err);
/* Makes the passes asked for; calls after(ctx, pass) when a pass and all before it are made. */
void up_evaluation_run(struct up_evaluation *e, void (*after)(void *ctx, enum up_pass pass),
                       void *ctx);
void up_evaluation_release(struct up_evaluation *e);

/* One pass each, for those who call them in turn. */
void up_evaluation_forward(struct up_evaluation *e);
void up_evaluation_jacobian(struct up_evaluation *e);
void up_evaluation_loss(struct up_evaluation *e);
void up_evaluation_hessian(struct up_evaluation *e);
void up_evaluation_absolute(struct up_evaluation *e);

/* The network once more on the images in features.run.act of the input, with the weights in
 * `weight`, which may have been overwritten. */
void up_evaluation_features(struct up_evaluation *e);
/* k[n][n] = how many inputs of ReLUs have the same sign in two images; an exact integer. */
void up_evaluation_same_signs(const struct up_evaluation *e, double *k);

/* Points the buffers of the passes asked for into the slab (buffers.c). */
void up_evaluation_place(struct up_evaluation *e, struct up_slab_cursor *at);

#endif
