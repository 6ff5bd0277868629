/* Scores computed: the networks of all draws shared out to threads, what is kept left out. */
#include "stages/artifact/input.h"
#include "stages/engine/run/batch.h"
#include "stages/scores/chunks.h"
#include "stages/scores/table.h"
#include "stages/kernels/parallel.h"
#include "store/base/pack.h"
#include "store/base/rng.h"
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct images {               /* a data artifact */
    size_t draws, n, c, h, w; /* n images a draw */
    int classes;
    const uint8_t *pixel;     /* [draws * n][c][h][w] */
    const int32_t *label;     /* [draws * n] */
    const double *mean, *std; /* [3] */
};

struct draw { /* one draw of weights and batch, and its scores */
    struct up_batch batch;
    struct up_chunks chunks;
    uint8_t *kept;       /* [n][m] chunks.have when it began */
    atomic_size_t *left; /* [groups] architectures still to score */
};

struct work {
    struct up_job *job;
    const struct up_scores_table *t;
    const int *proxy; /* [m] enum up_proxy_id */
    size_t repeats, groups;
    struct draw *draw;          /* [repeats] */
    size_t n_pending, *pending; /* draw * n + architecture, ascending */
    size_t most;                /* bytes that the largest network takes */
    atomic_size_t next, done;
    atomic_bool stop, ended; /* soon; no worker is left */
    pthread_mutex_t lock;    /* of what follows, and of all scores in `draw` */
    size_t failed;           /* the first item that failed, and why */
    int rc;
    struct up_err err;
};

static const char *unit_of(const struct work *w)
{
    return w->repeats > 1 ? "networks" : "architectures";
}

static int images_load(struct images *x, struct up_job *job, struct up_err *err)
{
    struct up_reader r = up_artifact_read(job, "data", err);
    uint64_t d[4];
    *x = (struct images){0};
    const uint8_t *pixel = up_reader_array(&r, "images", UP_U8, 4, d);
    const int32_t *label = up_reader_vector_of(&r, "labels", UP_I32, (size_t)d[0]);
    const double *mean = up_reader_vector_of(&r, "mean", UP_F64, 3);
    const double *std = up_reader_vector_of(&r, "std", UP_F64, 3);
    int64_t classes = up_reader_int(&r, "classes", 1, INT_MAX);
    int64_t draws = up_reader_int(&r, "draws", 1, INT_MAX);
    if (!up_reader_end(&r) && (!d[0] || d[0] % (uint64_t)draws || d[1] != 3))
        return up_reader_fail(&r, "it has %zu images of %zu channels for %zu batches",
                              (size_t)d[0], (size_t)d[1], (size_t)draws);
    for (size_t i = 0; i < d[0] && !up_reader_end(&r); i++)
        if (label[i] < 0 || label[i] >= classes)
            return up_reader_fail(&r, "a label of it is none of its %d classes", (int)classes);
    for (int i = 0; i < 3 && !up_reader_end(&r); i++)
        if (!(std[i] > 0) || !isfinite(std[i]) || !isfinite(mean[i]))
            return up_reader_fail(&r, "its means and deviations are no numbers to scale by");
    if (up_reader_end(&r))
        return up_reader_end(&r);
    *x = (struct images){(size_t)draws, (size_t)d[0] / (size_t)draws,
                         (size_t)d[1],  (size_t)d[2],
                         (size_t)d[3],  (int)classes,
                         pixel,         label,
                         mean,          std};
    return UP_OK;
}

static struct up_digest batch_digest(const struct images *x, const uint8_t *pixel,
                                     const int32_t *label)
{
    struct up_buf b = UP_BUF_INIT;
    uint64_t dims[4] = {x->n, x->c, x->h, x->w};
    up_pack_list(&b, 5);
    up_pack_array(&b, UP_U8, pixel, 4, dims);
    up_pack_array1(&b, UP_I32, label, x->n);
    up_pack_array1(&b, UP_F64, x->mean, 3);
    up_pack_array1(&b, UP_F64, x->std, 3);
    up_pack_int(&b, x->classes);
    struct up_digest d = up_digest_of(b.data, b.len);
    up_buf_release(&b);
    return d;
}

static void draw_init(struct draw *d, size_t r, struct work *w, const struct images *x,
                      const struct up_scores_plan *plan)
{
    struct up_arena *arena = up_job_arena(w->job);
    const struct up_scores_table *t = w->t;
    size_t each = x->c * x->h * x->w, cells = t->n * t->m;
    const uint8_t *pixel = x->pixel + r * x->n * each;
    const int32_t *label = x->label + r * x->n;
    float *values = UP_NEW(arena, x->n * each, float);
    up_batch_normalise(values, pixel, (int)x->n, (int)x->c, (int)(x->h * x->w), x->mean,
                       x->std);
    d->batch = (struct up_batch){(int)x->n,  (int)x->c, (int)x->h, (int)x->w,
                                 x->classes, values,    label};
    d->chunks = (struct up_chunks){
        .job = w->job,
        .space = t->space,
        .net = t->net,
        .archs = t->archs,
        .pool = plan->portion.pool,
        .batch = batch_digest(x, pixel, label),
        .seed = up_seed_derive(plan->seed, up_arena_printf(arena, "draw %zu", r)),
        .n = t->n,
        .m = t->m,
        .proxy = w->proxy,
        .value = UP_NEW(arena, cells, double),
        .state = UP_NEW(arena, cells, uint8_t),
        .have = UP_NEW(arena, cells, uint8_t),
    };
    d->kept = UP_NEW(arena, cells, uint8_t);
    d->left = UP_NEW(arena, w->groups, atomic_size_t);
}

/* The published network, but for what the plan says and the images need. */
static void net_of(struct up_net_size *net, const struct up_scores_plan *plan,
                   const struct images *x)
{
    net->channels = plan->channels > 0 ? plan->channels : net->channels;
    net->depth = plan->depth > 0 ? plan->depth : net->depth;
    net->classes = x->classes;
    net->height = (int)x->h;
    net->width = (int)x->w;
}

/* What is kept from before; the rest becomes the list of things to do. */
static int draw_read(struct draw *d, size_t r, struct work *w, struct up_err *err)
{
    const struct up_scores_table *t = w->t;
    for (size_t b = 0; b < w->groups; b++) {
        if (up_job_canceled(w->job))
            return up_fail(err, UP_ECANCELED, "scores: interrupted");
        int rc = up_chunks_read(&d->chunks, b * UP_GROUP, err);
        if (rc)
            return rc;
    }
    memcpy(d->kept, d->chunks.have, t->n * t->m);
    for (size_t i = 0; i < t->n; i++) {
        if (!memchr(d->kept + i * t->m, 0, t->m))
            continue;
        atomic_fetch_add(&d->left[i / UP_GROUP], 1);
        w->pending[w->n_pending++] = r * t->n + i;
    }
    return UP_OK;
}

/* What is not kept of architecture i. */
static struct up_proxy_job job_of(const struct draw *d, size_t i)
{
    const struct up_chunks *c = &d->chunks;
    size_t genes = (size_t)c->space->genes;
    struct up_proxy_job job = {.space = c->space,
                               .arch = {.len = (uint8_t)genes},
                               .net = c->net,
                               .batch = &d->batch,
                               .seed = c->seed,
                               .isa = up_isa_best()};
    memcpy(job.arch.gene, c->archs + i * genes, genes);
    for (size_t j = 0; j < c->m; j++)
        if (!d->kept[i * c->m + j])
            job.want |= 1u << c->proxy[j];
    return job;
}

static int score_one(struct work *w, struct draw *d, size_t i, struct up_slab *slab,
                     struct up_err *err)
{
    struct up_chunks *c = &d->chunks;
    struct up_proxy_scores s;
    struct up_proxy_job job = job_of(d, i);
    int rc = up_proxy_score(&s, &job, slab, err);
    pthread_mutex_lock(&w->lock);
    for (size_t j = 0; j < c->m && rc == UP_OK; j++) {
        size_t at = i * c->m + j;
        if (d->kept[at])
            continue;
        c->value[at] = s.value[c->proxy[j]];
        c->state[at] = s.state[c->proxy[j]];
        c->have[at] = 1;
    }
    pthread_mutex_unlock(&w->lock);
    if (rc == UP_OK && atomic_fetch_sub(&d->left[i / UP_GROUP], 1) == 1)
        rc = up_chunks_write(c, i / UP_GROUP * UP_GROUP, d->kept, err);
    return rc;
}

static void note_failure(struct work *w, size_t item, int rc, const struct up_err *err)
{
    pthread_mutex_lock(&w->lock);
    if (w->rc == UP_OK || item < w->failed) {
        w->failed = item;
        w->rc = rc;
        w->err = *err;
    }
    pthread_mutex_unlock(&w->lock);
    atomic_store(&w->stop, true);
}

/* Things to do are taken in order, so that the first of those that fail is the
 * same however many workers there are. */
static void score_pending(void *ctx, size_t number)
{
    struct work *w = ctx;
    struct up_slab *slab = up_slab_new(w->most);
    size_t total = w->repeats * w->t->n;
    (void)number;
    while (!atomic_load(&w->stop)) {
        struct up_err err = {""};
        size_t at = atomic_fetch_add(&w->next, 1);
        if (at >= w->n_pending)
            break;
        size_t item = w->pending[at];
        int rc = up_job_canceled(w->job)
                     ? up_fail(&err, UP_ECANCELED, "scores: interrupted")
                     : score_one(w, &w->draw[item / w->t->n], item % w->t->n, slab, &err);
        if (rc != UP_OK) {
            note_failure(w, item, rc, &err);
            break;
        }
        up_job_progress(w->job, atomic_fetch_add(&w->done, 1) + 1, total, unit_of(w));
    }
    up_slab_free(slab);
}

/* After an interruption: what groups in progress hold is kept too, best effort. */
static void keep_unfinished(struct work *w)
{
    pthread_mutex_lock(&w->lock);
    for (size_t r = 0; r < w->repeats; r++)
        for (size_t b = 0; b < w->groups; b++)
            if (atomic_load(&w->draw[r].left[b]) > 0)
                (void)up_chunks_write(&w->draw[r].chunks, b * UP_GROUP, w->draw[r].kept, NULL);
    pthread_mutex_unlock(&w->lock);
}

/* Watches while the workers work. A large network takes longer than the program has to end
 * after a signal, so what is finished is kept at once, and not after the networks in flight. */
static void *keeper(void *ctx)
{
    static const struct timespec nap = {.tv_nsec = 10000000};
    struct work *w = ctx;
    while (!atomic_load(&w->ended)) {
        if (up_job_canceled(w->job)) {
            keep_unfinished(w);
            break;
        }
        (void)nanosleep(&nap, NULL);
    }
    return NULL;
}

static void work_watched(struct work *w, int threads)
{
    pthread_t watch;
    atomic_init(&w->ended, false);
    bool watched = !pthread_create(&watch, NULL, keeper, w); /* else what is finished waits */
    size_t n = (size_t)threads;
    up_parallel_each(threads, n < w->n_pending ? n : w->n_pending, score_pending, w);
    atomic_store(&w->ended, true);
    if (watched)
        pthread_join(watch, NULL);
}

enum { LOOKS = 4096 }; /* at sizes of networks, of some 50 us each */

/* What the largest network to score takes; of very many, the largest of some. */
static size_t most_memory(const struct work *w)
{
    size_t most = 0, step = w->n_pending / LOOKS + 1;
    for (size_t at = 0; at < w->n_pending; at += step) {
        size_t item = w->pending[at];
        struct up_proxy_job job = job_of(&w->draw[item / w->t->n], item % w->t->n);
        size_t bytes = up_proxy_memory(&job);
        most = bytes > most ? bytes : most;
    }
    return most;
}

static void say_work(const struct work *w)
{
    enum { MIB = 1 << 20 };
    size_t total = w->repeats * w->t->n, kept = total - w->n_pending;
    const char *unit = unit_of(w);
    if (w->n_pending == 0) {
        up_job_note(w->job, "%zu %s, all kept from before", total, unit);
        return;
    }
    const char *some = w->n_pending < LOOKS ? "" : ", by a sample of them";
    const char *before =
        kept ? up_arena_printf(up_job_arena(w->job), ", %zu kept from before", kept) : "";
    up_job_note(w->job, "%zu %s%s, each thread needs up to %zu MiB%s", total, unit, before,
                w->most / MIB + 1, some);
}

static int run_workers(struct work *w, struct up_err *err)
{
    size_t total = w->repeats * w->t->n;
    atomic_init(&w->next, 0);
    atomic_init(&w->done, total - w->n_pending);
    atomic_init(&w->stop, false);
    pthread_mutex_init(&w->lock, NULL);
    w->most = most_memory(w);
    say_work(w);
    up_job_progress(w->job, total - w->n_pending, total, unit_of(w));
    work_watched(w, up_job_threads(w->job));
    if (w->rc != UP_OK && w->rc != UP_ENOSPC)
        keep_unfinished(w);
    pthread_mutex_destroy(&w->lock);
    if (w->rc == UP_OK)
        return UP_OK;
    return up_fail(err, (enum up_status)w->rc, "%s", w->err.msg);
}

/* by_rank: the draws' values become normal scores first. */
static void average(struct up_scores_table *t, const struct work *w, bool by_rank)
{
    for (size_t r = 0; by_rank && r < w->repeats; r++)
        up_scores_rank(w->draw[r].chunks.value, w->draw[r].chunks.state, t->n, t->m);
    for (size_t at = 0; at < t->n * t->m; at++) {
        double sum = 0;
        size_t valid = 0;
        for (size_t r = 0; r < w->repeats; r++) {
            if (w->draw[r].chunks.state[at] != UP_SCORE_OK)
                continue;
            sum += w->draw[r].chunks.value[at];
            valid++;
        }
        t->value[at] = valid ? sum / (double)valid : (double)NAN;
        t->state[at] = valid ? (uint8_t)UP_SCORE_OK : w->draw[0].chunks.state[at];
    }
}

/* Every draw has its images as float32 at the same time. */
static int images_room(const struct images *x, size_t repeats, struct up_err *err)
{
    size_t bytes = repeats * x->n * x->c * x->h * x->w * sizeof(float);
    void *probe = malloc(bytes);
    free(probe);
    if (probe)
        return UP_OK;
    return up_fail(err, UP_ENOMEM,
                   "there is no memory for the images of %zu batches of %zu (%zu MiB); lower "
                   "data.batch, or scores.repeats and data.draws",
                   repeats, x->n, bytes >> 20);
}

int up_scores_compute(struct up_scores_table *t, const struct up_scores_plan *plan,
                      struct up_job *job, struct up_err *err)
{
    struct up_arena *arena = up_job_arena(job);
    struct images x = {.draws = 0};
    int *proxy = UP_NEW(arena, t->m, int);
    struct work w = {.job = job, .t = t, .proxy = proxy, .repeats = plan->repeats};
    t->archs = plan->portion.archs;
    t->n = plan->portion.n;
    for (size_t i = 0; i < t->m; i++) {
        proxy[i] = up_proxy_find(t->names[i]);
        UP_CHECK(proxy[i] >= 0);
    }
    int rc = images_load(&x, job, err);
    if (!rc && plan->repeats > x.draws)
        rc = up_fail(err, UP_EINVAL, "it has %zu batches, not %zu", x.draws, plan->repeats);
    rc = up_job_read(job, "data", rc, err);
    if (!rc)
        rc = images_room(&x, plan->repeats, err);
    if (rc)
        return rc;
    net_of(&t->net, plan, &x);
    w.groups = (t->n + UP_GROUP - 1) / UP_GROUP;
    w.draw = UP_NEW(arena, w.repeats, struct draw);
    w.pending = UP_NEW(arena, w.repeats * t->n, size_t);
    for (size_t r = 0; r < w.repeats && !rc; r++) {
        draw_init(&w.draw[r], r, &w, &x, plan);
        rc = draw_read(&w.draw[r], r, &w, err);
    }
    if (!rc)
        rc = run_workers(&w, err);
    if (rc)
        return rc;
    t->value = UP_NEW(arena, t->n * t->m, double);
    t->state = UP_NEW(arena, t->n * t->m, uint8_t);
    average(t, &w, plan->by_rank && w.repeats > 1);
    return UP_OK;
}
