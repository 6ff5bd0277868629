/* Training that survives an interruption: its state under the epoch it belongs to.
 *
 * A training says what its state depends on and how to save and restore it; the
 * parts are memo items of the running node (dag/stage.h). */
#ifndef UP_ARTIFACT_CHECKPOINT_H
#define UP_ARTIFACT_CHECKPOINT_H
#include "dag/stage.h"

struct up_checkpoint {
    /* Everything that the state after `epoch` epochs depends on, as one document. */
    void (*key)(struct up_buf *out, const void *training, int epoch);
    void (*save)(struct up_buf *out, const void *training);
    /* Not UP_OK when the bytes do not fit; the training is then as it was. */
    int (*restore)(void *training, struct up_view state);
};

/* Restores the latest state that an earlier run kept, of at most `epochs` epochs;
 * none is fine. */
int up_checkpoint_resume(struct up_job *job, const struct up_checkpoint *c, void *training,
                         int epochs, struct up_err *err);
/* Keeps the state after `epoch`. One that is larger than the store takes is not an error:
 * it is noted, *fits becomes false, and calls with false do nothing. */
int up_checkpoint_keep(struct up_job *job, const struct up_checkpoint *c, const void *training,
                       int epoch, bool *fits, struct up_err *err);

#endif
