/* A node's training from the first epoch to the last: goes on from what an earlier run
 * kept, keeps its own state, tells how far it is and stops when the user wants it. */
#ifndef UP_ARTIFACT_TRAIN_H
#define UP_ARTIFACT_TRAIN_H
#include "dag/stage.h"
#include "stages/learn/training.h"
#include "store/base/writer.h"

struct up_train {
    struct up_training *training;
    const char *unit; /* of its rows, for progress: "graphs" */
    /* Writes the fields that, beside "epoch", say what a kept state depends on. */
    void (*depends)(struct up_writer *w, const void *ctx);
    const void *ctx;
    /* The state is kept after so many rows at least, and not after the last epoch; 0: after
     * every epoch. */
    size_t keep_after;
};
/* UP_ECANCELED; what up_training_epoch returns. */
int up_train(struct up_job *job, const struct up_train *t, struct up_err *err);

#endif
