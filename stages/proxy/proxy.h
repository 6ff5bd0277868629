/* Zero-cost proxies: scores of an untrained network, as NAS-Bench-Suite-Zero (Krishnakumar et
 * al., NeurIPS 2022) defines them.
 *
 * up_proxies[] is the closed set, one row each; the set asked for decides which
 * passes run. Portable results: equal bits on any x86-64 with AVX2 and FMA. */
#ifndef UP_PROXY_PROXY_H
#define UP_PROXY_PROXY_H
#include "stages/engine/net/initial.h"
#include "stages/engine/plan/slab.h"
#include "stages/engine/run/batch.h"
#include "stages/kernels/block/block.h"
#include "stages/space/space.h"

enum up_proxy_id { /* order of the paper's Table 1 */
                   UP_SNIP,
                   UP_FLOPS,
                   UP_PARAMS,
                   UP_L2_NORM,
                   UP_GRASP,
                   UP_GRAD_NORM,
                   UP_SYNFLOW,
                   UP_JACOV,
                   UP_EPE_NAS,
                   UP_ZEN,
                   UP_FISHER,
                   UP_PLAIN,
                   UP_NWOT,
                   UP_PROXIES
};
enum up_score_state {
    UP_SCORE_OK = 0,
    UP_SCORE_NAN,
    UP_SCORE_SINGULAR,
    UP_SCORE_DEGENERATE,
    UP_SCORE_ROUNDING, /* of drawn weights; with given ones the published rounding is met */
    UP_SCORE_STATES
};
const char *up_score_reason(enum up_score_state s); /* a short sentence */

struct up_evaluation;
struct up_proxy {
    const char *name;
    int version;     /* raise when the same network may get other bits */
    unsigned passes; /* set of enum up_pass (evaluation.h) that are made first; 0: no network */
    double (*score)(struct up_evaluation *e); /* see rows.h */
    const char *source;                       /* paper and equation */
    enum up_score_state infinite;             /* what an infinite score means; 0: no number */
};
extern const struct up_proxy up_proxies[UP_PROXIES];
int up_proxy_find(const char *name); /* enum up_proxy_id, or -1 */

struct up_proxy_job {
    const struct up_space *space;
    struct up_arch arch;
    struct up_net_size net;
    const struct up_batch *batch;
    uint64_t seed; /* of weights and of zen's draws */
    const struct up_given_weights
        *given;      /* NULL: PyTorch's default init, seeded by tensor name */
    unsigned want;   /* bit i: proxy i */
    int threads;     /* inside this network; results do not depend on it */
    enum up_isa isa; /* of the kernels; results do not depend on it */
    /* Told after each pass (an enum up_pass) and the scores it completes; NULL for nobody. */
    void (*passed)(void *ctx, unsigned pass);
    void *ctx;
};
struct up_proxy_scores {
    double value[UP_PROXIES];  /* NaN where state is not OK or not wanted */
    uint8_t state[UP_PROXIES]; /* enum up_score_state */
    double loss;               /* cross entropy, NaN when no pass computed it */
    double seconds;            /* filled by the caller: nothing here reads a clock */
};

/* Bytes of scratch that scoring the job takes; a thread's slab grows to the largest of its
 * jobs. 0: none, or the sizes are such as up_proxy_score refuses. Reads no pixel, label or
 * weight and allocates no such memory: some microseconds a call. */
size_t up_proxy_memory(const struct up_proxy_job *job);

/* UP_EINVAL: given weights do not fit (names the tensor); UP_ENOMEM: says the size. */
int up_proxy_score(struct up_proxy_scores *out, const struct up_proxy_job *job,
                   struct up_slab *slab, struct up_err *err);

#endif
