/* The training driver: what the autoencoder and the estimator have in common when they
 * learn. It shuffles the rows, cuts them into batches, leads a crew of threads through
 * them, lowers Adam's rate, adds up losses, stops where a loss is no longer a number or
 * the caller wants it, and saves and restores the state. What a batch means is the
 * business of a `struct up_training_kind`.
 *
 * Everything that the next epoch depends on is in the values, their moments and two
 * counters: a training that was saved and restored goes on with the same bits, and the
 * number of threads changes none. */
#ifndef UP_LEARN_TRAINING_H
#define UP_LEARN_TRAINING_H
#include "stages/kernels/adam.h"
#include "stages/kernels/crew.h"
#include "stages/learn/tensors.h"
#include "store/base/rng.h"

enum { UP_TRAINING_LOSSES = 4 };

struct up_training;
struct up_training_batch {
    size_t at; /* its first row is order[at] */
    int rows;
    int64_t step; /* its number among all updates, from 1 */
    struct up_adam adam;
};

/* What is trained, and how one batch of it goes. The functions get the training that they
 * belong to, which is the first member of what is trained. */
struct up_training_kind {
    const char *what;    /* for sentences: "the autoencoder" */
    const char *setting; /* of the learning rate: "vgae.lr" */
    int least_rows;      /* a batch of fewer is left out */
    int losses;          /* <= UP_TRAINING_LOSSES, per batch */
    int most_threads;    /* that find work */
    bool rate_by_step;   /* the rate falls with every update, else with every epoch */
    bool divides;        /* a mean is sum / batches, else sum * (1 / batches): other bits */
    /* Working memory of an epoch, in scratch. */
    void *(*begin)(struct up_training *t, int threads, struct up_arena *scratch);
    /* A seat's part of the rows into the working memory; all meet after it. */
    void (*take)(struct up_training *t, const struct up_training_batch *b,
                 const struct up_seat *seat);
    /* Gradient and update. When it returns, every seat may take rows of the next batch. */
    void (*learn)(struct up_training *t, const struct up_training_batch *b,
                  const struct up_seat *seat);
    /* The batch's losses, by one seat, after its learn returned. */
    void (*loss)(const struct up_training *t, double *losses);
    void (*end)(struct up_training *t); /* of an epoch; may be NULL */
};

struct up_training {
    const struct up_training_kind *kind;
    int epochs, batch;
    double lr, lr_end; /* the rate falls from one to the other along half a cosine */
    bool reshuffles;   /* new batches every epoch, else one permutation for all */
    uint64_t seed;
    size_t n;              /* rows */
    size_t learned, total; /* values: of them learned, the rest running statistics */
    float *value;          /* [total] */
    float *m1, *m2;        /* [learned] Adam's moments */
    double *history;       /* [epochs][losses] means over the batches of an epoch */
    double *extra;         /* [extras] saved under "prior"; extras 0: nothing */
    size_t extras;
    int64_t step; /* updates done */
    int epoch;    /* epochs done */
    /* while an epoch is under way */
    const uint32_t *order; /* [n] */
    float *gradient;       /* [learned] */
    void *work;            /* of begin */
};

/* Memory in the arena, values drawn from the seed (tensors.h). The settings above `n` and
 * `n` itself are set; extra is the caller's. */
void up_training_init(struct up_training *t, const struct up_tensors *s,
                      struct up_arena *arena);

/* Called after every batch with the rows done; another value than 0 stops the epoch and
 * is returned. */
struct up_training_watch {
    int (*tick)(void *ctx, size_t done);
    void *ctx;
};
/* One pass over the rows. watch may be NULL. UP_EINVAL: the loss is no longer a number.
 * After a failure the training must not go on. Scratch: a batch, and 4 bytes a row. */
int up_training_epoch(struct up_training *t, int threads, const struct up_training_watch *watch,
                      struct up_arena *scratch, struct up_err *err);

/* The state as a document; `out` must be empty. */
void up_training_save(const struct up_training *t, struct up_buf *out);
/* UP_ECORRUPT when the bytes do not fit; the training is then as it was. */
int up_training_restore(struct up_training *t, struct up_view state, struct up_err *err);

/* The random stream of this name for the epoch under way. */
struct up_rng up_training_stream(const struct up_training *t, const char *name);

#endif
