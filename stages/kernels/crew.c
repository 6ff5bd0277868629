/* Threads that go through a computation in step, and meet between its steps. */
#include "stages/kernels/crew.h"
#include "store/base/fp.h"

#include <pthread.h>
#include <stdatomic.h>

/* A meeting takes a microsecond where everybody has a processor; who has waited for some
 * fifty goes to sleep, since somebody has lost theirs. */
enum { THREADS_MAX = 64, SPINS = 1000 };

struct up_crew {
    atomic_int arrived;
    atomic_int round; /* changes with the lock held; 0: nobody has been told to begin */
    int of;
    pthread_mutex_t lock;
    pthread_cond_t next;
    void (*fn)(void *ctx, const struct up_seat *seat);
    void *ctx;
};
struct post {
    struct up_crew *crew;
    int id;
};

static void begin_round(struct up_crew *c, int round)
{
    pthread_mutex_lock(&c->lock);
    atomic_store(&c->round, round);
    pthread_cond_broadcast(&c->next);
    pthread_mutex_unlock(&c->lock);
}

/* Until the round is another one. */
static void wait_out(struct up_crew *c, int round)
{
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load(&c->round) != round)
            return;
#if defined __x86_64__
        __builtin_ia32_pause();
#endif
    }
    pthread_mutex_lock(&c->lock);
    while (atomic_load(&c->round) == round)
        pthread_cond_wait(&c->next, &c->lock);
    pthread_mutex_unlock(&c->lock);
}

static void *walk(void *arg)
{
    const struct post *p = arg;
    up_fp_reset();
    wait_out(p->crew, 0);
    struct up_seat seat = {p->crew, p->id, p->crew->of};
    p->crew->fn(p->crew->ctx, &seat);
    return NULL;
}

void up_crew_run(int threads, void (*fn)(void *ctx, const struct up_seat *seat), void *ctx)
{
    struct up_crew c = {.fn = fn,
                        .ctx = ctx,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .next = PTHREAD_COND_INITIALIZER};
    struct post post[THREADS_MAX];
    pthread_t helper[THREADS_MAX];
    int of = 1;
    for (; of < threads && of < THREADS_MAX; of++) {
        post[of] = (struct post){&c, of};
        if (pthread_create(&helper[of], NULL, walk, &post[of]))
            break;
    }
    c.of = of; /* before anybody begins */
    begin_round(&c, 1);
    post[0] = (struct post){&c, 0};
    walk(&post[0]);
    while (--of > 0)
        pthread_join(helper[of], NULL);
    pthread_cond_destroy(&c.next);
    pthread_mutex_destroy(&c.lock);
}

void up_crew_meet(const struct up_seat *s)
{
    if (s->of == 1)
        return;
    struct up_crew *c = s->crew;
    int round = atomic_load(&c->round);
    if (atomic_fetch_add(&c->arrived, 1) + 1 < s->of) {
        wait_out(c, round);
        return;
    }
    atomic_store(&c->arrived, 0);
    begin_round(c, round == 1 ? 2 : 1);
}

struct up_span up_crew_share(const struct up_seat *s, int count, int unit)
{
    long units = (count + unit - 1) / unit;
    int from = (int)(units * s->id / s->of) * unit;
    int to = (int)(units * (s->id + 1) / s->of) * unit;
    return (struct up_span){from < count ? from : count, to < count ? to : count};
}
