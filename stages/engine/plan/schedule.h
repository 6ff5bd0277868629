/* In which order passes work: steps in levels.
 *
 * Batch normalisation needs sums over all images, everything else one image at a time. A level
 * is what can be done to one image after the other without waiting: its steps are run on each
 * image in turn, while the image is in cache; between levels the norms' sums are finished.
 *
 * Where a norm is the only reader of a convolution's output, the gradient of that output is
 * never stored: the convolution's backward step makes it from the norm's (`norm_of`). */
#ifndef UP_ENGINE_PLAN_SCHEDULE_H
#define UP_ENGINE_PLAN_SCHEDULE_H
#include "stages/engine/net/program.h"

enum up_step_kind {
    UP_STEP_RUN,   /* the operation itself, or its transpose */
    UP_STEP_SUMS,  /* a norm's sums over its source (forward) or target (backward) */
    UP_STEP_REMAKE /* backward: the operation once more, for whom its output was not kept */
};

struct up_step {
    int level, op;
    enum up_step_kind kind;
    bool add;  /* something has been written to the target before */
    bool data; /* backward: the source has a gradient that is wanted; a remake: is needed even
                  where no weights' gradients are */
};

struct up_schedule {                    /* up_schedule_release */
    struct up_step *forward, *backward; /* in order */
    int forwards, backwards;
    int *norm_of;      /* [slots] the norm that makes the slot's gradient, or -1 */
    bool *reached;     /* [slots] has a gradient */
    int *first, *last; /* [slots] levels in which a forward pass touches it */
    int *born, *died;  /* [slots] levels in which a backward pass touches its gradient */
    int *maker;        /* [slots] the only operation that ends in the slot, or -1 */
    bool *remade;      /* [slots] made again by the passes that read it */
};

void up_schedule_init(struct up_schedule *s, const struct up_program *p);
/* Parts of up_schedule_init: maker and remade; and the steps that make them again. */
void up_schedule_find_remade(struct up_schedule *s, const struct up_program *p);
void up_schedule_plan_remakes(struct up_schedule *s, const struct up_program *p);
/* The first step behind the level that `step` begins. */
const struct up_step *up_schedule_level(const struct up_step *step, const struct up_step *end);
void up_schedule_release(struct up_schedule *s);

#endif
