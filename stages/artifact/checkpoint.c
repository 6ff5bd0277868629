/* Kept states of a training, see checkpoint.h: each is a memo item of the running node. */
#include "stages/artifact/checkpoint.h"

int up_checkpoint_resume(struct up_job *job, const struct up_checkpoint *c, void *training,
                         int epochs, struct up_err *err)
{
    struct up_buf key = UP_BUF_INIT, state = UP_BUF_INIT;
    int rc = UP_ENOTFOUND;
    for (int e = epochs; e > 0 && rc == UP_ENOTFOUND; e--) {
        up_buf_clear(&key);
        up_buf_clear(&state);
        c->key(&key, training, e);
        rc = up_job_memo_get(job, up_buf_view(&key), &state, err);
        if (!rc && c->restore(training, up_buf_view(&state)))
            rc = UP_ENOTFOUND;
    }
    up_buf_release(&key);
    up_buf_release(&state);
    return rc == UP_ENOTFOUND ? UP_OK : rc;
}

int up_checkpoint_keep(struct up_job *job, const struct up_checkpoint *c, const void *training,
                       int epoch, bool *fits, struct up_err *err)
{
    if (!*fits)
        return UP_OK;
    struct up_buf key = UP_BUF_INIT, state = UP_BUF_INIT;
    c->key(&key, training, epoch);
    c->save(&state, training);
    struct up_memo_item item = {up_buf_view(&key), up_buf_view(&state)};
    int rc = up_job_memo_put(job, &item, 1, err);
    if (rc == UP_EINVAL) { /* of what put can say, only that it is too large */
        *fits = false;
        up_job_note(job,
                    "the training state has %.0f MB, more than the store takes in one piece: "
                    "interrupted, it starts from the beginning",
                    1e-6 * (double)state.len);
        rc = UP_OK;
    }
    up_buf_release(&key);
    up_buf_release(&state);
    return rc;
}
