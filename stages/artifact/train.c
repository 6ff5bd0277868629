/* A node's training from the first epoch to the last, see train.h. */
#include "stages/artifact/train.h"
#include "stages/artifact/checkpoint.h"

static void state_key(struct up_buf *out, const void *training, int epoch)
{
    const struct up_train *t = training;
    struct up_writer w = up_writer_of(out);
    up_writer_int(&w, "epoch", epoch);
    t->depends(&w, t->ctx);
    up_writer_end(&w);
}

static void state_save(struct up_buf *out, const void *training)
{
    up_training_save(((const struct up_train *)training)->training, out);
}

static int state_restore(void *training, struct up_view state)
{
    return up_training_restore(((const struct up_train *)training)->training, state, NULL);
}

static const struct up_checkpoint checkpoint = {state_key, state_save, state_restore};

struct watched {
    struct up_job *job;
    const struct up_train *t;
    struct up_err *err;
};

static int tick(void *ctx, size_t done)
{
    const struct watched *w = ctx;
    const struct up_training *t = w->t->training;
    up_job_progress(w->job, (uint64_t)t->epoch * t->n + done, (uint64_t)t->epochs * t->n,
                    w->t->unit);
    if (up_job_canceled(w->job))
        return up_fail(w->err, UP_ECANCELED, "interrupted while training %s", t->kind->what);
    return UP_OK;
}

/* A state is worth its bytes only every so many rows of training. */
static bool due(const struct up_train *t)
{
    const struct up_training *x = t->training;
    if (!t->keep_after)
        return true;
    size_t every = t->keep_after / x->n + 1;
    return (size_t)x->epoch % every == 0 && x->epoch < x->epochs;
}

int up_train(struct up_job *job, const struct up_train *t, struct up_err *err)
{
    struct up_training *x = t->training;
    struct up_train state = *t; /* what the checkpoint's functions get */
    struct watched watched = {job, t, err};
    const struct up_training_watch watch = {tick, &watched};
    struct up_arena scratch = UP_ARENA_INIT;
    bool fits = true;
    int rc = up_checkpoint_resume(job, &checkpoint, &state, x->epochs, err);
    while (!rc && x->epoch < x->epochs) {
        rc = up_training_epoch(x, up_job_threads(job), &watch, &scratch, err);
        up_arena_release(&scratch);
        if (!rc && due(t))
            rc = up_checkpoint_keep(job, &checkpoint, &state, x->epoch, &fits, err);
    }
    return rc;
}
