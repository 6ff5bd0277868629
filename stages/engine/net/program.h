/* The scored network as a small program: operations over tensor slots.
 *
 * A slot is one tensor [c][n][h][w]. Operations are listed in the order of the
 * forward pass; several may end in the same slot, which then holds their sum.
 * A view is some channels of another slot, so that a concatenation is its parts
 * written side by side. It may be read and written as any slot.
 * Passes (passes.h) are loops over this list and know no architecture; a network
 * of another search space is another builder (build.h). */
#ifndef UP_ENGINE_NET_PROGRAM_H
#define UP_ENGINE_NET_PROGRAM_H
#include "store/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum up_op_kind {
    UP_OP_CONV, /* nothing else ends in its slot; `relu`: its input goes through a ReLU */
    UP_OP_NORM, /* batch normalisation, training mode */
    UP_OP_POOL, /* average, padding not counted */
    UP_OP_MAX,  /* maximum, padding is -inf; of equals, the first row by row */
    UP_OP_COPY, /* identity */
    UP_OP_ZERO, /* x * 0 */
    UP_OP_RELU,
    UP_OP_MEAN, /* over rows and columns */
    UP_OP_LINEAR
};

struct up_op {
    enum up_op_kind kind;
    int src, dst; /* slots */
    int weight;   /* conv: its tensor; norm: gamma, then beta, -1: 1 and 0; linear: weight, then
                     bias */
    int norm;     /* norm: first of its channels in the array of statistics */
    bool relu;
    bool depthwise;          /* conv: one filter per channel */
    int kernel, stride, pad; /* conv, pool, max */
    int dilation;            /* conv: between taps, else 1 */
    int shift;               /* conv: rows and columns skipped at the top and left, 0 or 1 */
};

/* Convolutions and linear layers. */
static inline bool up_op_has_matrix(const struct up_op *op)
{
    return op->kind == UP_OP_CONV || op->kind == UP_OP_LINEAR;
}

struct up_program_slot {
    int c, h, w;
    int of, from; /* a view: channels from .. from+c of slot `of`; of < 0: its own memory */
    int group;    /* channels of each equal part it is a concatenation of; else c */
    int relus;    /* ReLU modules that read this slot; signs count for each */
};

enum up_program_weight_role { UP_W_COUNTED, UP_W_BIAS, UP_W_GAMMA, UP_W_BETA };
enum { UP_WEIGHT_NAME = 64, UP_WEIGHT_DIMS = 4 };
struct up_program_weight {
    char name[UP_WEIGHT_NAME];
    enum up_program_weight_role
        role; /* COUNTED: of a convolution or linear layer (spec: counted layers) */
    unsigned ndim;
    uint64_t dims[UP_WEIGHT_DIMS]; /* as PyTorch has them: [out][in][k][k], depthwise
                                      [c][1][k][k], [out][in], [c] */
    size_t count, at;              /* numbers, and where they start among all of them */
    int fan_in;
};

struct up_program { /* up_program_release */
    struct up_program_slot *slot;
    struct up_op *op;
    struct up_program_weight *weight;
    int slots, ops, weights;
    size_t numbers;    /* in all weights */
    int norms;         /* channels of all norms together */
    int input, logits; /* slots */
    int feature;       /* slot the global mean reads */
};
#define UP_PROGRAM_INIT                                                                        \
    {                                                                                          \
        0                                                                                      \
    }
void up_program_release(struct up_program *p);

/* Each appends and returns its output slot: a new one, or `into` when it is >= 0. `name` is
 * the module's, ".weight" and ".bias" are added; longer than UP_WEIGHT_NAME is a bug. */
int up_program_input(struct up_program *p, int c, int h, int w);
int up_program_slot(struct up_program *p, int c, int h, int w);
/* Views of a slot follow one another and, once there are any, cover it; none of a view. */
int up_program_view(struct up_program *p, int of, int from, int c);
int up_program_conv(struct up_program *p, int src, bool relu, int out, int kernel, int stride,
                    const char *name);
/* Behind a ReLU; padded so that stride 1 keeps the size. */
int up_program_depthwise(struct up_program *p, int src, int kernel, int stride, int dilation,
                         const char *name);
/* One ReLU, then two 1x1 convolutions of stride 2, the second on the image from row and column
 * 1 on; name.conv_a and name.conv_b, each half of the `out` channels. Even sides only. */
int up_program_factorized(struct up_program *p, int src, int out, const char *name);
/* name NULL: without gamma and beta */
int up_program_norm(struct up_program *p, int src, int into, const char *name);
int up_program_pool(struct up_program *p, int src, int into, int kernel, int stride, int pad);
int up_program_max(struct up_program *p, int src, int into, int kernel, int stride, int pad);
int up_program_copy(struct up_program *p, int src, int into);
int up_program_zero(struct up_program *p, int src, int into);
int up_program_relu(struct up_program *p, int src);
int up_program_mean(struct up_program *p, int src);
int up_program_linear(struct up_program *p, int src, int out, const char *name);

/* Whether the logits' sum over a batch is the same whatever the images: a norm gives each of
 * its channels a fixed mean, and behind the last norms only what keeps means follows. */
bool up_program_sum_is_fixed(const struct up_program *p);

size_t up_program_slot_numbers(const struct up_program_slot *s); /* per image */
/* Where a view starts in its slot's buffer [c][n][h][w], in numbers per image; else 0. */
size_t up_program_slot_from(const struct up_program_slot *s);

#endif
