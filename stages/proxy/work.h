/* One network being scored: its program, its buffers, and the passes run on it.
 *
 * A proxy names the passes it needs (up_proxies[].passes); each runs once, whoever
 * asked. What a proxy reads afterwards is listed with its pass. */
#ifndef UP_PROXY_WORK_H
#define UP_PROXY_WORK_H
#include "stages/proxy/proxy.h"
#include "stages/engine/run/passes.h"
#include "stages/engine/plan/slab.h"

enum up_pass {
    UP_PASS_WEIGHTS = 1,  /* weight */
    UP_PASS_FORWARD = 2,  /* run.act on the batch; the loss */
    UP_PASS_JACOBIAN = 4, /* `correlation` of the rows of d(sum of logits)/d(image) */
    UP_PASS_LOSS = 8,     /* dweight of the loss; run.grad, run.fisher */
    UP_PASS_HESSIAN = 16, /* `curvature` = w . (H g) */
    UP_PASS_SYNFLOW = 32, /* flow_weight and flow_dweight */
    UP_PASS_ZEN = 64      /* `expressivity`, `norm_scale` */
};

struct up_work {
    const struct up_proxy_job *job;
    struct up_program program;
    struct up_layout layout;
    struct up_schedule schedule;
    unsigned passes;
    struct up_passes_f32 run;  /* the batch */
    float *weight, *dweight;   /* [program numbers], as PyTorch has them */
    float *matrix, *turned;    /* [layout numbers] */
    struct up_passes_f64 flow; /* synflow: one image of ones, |w|, no norms */
    double *flow_weight, *flow_dweight, *flow_matrix;
    struct up_planes_f32 folded_act;        /* of a forward pass that keeps nothing */
    struct up_planes_f32 folded_grad, dtan; /* of a backward pass that keeps nothing */
    struct up_moments *norm;                /* [norms] of such a pass */
    float *factor;                          /* likewise */
    float *logits, *dlogits, *tlogits;      /* [classes][n] */
    double *jacobian;                       /* [n][c*h*w] */
    double *correlation;                    /* [n][n] */
    double *matrix_n;                       /* [n][n] scratch of nwot and jacov */
    uint16_t *bits;   /* [n][words] signs of one slot; rows are whole uint64_t */
    size_t words;     /* uint64_t of the largest slot a ReLU reads */
    float *feature;   /* zen: features of the first forward */
    double *variance; /* [norms] zen: running variance of every channel */
    double loss, curvature;
    double expressivity, norm_scale;
};

/* Builds the program, places the buffers and fills the weights. */
int up_work_init(struct up_work *w, const struct up_proxy_job *job, unsigned passes,
                 struct up_slab *slab, struct up_err *err);
void up_work_release(struct up_work *w);
/* Bytes that up_work_init takes from the slab; 0 when it would refuse the sizes. */
size_t up_work_size(const struct up_proxy_job *job, unsigned passes);

/* Takes every buffer that the passes need, one after the other. */
void up_work_place(struct up_work *w, struct up_slab_cursor *at);

/* Images [n][c][h][w] into blocks. */
void up_work_images(float *blocks, const struct up_work *w, const float *x);

/* Passes, in the order in which they may run. */
void up_work_forward(struct up_work *w);
void up_work_jacobian(struct up_work *w);
void up_work_loss(struct up_work *w);
void up_work_hessian(struct up_work *w);
void up_work_synflow(struct up_work *w);
void up_work_zen(struct up_work *w); /* last: overwrites the weights */

/* Scores, after their passes. NaN, or -inf for a singular nwot or a zen without difference. */
double up_score_snip(const struct up_work *w);
double up_score_plain(const struct up_work *w);
double up_score_grad_norm(const struct up_work *w);
double up_score_l2_norm(const struct up_work *w);
double up_score_fisher(const struct up_work *w);
double up_score_grasp(const struct up_work *w);
double up_score_synflow(const struct up_work *w);
double up_score_jacov(const struct up_work *w);
double up_score_epe_nas(const struct up_work *w);
double up_score_nwot(const struct up_work *w);
double up_score_zen(const struct up_work *w);

#endif
