/* The training driver of training.h. */
#include "stages/learn/training.h"
#include "store/base/reader.h"
#include "store/base/writer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

void up_training_init(struct up_training *t, const struct up_tensors *s, struct up_arena *arena)
{
    UP_CHECK(t->n >= (size_t)t->kind->least_rows && t->kind->losses <= UP_TRAINING_LOSSES);
    t->learned = s->learned;
    t->total = s->total;
    t->value = UP_NEW(arena, s->total, float);
    t->m1 = UP_NEW(arena, s->learned, float);
    t->m2 = UP_NEW(arena, s->learned, float);
    t->history = UP_NEW(arena, t->epochs * t->kind->losses, double);
    t->step = 0;
    t->epoch = 0;
    up_tensors_start(s, t->value, t->seed);
}

static struct up_rng stream(const struct up_training *t, const char *name, int epoch)
{
    char text[32];
    snprintf(text, sizeof text, "%s.%d", name, epoch);
    return up_rng_init(t->seed, text);
}

struct up_rng up_training_stream(const struct up_training *t, const char *name)
{
    return stream(t, name, t->epoch);
}

/* The rate of step i of n on a half cosine. */
static double cosine_rate(const struct up_training *t, int64_t i, int64_t n)
{
    if (n < 2)
        return t->lr;
    return t->lr_end + (t->lr - t->lr_end) * 0.5 * (1 + cos(pi * (double)i / (double)(n - 1)));
}

/* An epoch under way: what one seat keeps for all. */
struct course {
    struct up_training *t;
    const struct up_training_watch *watch;
    double sum[UP_TRAINING_LOSSES];
    size_t batches;
    int rc;
    struct up_err *err;
};

/* What one seat does for all after a batch. */
static void account(struct course *c, const struct up_training_batch *b)
{
    struct up_training *t = c->t;
    double losses[UP_TRAINING_LOSSES], all = 0;
    t->kind->loss(t, losses);
    for (int i = 0; i < t->kind->losses; i++)
        all += c->sum[i] += losses[i];
    t->step = b->step;
    c->batches++;
    if (!isfinite(all))
        c->rc =
            up_fail(c->err, UP_EINVAL, "%s's loss is no longer a number in epoch %d: lower %s",
                    t->kind->what, t->epoch + 1, t->kind->setting);
    else if (c->watch)
        c->rc = c->watch->tick(c->watch->ctx, b->at + (size_t)b->rows);
}

static void walk_batches(void *ctx, const struct up_seat *seat)
{
    struct course *c = ctx;
    struct up_training *t = c->t;
    const struct up_training_kind *k = t->kind;
    size_t batch = (size_t)t->batch, least = (size_t)k->least_rows;
    int64_t step = t->step, steps = (int64_t)((t->n + batch - 1) / batch) * t->epochs;
    for (size_t at = 0; at + least <= t->n; at += batch) {
        double rate =
            k->rate_by_step ? cosine_rate(t, step, steps) : cosine_rate(t, t->epoch, t->epochs);
        struct up_training_batch b = {.at = at,
                                      .rows = (int)(t->n - at < batch ? t->n - at : batch),
                                      .step = ++step,
                                      .adam = UP_ADAM(rate)};
        k->take(t, &b, seat);
        up_crew_meet(seat);
        if (c->rc)
            return;
        k->learn(t, &b, seat);
        if (seat->id == 0)
            account(c, &b);
    }
}

static uint32_t *shuffled(const struct up_training *t, struct up_arena *scratch)
{
    uint32_t *order = UP_NEW(scratch, t->n, uint32_t);
    struct up_rng rng = stream(t, "order", t->reshuffles ? t->epoch : 0);
    for (size_t i = 0; i < t->n; i++)
        order[i] = (uint32_t)i;
    up_rng_shuffle(&rng, order, t->n);
    return order;
}

int up_training_epoch(struct up_training *t, int threads, const struct up_training_watch *watch,
                      struct up_arena *scratch, struct up_err *err)
{
    const struct up_training_kind *k = t->kind;
    struct course c = {.t = t, .watch = watch, .err = err};
    threads = threads < k->most_threads ? threads : k->most_threads;
    t->order = shuffled(t, scratch);
    t->gradient = UP_NEW(scratch, t->learned, float);
    t->work = k->begin(t, threads, scratch);
    up_crew_run(threads, walk_batches, &c);
    if (c.rc)
        return c.rc;
    double *mean = t->history + t->epoch * k->losses, n = (double)c.batches, part = 1 / n;
    for (int i = 0; i < k->losses; i++)
        mean[i] = k->divides ? c.sum[i] / n : c.sum[i] * part;
    t->epoch++;
    if (k->end)
        k->end(t);
    return UP_OK;
}

void up_training_save(const struct up_training *t, struct up_buf *out)
{
    struct up_writer w = up_writer_of(out);
    size_t epochs = (size_t)t->epoch;
    up_writer_int(&w, "epoch", t->epoch);
    if (t->kind->losses > 1)
        up_writer_matrix(&w, "history", UP_F64, t->history, epochs, (size_t)t->kind->losses);
    else
        up_writer_vector(&w, "history", UP_F64, t->history, epochs);
    up_writer_vector(&w, "m1", UP_F32, t->m1, t->learned);
    up_writer_vector(&w, "m2", UP_F32, t->m2, t->learned);
    if (t->extras)
        up_writer_vector(&w, "prior", UP_F64, t->extra, t->extras);
    up_writer_int(&w, "step", t->step);
    up_writer_vector(&w, "value", UP_F32, t->value, t->total);
    up_writer_end(&w);
}

int up_training_restore(struct up_training *t, struct up_view state, struct up_err *err)
{
    struct up_arena arena = UP_ARENA_INIT;
    struct up_reader r = up_reader_of("the saved training", state, &arena, err);
    int epoch = (int)up_reader_int(&r, "epoch", 0, t->epochs);
    int64_t step = up_reader_int(&r, "step", 0, INT64_MAX);
    size_t losses = (size_t)t->kind->losses, history = (size_t)epoch * losses;
    const void *m1 = up_reader_vector_of(&r, "m1", UP_F32, t->learned);
    const void *m2 = up_reader_vector_of(&r, "m2", UP_F32, t->learned);
    const void *value = up_reader_vector_of(&r, "value", UP_F32, t->total);
    const void *extra = t->extras ? up_reader_vector_of(&r, "prior", UP_F64, t->extras) : NULL;
    up_reader_copy(&r, t->history, "history", UP_F64,
                   history); /* last: nothing fails after it */
    if (!up_reader_end(&r)) {
        memcpy(t->m1, m1, t->learned * sizeof *t->m1);
        memcpy(t->m2, m2, t->learned * sizeof *t->m2);
        memcpy(t->value, value, t->total * sizeof *t->value);
        if (extra)
            memcpy(t->extra, extra, t->extras * sizeof *t->extra);
        t->step = step;
        t->epoch = epoch;
    }
    up_arena_release(&arena);
    return up_reader_end(&r);
}
